"""Messages: searched, followed, shown as received, and replayed as a job."""

import asyncio
import re

import pytest

from hub.api.access import Grant
from hub.api.desk_bytes import Raw
from hub.api.operating import take_job
from hub.runtime.errors import Fenced
from hub.stages.errors import Unavailable
from tests.support.engineering import EVIL, key
from tests.support.synthetic import ELSEWHERE

EVERYWHERE = Grant(role="engineer", areas=frozenset({"*"}))
ROW = re.compile(r'<a class="nowrap" href="/pages/messages/([0-9a-f]+)">')
JOB = re.compile(r"/pages/jobs/([0-9a-f]+)")


def rows(answer):
    return ROW.findall(answer.text)


async def test_the_newest_come_first_and_the_list_goes_on(operator):
    who = operator("engineer")
    first = await who.get("/pages/messages")
    assert len(rows(first)) == 50
    assert rows(first)[0] == key("m-waits")
    onward = re.search(r'href="([^"]+)" rel="next"', first.text).group(1).replace("&amp;", "&")
    second = await who.get(onward)
    assert 0 < len(rows(second)) < 50
    assert not set(rows(first)) & set(rows(second))
    other = await operator("admin").get(onward)
    assert other.status_code == 422


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("state=asked", ["m-asked"]),
        ("state=kept", ["m-kept"]),
        ("state=out-of-scope", ["m-out"]),
        ("state=repeat", ["m-again"]),
        ("source=council-tracker:825:2026&type=sendhub.council.event&state=taken", [f"m-{EVIL}"]),
        ("since=2026-11-27T09:20&until=2026-11-27T09:27", ["m-taken", "m-asked"]),
        ("until=2026-11-26&state=asked", []),
        ("type=none", []),
    ],
)
async def test_they_are_narrowed_by_what_is_asked(operator, asked, found):
    page = await operator("engineer").get(f"/pages/messages?{asked}")
    source = "council-tracker:825:2026" if "tracker" in asked else "one-education:825:2022"
    assert rows(page) == [key(name, source) for name in found]


COORDINATOR = Grant(role="coordinator", areas=frozenset({"825"}))


@pytest.mark.parametrize(
    ("who", "grants", "may_follow"),
    [
        ("engineer", (), True),
        ("engineer", (EVERYWHERE,), True),
        ("both", (COORDINATOR, Grant(role="engineer", areas=frozenset({"825"}))), True),
        ("both", (COORDINATOR, Grant(role="engineer", areas=frozenset({"931"}))), False),
        ("coordinator", (), False),
        ("head-of-send", (), False),
    ],
)
async def test_from_a_childs_page_they_are_followed_by_whoever_may_see_them(operator, who, grants, may_follow):
    who = operator(who, *grants)
    page = await who.get("/pages/children/chd-1")
    assert page.status_code == 200
    assert page.text.count('data-label="Type"') > 0
    assert len(rows(page)) == (page.text.count('data-label="Type"') if may_follow else 0)
    for message in rows(page)[:3]:
        assert (await who.get(f"/pages/messages/{message}")).status_code == 200


async def test_each_says_at_a_glance_what_became_of_it(operator):
    page = (await operator("engineer").get("/pages/messages")).text
    for said in ("On its way", "0 of 3 statements so far", "Taken", "A person is asked", "Waits", "Nothing new",
                 "Out of scope", "Given up"):  # fmt: skip
        assert said in page


async def test_what_a_sender_wrote_runs_nowhere(operator):
    who = operator("engineer", EVERYWHERE)
    pages = [
        "messages",
        f"messages/{key(f'm-{EVIL}', 'council-tracker:825:2026')}",
        "dead-letters?list=fixed",
        "sources",
    ]
    for page in pages:
        text = (await who.get(f"/pages/{page}")).text
        assert EVIL not in text
        assert "&lt;img src=x" in text


async def test_one_is_found_by_our_id_or_by_its_senders(operator):
    who = operator("engineer")
    for said in (key("m-taken"), "m-taken", f" {key('m-taken')} "):
        answer = await who.post("/pages/messages", key=said)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/pages/messages/{key('m-taken')}")
    for said in ("m-nothing", "", "m-other", key("m-other", ELSEWHERE)):
        answer = await who.post("/pages/messages", key=said)
        assert answer.status_code == 404
        assert "None that you may see" in answer.text


