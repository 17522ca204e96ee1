"""Dead letters: by cause, one of them, its bytes, replaying and resolving."""

import asyncio
import re

from hub.api.access import Grant
from hub.api.pages.words import capitalised
from hub.stages.errors import Unavailable
from tests.support.engineering import EVIL, key

EVERYWHERE = Grant(role="engineer", areas=frozenset({"*"}))
CAUSE = re.compile(r"/pages/dead-letters/causes/([0-9a-f]+)")
LETTER = re.compile(r'<a class="nowrap" href="/pages/dead-letters/([0-9a-f]+)">')


def counts(page):
    """Open and fixed of each cause that is listed, by its sentence."""
    rows = re.findall(r"<tr role=\"row\"><th scope=\"row\".*?</tr>", page, re.DOTALL)
    said = {}
    for row in rows:
        numbers = [int(each) for each in re.findall(r'class="number">(\d+)', row)]
        said[re.search(r">([^<]+)</a>", row).group(1)] = tuple(numbers)
    return said


async def undecoded(who):
    """The cause of most letters, and its open letters."""
    cause = CAUSE.search((await who.get("/pages/dead-letters")).text).group(1)
    return cause, LETTER.findall((await who.get(f"/pages/dead-letters/causes/{cause}")).text)


async def test_they_stand_by_cause_with_how_many_are_fixed_since(operator):
    page = (await operator("engineer").get("/pages/dead-letters")).text
    assert counts(page) == {"The body is not JSON": (3, 0), "The source is not registered": (1, 0)}
    assert "1 came back" in page
    everywhere = (await operator("engineer", EVERYWHERE).get("/pages/dead-letters")).text
    assert counts(everywhere)["The source is not registered"] == (2, 0)
    fixed = (await operator("engineer").get("/pages/dead-letters?list=fixed")).text
    assert list(counts(fixed).values()) == [(0, 1)]
    assert EVIL not in fixed


async def test_a_cause_lists_its_letters(operator):
    who = operator("engineer")
    cause, letters = await undecoded(who)
    assert len(letters) == 3
    every = await who.get(f"/pages/dead-letters/causes/{cause}?list=all")
    assert len(LETTER.findall(every.text)) == 4
    assert (await who.get("/pages/dead-letters/causes/none")).status_code == 404
    for wrong in ("list=closed", "after=x", "x=1"):
        assert (await who.get(f"/pages/dead-letters/causes/{cause}?{wrong}")).status_code == 422


async def test_one_says_why_and_what_became_of_it(operator):
    who = operator("engineer")
    cause, (newest, *_) = await undecoded(who)
    page = (await who.get(f"/pages/dead-letters/{newest}")).text
    assert "an earlier letter</a>, which came back" in page
    assert "Mend the sender, or the decoder; then replay it." in page
    assert "Replay this letter" in page
    every = LETTER.findall((await who.get(f"/pages/dead-letters/causes/{cause}?list=all")).text)
    (replayed,) = set(every) - set((await undecoded(who))[1])
    page = (await who.get(f"/pages/dead-letters/{replayed}")).text
    assert "its cause is not mended" in page
    assert "Its key was destroyed when it was replayed" in page
    assert "Replay this letter" not in page


async def test_another_areas_letter_is_not_there(operator, operated):
    everywhere = operator("engineer", EVERYWHERE)
    page = (await everywhere.get("/pages/dead-letters")).text
    of_all = set()
    for cause in CAUSE.findall(page):
        of_all |= set(LETTER.findall((await everywhere.get(f"/pages/dead-letters/causes/{cause}")).text))
    mine = set()
    who = operator("engineer")
    for cause in CAUSE.findall((await who.get("/pages/dead-letters")).text):
        mine |= set(LETTER.findall((await who.get(f"/pages/dead-letters/causes/{cause}")).text))
    (other,) = of_all - mine
    officer = operator("information-governance")
    for answer in (
        await who.get(f"/pages/dead-letters/{other}"),
        await who.post(f"/pages/dead-letters/{other}/resolve", reason="it was sent again"),
        await officer.post(f"/pages/dead-letters/{other}/raw", reason="a request of a parent"),
    ):
        assert answer.status_code == 404
    assert operated.doing.acts == operated.doing.told == []
    assert "No dead letter of these is open" in (await who.get(f"/pages/dead-letters/replay?letter={other}")).text


