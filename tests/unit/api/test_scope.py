"""Where somebody may what they may, and what of a child they are shown."""

from dataclasses import replace

import httpx
import orjson
import pytest

from hub.api.access import Grant, Principal
from hub.api.access.access import access_of
from hub.api.access.fields import SHOWN
from hub.api.access.shown import CASE, RECORD, Sight, record, sight
from hub.api.app import create_app
from hub.api.settings import ApiSettings
from hub.platform.clock import SystemClock
from hub.stages.errors import Unavailable
from hub.store.engine import open_engine
from hub.store.reach import GATHERED
from schemas.records import CaseRecord, ChildRecord
from tests.support.readmodel import advice_value, alert, case_value, child, dead_letter, deadline, review
from tests.unit.api.conftest import HASH
from tests.unit.api.test_ways import Always

SALT, PHYSIO = "speech-and-language", "physiotherapy"
SOURCES = "".join(
    f'[[sources]]\nid = "{id_}"\nkind = "{kind}"\n{area}\n'
    for id_, kind, area in (
        ("one-education:825:2022", "council", 'area = "825"'),
        ("other:826:2022", "council", 'area = "826"'),
        ("trust:RXQ:2022", "nhs", ""),
        ("trust:RNU:2022", "nhs", 'serves = ["825", "826"]'),
    )
)


@pytest.fixture
def settings(tmp_path):
    (tmp_path / "sources.toml").write_text(SOURCES)
    return ApiSettings(api_token_sha256=HASH, sources_file=tmp_path / "sources.toml")


@pytest.fixture
def partnership(projector):
    """A child in each of two areas, and a restricted one; each asked of two services, social care and the tribunal."""
    children = [("chd-5", "825", False), ("chd-6", "826", False), ("chd-r", "825", True)]
    records, limits, alerts = [], [], []
    for id_, area, restricted in children:
        advice = [
            advice_value(id="s/ADV-1", service=SALT),
            advice_value(id="s/ADV-2", service=PHYSIO),
            advice_value(id="s/ADV-3", service=None, heading="social-care", asked={"role": "own-authority"}),
        ]
        headings = [
            {"heading": name, "complete": False, "parts": 1, "parts_in": 0} for name in ("medical", "social-care")
        ]
        challenge = {"decision": "request", "tribunal": True, "on": "2026-10-01"}
        case = case_value(advice, area=area, headings=headings, challenges=[challenge], issued_on="2026-10-02")
        case["issued_without"] = ["s/ADV-3"]
        doubt = {
            "about": "s/ADV-1",
            "kind": "advice.received",
            "sayings": [{"source": "s", "effective_on": "2026-10-01", "outcome": None, "stands": True}],
        }
        more = {"area": area, "restricted": restricted, "cases": [case], "disagreements": [doubt]}
        records.append(child(len(records), id_, **more))
        own = {"role": "own-authority", "ods": None}
        limits += [
            (id_, f"{id_}-salt", {"area": area, "service": SALT, "heading": "medical"}),
            (id_, f"{id_}-physio", {"area": area, "service": PHYSIO, "heading": "medical"}),
            (id_, f"{id_}-care", {"area": area, "service": None, "heading": "social-care", "responsible": own}),
            (id_, f"{id_}-order", {"area": area, "service": None, "clock": "order-plan-14w", "responsible": own}),
            (id_, f"{id_}-plan", {"area": area, "service": None, "clock": "final-plan-20w", "responsible": own}),
        ]
        for name, audience in (("salt", f"service:{SALT}"), ("order", "coordinator"), ("physio", "designated-officer")):
            about = {"child_id": id_, "area": area, "audience": audience, "deadline": f"{id_}-{name}"}
            alerts.append(alert(len(alerts), f"al-{id_}-{name}", **about))
    projector.apply("hub.children", 0, records, 0, len(records))
    made = [deadline(n, id_, key, **changes) for n, (id_, key, changes) in enumerate(limits)]
    projector.apply("hub.deadlines", 0, made, 0, len(made))
    projector.apply("hub.alerts", 0, alerts, 0, len(alerts))
    tasks = [
        review(0, "rv-5", child_id="chd-5"),
        review(1, "rv-6", child_id="chd-6"),
        review(2, "rv-s5"),
        review(3, "rv-s6", source="other:826:2022"),
        review(4, "rv-r", child_id="chd-r"),
    ]
    projector.apply("hub.review", 0, tasks, 0, len(tasks))
    headers = [("one-education:825:2022", "council.events"), ("other:826:2022", "council.events")]
    letters = [
        dead_letter(n, topic=topic, headers=(("ce_source", source.encode()), ("ce_id", b"x")))
        for n, (source, topic) in enumerate(headers)
    ]
    projector.apply("hub.deadletter", 0, letters, 0, len(letters))
    return projector