async def test_one_is_followed_through_every_stage(operator):
    who = operator("engineer")
    taken = (await who.get(f"/pages/messages/{key('m-taken')}")).text
    assert "2 statements came of it" in taken
    assert taken.count("/pages/children/chd-1") == 2
    asked = (await who.get(f"/pages/messages/{key('m-asked')}")).text
    assert "/pages/questions/rv-1" in asked
    assert "A date lies in 20 October 2026." in asked
    lost = (await who.get(f"/pages/messages/{key('m-lost')}")).text
    assert "While decoding the body: the body is not JSON." in lost
    assert "/pages/dead-letters/" in lost
    assert "Replay this message" not in lost
    out = (await who.get(f"/pages/messages/{key('m-out')}")).text
    assert "It is about nobody under 26." in out


async def test_of_a_restricted_child_nothing_is_told_but_to_the_named(operator):
    address = f"/pages/messages/{key('m-secret')}"
    other = (await operator("engineer").get(address)).text
    assert "only named people" in other
    for hidden in ("chd-hidden", "Order made"):
        assert hidden not in other
    named = (await operator("engineer", restricted=True).get(address)).text
    assert "chd-hidden" in named
    assert rows(await operator("engineer").get("/pages/messages?child=chd-hidden")) == []
    assert rows(await operator("engineer", restricted=True).get("/pages/messages?child=chd-hidden")) == [
        key("m-secret")
    ]
    raw = await operator("information-governance").post(f"{address}/raw", reason="a request of a parent")
    assert raw.status_code == 404


async def test_nor_over_http(operator):
    for who, steps, listed in ((operator("engineer"), 1, 0), (operator("engineer", restricted=True), 2, 1)):
        followed = await who.get(f"/messages/{key('m-secret')}")
        assert len(followed.json()["steps"]) == steps
        assert ("chd-hidden" in followed.text) == (steps == 2)
        assert len((await who.get("/messages?child_id=chd-hidden")).json()["items"]) == listed


async def test_nor_is_another_areas_over_http_and_asking_is_audited(operator, operated):
    answer = await operator("engineer").get(f"/messages/{key('m-other', ELSEWHERE)}")
    assert answer.status_code == 404
    (entry,) = operated.audits
    assert (entry.action, entry.subjects) == ("access.refused", (key("m-other", ELSEWHERE),))
    unknown = await operator("engineer").get("/messages/none")
    assert (unknown.status_code, unknown.json()) == (404, answer.json())
    assert len(operated.audits) == 1


async def test_another_areas_is_not_there_and_asking_is_audited(operator, operated):
    answer = await operator("engineer").get(f"/pages/messages/{key('m-other', ELSEWHERE)}")
    assert answer.status_code == 404
    assert operated.audits[-1].action == "access.refused"
    assert (
        await operator("engineer", EVERYWHERE).get(f"/pages/messages/{key('m-other', ELSEWHERE)}")
    ).status_code == 200


@pytest.mark.parametrize(
    "asked",
    ["state=none", "since=yesterday", "since=2026-13-01", "since=0001-01-01", "unknown=1", "source=%00", "after=x",
     f"type={'x' * 300}", "since=2026-11-27T09:20Z"],
)  # fmt: skip
async def test_what_does_not_fit_is_refused_in_words(operator, asked):
    for page in ("messages", "messages/replay"):
        answer = await operator("engineer").get(f"/pages/{page}?{asked}")
        assert answer.status_code == 422 or (page.endswith("replay") and asked == "after=x")


async def test_bytes_are_shown_to_whoever_may_with_a_reason(operator, operated):
    address = f"/pages/messages/{key('m-taken')}"
    engineer = operator("engineer")
    assert 'name="reason"' not in (await engineer.get(address)).text
    assert (await engineer.post(f"{address}/raw", reason="a request of a parent")).status_code == 403
    officer = operator("information-governance")
    assert (await officer.post(f"{address}/raw", reason="why")).status_code == 422
    assert operated.doing.told == []
    answer = await officer.post(f"{address}/raw", reason="a request of a parent")
    assert answer.headers["cache-control"] == "no-store"
    assert "Ada" in answer.text
    assert EVIL not in answer.text
    assert "\x07" not in answer.text
    assert "\\x07" in answer.text
    (look,) = operated.doing.told
    assert (look.who, look.purpose) == ("prs-information-governance", "a request of a parent")
    assert (look.topic, look.partition, look.offset) == ("council.events", 0, 0)


