"""A child's page: who sees what of whom, names and the audit of them, and what is drawn."""

import hashlib
import re
from datetime import date, timedelta
from html import unescape

import httpx
import pytest

from hub.api.access import Grant
from hub.api.access.auditing import Audited
from hub.api.desk_app import create_desk
from hub.api.pages.drawing import drawn
from hub.api.remote_desk import RemoteDesk
from hub.api.usage import REQUESTS
from hub.stages.errors import Unavailable
from schemas.audit import MOST_WHY
from tests.support.pages import MALICE, PEOPLE, Served, Visitor


async def page_of(visitor, children, what="ordinary"):
    return await visitor.get(f"/pages/children/{children[what]}")


async def test_whoever_works_with_a_child_sees_the_name_and_that_is_in_the_audit(visit, children, hub, served):
    for role in ("coordinator", "designated-officer", "service"):
        page = await page_of(visit(role), children)
        assert page.status_code == 200
        assert hub.names[children["ordinary"]] in unescape(page.text)
        assert page.headers["cache-control"] == "no-store"
        assert (hub.audits[-1].actor, hub.audits[-1].subjects) == (f"prs-{role}", (children["ordinary"],))
        assert (served.audits[-1].action, served.audits[-1].actor) == ("child.read", f"prs-{role}")


@pytest.mark.parametrize("role", ["viewer", "engineer", "head-of-send"])
async def test_whoever_does_not_sees_no_name(visit, children, hub, role):
    page = await page_of(visit(role), children)
    assert page.status_code == 200
    assert hub.names[children["ordinary"]].split()[1] not in unescape(page.text)
    assert hub.audits == []


@pytest.mark.parametrize("role", ["coordinator", "service", "designated-officer", "elsewhere", "viewer"])
async def test_another_areas_child_is_not_there_and_that_somebody_asked_is_in_the_audit(
    visit, children, hub, served, role
):
    what = "ordinary" if role == "elsewhere" else "elsewhere"
    page = await page_of(visit(role), children, what)
    assert page.status_code == 404
    assert page.text == (await visit(role).get("/pages/children/nobody")).text
    (entry, _) = served.audits
    assert (entry.action, entry.subjects) == ("access.refused", (children[what],))
    assert hub.audits == []


async def test_a_restricted_child_is_there_for_named_people_alone(visit, children):
    assert (await page_of(visit("coordinator"), children, "restricted")).status_code == 404
    page = await page_of(visit("coordinator", restricted=True), children, "restricted")
    assert "Rosa Quiet" in page.text
    assert "Tell nobody who is not" in page.text


async def test_a_therapist_sees_nothing_of_social_care_or_of_what_others_were_asked(visit, children):
    page = (await page_of(visit("service"), children)).text
    assert "Advice: Speech and language therapy" in page
    for hidden in ("social care", "Social care", "Educational psychology", "Send the final plan", "disagree"):
        assert hidden not in page
    everything = (await page_of(visit("coordinator"), children)).text
    assert "Advice: Social care" in everything
    assert "Social care" not in (await page_of(visit("designated-officer"), children)).text


async def test_what_attacks_is_only_text(visit, children):
    page = (await page_of(visit("coordinator"), children, "malice")).text
    assert MALICE not in page
    assert "&lt;script&gt;document.title=" in page
    scripts = re.findall(r"<script[^>]*>", page)
    assert len(scripts) == 1
    assert "src=" in scripts[0]
    assert " style=" not in page
    assert not re.search(r"\son\w+=", page)


async def test_every_date_is_explained_in_words(visit, children):
    page = (await page_of(visit("coordinator"), children)).text
    assert "A body asked for advice gives it within 6 weeks of the day the request reached it." in page
    assert not re.search(r">[^<]*\d{4}-\d{2}-\d{2}[^<]*<", page)


async def test_what_came_in_about_the_child_is_listed_without_what_it_said(visit, children):
    page = (await page_of(visit("coordinator"), children, "malice")).text
    assert "Event of the council" in page
    assert "Event of the council" not in (await page_of(visit("service"), children, "malice")).text


async def test_a_name_out_of_scope_needs_a_reason_and_lasts_some_minutes(visit, children, hub, served):
    who, child = visit("head-of-send"), children["ordinary"]
    name = hub.names[child]
    counted = REQUESTS.labels("/pages/children/{child_id}/name", "303")
    before = counted._value.get()
    short = await who.post(f"/pages/children/{child}/name", reason="because")
    assert short.status_code == 422
    assert "Say in a sentence" in short.text
    let = await who.post(f"/pages/children/{child}/name", reason="The family rang and nobody else is here")
    assert let.headers["location"] == f"/pages/children/{child}"
    assert counted._value.get() == before + 1
    entry = next(entry for entry in served.audits if entry.action == "identity.break-glass")
    assert (entry.subjects, entry.why) == ((child,), "The family rang and nobody else is here")
    page = await who.get(f"/pages/children/{child}")
    assert name in unescape(page.text)
    assert "until 09:45" in page.text
    assert hub.audits[-1].why == "out of scope: The family rang and nobody else is here"
    assert name not in unescape((await who.get(f"/pages/children/{children['malice']}")).text)
    served.clock.set(served.clock.now() + timedelta(minutes=16))
    assert name not in unescape((await who.get(f"/pages/children/{child}")).text)


