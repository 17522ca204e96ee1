"""While a source is silent no new alert rests on it; what stands stays, and what is due opens when it is heard."""

from datetime import date
from itertools import count

import orjson
import pytest

from hub.core.alerts.rules import RULES
from hub.core.alerts.silence import Silences, read_saying
from hub.core.casework.evaluate import evaluate
from hub.core.casework.memory import Memory
from hub.core.casework.policy import Policy
from hub.core.facts.fact import read_fact
from hub.stages.casework import SOURCES_KEY, casework, check_state
from hub.stages.errors import PermanentError
from schemas.alerts import Alert, AlertRows, Tell, ToldRow
from schemas.ids import digest
from tests.unit.casework.facts import (
    CHILD,
    COUNCIL,
    LAW,
    SOURCES,
    TRUST,
    about_advice,
    about_request,
    asked,
    requested,
)
from tests.unit.casework.stage import Bench, MemoryState, reached, to_record

ADVICE = [
    requested("2026-09-01"),
    about_request("assessment.decided", "2026-10-01", data={"outcome": "assess"}),
    asked("2026-10-02"),  # due soon from 29 October, due 13 November
]
ACKNOWLEDGED = about_advice("advice.acknowledged", "2026-10-05", source=TRUST) | {
    "subject": {"advice": f"{COUNCIL}/ADV-1"}
}


def silent(on, source=COUNCIL, at="08:00", kind="source.silent"):
    return {
        "kind": kind,
        "effective_on": on,
        "received_at": f"{on}T{at}:00Z",
        "data": {"source": source},
    }


def heard(on, source=COUNCIL, at="08:00"):
    return silent(on, source, at, "source.heard")


GROUP = Tell(audience="coordinator", per="case")


def evaluated(day, *said, facts=ADVICE, policy=LAW):
    silences = Silences(read_saying(value) for value in said)
    read = [read_fact(value) for value in facts]
    return evaluate(CHILD, read, date.fromisoformat(day), policy, silences=silences)


def thresholds(*args, **fields):
    return sorted({alert["threshold"] for alert in evaluated(*args, **fields).alerts})


def test_nothing_new_opens_while_it_is_silent_and_what_is_due_opens_when_it_is_heard():
    assert thresholds("2026-10-29", silent("2026-10-20")) == []
    found = evaluated("2026-11-02", silent("2026-10-20"), heard("2026-11-02"))
    assert {(a["threshold"], a["since"], a["caused_by"]) for a in found.alerts} == {
        ("due-soon", date(2026, 11, 2), "day")
    }
    # It has been heard in between: the day on which it opened is kept.
    later = evaluated("2026-11-10", silent("2026-10-20"), heard("2026-11-02"))
    assert {a["since"] for a in later.alerts} == {date(2026, 11, 2)}


def test_what_has_become_late_meanwhile_is_told_as_late_only():
    assert thresholds("2026-11-20", silent("2026-10-20")) == []
    assert thresholds("2026-11-20", silent("2026-10-20"), heard("2026-11-20")) == ["overdue"]


def test_what_stands_stays_and_clears_as_facts_say():
    assert thresholds("2026-10-30", silent("2026-10-30")) == ["due-soon"]
    assert thresholds("2026-11-20", silent("2026-10-30")) == ["due-soon"]  # overdue would be new
    came = about_advice("advice.received", "2026-11-18")
    assert thresholds("2026-11-20", silent("2026-10-30"), facts=[*ADVICE, came]) == []


def test_due_soon_stands_while_overdue_may_not_open_and_gives_way_when_it_is_heard():
    said = [silent("2026-10-30"), heard("2026-11-20")]
    assert evaluated("2026-11-19", said[0]).now.held == (COUNCIL,)
    found = evaluated("2026-11-21", *said)
    assert {(a["threshold"], a["since"]) for a in found.alerts} == {("overdue", date(2026, 11, 20))}
    bench = Bench(LAW)
    bench.feed([*ADVICE, reached("2026-10-29"), said[0], reached("2026-11-19")])
    assert [alert["state"] for alert in bench.alerts if alert["child_id"]] == ["open"] * 3
    bench.feed([said[1]])
    soon = [alert["reason"] for alert in bench.alerts if alert["threshold"] == "due-soon"]
    assert soon == [None] * 3 + ["overdue"] * 3