@pytest.fixture
async def as_(url, partnership, settings, note):
    """Ask as somebody with these grants."""
    engine, known = open_engine(url, read_only=True), Always()
    access = replace(access_of(settings, SystemClock()), authenticators=[known])
    app = create_app(settings, engine, access=access, note=note)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:

        async def ask(path, *grants, restricted=False, kind="person", actor="prs-1"):
            known.who = Principal(actor=actor, kind=kind, how="token", grants=grants, restricted=restricted)
            return await client.get(path)

        yield ask
    engine.dispose()


def grant(role, areas="825", services="", bodies=""):
    return Grant(role=role, areas=areas.split(), services=services.split(), bodies=bodies.split())


COORDINATOR, OFFICER, THERAPIST = grant("coordinator"), grant("designated-officer"), grant("service", services=SALT)
VIEWER, ENGINEER = grant("viewer"), grant("engineer")


async def ids(answer, name="id"):
    assert answer.status_code == 200, answer.text
    return {item[name] for item in answer.json()["items"]}


@pytest.mark.parametrize(
    ("who", "seen"),
    [
        (COORDINATOR, "salt physio care order plan"),
        (grant("head-of-send"), "salt physio care order plan"),
        (VIEWER, "salt physio plan"),
        (ENGINEER, "salt physio plan"),
        (OFFICER, "salt physio"),
        (grant("designated-officer", bodies="QU9"), "salt physio"),
        (grant("designated-officer", bodies="QRV"), ""),
        (THERAPIST, "salt"),
        (grant("service", services="*"), "salt physio plan"),
        (grant("service"), ""),
        (grant("coordinator", areas=""), ""),
    ],
)
async def test_limits_are_those_of_the_area_and_of_what_the_role_is_shown(as_, who, seen):
    assert await ids(await as_("/deadlines", who)) == {f"chd-5-{name}" for name in seen.split()}


@pytest.mark.parametrize(
    ("who", "seen"),
    [(COORDINATOR, "chd-5"), (OFFICER, "chd-5"), (THERAPIST, "chd-5"), (grant("service", services="camhs"), "")],
)
async def test_children_are_those_of_the_area_or_of_ones_own_requests(as_, who, seen):
    assert await ids(await as_("/children", who), "child_id") == set(seen.split())


@pytest.mark.parametrize(
    ("who", "seen"),
    [(COORDINATOR, "salt order physio"), (VIEWER, "salt physio"), (OFFICER, "salt physio"), (THERAPIST, "salt")],
)
async def test_alerts_are_for_their_audience_and_about_what_is_shown(as_, who, seen):
    assert await ids(await as_("/alerts", who)) == {f"al-chd-5-{name}" for name in seen.split()}


async def test_an_alert_about_no_limit_is_for_whoever_was_asked_something_of_the_child(as_, partnership):
    """And what tells of an exemption is for whoever is shown exemptions."""
    more = {"child_id": "chd-5", "audience": "designated-officer", "deadline": None, "about": "case"}
    told = [
        alert(9, "al-none", **more, threshold="heading-open"),
        alert(10, "al-exempt", **more | {"deadline": "chd-5-salt"}, threshold="exemption-not-valid"),
    ]
    partnership.apply("hub.alerts", 0, told, 9, 11)
    there = [grant("designated-officer"), grant("designated-officer", bodies="QU9"), grant("head-of-send")]
    for who in there:
        assert {"al-none", "al-exempt"} <= await ids(await as_("/alerts", who))
    assert await ids(await as_("/alerts", grant("designated-officer", bodies="QRV"))) == set()
    seen = await ids(await as_("/alerts", VIEWER))
    assert ("al-none" in seen, "al-exempt" in seen) == (False, False)


