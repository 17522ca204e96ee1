"""A person as one source knows them. Left of the identity stage only."""

from datetime import date
from typing import Literal

from schemas.base import Model

NhsNumberStatus = Literal["01", "02", "03", "04", "05", "06", "07", "08"]
"""UK Core NHS number verification status; 01 is present and verified."""


class Person(Model):
    """Identifiers and demographics, stored as received and normalised for comparison only.

    `id` is the source's own key for the person (None where the source has none, as in many NHS messages).
    """

    id: str | None = None
    nhs_number: str | None = None
    nhs_number_status: NhsNumberStatus | None = None
    upn: str | None = None
    uln: str | None = None
    given: str | None = None
    family: str | None = None
    birth_date: date | None = None
    sex: str | None = None
    postcode: str | None = None