def test_a_group_that_a_silent_source_keeps_due_soon_is_looked_at_when_it_is_heard():
    # ADV-1 rests on the silent trust, ADV-2 does not: the coordinator's `overdue` is open already.
    other = asked("2026-10-02", "ADV-2", service="physiotherapy")
    row = ToldRow(name="advice-of-health", thresholds=("due-soon", "overdue"), tell=(GROUP,))
    policy = Policy(SOURCES, rules=LAW.rules, alerts=RULES.with_own(AlertRows(told=(row,))))
    facts = [*ADVICE, ACKNOWLEDGED, other]
    early = evaluated("2026-11-19", silent("2026-10-30", TRUST), facts=facts, policy=policy)
    assert (sorted(a["threshold"] for a in early.alerts), early.now.held) == (["due-soon", "overdue"], (TRUST,))
    said = (silent("2026-10-30", TRUST), heard("2026-11-20", TRUST))
    later = evaluated("2026-11-21", *said, facts=facts, policy=policy)
    assert later.before.day == date(2026, 11, 20)
    assert [alert["threshold"] for alert in later.alerts] == ["overdue"]
    assert later.now.alerts[f"{COUNCIL}/REQ-1", "due-soon", "coordinator"].reason == "overdue"


def test_the_silence_of_a_day_counts_from_the_next():
    assert thresholds("2026-10-29", silent("2026-10-29")) == ["due-soon"]
    assert thresholds("2026-10-29", silent("2026-10-28", at="22:00")) == []


def test_what_has_no_instant_counts_from_the_beginning_of_its_day():
    said = {name: value for name, value in silent("2026-10-29").items() if name != "received_at"}
    assert thresholds("2026-10-29", said) == []


def test_advice_rests_on_the_feed_that_tells_of_it_too():
    assert thresholds("2026-10-30", silent("2026-10-20", TRUST)) == ["due-soon"]
    assert thresholds("2026-10-30", silent("2026-10-20", TRUST), facts=[*ADVICE, ACKNOWLEDGED]) == []


def test_a_group_opens_when_one_of_it_rests_on_nothing_silent():
    other = asked("2026-10-02", "ADV-2", service="physiotherapy")
    found = evaluated("2026-10-30", silent("2026-10-20", TRUST), facts=[*ADVICE, ACKNOWLEDGED, other])
    assert sorted(a["audience"] for a in found.alerts) == ["coordinator", "designated-officer", "service:physiotherapy"]


def test_it_knows_what_it_holds_back():
    assert evaluated("2026-10-28", silent("2026-10-20")).now.held == ()
    assert evaluated("2026-10-29", silent("2026-10-20")).now.held == (COUNCIL,)
    assert evaluated("2026-10-29", silent("2026-10-20", "nobody:1:1")).now.held == ()


def opened(bench, threshold="due-soon"):
    return [(a["state"], a["since"]) for a in bench.alerts if a["threshold"] == threshold]


def test_the_stage_opens_at_once_what_a_silence_held_back():
    bench = Bench(LAW)
    bench.feed([*ADVICE, silent("2026-10-20"), reached("2026-10-29"), reached("2026-10-30")])
    assert opened(bench) == []
    bench.reopen()
    bench.feed([heard("2026-11-02"), heard("2026-11-02")])
    assert opened(bench) == [("open", "2026-11-02")] * 3
    bench.feed([reached("2026-11-02"), silent("2026-11-03"), heard("2026-11-04")])
    assert len(opened(bench)) == 3


CHILDREN = 120


def many():
    return [value | {"child_id": f"chd-{n:03}"} for n in range(CHILDREN) for value in ADVICE]


