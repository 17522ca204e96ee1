"""Children as a return gets them: out of facts, or straight from the fields of a case. Everything is synthetic."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from hub.core.casework.evaluate import evaluate
from hub.core.facts.fact import read_fact
from hub.core.sen2.entry import Entry
from hub.core.sen2.returning import CLOCKS, Child, returned
from hub.core.sen2.year import Year
from schemas.deadlines import Body, Deadline, Exemption
from schemas.records import CaseRecord, ChallengeRecord, ChildRecord, RequestRecord
from schemas.statements import Subject
from tests.unit.casework.facts import CHILD, COUNCIL, POLICY

YEAR = Year(2026)
COUNCIL_AREA = "825"
TOLD = ChallengeRecord(decision="other", tribunal=True)
"""On some other child: sources do tell of mediation and appeals."""


def day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def case(received: str = "2026-03-02", id_: str = "REQ-1", **fields: Any) -> CaseRecord:
    """An open case; dates may be given as text."""
    id_ = f"{COUNCIL}/{id_}"
    dated = {
        name: day(value) if isinstance(value, str) and name.endswith("_on") else value for name, value in fields.items()
    }
    received_on = date.fromisoformat(received)
    area = dated.pop("area", COUNCIL_AREA)
    reference = dated.pop("case_reference", "EHC-1")
    request = RequestRecord(
        id=id_, received_on=received_on, basis="s36", by=dated.pop("by", "parent"), area=area, case_reference=reference
    )
    blank: dict[str, Any] = dict.fromkeys(
        ("ended_on", "decided", "decided_on", "withdrawn_on", "plan_decided", "plan_decided_on", "draft_sent_on"),
    )
    blank |= {
        "issued_on": None,
        "ceased_on": None,
        "amended_on": (),
        "headings": (),
        "advice": (),
        "issued_without": (),
    }
    said = {"requests": (request,), "outcome": "open", "open": dated.get("ended_on") is None} | blank | dated
    return CaseRecord(id=id_, received_on=received_on, area=area, case_reference=reference, **said)


def refused(on: str, **fields: Any) -> CaseRecord:
    return case(decided="refuse", decided_on=on, ended_on=on, outcome="refused", **fields)


def assessed(on: str, **fields: Any) -> CaseRecord:
    return case(decided="assess", decided_on=on, **fields)


def issued(decided: str, on: str, **fields: Any) -> CaseRecord:
    return assessed(decided, issued_on=on, ended_on=on, outcome="plan-issued", **fields)


def child(*cases: CaseRecord, child_id: str = CHILD, deadlines: Iterable[Deadline] = (), **fields: Any) -> Child:
    """A child with cases; each has its deadline of 20 weeks unless some are given."""
    said: dict[str, Any] = {
        "area": COUNCIL_AREA,
        "case_reference": None,
        "open": any(each.open for each in cases),
        "received_on": None,
        "commissioner": None,
        **dict.fromkeys(
            ("other_advice", "other_plans", "exemptions_claimed", "disagreements", "questions", "moving"), ()
        ),
        "standing": 0,
    }
    record = ChildRecord(child_id=child_id, cases=cases, **said | fields)
    return Child(record, tuple(deadlines) or tuple(deadline(each.id) for each in cases))


def deadline(request: str | None, clock: str = "final-plan-20w", **fields: Any) -> Deadline:
    """A deadline of a request; only what a return reads is meant."""
    on = date(2026, 3, 2)
    states = fields.pop("exemptions", ())
    said: dict[str, Any] = {
        "id": "d", "rule_version": "2014-09-01", "child_id": CHILD, "law": "-", "starts_on": on, "due_on": on,
        "due_on_day_one": on, "act_by": on, "as_of": on, "state": "running", "source": COUNCIL,
        "responsible": Body(role="own-authority"), "answerable": Body(role="own-authority"),
        "subject": Subject(request=request, **fields.pop("subject", {})),
        "exemptions": tuple(map(_exemption, states)),
    }  # fmt: skip
    return Deadline(clock=clock, **said | fields)


def _exemption(state: Any) -> Exemption:
    return Exemption(claim="c", ground="absence", state=state, fits=state == "accepted", reason="-")


def entries(*children: Child, year: Year = YEAR, area: str | None = None, told: bool = True) -> list[Entry]:
    """The return's entries. Unless said otherwise another area's child has an appeal: so sources do tell of them."""
    other = case("2020-01-01", "REQ-OTHER", area="999", challenges=(TOLD,))
    all_ = [*children, child(other, child_id="chd-other")] if told else list(children)
    return [each for each in returned(all_, year, area).entries if each.child_id != "chd-other"]


def entry(case_: CaseRecord, year: Year = YEAR, **fields: Any) -> Entry:
    """The one entry of a child with one case."""
    (found,) = entries(child(case_, **fields), year=year)
    return found


def of_facts(facts: Sequence[dict[str, Any]], as_of: str = "2027-01-15", year: Year = YEAR) -> list[Entry]:
    """The entries of one child's facts."""
    return entries(child_of(facts, as_of), year=year)


def child_of(facts: Sequence[dict[str, Any]], as_of: str = "2027-01-15") -> Child:
    """One child's facts as a return gets them."""
    on = date.fromisoformat(as_of)
    evaluation = evaluate(CHILD, [read_fact(fact) for fact in facts], on, POLICY)
    deadlines = [each.to_json(CHILD, on) for each in evaluation.deadlines if each.rule.clock in CLOCKS]
    return Child(ChildRecord.model_validate(evaluation.record), [Deadline.model_validate(each) for each in deadlines])


def codes(found: Entry) -> str:
    """Both outcomes in short: Y/A, or N for a request without an assessment."""
    return found.request.outcome + (f"/{found.assessment.outcome}" if found.assessment else "")
