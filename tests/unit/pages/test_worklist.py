"""The worklist: whose rows, which lists, filters, pages of it, sheets, saved filters."""

import csv
import io
import re
from datetime import timedelta

import pytest
from sqlalchemy import event

from hub.api.access import Grant
from tests.support.pages import AREA, MALICE

REFERENCE = re.compile(r">(REQ-\d+)</a>")


def cases(page) -> set[str]:
    return set(REFERENCE.findall(page.text))


async def test_each_list_holds_its_own(visit):
    who = visit("coordinator")
    owed = cases(await who.get("/pages/worklist"))
    exempt = cases(await who.get("/pages/worklist?list=exempt"))
    assert "REQ-91" in owed
    assert exempt == {"REQ-94"}
    assert not owed & exempt
    standing = await who.get("/pages/worklist?list=standing")
    assert cases(standing)
    assert "Overdue" in standing.text
    assert (await who.get("/pages/worklist?list=everything")).status_code == 422


async def test_a_restricted_child_is_in_one_list_for_named_people_and_in_none_for_others(visit):
    named, other = visit("coordinator", restricted=True), visit("coordinator")
    for which in ("owed", "exempt", "standing"):
        assert "REQ-92" not in cases(await named.get(f"/pages/worklist?list={which}"))
    assert cases(await named.get("/pages/worklist?list=restricted")) == {"REQ-92"}
    assert "Restricted" not in (await other.get("/pages/worklist")).text
    assert cases(await other.get("/pages/worklist?list=restricted")) == set()


async def test_a_row_says_who_what_why_and_what_next(visit, hub, children):
    page = (await visit("coordinator").get("/pages/worklist?list=exempt")).text
    row = re.search(r"<tr role=\"row\">\s*<th scope=\"row\".*?</tr>", page, re.DOTALL).group()
    for said in ("REQ-94", "T. A.", "Year 5", "ADV-94", "Speech and language therapy", "NHS trust RXQ", "Exempt: "):
        assert said in row
    assert "See by" in row
    assert "Tom" not in page
    (look,) = hub.audits
    assert (look.action, look.why, look.subjects) == ("identity.look", "worklist", (children["exempt"],))


async def test_whoever_may_not_know_names_sees_no_initials_and_nobody_is_looked_up(visit, hub):
    page = (await visit("viewer").get("/pages/worklist?list=exempt")).text
    assert "REQ-94" in page
    assert "T. A." not in page
    assert hub.audits == []


async def test_a_service_sees_what_it_was_asked_and_nothing_else(visit):
    page = (await visit("service").get("/pages/worklist?list=standing")).text
    services = set(re.findall(r'data-label="Advice">([^<]+)<', page))
    assert services <= {"Speech and language therapy"}
    none = await visit("none", Grant(role="service", areas=AREA)).get("/pages/worklist")
    assert cases(none) == set()


async def test_a_designated_officer_sees_what_the_health_service_was_asked(visit):
    who = visit("designated-officer")
    rows = [await who.get(f"/pages/worklist?list={which}") for which in ("owed", "standing")]
    bodies = {body for page in rows for body in re.findall(r'data-label="Asked">([^<]+)<', page.text)}
    assert bodies <= {"NHS trust RXQ", "NHS trust RNU", "Integrated care board QU9"}
    assert bodies
    own = visit("own", Grant(role="designated-officer", areas=AREA, bodies=frozenset({"RNU"})))
    page = await own.get("/pages/worklist?list=owed")
    assert set(re.findall(r'data-label="Asked">([^<]+)<', page.text)) <= {"NHS trust RNU"}


async def test_another_area_is_not_there(visit):
    assert cases(await visit("elsewhere").get("/pages/worklist?list=owed")) | cases(
        await visit("elsewhere").get("/pages/worklist?list=standing")
    ) == {"REQ-93"}


async def test_filters_narrow_and_are_said(visit):
    who = visit("coordinator")
    page = await who.get("/pages/worklist?list=standing&service=psychological")
    assert set(re.findall(r'data-label="Advice">([^<]+)<', page.text)) <= {"Educational psychology"}
    assert "(Educational psychology)" in page.text
    nothing = await who.get("/pages/worklist?list=owed&service=no-such-service")
    assert "Clear the filter" in nothing.text
    old = await who.get("/pages/worklist?list=owed&age=26%2B")
    young = await who.get("/pages/worklist?list=owed&age=0-4")
    assert not cases(old) & cases(young)
    assert (await who.get("/pages/worklist?age=yesterday")).status_code == 422


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr("hub.api.pages.worklist.SIZE", 3)


async def test_pages_follow_one_another_and_are_nobody_elses(visit, small):
    who, address, seen = visit("coordinator"), "/pages/worklist?list=standing", []
    while address:
        page = await who.get(address)
        seen += re.findall(r"<small>.*?(ADV-\d+)</small>", page.text, re.DOTALL)
        following = re.search(r'href="([^"]+)" rel="next"', page.text)
        last, address = address, following and following.group(1).replace("&amp;", "&")
    assert len(seen) == len(set(seen)) > 3
    assert (await visit("head-of-send").get(last)).status_code == 422
    assert (await who.get(last.replace("standing", "owed"))).status_code == 422


async def test_the_number_of_questions_to_the_database_does_not_grow_with_the_rows(visit, served, monkeypatch):
    await visit("coordinator").get("/pages/worklist")
    asked = []
    event.listen(served.engine, "before_cursor_execute", lambda *said: asked.append(said[2]))
    counts = []
    for size in (2, 50):
        monkeypatch.setattr("hub.api.pages.worklist.SIZE", size)
        asked.clear()
        page = await visit("coordinator").get("/pages/worklist?list=standing")
        assert page.status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1] < 25


