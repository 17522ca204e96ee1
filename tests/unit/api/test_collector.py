from datetime import date, timedelta

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from hub.api.collector import DomainCollector
from hub.store.engine import open_engine
from hub.store.readmodel import ReadModel
from tests.support.readmodel import advice_value, alert, case_value, child, dead_letter, deadline, review

TODAY = date(2026, 10, 20)


@pytest.fixture
def scrape(url):
    engine = open_engine(url, read_only=True)
    registry = CollectorRegistry()
    registry.register(DomainCollector(ReadModel(engine), lambda: TODAY))

    def scraped():
        text = generate_latest(registry).decode()
        families = text_string_to_metric_families(text)
        return {(s.name, *s.labels.values()): s.value for family in families for s in family.samples}

    yield scraped
    engine.dispose()


def test_without_a_read_model_it_says_so_and_nothing_else(scrape):
    assert scrape() == {("sendhub_read_model_up",): 0}


def test_an_empty_read_model_shows_noughts(scrape, projector):
    found = scrape()
    assert found["sendhub_read_model_up",] == 1
    assert found["sendhub_alerts_open", "overdue"] == 0
    assert found["sendhub_reviews_open", "28+", "which-case"] == 0


def test_deadlines_and_advice(scrape, projector):
    deadlines = [
        deadline(0, "a", "1", state="met"),
        deadline(1, "a", "2", state="overdue"),
        deadline(2, "b", "3", state="overdue"),
        deadline(3, "b", "4", state="overdue", service=None, area=None),
        deadline(4, "b", "5", state="running", clock="plan-20w", service=None),
        deadline(5, "b", "6", state="met", service=None, heading="psychological"),
    ]
    projector.apply("hub.deadlines", 0, deadlines, 0, 6)
    found = scrape()
    assert found["sendhub_deadlines", "advice-6w", "overdue"] == 3
    assert found["sendhub_deadlines", "plan-20w", "running"] == 1
    assert found["sendhub_advice_deadlines", "825", "speech-and-language", "met"] == 1
    assert found["sendhub_advice_deadlines", "825", "speech-and-language", "overdue"] == 2
    assert found["sendhub_advice_deadlines", "unknown", "unknown", "overdue"] == 1
    assert found["sendhub_advice_deadlines", "825", "psychological", "met"] == 1
    assert sum(value for key, value in found.items() if key[0] == "sendhub_advice_deadlines") == 5


def test_age_bands_end_as_deadlines_do(scrape, projector):
    """The last day within N weeks is start + 7 x N."""
    days = [0, 42, 43, 112, 113, 140, 141, 364, 365, -3]
    received = [(TODAY - timedelta(days=days)).isoformat() for days in days]
    children = [child(n, f"chd-{n}", received_on=day) for n, day in enumerate(received)]
    others = [
        child(10, "chd-10", received_on=None),
        child(11, "chd-11", open=False),
        child(12, "chd-12", area="826", received_on=received[0]),
    ]
    projector.apply("hub.children", 0, [*children, *others], 0, 13)
    found = {key[1:]: value for key, value in scrape().items() if key[0] == "sendhub_open_cases"}
    assert found == {
        ("825", "0-6"): 3,
        ("825", "6-16"): 2,
        ("825", "16-20"): 2,
        ("825", "20-52"): 2,
        ("825", "52+"): 1,
        ("825", "unknown"): 1,
        ("826", "0-6"): 1,
        ("826", "6-16"): 0,
        ("826", "16-20"): 0,
        ("826", "20-52"): 0,
        ("826", "52+"): 0,
    }


def test_alerts_reviews_and_dead_letters(scrape, projector):
    alerts = [alert(0, "a"), alert(1, "b"), alert(2, "c", threshold="due-soon"), alert(3, "b", state="cleared")]
    projector.apply("hub.alerts", 0, alerts, 0, 4)
    asked = {"r": "2026-10-20", "q": "2026-10-19", "t": "2026-10-18", "u": "2026-09-22", "v": "2026-09-21"}
    tasks = [review(number, task, opened_on=day) for number, (task, day) in enumerate(asked.items())]
    projector.apply("hub.review", 0, [*tasks, review(5, "s", state="resolved")], 0, 6)
    projector.apply("hub.deadletter", 0, [dead_letter(0), dead_letter(1, stage="casework")], 0, 2)
    found = scrape()
    assert (found["sendhub_alerts_open", "overdue"], found["sendhub_alerts_open", "due-soon"]) == (1, 1)
    bands = {days: found["sendhub_reviews_open", days, "conflict"] for days in ("0-1", "1-7", "7-28", "28+")}
    assert bands == {"0-1": 2, "1-7": 1, "7-28": 1, "28+": 1}
    assert (found["sendhub_dead_letters_held", "intake"], found["sendhub_dead_letters_held", "casework"]) == (1, 1)
    assert found["sendhub_read_model_last_record_timestamp_seconds", "hub.alerts"] == 1_792_000_000


def test_measures_of_the_running_year(scrape, projector):
    cases = [
        case_value(received_on="2026-03-02", outcome="plan-issued", issued_on="2026-07-20", ended_on="2026-07-20"),
        case_value(received_on="2025-09-01", outcome="plan-issued", issued_on="2026-08-31", ended_on="2026-08-31"),
        case_value(received_on="2024-09-01", outcome="plan-issued", issued_on="2025-08-31", ended_on="2025-08-31"),
        case_value(received_on="2026-09-14", advice=[advice_value()]),
    ]
    known = [child(n, f"chd-{n}", cases=[each]) for n, each in enumerate(cases)]
    projector.apply("hub.children", 0, known, 0, 4)
    found = scrape()
    # Labels in the parser's order: by name.
    place = ("clock-only", "outcome", "plan-20w")
    assert found["sendhub_measure_ratio", *place] == 0.5
    assert (found["sendhub_measure_numerator", *place], found["sendhub_measure_denominator", *place]) == (1, 2)
    assert found["sendhub_measure_value", "clock-only", "outcome", "plan-mean-weeks", "weeks"] == 36.0
    assert ("sendhub_measure_ratio", "including", "outcome", "plan-20w") not in found  # no deadline has come
    assert found["sendhub_measure_open", "open-cases", "0-6"] == 1
    assert found["sendhub_measure_service_open", "advice-age", "speech-and-language", "4-6"] == 1
    age = ("all", "open", "advice-age-p50", "speech-and-language", "days")
    assert found["sendhub_measure_service_value", *age] == 35


def test_no_series_grows_with_children(scrape, projector):
    projector.apply("hub.children", 0, [child(0)], 0, 1)
    projector.apply("hub.deadlines", 0, [deadline(0)], 0, 1)
    before = set(scrape())
    projector.apply("hub.children", 0, [child(n, f"chd-{n}", case_reference=f"R{n}") for n in range(1, 50)], 1, 50)
    projector.apply("hub.deadlines", 0, [deadline(n, f"chd-{n}", f"dl-{n}") for n in range(1, 50)], 1, 50)
    assert set(scrape()) == before
