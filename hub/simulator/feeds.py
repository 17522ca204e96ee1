"""The feeds of the synthetic partnership, as they are registered with the hub."""

from datetime import date, timedelta

from hub.simulator.rates import COMMUNITY, OXFORD
from schemas.sources import Sources

CASES = "one-education:825:2022"
"""The council's case management: by webhook, and by the first extracts of people and requests. It makes children."""

TRACKER = "council-tracker:825:2026"
"""The SEND team's spreadsheet of advice, extracted each week. Advice goes by its numbers everywhere."""

COUNCIL = frozenset({CASES, TRACKER})
AREA = "825"

ODS = {COMMUNITY: "RXQ", OXFORD: "RNU"}
"""The trusts' codes."""


def sources(first_day: date) -> Sources:
    """The registry. All feeds go live the day after the first, so that the first extracts are quiet."""
    live = first_day + timedelta(days=1)
    council = {"kind": "council", "area": AREA, "trusts_nhs_number": True, "trusts_upn": True, "live_from": live}
    trusts = {"kind": "nhs", "trusts_nhs_number": True, "live_from": live, "precedence": 50, "serves": (AREA,)}
    registered = [
        {"id": CASES, **council, "creates_children": True, "precedence": 10},
        {"id": TRACKER, **council, "precedence": 20},
        *({"id": source, **trusts} for source in ODS),
    ]
    return Sources.model_validate({"sources": registered})
