"""Small worlds in which numbers, names and source ids collide often."""

from datetime import date

from hypothesis import strategies as st

from schemas.people import Person
from schemas.statements import Observation
from tests.unit.identity.people import (
    COUNCIL,
    NHS,
    OTHER_COUNCIL,
    OTHER_NHS,
    OTHER_UPN,
    TRACKER,
    TRUST,
    UNTRUSTED,
    UPN,
    later,
    observation,
)

BIRTHS = [date(2016, 3, 4), date(2016, 4, 3), date(2016, 1, 1), None]
GIVENS = ["Amy", "AMY", "Ann", "Amy Louise", "Amy Rose", "A", "Baby", "Sam", "Samuel", None]


FAMILIES = ["Hallam", "Hallam", "Halam", "Hallam-Penhale", "Penhale", "Unknown", None]


@st.composite
def people(draw: st.DrawFn) -> Person:
    """Anybody: few values of each kind."""
    return Person(
        id=draw(st.sampled_from(["P1", "P2", None])),
        nhs_number=draw(st.sampled_from([NHS, OTHER_NHS, None])),
        nhs_number_status=draw(st.sampled_from(["01", "01", "01", "02", None])),
        upn=draw(st.sampled_from([UPN, OTHER_UPN, None])),
        given=draw(st.sampled_from(GIVENS)),
        family=draw(st.sampled_from(FAMILIES)),
        birth_date=draw(st.sampled_from(BIRTHS)),
    )


@st.composite
def lookalikes(draw: st.DrawFn) -> Person:
    """People whom only numbers and middle names tell apart: triplets, and numbers with a mistake."""
    return Person(
        id=draw(st.sampled_from(["P1", "P2", "P3"])),
        nhs_number=draw(st.sampled_from([NHS, OTHER_NHS, None])),
        nhs_number_status="01",
        upn=draw(st.sampled_from([UPN, OTHER_UPN, None])),
        given=draw(st.sampled_from(["Mary", "Mary", "Mary Jane", "Mary Ann"])),
        family=draw(st.sampled_from(FAMILIES)),
        birth_date=BIRTHS[0],
    )


@st.composite
def observations(draw: st.DrawFn, alike: bool = False) -> Observation:
    """A statement of any source about anybody; few records and versions, so that some repeat or correct others."""
    source = draw(st.sampled_from([COUNCIL, OTHER_COUNCIL, TRACKER, TRUST, UNTRUSTED]))
    return observation(
        source,
        draw(lookalikes() if alike else st.one_of(people(), lookalikes())),
        record=draw(st.sampled_from(["R1", "R2", "R3"])),
        version=draw(st.integers(1, 2)),
        received_at=later(draw(st.integers(0, 3))),
    )


SAID = ("nhs_number", "upn", "given", "family", "birth_date")


@st.composite
def steady(draw: st.DrawFn) -> list[Observation]:
    """Source persons whose sources never contradict themselves, each said more than once, in any detail."""
    said = []
    for number in range(draw(st.integers(1, 5))):
        source = draw(st.sampled_from([COUNCIL, OTHER_COUNCIL, TRACKER, TRUST]))
        full = draw(st.one_of(people(), lookalikes())).model_copy(update={"id": f"P{number}"})
        for record in range(draw(st.integers(1, 3))):
            kept = draw(st.sets(st.sampled_from(SAID)))
            lacks = {name: None for name in SAID if name not in kept}
            said.append(observation(source, full.model_copy(update=lacks), f"R{number}.{record}"))
    return said