@pytest.mark.parametrize("threshold", GATHERED)
async def test_what_is_told_of_a_whole_case_is_for_whoever_is_shown_all_that_it_may_rest_on(
    as_, partnership, threshold
):
    more = {"child_id": "chd-5", "audience": "coordinator", "about": "s/REQ-1", "threshold": threshold}
    told = [alert(9, "al-case", **more, deadline=None), alert(10, "al-one", **more, deadline="chd-5-salt")]
    told.append(alert(11, "al-all-in", **more | {"threshold": "all-advice-in"}, deadline=None))
    partnership.apply("hub.alerts", 0, told, 9, 12)
    for who, shown in ((COORDINATOR, True), (grant("head-of-send"), True), (VIEWER, False), (ENGINEER, False)):
        seen = await ids(await as_("/alerts", who))
        assert ("al-case" in seen, "al-all-in" in seen) == (shown, True)
        hidden = threshold == "exemption-not-valid" and who is VIEWER
        assert ("al-one" in seen) is not hidden


@pytest.mark.parametrize(
    ("who", "shown"),
    [
        (COORDINATOR, True),
        (grant("head-of-send"), True),
        (VIEWER, False),
        (ENGINEER, False),
        (OFFICER, False),
        (THERAPIST, False),
        (grant("service", services="*"), False),
    ],
)
async def test_that_a_plan_went_out_without_social_cares_advice_is_for_whoever_is_shown_social_care(
    as_, partnership, who, shown
):
    """The alert is about the case and names no heading; the record tells of the others' advice by its id."""
    every = ("coordinator", "designated-officer", f"service:{SALT}")
    told = {"child_id": "chd-5", "deadline": None, "about": "s/REQ-1", "threshold": "plan-without-advice"}
    rows = [alert(9 + n, f"al-{name}", **told, audience=name) for n, name in enumerate(every)]
    partnership.apply("hub.alerts", 0, rows, 9, 12)
    seen = await ids(await as_("/alerts?threshold=plan-without-advice", who))
    assert seen == ({f"al-{name}" for name in every} if shown else set())
    (case,) = (await as_("/children/chd-5", who)).json()["cases"]
    assert case["issued_without"] == (["s/ADV-3"] if shown else [])
    assert ("s/ADV-3" in {each["id"] for each in case["advice"]}) is shown


@pytest.mark.parametrize(
    ("who", "claims", "doubts"),
    [
        (COORDINATOR, ["ADV-1", "ADV-3-first"], ["s/ADV-1", "s/ADV-3"]),
        (ENGINEER, ["ADV-1"], ["s/ADV-1"]),
        (OFFICER, ["ADV-1"], []),
        (VIEWER, [], []),
        (THERAPIST, [], []),
    ],
)
def test_what_is_about_advice_of_social_care_goes_with_it(who, claims, doubts):
    """Under whichever id it was asked for; a claim gives it as the source does."""
    care = advice_value(id="s/ADV-3", ids=["s/ADV-3-first", "s/ADV-3"], heading="social-care", service=None)
    case = case_value([advice_value(id="s/ADV-1"), care])
    claimed = [{"about": id_, "ground": "exceptional"} for id_ in ("ADV-1", "ADV-3-first")]
    differ = [{"about": id_, "kind": "advice.received", "sayings": []} for id_ in ("s/ADV-1", "s/ADV-3")]
    body = child(0, cases=[case], exemptions_claimed=claimed, disagreements=differ).value.decode()
    seen = orjson.loads(record(body, sight([who])))
    assert [each["about"] for each in seen["exemptions_claimed"]] == claims
    assert [each["about"] for each in seen["disagreements"]] == doubts


