"""What the council's systems hold on a day, as the rows of their extracts."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from hub.simulator.council_csv import AdviceRow, PersonRow, RequestRow, advice_csv, people_csv, requests_csv
from hub.simulator.partnership import Partnership
from hub.simulator.people import Child
from hub.simulator.truths import Advice, Case, Truth
from schemas.instants import LONDON

Mistakes = Mapping[tuple[str, date], date]
"""Advice and day of extract: a date of receipt that stands in that extract alone, on the wrong row."""

_SEX = {"male": "M", "female": "F"}
_BY = {"parent": "P", "young-person": "Y", "representative": "R", "school": "S", "other": "O"}
_HEADINGS = {
    "education": "Education",
    "medical": "Medical",
    "psychological": "Psychological",
    "social-care": "Social care",
    "preparing-for-adulthood": "Adulthood",
}
_SERVICES = {
    "speech-and-language": "SLT",
    "occupational-therapy": "OT",
    "physiotherapy": "Physio",
    "community-paediatrics": "Paediatrics",
    "camhs": "CAMHS",
    "audiology": "Audiology",
}
_ROLES = {"trust": "Trust", "own-authority": "Council", "school": "School", "early-years": "Early years"}


def taken_at(day: date) -> datetime:
    """Extracts are taken early, before anybody records anything."""
    return datetime.combine(day, time(6, 30), LONDON).astimezone(UTC)


def in_first_extracts(partnership: Partnership) -> Iterator[tuple[Child, Case]]:
    """The cases that are open on the first day, with their children."""
    for life in partnership.lives:
        for case in life.cases:
            if any(truth.told("requests") for truth in case.truths):
                yield life.child, case


def people(partnership: Partnership) -> bytes:
    """The people whose cases are open on the first day."""
    found = {child.id: child for child, _ in in_first_extracts(partnership)}
    return people_csv(_person(child) for child in found.values())


def requests(partnership: Partnership) -> bytes:
    """Their requests."""
    return requests_csv(row for child, case in in_first_extracts(partnership) for row in _requests(child, case))


def tracker(partnership: Partnership, day: date, mistakes: Mistakes) -> bytes:
    """The whole advice tracker as it stands on the morning of a day."""
    rows = (
        row for life in partnership.lives for case in life.cases for row in _tracked(life.child, case, day, mistakes)
    )
    return advice_csv(rows, taken_at(day))


def _person(child: Child) -> PersonRow:
    number = child.nhs_number
    return PersonRow(
        PersonID=child.id,
        UPN=child.upn,
        Forename=child.given,
        Surname=child.family,
        DOB=child.birth_date,
        Gender=_SEX[child.sex],
        PostCode=child.postcode,
        NHSNumber=f"{number[:3]} {number[3:6]} {number[6:]}" if number else None,
        NHSNumberStatus=child.status,
    )


def _requests(child: Child, case: Case) -> Iterator[RequestRow]:
    known = [truth for truth in case.truths if truth.told("requests")]
    on = {truth.kind: truth.on for truth in known}
    for truth in known:
        if truth.kind != "assessment.requested":
            continue
        first = truth.request == case.requests[0]
        decided_on = on.get("assessment.decided") if first else None
        yield RequestRow(
            RequestID=truth.request,
            PersonID=child.id,
            UPN=child.upn,
            Forename=child.given,
            Surname=child.family,
            DOB=child.birth_date,
            ReceivedDate=truth.on,
            RequestSource=_BY[str(truth.data["by"])],
            RequestOutcomeDate=decided_on,
            RequestOutcome="Y" if decided_on else "A",
            DraftSentDate=on.get("plan.draft-sent") if first else None,
            AssessmentOutcome="A" if decided_on else None,
        )


def _tracked(child: Child, case: Case, day: date, mistakes: Mistakes) -> Iterator[AdviceRow]:
    known: dict[str, list[Truth]] = {}
    for truth in case.truths:
        told = truth.told("tracker") if truth.advice else None
        if truth.advice and told and told <= day:
            known.setdefault(truth.advice, []).append(truth)
    for advice in case.advice:
        if advice.id in known:
            yield _row(child, advice, known[advice.id], mistakes.get((advice.id, day)))


def _row(child: Child, advice: Advice, truths: list[Truth], mistake: date | None) -> AdviceRow:
    last = {truth.kind: truth for truth in truths}
    on = {kind: truth.on for kind, truth in last.items()}
    received = last["advice.received"].data if "advice.received" in last else {}
    return AdviceRow(
        AdviceID=advice.id,
        RequestID=advice.request,
        NHSNumber=child.nhs_number,
        NHSNumberStatus=child.status,
        UPN=child.upn,
        Forename=child.given,
        Surname=child.family,
        DOB=child.birth_date,
        Heading=_HEADINGS[advice.heading],
        Service=_SERVICES[advice.service] if advice.service else None,
        AskedRole=_ROLES[advice.role],
        AskedODS=advice.ods,
        Required="Yes",
        SentDate=on.get("advice.requested"),
        ReachedDate=on.get("advice.delivered"),
        ReturnedDate=on.get("advice.returned"),
        ReturnReason="Other" if "advice.returned" in on else None,
        ReceivedDate=on.get("advice.received", mistake),
        Final="No" if received.get("final") is False else None,
        NotKnown="Yes" if received.get("not_known") else None,
        **_ended(last),
    )


def _ended(last: Mapping[str, Truth]) -> dict[str, Any]:
    """Declined or cancelled."""
    found: dict[str, Any] = {}
    if "advice.declined" in last:
        found |= {"DeclinedDate": last["advice.declined"].on, "DeclinedGround": "s31(3)(a)", "ReasonsGiven": "Yes"}
    if "advice.cancelled" in last:
        found |= {"CancelledDate": last["advice.cancelled"].on, "CancelReason": "Not needed"}
    return found