async def test_a_huge_body_is_cut_and_one_that_is_gone_is_said_to_be(operator, operated, monkeypatch):
    officer, address = operator("information-governance"), f"/pages/messages/{key('m-taken')}/raw"
    operated.doing.value = b"x" * 150_000
    answer = await officer.post(address, reason="a request of a parent")
    assert "only the beginning is shown" in answer.text
    assert len(answer.content) < 110_000

    async def gone(look):
        return Raw(gone="its bytes are not kept any more")

    monkeypatch.setattr(operated.doing, "message_bytes", gone)
    assert "Its bytes are not kept any more" in (await officer.post(address, reason="a request of a parent")).text


async def test_how_many_it_would_be_is_shown_first(operator):
    who = operator("engineer")
    page = (await who.get("/pages/messages/replay?state=asked")).text
    assert "1 message of the state “A person is asked”" in page
    assert "Nothing is chosen" in (await who.get("/pages/messages/replay")).text
    assert "Nothing would be replayed" in (await who.get("/pages/messages/replay?child=chd-hidden")).text
    # What intake gave up is no message that it could read again.
    assert "Nothing would be replayed" in (await who.get(f"/pages/messages/replay?key={key('m-lost')}")).text
    assert (
        "Nothing would be replayed" in (await who.get(f"/pages/messages/replay?key={key('m-other', ELSEWHERE)}")).text
    )


async def begun(who, asked, reason="the decoder was mended"):
    answer = await who.post(f"/pages/messages/replay?{asked}", reason=reason)
    assert answer.status_code == 303
    return answer.headers["location"]


async def until(who, job, said):
    for _ in range(100):
        page = (await who.get(job)).text
        if said in page:
            return page
        await asyncio.sleep(0.01)
    raise AssertionError(page)


async def test_a_replay_is_a_job_that_says_how_far_it_is_and_what_came_of_it(operator, operated):
    who = operator("engineer")
    assert (await who.post("/pages/messages/replay?state=taken", reason="no")).status_code == 422
    assert operated.doing.acts == []
    job = await begun(who, "state=taken")
    page = await until(who, job, "2 of 63 put back")
    assert "data-live" in page
    operated.doing.go.set()
    page = await until(who, job, "Done")
    assert 'data-live="' not in page
    assert re.search(r"Read again</th><td class=\"number\">63<", page)
    ((act, wanted),) = operated.doing.acts
    assert (act.actor, act.why, len(wanted)) == ("prs-engineer", "the decoder was mended", 63)
    begin, end = (each for each in operated.audits if each.action.startswith("job."))
    assert (begin.action, begin.subjects, end.action) == ("job.begin", end.subjects, "job.end")
    assert "the decoder was mended" in begin.why
    assert end.why == "done: 63 read again"


async def test_one_works_at_a_time(operator, operated):
    who = operator("engineer")
    first = await begun(who, "state=taken")
    assert await begun(who, "state=asked") == f"{first}?busy=1"
    assert "Another replay is at work" in (await who.get(f"{first}?busy=1")).text
    assert "One works at a time" in (await who.get("/pages/messages/replay?state=asked")).text
    operated.doing.go.set()
    await until(who, first, "Done")
    second = await begun(who, "state=asked")
    await until(who, second, "Done")
    assert len(operated.doing.acts) == 2