async def test_services_and_bodies_of_two_grants_are_not_mixed(as_, projector):
    asked = [("s/1", SALT, "RXQ"), ("s/2", SALT, "RYV"), ("s/3", PHYSIO, "RXQ"), ("s/4", PHYSIO, "RYV")]
    advice = [advice_value(id=id_, service=name, asked={"role": "trust", "ods": ods}) for id_, name, ods in asked]
    projector.apply("hub.children", 0, [child(3, "chd-1", cases=[case_value(advice)])], 3, 4)
    limits = [
        deadline(15 + n, "chd-1", id_, service=name, responsible={"role": "trust", "ods": ods})
        for n, (id_, name, ods) in enumerate(asked)
    ]
    projector.apply("hub.deadlines", 0, limits, 15, 19)
    who = grant("service", services=SALT, bodies="RXQ"), grant("service", services=PHYSIO, bodies="RYV")
    (case,) = (await as_("/children/chd-1", *who)).json()["cases"]
    assert [each["id"] for each in case["advice"]] == ["s/1", "s/4"]
    assert await ids(await as_("/deadlines", *who)) == {"s/1", "s/4"}


async def test_what_was_asked_by_mistake_opens_no_child(as_, projector):
    projector.apply("hub.children", 0, [child(3, "chd-1")], 3, 4)
    projector.apply("hub.deadlines", 0, [deadline(15, "chd-1", "dl-1", state="void")], 15, 16)
    assert (await as_("/children/chd-1", THERAPIST)).status_code == 404
    assert await ids(await as_("/children", THERAPIST), "child_id") == {"chd-5"}
    assert (await as_("/children/chd-1", COORDINATOR)).status_code == 200


async def test_two_grants_are_two_scopes_and_no_third(as_):
    """Who coordinates in one area and treats in another sees nothing of the tribunal there."""
    there = grant("service", areas="826", services=SALT)
    seen = await ids(await as_("/deadlines", COORDINATOR, there))
    assert seen == {f"chd-5-{name}" for name in ("salt", "physio", "care", "order", "plan")} | {"chd-6-salt"}
    other = (await as_("/children/chd-6", COORDINATOR, there)).json()
    assert [each["id"] for each in other["cases"][0]["advice"]] == ["s/ADV-1"]
    assert other["cases"][0]["challenges"] == []
    own = (await as_("/children/chd-5", COORDINATOR, there)).json()
    assert len(own["cases"][0]["advice"]) == 3
    listed = {item["child_id"]: item for item in (await as_("/children", COORDINATOR, there)).json()["items"]}
    assert listed == {"chd-5": own, "chd-6": other}


@pytest.mark.parametrize("clock", ["send-advice-request-2wd", "advice-all-in-12w"])
async def test_which_advice_was_the_last_of_all_is_told_to_whoever_is_shown_social_care(as_, projector, clock):
    limits = [deadline(15, "chd-5", "all", area="825", service=None, clock=clock, explanation=["met by ADV-3"])]
    projector.apply("hub.deadlines", 0, limits, 15, 16)
    for who, told in ((COORDINATOR, ["met by ADV-3"]), (VIEWER, []), (ENGINEER, [])):
        found = {each["id"]: each for each in (await as_("/deadlines", who)).json()["items"]}
        assert found["all"]["explanation"] == told
        assert told or "ADV-3" not in (await as_("/children/chd-5/timeline", who)).text


async def test_a_therapist_sees_their_own_request_and_nothing_of_tribunal_or_social_care(as_):
    answer = await as_("/children/chd-5", THERAPIST)
    seen = ChildRecord.model_validate_json(answer.content)
    (case,) = seen.cases
    assert [each.service for each in case.advice] == [SALT]
    assert (case.challenges, case.issued_without, case.issued_on) == ((), (), None)
    assert [each.heading for each in case.headings] == ["medical"]
    assert (seen.disagreements, seen.questions) == ((), ())
    for path in ("/children/chd-5", "/children/chd-5/deadlines", "/children/chd-5/timeline"):
        answer = await as_(path, THERAPIST)
        assert (answer.status_code, text := answer.text)[0] == 200
        assert not [word for word in ("social-care", "social care", "tribunal", "order-", PHYSIO) if word in text], path


