"""A death told, whenever: no alert stands until it is withdrawn, and then all is as if it had never been told."""

from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from hub.core.facts.fact import read_fact
from tests.property.casework.strategies import AFTER, FIRST, LAST, days, histories, silences
from tests.property.casework.test_laws import given, policies, run, said
from tests.unit.casework.facts import CHILD, TRUST, fact
from tests.unit.casework.stage import Bench, reached

instants = st.tuples(st.integers(0, (LAST - FIRST).days), st.sampled_from(["00:10", "12:00", "23:40"]))


def notice(day: date, at: str, on: str | None, how: str, version: int, **fields: Any) -> dict[str, Any]:
    """A notice of a death from a source of its own, received on a day."""
    return fact(
        "child.died",
        on,
        "DEATH",
        source=TRUST,
        version=version,
        data={"notice": how},
        received=f"{day.isoformat()}T{at}:00Z",
        **fields,
    )


@st.composite
def withdrawn(draw: st.DrawFn) -> list[dict[str, Any]]:
    """A notice, perhaps a second in another form, and its withdrawal."""
    said = sorted(draw(st.lists(instants, min_size=2, max_size=3)))
    found = [
        notice(
            FIRST + timedelta(days=day),
            at,
            draw(st.sampled_from(["2026-01-10", "2026-03-01", "2026-06-01", "2027-06-01", None])),
            draw(st.sampled_from(["formal", "informal"])),
            version,
        )
        for version, (day, at) in enumerate(said, 1)
    ]
    return [*found[:-1], found[-1] | {"retracted": True}]


def apart_from_deaths(values: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [value for value in values if value["kind"] != "child.died"]


@given(histories(10), withdrawn(), days, policies, silences)
def test_a_withdrawn_death_was_never_told(values, death, day, policy, quiet):
    others = apart_from_deaths(values)
    known = max(day, *(read_fact(value).received_on for value in death))
    assert said(run(others + death, known, policy, quiet)) == said(run(others, known, policy, quiet))


@given(histories(10), withdrawn(), days, policies)
def test_while_a_death_is_told_no_alert_stands_and_one_officer_is_asked(values, death, day, policy):
    others, told = apart_from_deaths(values), death[:-1]
    found = run(others + told, day, policy)
    known = any(read_fact(value).received_on <= day for value in told)
    asked = [question for question in found.questions if question.question == "death"]
    assert len(asked) == known
    if known:
        assert found.alerts == []
        assert asked[0].audience == "designated-officer"


@given(histories(10), withdrawn(), policies, st.randoms(use_true_random=False))
def test_alerts_come_back_as_they_were_and_none_opens_meanwhile(values, death, policy, random):
    """As the topic's reader sees it, day after day: each fact comes when it was received."""
    others = apart_from_deaths(values)
    log = sorted(others + death, key=lambda value: (value["received_at"], value["version"]))
    told_from, told_to = (read_fact(value).received_on for value in (death[0], death[-1]))
    bench = Bench(policy)
    for value in log:
        on = read_fact(value).received_on
        if random.random() < 0.3:
            bench.feed([reached(on.isoformat())])
        before = len(bench.alerts)
        bench.feed([value])
        opened = [alert for alert in bench.alerts[before:] if alert["state"] == "open"]
        if told_from < on < told_to:
            assert opened == []
        if value is death[-1]:
            known = {alert["id"] for alert in bench.alerts[:before]}
            assert all(alert.get("restored") for alert in opened if alert["id"] in known)
    bench.feed([reached(AFTER.isoformat())])
    expected = said(run(others, AFTER, policy))
    assert bench.topics["hub.children"] == {CHILD.encode(): expected["record"]}
    assert {id_: alert["since"] for id_, alert in bench.open_alerts().items()} == {
        alert["id"]: alert["since"] for alert in expected["alerts"]
    }
    tasks = [task for task in bench.topics.get("hub.review", {}).values() if task["question"] == "death"]
    assert [task["state"] for task in tasks] == ["resolved"] * len(tasks)
    assert len(tasks) <= 1