async def test_a_sheet_has_references_only_and_is_in_the_audit(visit, served):
    answer = await visit("coordinator").get("/pages/worklist.csv?list=exempt")
    rows = list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert [(row["Case reference"], row["Recipient's reference"]) for row in rows] == [("REQ-94", "ADV-94")]
    assert "name" not in " ".join(rows[0]).casefold()
    assert answer.headers["cache-control"] == "no-store"
    assert [(entry.action, entry.subjects) for entry in served.audits] == [("list.export", ())]


async def test_the_days_of_the_sheet_are_those_of_the_page(visit):
    who = visit("coordinator")
    rows = csv.DictReader(io.StringIO((await who.get("/pages/worklist.csv?list=standing")).text.lstrip("\ufeff")))
    left = {row["Recipient's reference"]: int(row["Days left"]) for row in rows}
    page = (await who.get("/pages/worklist?list=standing")).text
    late = dict(re.findall(r"(ADV-\d+)</small></th>.*?(\d+) days? late", page, re.DOTALL))
    assert late
    assert {name: -int(days) for name, days in late.items()} == {name: left[name] for name in late}


async def test_a_sheet_of_too_much_is_refused_and_not_cut(visit, served, monkeypatch):
    monkeypatch.setattr("hub.api.pages.worklist.SHEET_MOST", 2)
    monkeypatch.setattr("hub.api.pages.worklist.SHEET_AT_ONCE", 2)
    answer = await visit("coordinator").get("/pages/worklist.csv?list=standing")
    assert (answer.status_code, "choose a service, a body or an age" in answer.text) == (422, True)
    assert served.audits == []


async def test_the_list_asks_those_who_are_shown_names_why_their_sheet_needs_them(visit):
    form = re.compile(r'<form method="post" action="(/pages/worklist\.csv\?[^"]+)">(.*?)</form>', re.DOTALL)
    found = form.search((await visit("coordinator").get("/pages/worklist?list=exempt&service=")).text)
    assert found.group(1) == "/pages/worklist.csv?list=exempt"
    assert 'name="csrf_token"' in found.group(2)
    assert re.search(r'<textarea id="sheet-reason" name="reason"[^>]* required>', found.group(2))
    for role in ("head-of-send", "viewer"):
        assert not form.search((await visit(role).get("/pages/worklist?list=exempt")).text)


async def test_a_sheet_with_names_needs_a_reason_and_is_safe_to_open(visit, served, hub):
    who = visit("coordinator")
    refused = await who.post("/pages/worklist.csv?list=owed", reason=" why")
    assert refused.status_code == 422
    assert '<a href="#sheet-reason">Say in a few words why the sheet needs names</a>' in refused.text
    assert "</span>Say in a few words why the sheet needs names</span>" in refused.text
    assert 'required aria-invalid="true"> why</textarea>' in refused.text
    assert served.audits == []
    answer = await who.post("/pages/worklist.csv?list=owed", reason="the week's call with the trust")
    rows = list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))))
    attacked = next(row for row in rows if row["Case reference"] == "REQ-91")
    assert (attacked["Given name"], attacked["Family name"][:2]) == (MALICE, "'=")
    assert served.audits[-1].why == "worklist with names: the week's call with the trust"
    assert hub.audits[-1].why == "the week's call with the trust"


async def test_a_filter_is_saved_in_ones_own_browser(visit, served):
    who = visit("coordinator")
    saved = await who.post("/pages/filters", name="Therapists <b>", query="list=owed&service=speech-and-language")
    assert saved.headers["location"] == "/pages/worklist?list=owed&service=speech-and-language"
    page = (await who.get("/pages/worklist")).text
    assert "Therapists &lt;b&gt;" in page
    other = visit("head-of-send")
    other.cookies["__Host-sendhub-kept"] = who.cookies["__Host-sendhub-kept"]
    assert "Therapists" not in (await other.get("/pages/worklist")).text
    await who.post("/pages/filters", remove="Therapists <b>", query="-")
    assert "Therapists" not in (await who.get("/pages/filters")).text


@pytest.mark.parametrize("query", ["//evil.example", "list=owed\r\nSet-Cookie: a=b", '"><script>', "x" * 400])
async def test_no_filter_leads_elsewhere(visit, query):
    answer = await visit("coordinator").post("/pages/filters", name="n", query=query)
    assert answer.status_code == 422
    assert "location" not in answer.headers


async def test_changes_are_those_since_the_day_before_this_on_which_somebody_last_came(visit, served):
    who = visit("coordinator")
    first = await who.get("/pages/changes")
    assert "changed on 20 November 2026 or after" in first.text
    served.clock.set(served.clock.now() + timedelta(days=2))
    # Two days later the session is over; the browser still knows the day.
    who.cookies["__Host-sendhub"] = served.cookie("coordinator")
    second = await who.get("/pages/changes")
    assert "since your last visit, on 27 November 2026" in second.text


async def test_changes_are_of_ones_own_scope_alone(visit):
    page = await visit("coordinator", restricted=True).get("/pages/changes?since=2026-09-01")
    assert "REQ-91" in cases(page)
    assert not {"REQ-92", "REQ-93"} & cases(page)
    assert (await visit("coordinator").get("/pages/changes?since=yesterday")).status_code == 422