async def test_a_viewer_sees_the_case_without_tribunal_and_social_care(as_):
    for path in ("/children/chd-5", "/children/chd-5/deadlines", "/children/chd-5/timeline", "/children", "/alerts"):
        answer = await as_(path, VIEWER)
        assert (answer.status_code, text := answer.text)[0] == 200
        assert not [word for word in ("social-care", "order-", '"tribunal":true') if word in text], path


@pytest.mark.parametrize("path", ["/children/chd-6", "/children/chd-6/deadlines", "/children/chd-6/timeline"])
@pytest.mark.parametrize("who", [COORDINATOR, OFFICER, THERAPIST, VIEWER, ENGINEER])
async def test_another_areas_child_is_not_there_and_that_somebody_asked_is_audited(as_, noted, path, who):
    answer, unknown = await as_(path, who), await as_(path.replace("chd-6", "chd-9"), who)
    assert (answer.status_code, answer.json()) == (404, unknown.json())
    assert [(entry.actor, entry.action, entry.subjects) for entry in noted] == [("prs-1", "access.refused", ("chd-6",))]


async def test_who_looks_at_one_child_is_audited_and_a_system_is_not(as_, noted):
    await as_("/children/chd-5", COORDINATOR)
    await as_("/children/chd-5", COORDINATOR, kind="system")
    assert [(entry.actor, entry.action, entry.subjects) for entry in noted] == [("prs-1", "child.read", ("chd-5",))]


@pytest.mark.parametrize(
    ("path", "children"),
    [
        ("/children?limit=500", ("chd-5", "chd-6", "chd-r")),
        ("/children?limit=1", ("chd-5",)),
        ("/deadlines", ("chd-5", "chd-6")),
        ("/alerts", ("chd-5", "chd-6")),
        ("/reviews", ("chd-5", "chd-6")),
        ("/children?case_reference=none", ()),
        ("/children/chd-5/deadlines", ("chd-5",)),
    ],
)
async def test_whose_records_a_page_shows_a_person_is_audited_in_one_entry(as_, noted, path, children):
    everywhere = grant("head-of-send", areas="*")
    await as_(path, everywhere, kind="system")
    assert noted == []
    assert (await as_(path, everywhere)).status_code == 200
    assert [(entry.actor, entry.action, entry.subjects) for entry in noted] == [
        ("prs-1", "child.read", each) for each in [children] if each
    ]


@pytest.mark.parametrize("path", ["/children", "/deadlines", "/alerts", "/reviews"])
async def test_a_person_pages_through_records_so_often_and_a_system_as_it_likes(as_, path):
    statuses = [
        (await as_(path, COORDINATOR, kind=kind)).status_code for kind in ("system", "person") for _ in "x" * 31
    ]
    assert statuses == [200] * 61 + [429]