def test_the_end_of_a_silence_is_worked_through_in_slices_and_a_crash_is_exact(monkeypatch):
    monkeypatch.setattr("hub.stages.casework.MOST_CHILDREN", 50)
    whole = Bench(LAW)
    whole.feed([*many(), silent("2026-10-20"), reached("2026-10-30")])
    bench = Bench(LAW)
    bench.feed([*many(), silent("2026-10-20"), reached("2026-10-30")])
    assert whole.feed([heard("2026-11-02"), reached("2026-11-02")]) >= 3
    record = [to_record(heard("2026-11-02"))]
    step = bench.handler.handle(record, bench.state)
    assert step.consumed == 0
    bench.commit(step.outputs)
    bench.handler.handle(record, bench.state)  # computed, never committed
    bench.reopen()
    bench.feed([heard("2026-11-02"), reached("2026-11-02")])
    assert bench.state.values == whole.state.values
    assert len(opened(bench)) == len({a["id"] + a["child_id"] for a in bench.alerts if a["child_id"]}) == 3 * CHILDREN


def test_a_silence_told_late_takes_back_what_it_would_have_held():
    bench = Bench(LAW)
    bench.feed([*ADVICE, reached("2026-10-29"), reached("2026-10-30")])
    assert len(opened(bench)) == 3
    bench.feed([silent("2026-10-20")])
    assert [state for state, _ in opened(bench)] == ["open"] * 3 + ["cleared"] * 3


def test_what_is_told_late_is_worked_through_in_slices_too_and_a_repeat_is_not(monkeypatch):
    monkeypatch.setattr("hub.stages.casework.MOST_CHILDREN", 50)
    bench = Bench(LAW)
    bench.feed([*many(), reached("2026-10-30"), reached("2026-11-02")])
    assert bench.feed([silent("2026-10-20")]) == 3
    assert bench.open_alerts().keys() == {digest(COUNCIL, "source-silent", "operations", 1)}
    values, outputs = dict(bench.state.values), len(bench.outputs)
    bench.feed([reached("2026-11-03")])
    values |= {"!day": bench.state.values["!day"]}
    assert bench.feed([silent("2026-10-20")]) == 1
    assert (bench.state.values, len(bench.outputs)) == (values, outputs)


def test_one_alert_for_each_source_from_the_first_partition_alone():
    said = [silent("2026-10-20"), silent("2026-10-20"), reached("2026-10-21"), heard("2026-10-25"), heard("2026-10-26")]
    bench = Bench(LAW)
    for value in said:
        bench.feed([value])
        bench.reopen()
    assert [(a["id"], a["state"], a["reason"], a["since"]) for a in bench.alerts] == [
        (digest(COUNCIL, "source-silent", "operations", 1), "open", None, "2026-10-20"),
        (digest(COUNCIL, "source-silent", "operations", 1), "cleared", "resolved", "2026-10-25"),
    ]
    for alert in bench.alerts:
        Alert.model_validate(alert)
    assert {output.key for output in bench.outputs} == {COUNCIL.encode()}
    bench.feed([silent("2026-10-28")])
    assert bench.alerts[-1]["id"] == digest(COUNCIL, "source-silent", "operations", 2)
    state = MemoryState()
    other = casework(LAW, lambda: 0.0).open(1, state)
    assert other.handle([to_record(value) for value in said], state).outputs == []


def test_silences_are_numbered_as_they_stood_at_the_end_of_days():
    said = [
        silent("2026-10-20"),
        silent("2026-10-22"),
        heard("2026-10-25"),
        silent("2026-10-26"),
        heard("2026-10-26", at="10:00"),
    ]
    silences = Silences(
        map(read_saying, [*said, silent("2026-10-28"), heard("2026-10-30"), silent("2026-10-30", at="20:00")])
    )
    found = {day: silences.standing(COUNCIL, date(2026, 10, day)) for day in (19, 22, 25, 26, 28, 30, 31)}
    second = (2, date(2026, 10, 28))  # that of the 26th was over by its evening, and that of the 30th never was
    assert found == {19: None, 22: (1, date(2026, 10, 20)), 25: None, 26: None, 28: second, 30: second, 31: second}


