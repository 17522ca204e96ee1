from datetime import date

import httpx
import pytest

from hub.simulator.comparison import compare, reader
from hub.simulator.endpoints import Endpoints
from hub.simulator.oracle import Expected, Truths

CASES, TRACKER = "one-education:825:2022", "council-tracker:825:2026"
REQUEST, ADVICE = f"{CASES}/REQ-1", f"{TRACKER}/ADV-1"
DAY = date(2026, 9, 14)
DECISION = Expected("assessment-decision-6w", REQUEST, "REQ-1", date(2026, 8, 3), DAY, date(2026, 9, 13), "met", DAY)
SLT = Expected("advice-6w", ADVICE, "REQ-1", date(2026, 8, 3), DAY, date(2026, 9, 13), "overdue", None)
TRUTH = Truths({"P-1": frozenset({REQUEST})}, frozenset({ADVICE}), (DECISION, SLT))


def child(child_id="chd-1", requests=(REQUEST,), advice=(ADVICE,)):
    chains = [{"ids": [each]} for each in advice]
    return {"child_id": child_id, "cases": [{"requests": [{"id": each} for each in requests], "advice": chains}]}


def deadline(expected, **changes):
    name = "advice" if expected.clock == "advice-6w" else "request"
    source, _, bare = expected.subject.partition("/")
    dates = {
        each: str(found) if (found := getattr(expected, each)) else None
        for each in ("starts_on", "due_on", "due_on_day_one", "met_on")
    }
    return {
        "clock": expected.clock,
        "subject": {name: bare},
        "source": source,
        "state": expected.state,
        **dates,
    } | changes


async def compared(children, deadlines, truth=TRUTH, page=1):
    """Answered in pages of one."""

    def answer(request):
        rows = {"/children": children, "/deadlines": deadlines}[request.url.path]
        start = int(request.url.params.get("cursor", "0"))
        following = str(start + page) if start + page < len(rows) else None
        return httpx.Response(200, json={"items": rows[start : start + page], "next": following})

    async with httpx.AsyncClient(base_url="http://api", transport=httpx.MockTransport(answer)) as read:
        return await compare(truth, read)


BOTH = [deadline(DECISION), deadline(SLT)]


async def test_a_hub_that_holds_the_truth_has_lost_nothing():
    found = await compared([child()], BOTH)
    assert (found.lost, found.wrong) == ([], [])
    assert (found.children, found.requests, found.advice, found.deadlines) == (1, 1, 1, 2)


async def test_an_id_may_be_written_in_full():
    in_full = deadline(SLT, subject={"advice": ADVICE}, source=CASES)
    assert (await compared([child()], [deadline(DECISION), in_full])).wrong == []


async def test_clocks_that_the_truth_does_not_speak_of_are_passed_over():
    other = deadline(DECISION, clock="review-first-12m")
    assert (await compared([child()], [*BOTH, other])).wrong == []


@pytest.mark.parametrize(
    ("children", "deadlines", "lost"),
    [
        ([], BOTH, ["REQ-1: the request is not there", "ADV-1: the advice is not in its case"]),
        ([child(advice=())], BOTH, ["ADV-1: the advice is not in its case"]),
        ([child()], BOTH[:1], ["REQ-1: no advice-6w for ADV-1"]),
    ],
)
async def test_what_is_not_there_is_lost(children, deadlines, lost):
    assert (await compared(children, deadlines)).lost == lost


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"state": "running"}, "state is running, ought to be overdue"),
        ({"due_on": "2026-09-15"}, "due_on is 2026-09-15, ought to be 2026-09-14"),
        ({"met_on": "2026-09-15"}, "met_on is 2026-09-15, ought to be None"),
        ({"starts_on": "2026-08-04"}, "starts_on is 2026-08-04, ought to be 2026-08-03"),
    ],
)
async def test_what_differs_is_wrong(change, said):
    found = await compared([child()], [deadline(DECISION), deadline(SLT, **change)])
    assert found.wrong == [f"REQ-1: advice-6w for ADV-1: {said}"]


async def test_what_the_truth_does_not_imply_is_wrong():
    strange = f"{CASES}/REQ-9"
    more = deadline(DECISION, subject={"request": "REQ-9"})
    found = await compared([child(requests=(REQUEST, strange), advice=(ADVICE, f"{TRACKER}/ADV-9"))], [*BOTH, more])
    assert found.wrong == [
        "REQ-9: a request that nobody made",
        "ADV-9: advice that nobody asked for",
        "REQ-9: assessment-decision-6w runs, which the truth does not imply",
    ]


TWO = Truths({"P-1": frozenset({REQUEST}), "P-2": frozenset({f"{CASES}/REQ-2"})}, frozenset(), ())


async def test_two_children_in_one_record_are_wrong():
    found = await compared([child(requests=(REQUEST, f"{CASES}/REQ-2"), advice=())], [], TWO)
    assert found.wrong == ["REQ-2: in one record with REQ-1, another child's"]


async def test_one_child_in_two_records_is_wrong():
    truth = Truths({"P-1": frozenset({REQUEST, f"{CASES}/REQ-2"})}, frozenset(), ())
    children = [child(advice=()), child("chd-2", (f"{CASES}/REQ-2",), ())]
    found = await compared(children, [], truth)
    assert found.wrong == ["REQ-1: one child's requests stand in 2 records"]


async def test_the_api_is_read_with_its_token(tmp_path):
    endpoints = Endpoints("http://w", "http://b", "http://api", tmp_path, "kafka", {"api": "secret"})
    async with reader(endpoints) as read:
        assert read.headers["authorization"] == "Bearer secret"
        assert str(read.base_url) == "http://api"