async def test_a_page_whose_reading_cannot_be_written_down_is_not_shown(url, partnership, settings):
    async def away(_entry):
        raise Unavailable("Kafka is away")

    engine, known = open_engine(url, read_only=True), Always()
    known.who = Principal(actor="prs-1", kind="person", how="token", grants=(COORDINATOR,))
    access = replace(access_of(settings, SystemClock()), authenticators=[known])
    transport = httpx.ASGITransport(create_app(settings, engine, access=access, note=away), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
        for path in ("/children", "/deadlines", "/alerts", "/reviews"):
            answer = await client.get(path)
            assert (answer.status_code, "chd-5" in answer.text) == (503, False), path
    engine.dispose()


async def test_a_restricted_child_is_there_for_named_people_of_its_area_alone(as_):
    for path in ("/children/chd-r", "/children/chd-r/timeline"):
        assert (await as_(path, COORDINATOR)).status_code == 404
        assert (await as_(path, COORDINATOR, restricted=True)).status_code == 200
        assert (await as_(path, grant("coordinator", areas="826"), restricted=True)).status_code == 404
        everywhere = await as_(path, grant("coordinator", areas="*"))
        assert everywhere.json() == {"child_id": "chd-r", "restricted": True}
    assert "chd-r" not in (await as_("/children", COORDINATOR)).text
    assert "chd-r" not in (await as_("/deadlines", THERAPIST)).text
    assert "chd-r" in await ids(await as_("/children", COORDINATOR, restricted=True), "child_id")


async def test_questions_are_those_of_the_areas_children_and_sources(as_, noted):
    assert await ids(await as_("/reviews", COORDINATOR)) == {"rv-5", "rv-s5"}
    assert await ids(await as_("/reviews", COORDINATOR, restricted=True)) == {"rv-5", "rv-s5", "rv-r"}
    assert await ids(await as_("/reviews", grant("coordinator", areas="825 826"))) == {"rv-5", "rv-6", "rv-s5", "rv-s6"}
    for task in ("rv-6", "rv-s6", "rv-r"):
        assert (await as_(f"/reviews/{task}", COORDINATOR)).status_code == 404
        assert noted[-1].subjects == (task,)


async def test_what_of_a_trust_matches_no_child_is_for_the_areas_that_it_serves(as_, partnership):
    tasks = [review(5, "rv-none", source="trust:RXQ:2022"), review(6, "rv-both", source="trust:RNU:2022")]
    partnership.apply("hub.review", 0, tasks, 5, 7)
    elsewhere, everywhere = grant("coordinator", areas="827"), grant("coordinator", areas="*")
    for who, seen in ((COORDINATOR, [404, 200]), (elsewhere, [404, 404]), (everywhere, [200, 200])):
        assert [(await as_(f"/reviews/{task}", who)).status_code for task in ("rv-none", "rv-both")] == seen
    assert await ids(await as_("/sources", grant("engineer", areas="826"))) == {"other:826:2022"}, "no more than that"


async def test_dead_letters_and_sources_are_those_of_the_area(as_):

    own = await as_("/dead-letters", ENGINEER)
    assert {item["source"] for item in own.json()["items"]} == {"one-education:825:2022"}
    assert len((await as_("/dead-letters", grant("engineer", areas="*"))).json()["items"]) == 2
    assert await ids(await as_("/sources", ENGINEER)) == {"one-education:825:2022"}
    every = await as_("/sources", grant("engineer", areas="*"))
    assert await ids(every) == {
        "one-education:825:2022",
        "other:826:2022",
        "trust:RXQ:2022",
        "trust:RNU:2022",
    }
    assert {item["id"]: item["dead_letters"] for item in every.json()["items"]}["other:826:2022"] == 1


async def test_measures_are_of_ones_own_areas(as_):
    period = "from=2026-01-01&to=2026-12-31"
    assert (await as_(f"/measures?{period}", COORDINATOR)).json()["area"] == "825"
    assert (await as_(f"/measures?{period}&area=825", COORDINATOR)).status_code == 200
    assert (await as_(f"/measures?{period}&area=826", COORDINATOR)).status_code == 403
    assert (await as_(f"/measures?{period}", grant("coordinator", areas="825 826"))).status_code == 403
    assert (await as_(f"/measures?{period}", grant("viewer", areas="*"))).json()["area"] is None


@pytest.mark.parametrize(
    ("areas", "asked", "status", "told"),
    [
        ("*", "825", 200, None),
        ("*", "827", 400, "Ask for one that is known: 825, 826."),
        ("825 827", "827", 400, "Ask for one that is known: 825."),
        ("827", "827", 400, "No area that you may ask for is known yet."),
        ("825", "827", 403, None),
    ],
)
async def test_an_area_that_is_not_known_is_refused_with_those_that_one_may_ask_for(as_, areas, asked, status, told):
    answer = await as_(f"/measures?from=2026-01-01&to=2026-12-31&area={asked}", grant("viewer", areas=areas))
    assert (answer.status_code, answer.json().get("detail")) == (status, told)


async def test_a_cursor_of_another_person_is_refused(as_):
    cursor = (await as_("/deadlines?limit=1", COORDINATOR)).json()["next"]
    assert (await as_(f"/deadlines?cursor={cursor}", COORDINATOR)).status_code == 200
    assert (await as_(f"/deadlines?cursor={cursor}", COORDINATOR, actor="prs-2")).status_code == 422


async def test_a_merged_child_is_shown_the_way_only_to_whoever_may_go_it(as_, partnership):
    from tests.support.readmodel import record as row

    turned = {"child_id": "chd-7", "event": "child.merged", "surviving": "chd-6", "on": "2026-10-20"}
    partnership.apply("hub.children", 0, [row("hub.children", 3, "chd-7", turned)], 3, 4)
    assert (await as_("/children/chd-7", COORDINATOR)).status_code == 404
    assert (await as_("/children/chd-7", grant("coordinator", areas="826"))).status_code == 308


@pytest.mark.parametrize("rest", ["", "/deadlines", "/timeline"])
@pytest.mark.parametrize("kind", ["person", "system"])
@pytest.mark.parametrize(("services", "status"), [("camhs", 404), (SALT, 308)])
async def test_every_area_is_not_every_child_where_a_merged_one_went_on(
    as_, partnership, noted, services, status, kind, rest
):
    """A service reaches whom it was asked about, in whatever areas: the way on would tell it of others."""
    from tests.support.readmodel import record as row

    way = [("chd-7", "chd-8"), ("chd-8", "chd-6")]
    turned = [
        row("hub.children", 3 + n, old, {"child_id": old, "event": "child.merged", "surviving": on, "on": "2026-10-20"})
        for n, (old, on) in enumerate(way)
    ]
    partnership.apply("hub.children", 0, turned, 3, 5)
    for old, _ in way:
        answer = await as_(f"/children/{old}{rest}", grant("service", areas="*", services=services), kind=kind)
        assert answer.status_code == status
        assert ("chd-6" in answer.text + str(answer.headers)) is (status == 308)
    assert [(entry.action, entry.subjects) for entry in noted] == [("access.refused", ("chd-6",))] * 2 * (status == 404)


async def test_sheets_are_within_scope_audited_and_safe_to_open(as_, noted, partnership):
    formula = '=HYPERLINK("https://evil.example")'
    partnership.apply("hub.children", 0, [child(3, "chd-8", case_reference=formula)], 3, 4)
    answer = await as_("/children.csv", COORDINATOR)
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="children.csv"'
    lines = answer.text.splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == ["chd-5", "chd-8"]
    assert '"\'=HYPERLINK(""https://evil.example"")"' in answer.text
    assert noted[-1].action == "list.export"
    limits = (await as_("/deadlines.csv", THERAPIST)).text
    assert limits.count("\r\n") == 2
    assert (await as_("/deadlines.csv", VIEWER)).status_code == 403
    assert (await as_("/deadlines.csv?limit=1", COORDINATOR)).status_code == 422


def test_every_field_of_a_record_has_its_place_in_the_table():
    assert set(ChildRecord.model_fields) == set(RECORD)
    assert set(CaseRecord.model_fields) == set(CASE)


def test_a_field_that_the_table_does_not_name_is_not_shown():
    body = orjson.dumps({"child_id": "c", "cases": [], "other_advice": [], "hospital": "x", "wards": ["y"]}).decode()
    seen = orjson.loads(record(body, sight([VIEWER])))
    assert (seen["hospital"], seen["wards"]) == (None, [])
    assert record(body, sight([COORDINATOR])) == body


def test_what_is_shown_fits_the_record_whatever_is_left_out():
    case = case_value([advice_value()], challenges=[{"decision": "request", "tribunal": True}])
    body = child(0, cases=[case]).value.decode()
    for part in SHOWN:
        shown = record(body, Sight(frozenset({part}), ()))
        ChildRecord.model_validate_json(shown)