def test_its_state_is_checked():
    bench = Bench(LAW)
    bench.feed([silent("2026-10-20")])
    check_state(SOURCES_KEY, bench.state.values[SOURCES_KEY])
    for wrong in (b"{", b"[]", b"[1,2,3,4]", b'[[[1,2]],{},[],""]', b'[[],{},[[1,2]],""]'):
        with pytest.raises(ValueError, match="not what is kept"):
            check_state(SOURCES_KEY, wrong)


def test_a_saying_given_up_half_way_swallows_no_other(monkeypatch):
    seconds = count()
    every = [requested("2026-01-05") | {"child_id": f"chd-{n}"} for n in range(4)]
    late, other = silent("2026-02-01"), silent("2026-02-11", TRUST)
    after = [value | {"record": "REQ-2", "received_at": "2026-02-12T09:00:00Z"} for value in every]

    def bench():
        made = Bench(monotonic=lambda: float(next(seconds)))
        made.feed([*every, reached("2026-02-10")])
        return made

    clean, hurt = bench(), bench()
    evaluate_of = Memory.evaluate

    def raises(memory, child_id, *args, **fields):
        if child_id == "chd-2":
            raise RuntimeError("poison")
        return evaluate_of(memory, child_id, *args, **fields)

    monkeypatch.setattr(Memory, "evaluate", raises)
    for said in (late, other):  # the second hears of the first's child too, and is known all the same
        with pytest.raises(RuntimeError):
            hurt.feed([said])
        hurt.reopen()
    about = [alert["about"] for alert in hurt.alerts if alert["threshold"] == "source-silent"]
    assert about == [COUNCIL, TRUST]
    check_state(SOURCES_KEY, hurt.state.values[SOURCES_KEY])
    monkeypatch.setattr(Memory, "evaluate", evaluate_of)
    for each in (clean, hurt):
        each.feed([late, other] if each is clean else [other])
        each.feed([*after, reached("2026-02-12")])
    assert hurt.state.values == clean.state.values
    assert hurt.open_alerts() == clean.open_alerts()
    outputs = len(hurt.outputs)
    hurt.feed([late, other])
    assert len(hurt.outputs) == outputs


def test_what_is_silent_on_a_day_is_worked_out_once(monkeypatch):
    silences = Silences([read_saying(silent("2026-10-20"))])
    looked = []
    monkeypatch.setattr("hub.core.alerts.silence._holds", lambda said, day: bool(looked.append(day)) or True)
    for day in (date(2026, 10, 21), date(2026, 10, 21), date(2026, 10, 22)):
        assert silences.on(day) == {COUNCIL}
    assert looked == [date(2026, 10, 21), date(2026, 10, 22)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"data": {}},
        {"data": None},
        {"effective_on": "soon"},
        {"effective_on": None},
        {"received_at": "soon"},
        {"received_at": 5},
    ],
)
def test_what_names_no_source_or_day_is_refused(wrong):
    bench = Bench(LAW)
    with pytest.raises(PermanentError, match=r"source\.silent"):
        bench.handler.handle([to_record(silent("2026-10-20") | wrong)], bench.state)


def test_a_child_may_not_take_the_place_of_what_is_kept_of_sources():
    bench = Bench(LAW)
    with pytest.raises(PermanentError):
        bench.handler.handle([to_record(ADVICE[0] | {"child_id": SOURCES_KEY})], bench.state)


def test_sayings_are_a_set():
    said = [silent("2026-10-20"), heard("2026-10-25"), silent("2026-11-01")]
    silences = Silences(read_saying(value) for value in [*reversed(said), *said])
    assert orjson.dumps(silences.to_json()) == orjson.dumps(Silences(map(read_saying, said)).to_json())
    days = {
        day: silences.on(date.fromisoformat(day)) for day in ("2026-10-20", "2026-10-21", "2026-10-25", "2026-11-02")
    }
    assert [bool(found) for found in days.values()] == [False, True, False, True]