async def test_bytes_are_shown_to_whoever_may_with_a_reason(operator, operated):
    _, (newest, *_) = await undecoded(operator("engineer"))
    address = f"/pages/dead-letters/{newest}"
    assert (await operator("engineer").post(f"{address}/raw", reason="a request of a parent")).status_code == 403
    officer = operator("information-governance")
    assert (await officer.post(f"{address}/raw", reason=" ")).status_code == 422
    assert operated.doing.told == []
    answer = await officer.post(f"{address}/raw", reason="a request of a parent")
    assert "Ada" in answer.text
    assert EVIL not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert [(each.letter, each.who) for each in operated.doing.told] == [(newest, "prs-information-governance")]
    page = (await officer.get(address)).text
    assert "Replay this letter" not in page
    assert f"/pages/messages/{key('m-bad-2')}" in page


async def test_resolving_needs_a_reason(operator, operated):
    who = operator("engineer")
    _, (newest, *_) = await undecoded(who)
    address = f"/pages/dead-letters/{newest}"
    assert (await who.post(f"{address}/resolve", reason="why")).status_code == 422
    assert operated.doing.acts == []
    answer = await who.post(f"{address}/resolve", reason="they sent it again")
    assert answer.headers["location"] == f"{address}?told=1"
    ((act, letters),) = operated.doing.acts
    assert (act.actor, act.why, letters) == ("prs-engineer", "they sent it again", [newest])
    assert "has been written down" in (await who.get(f"{address}?told=1")).text
    assert (await operator("information-governance").post(f"{address}/resolve", reason="x" * 20)).status_code == 403


async def test_one_a_cause_or_all_are_replayed(operator, operated):
    who = operator("engineer")
    cause, letters = await undecoded(who)
    for asked, said, number in (
        (f"letter={letters[0]}", "1 dead letter with the id", 1),
        (f"cause={cause}", "3 dead letters of intake: the body is not JSON", 3),
        ("", "4 dead letters: all that are open", 4),
    ):
        page = (await who.get(f"/pages/dead-letters/replay?{asked}")).text
        assert said in page
        assert (await who.post(f"/pages/dead-letters/replay?{asked}", reason="")).status_code == 422
        answer = await who.post(f"/pages/dead-letters/replay?{asked}", reason="the decoder was mended")
        job = answer.headers["location"]
        for _ in range(100):
            page = (await who.get(job)).text
            if "Done" in page:
                break
            await asyncio.sleep(0.01)
        assert "Came back" in page
        assert len(operated.doing.acts[-1][1]) == number
    assert "Nothing would be replayed" in (await who.get("/pages/dead-letters/replay?cause=none")).text
    assert (await who.post("/pages/dead-letters/replay?cause=none", reason="the decoder was mended")).status_code == 422


async def test_while_kafka_is_away_that_is_said(operator, operated, monkeypatch):
    async def away(ids, act):
        raise Unavailable("Kafka does not answer")

    who = operator("engineer")
    _, (newest, *_) = await undecoded(who)
    monkeypatch.setattr(operated.doing, "resolve", away)
    answer = await who.post(f"/pages/dead-letters/{newest}/resolve", reason="they sent it again")
    assert answer.status_code == 503
    assert "Kafka does not answer" in answer.text


def test_a_sentence_begins_with_a_capital_and_a_name_stays_as_it_is():
    said = {
        "the body": "The body",
        "data.outcome: wrong": "data.outcome: wrong",
        "sources.toml can't": "sources.toml can't",
        "": "",
    }
    assert {each: capitalised(each) for each in said} == said
