"""What the tests of alerts share: a child's usual facts, which alerts stand, and why they clear."""

from hub.core.casework.policy import Policy
from tests.unit.casework.facts import POLICY, SOURCES, about_request, asked, fact, on_day, requested
from tests.unit.casework.stage import Bench, reached

REQUEST = requested("2026-09-01", data={"case_reference": "EHC-1"})
ASSESS = about_request("assessment.decided", "2026-10-01", data={"outcome": "assess"})
ADVICE = [REQUEST, ASSESS, asked("2026-10-02")]  # due 13 November
ISSUED = about_request("plan.issued", "2026-11-10")
COORDINATOR = "coordinator"
COMPLETE = Policy(SOURCES, required_headings=frozenset({"medical"}))
"""A deployment where medical advice is all that is needed, so that a case is soon complete."""
CASE = "one-education:825:2022/REQ-1"


def standing(threshold, facts, day, policy=POLICY):
    """The alerts of one threshold, as (audience, about)."""
    found = on_day(facts, day, policy).alerts
    return sorted((alert["audience"], alert["about"]) for alert in found if alert["threshold"] == threshold)


def told(threshold, bench):
    return [(alert["state"], alert["reason"]) for alert in bench.alerts if alert["threshold"] == threshold]


def clears(threshold, facts, end, policy=POLICY):
    """What is said of a threshold while the facts and then an end come in."""
    bench = Bench(policy)
    bench.feed([*facts, reached(end["effective_on"]), end, end])
    return told(threshold, bench)


def claim(on, ground="other", **fields):
    data = {"ground": ground, "from": "2026-10-05", "to": "2026-10-10"}
    return fact("exemption.claimed", on, "EX-1", subject={"request": "REQ-1"}, data=data, **fields)