async def test_it_is_stopped_by_whoever_may(operator, operated):
    who = operator("engineer")
    job = await begun(who, "state=taken")
    await until(who, job, "2 of 63 put back")
    assert (await operator("coordinator").post(f"{job}/stop")).status_code == 403
    assert (await who.post(f"{job}/stop")).status_code == 303
    operated.doing.go.set()
    page = await until(who, job, "Stopped")
    assert re.search(r"Left, as it was stopped</th><td class=\"number\">61<", page)
    assert operated.audits[-1].why == "stopped: 2 read again, 61 left, as it was stopped"
    assert (await who.post("/pages/jobs/none/stop")).status_code == 404


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (Fenced("another replay was started"), "Another replay was started"),
        (Unavailable("Kafka is away"), "Kafka is away"),
        (OSError("secret place"), "Kafka does not answer (OSError)"),
        (RuntimeError("secret"), "something went wrong"),
    ],
)
async def test_one_that_fails_says_why_and_that_it_may_be_begun_again(operator, operated, error, said):
    operated.doing.fails = error
    operated.doing.go.set()
    who = operator("engineer")
    page = await until(who, await begun(who, "state=asked"), "Cut short")
    assert said.lower() in page.lower()
    assert "secret" not in page
    assert "Begin it again to go on" in page
    assert operated.audits[-1].why.startswith("cut short: ")


async def test_without_an_audit_nothing_begins(operator, operated, monkeypatch):
    async def away(entry):
        raise Unavailable("this can't be audited")

    who = operator("engineer")
    await who.get("/pages/messages")
    monkeypatch.setattr("hub.api.access.auditing.Audited.act", lambda *_: away(None))
    answer = await who.post("/pages/messages/replay?state=asked", reason="the decoder was mended")
    assert answer.status_code == 503
    assert operated.doing.acts == []
    monkeypatch.undo()
    operated.doing.go.set()
    await until(who, await begun(who, "state=asked"), "Done")


async def test_one_that_a_restart_cut_short_is_known_to_be(operator, operated):
    who = operator("engineer", Grant(role="engineer", areas=frozenset({"*"})))
    page = (await who.get("/pages/jobs")).text
    assert "No end on record" in page
    assert "Done: 5 read again" in page
    assert "begin it again" in (await who.get("/pages/jobs/job-old")).text
    assert (await who.get("/pages/jobs/other")).status_code == 404
    operated.doing.away = Unavailable("Kafka does not answer")
    answer = await who.get("/pages/jobs")
    assert answer.status_code == 200
    assert "can&#39;t be told now" in answer.text


async def test_a_replay_is_its_owners_and_theirs_who_replay_in_every_area(operator, operated):
    who, other = operator("engineer"), operator("admin")
    everywhere = operator("everywhere", Grant(role="engineer", areas=frozenset({"*"})))
    job = await begun(who, "state=taken")
    assert (await other.get(job)).status_code == (await other.post(f"{job}/stop")).status_code == 404
    assert operated.audits[-1].action == "access.refused"
    for address in (job, "/pages/jobs/job-old"):
        assert address not in (await other.get("/pages/jobs")).text
        assert address in (await everywhere.get("/pages/jobs")).text
    assert (await other.get("/pages/jobs/job-old")).status_code == 404
    busy = await other.post("/pages/messages/replay?state=asked", reason="the decoder was mended")
    told = await other.get(busy.headers["location"])
    assert (told.status_code, "Another replay is at work" in told.text) == (409, True)
    assert (await everywhere.post(f"{job}/stop")).status_code == 303
    operated.doing.go.set()
    await until(who, job, "Stopped")


async def test_replays_are_not_asked_for_without_end(operator):
    who = operator("engineer")
    answers = [(await who.get("/pages/jobs/none")).status_code for _ in range(62)]
    assert (answers[0], answers[-1]) == (404, 429)


def test_jobs_are_read_out_of_the_audit():
    found = {}
    for said in (
        b'{"actor":"p-1","action":"job.begin","subjects":["a"],"why":"w","at":"2026-11-27T09:00:00Z","seq":7}',
        b'{"actor":"p-1","action":"job.begin","subjects":["b"],"why":"v","at":"2026-11-27T09:01:00Z"}',
        b'{"actor":"p-1","action":"job.end","subjects":["a"],"why":"done: 1 fixed","at":"2026-11-27T09:02:00Z"}',
        b'{"actor":"p-1","action":"job.end","subjects":["c"],"why":"done","at":"2026-11-27T09:02:00Z"}',
        b'{"actor":"p-1","action":"child.read","subjects":["chd-1"],"why":"x","at":"2026-11-27T09:02:00Z"}',
        b"no JSON",
        b"[]",
        None,
    ):
        take_job(found, said)
    assert [(each.id, each.said) for each in found.values()] == [("a", "done: 1 fixed"), ("b", None)]