async def test_what_one_session_was_let_see_is_of_no_use_to_another(visit, children, hub):
    who, other = visit("head-of-send"), visit("head-of-send")
    await who.post(f"/pages/children/{children['ordinary']}/name", reason="The family rang and nobody is here")
    other.cookies["__Host-sendhub-opened"] = who.cookies["__Host-sendhub-opened"]
    page = await other.get(f"/pages/children/{children['ordinary']}")
    assert hub.names[children["ordinary"]] not in unescape(page.text)


@pytest.fixture
async def apart(world, hub):
    """Pages that ask a desk of its own over HTTP, as a deployment does."""
    token = "a token for tests"
    desk = create_desk(hub.desk(), (hashlib.sha256(token.encode()).hexdigest(),))
    transport = httpx.ASGITransport(desk, raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://desk", headers=headers) as client:
        made = Served(world[0], desk=RemoteDesk(client))
        yield made
        made.engine.dispose()


async def test_the_longest_reason_that_may_be_given_shows_what_it_was_given_for(apart, children, hub):
    """And five of them fit into what a browser keeps."""
    reason = "a reason, 子どもの名前 ".ljust(MOST_WHY, "字")
    who, child = Visitor(apart, "head-of-send"), children["ordinary"]
    for each in ("malice", "exempt", "doubted", "ordinary"):
        answer = await who.post(f"/pages/children/{children[each]}/name", reason=reason)
        assert answer.status_code == 303
    assert len(answer.headers["set-cookie"]) < 4096
    assert apart.audits[-1].why == reason
    assert hub.names[child] in unescape((await who.get(f"/pages/children/{child}")).text)
    listed = await Visitor(apart, "coordinator").post("/pages/worklist.csv", reason=reason)
    assert listed.status_code == 200
    assert hub.audits[-1].why == reason
    assert (await who.post(f"/pages/children/{child}/name", reason=f"{reason}.")).status_code == 422


async def test_no_reason_opens_another_areas_child(visit, children, served):
    answer = await visit("elsewhere").post(
        f"/pages/children/{children['ordinary']}/name", reason="I would like to know who this is"
    )
    assert answer.status_code == 404
    assert served.audits[-1].action == "access.refused"


async def test_whoever_reads_everywhere_asks_for_names_where_their_other_role_may(visit, children, hub):
    everywhere = Grant(role="viewer", areas=frozenset({"*"}))
    who = visit("head-of-send", PEOPLE["head-of-send"], everywhere)
    reason = "I would like to know who this is"
    assert (await who.post(f"/pages/children/{children['elsewhere']}/name", reason=reason)).status_code == 404
    page = await page_of(who, children, "elsewhere")
    assert page.status_code == 200
    assert "/name" not in page.text
    assert "/name" in (await page_of(who, children)).text
    assert hub.audits == []


async def test_without_the_desk_everything_else_is_shown(world, children):
    served = Served(world[0])
    page = await page_of(Visitor(served, "coordinator"), children)
    assert page.status_code == 200
    assert "can&#39;t be shown just now" in page.text
    assert "Advice: Social care" in page.text


@pytest.mark.parametrize("path", ["/pages/children/{}", "/pages/worklist.csv?list=owed"])
async def test_without_the_audit_nothing_is_shown(served, children, monkeypatch, path):
    async def away(*_said):
        raise Unavailable("this can't be audited")

    monkeypatch.setattr(Audited, "act", away)
    answer = await Visitor(served, "coordinator").get(path.format(children["ordinary"]))
    assert answer.status_code == 503
    assert "REQ-" not in answer.text


LIMIT = {
    "id": "d",
    "clock": "advice-6w",
    "state": "overdue",
    "starts_on": "2026-09-01",
    "due_on": "2026-10-13",
    "met_on": None,
    "heading": "medical",
    "service": "camhs",
}
TODAY = date(2026, 11, 27)


def test_days_are_drawn_to_scale():
    other = {**LIMIT, "id": "e", "state": "met", "met_on": "2026-09-15"}
    found = drawn([LIMIT, other], [(date(2026, 9, 1), "asked")], TODAY)
    late, met = found.bars
    weeks = (late.due - late.x) / 6
    assert late.over - late.due == pytest.approx(weeks * 45 / 7, abs=0.5)
    assert met.end - met.x == pytest.approx(weeks * 2, abs=0.5)
    assert found.today == late.over
    assert found.dots[0].x == late.x
    assert (late.kind, met.kind) == ("late", "met")
    assert met.over is None


def test_what_no_longer_applies_is_not_drawn_and_nothing_is_no_drawing():
    assert drawn([{**LIMIT, "state": "void"}], [], TODAY) is None
    assert drawn([], [], TODAY) is None


def test_a_life_of_ten_years_has_a_dozen_dates_at_most():
    found = drawn([LIMIT], [(date(2016, 1, 1), "born")], TODAY)
    assert 2 < len(found.ticks) <= 14


async def test_why_is_said_without_the_hubs_own_notes(visit, children):
    page = (await visit("coordinator").get(f"/pages/children/{children['exempt']}")).text
    said = " ".join(re.findall(r"<p>([^<]+)</p>", page))
    assert "Law: " in said
    assert "It starts on " in said
    for note in ("row in force", "status: ", "(advice.requested", "(assessment.requested", "(advice.delivered"):
        assert note not in said
