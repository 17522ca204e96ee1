"""Finding a child: what is found for whom, what is typed stays nowhere, and too many are none."""

import re
from html import unescape

import pytest

FOUND = re.compile(r'data-label="Name">([^<]+)<')


def found(page) -> set[str]:
    return {unescape(name) for name in FOUND.findall(page.text)}


async def test_a_child_is_found_by_name_birth_number_and_reference(visit, hub):
    who = visit("coordinator")
    child = hub.partnership.lives[0].child
    name = f"{child.given} {child.family}"
    born = {"day": str(child.birth_date.day), "month": str(child.birth_date.month), "year": str(child.birth_date.year)}
    assert name in found(await who.post("/pages/find", name=child.family.upper()))
    assert name in found(await who.post("/pages/find", **born, name=child.given))
    numbered = next(life.child for life in hub.partnership.lives if life.child.verified)
    answer = await who.post("/pages/find", number=f"{numbered.nhs_number[:3]} {numbered.nhs_number[3:]}")
    assert found(answer) == {f"{numbered.given} {numbered.family}"}
    assert found(await who.post("/pages/find", reference="REQ-95")) == {"Ines Twice"}
    assert found(await who.post("/pages/find", reference="req-95")) == {"Ines Twice"}
    assert found(await who.post("/pages/find", reference="X-5")) == {"Ines Twice"}
    assert found(await who.post("/pages/find", reference="REQ-95", name="Ada")) == set()


async def test_only_those_whom_one_works_with_are_found(visit, hub):
    assert found(await visit("coordinator").post("/pages/find", name="Elsewhere")) == set()
    assert found(await visit("elsewhere").post("/pages/find", name="Elsewhere")) == {"Nele Elsewhere"}
    assert found(await visit("coordinator").post("/pages/find", reference="REQ-93")) == set()
    assert found(await visit("coordinator").post("/pages/find", name="Quiet")) == set()
    assert found(await visit("coordinator", restricted=True).post("/pages/find", name="Quiet")) == {"Rosa Quiet"}


async def test_nobody_out_of_scope_is_named_by_the_desk(visit, hub, children):
    await visit("coordinator").post("/pages/find", name="Elsewhere")
    assert [entry.why for entry in hub.audits if entry.why == "found a child"] == []


async def test_more_than_ten_are_none(visit, monkeypatch):
    monkeypatch.setattr("hub.api.pages.find.MOST", 1)
    answer = await visit("coordinator").post("/pages/find", name="example", day="6", month="5", year="2017")
    assert found(answer) == set()
    answer = await visit("coordinator").post("/pages/find", day="6", month="5", year="2017")
    assert found(answer) == set()
    assert "children fit" in answer.text


@pytest.mark.parametrize("typed", [{"name": "Twice"}, {"reference": "REQ-95"}, {"name": "Elsewhere"}])
async def test_where_the_desk_tells_of_the_first_ones_alone_nobody_is_said_not_to_be_there(visit, monkeypatch, typed):
    monkeypatch.setattr("hub.api.pages.find.LOOKED_THROUGH", 1)
    answer = await visit("coordinator").post("/pages/find", **typed)
    assert found(answer) == set()
    assert "Too many children fit" in answer.text


async def test_what_was_typed_is_in_no_address_and_no_audit(visit, hub, served):
    answer = await visit("coordinator").post("/pages/find", name="Ines", reference="REQ-95")
    assert answer.status_code == 200
    said = " ".join(entry.model_dump_json() for entry in (*hub.audits, *served.audits))
    assert "Ines" not in said
    assert "REQ-95" not in said
    assert "find a child by name" in said
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({}, "Enter a name"),
        ({"name": "a"}, "at least two letters"),
        ({"name": "?!*%"}, "at least two letters"),
        ({"day": "31", "month": "2", "year": "2016"}, "real date"),
        ({"day": "1"}, "real date"),
        ({"day": "1", "month": "2", "year": "16"}, "four digits"),
        ({"day": "x", "month": "1", "year": "99999999999999999999"}, "real date"),
        ({"number": "9990000019"}, "no NHS number"),
        ({"number": "1234567890123"}, "no NHS number"),
    ],
)
async def test_what_cannot_be_looked_for_is_said_and_nobody_is_looked_at(visit, hub, typed, said):
    answer = await visit("coordinator").post("/pages/find", **typed)
    assert answer.status_code == 422
    assert said in answer.text
    assert "There is a problem" in answer.text
    assert hub.audits == []


@pytest.mark.parametrize(
    ("typed", "faults"),
    [
        ({}, {"name": ["name"]}),
        ({"name": "a"}, {"name": ["name"]}),
        ({"name": "Ines", "day": "31", "month": "2", "year": "2016"}, {"day": ["day", "month", "year"]}),
        ({"number": "1234567890"}, {"number": ["number"]}),
        (
            {"name": "a", "year": "x", "number": "1"},
            {"name": ["name"], "day": ["day", "month", "year"], "number": ["number"]},
        ),
        ({"name": "nobody of this name"}, {}),
    ],
)
async def test_each_fault_stands_at_its_field_and_the_summary_leads_there(visit, typed, faults):
    page = (await visit("coordinator").post("/pages/find", **typed)).text
    assert re.findall(r'<li><a href="#(\w+)">', page) == list(faults)
    said = dict(re.findall(r'id="(\w+)-fault"><span class="unseen">Error: </span>([^<]+)<', page))
    summed = dict(re.findall(r'<a href="#(\w+)">([^<]+)</a></li>', page))
    assert said == summed
    inputs = {each["id"]: each for each in map(attributes, re.findall(r"<input class[^>]*>|<input id[^>]*>", page))}
    at = {field: key for key, fields in faults.items() for field in fields}
    assert {name for name, each in inputs.items() if each.get("aria-invalid") == "true"} == set(at)
    for name, each in inputs.items():
        hint, *rest = each["aria-describedby"].split()
        assert (f'id="{hint}"' in page, rest) == (True, [f"{at[name]}-fault"] if name in at else [])


def attributes(tag: str) -> dict[str, str]:
    return dict(re.findall(r'([\w-]+)="([^"]*)"', tag))


@pytest.mark.parametrize(
    "name", ["<img src=x onerror=alert(1)>ab", '"><script>alert(1)</script>', "\x00ab\u202e", "ab" * 90]
)
async def test_what_is_typed_comes_back_as_text(visit, name):
    answer = await visit("coordinator").post("/pages/find", name=name)
    assert answer.status_code in (200, 422)
    assert "<img" not in answer.text
    assert "<script>alert" not in answer.text


async def test_it_is_not_done_often(visit, served):
    who = visit("coordinator")
    statuses = [(await who.post("/pages/find", token="x", name="ab")).status_code for _ in range(31)]
    assert statuses[-1] == 429
