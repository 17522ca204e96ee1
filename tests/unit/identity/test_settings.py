"""Where a child spends the day stays left of identity: a school or nursery is a token, whoever names it and how."""

from datetime import UTC, datetime
from typing import Any

import pytest

from hub.core.identity.bodies import body_of
from schemas.kinds import KINDS
from schemas.statements import Observation

KEY = b"k" * 32
AT = datetime(2026, 9, 1, 9, tzinfo=UTC)
NUMBER = "EE135672"
HEALTH = {"role": "trust", "ods": "RXQ"}


def stated(kind: str, data: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    observation = Observation(
        kind=kind,
        source="one-education:825:2022",
        record="R-1",
        version=1,
        subject={"advice": "ADV-1"},
        effective_on=AT.date(),
        recorded_at=AT,
        received_at=AT,
        data=data,
    )
    return body_of(observation, KEY)


BODIES = [
    ("advice.requested", "asked", {"heading": "education"}),
    ("advice.delivered", "to", {}),
    ("advice.acknowledged", "by", {}),
    ("advice.sent-by-body", "by", {}),
    ("advice.received", "from", {}),
    ("advice.appointment-missed", "made_by", {}),
    ("plan.section-g-agreed", "by", {}),
    ("health.referred", "by", {}),
]


@pytest.mark.parametrize("role", ["school", "early-years"])
@pytest.mark.parametrize(("kind", "name", "more"), BODIES)
def test_a_school_is_a_token_wherever_it_is_named(kind, name, more, role):
    fact, tokens = stated(kind, {name: {"role": role, "ods": NUMBER}, **more})
    assert fact["data"][name] == {"role": role, "setting": next(iter(tokens))}
    assert list(tokens.values()) == [NUMBER]
    assert NUMBER not in str(fact)


def test_a_school_with_two_numbers_shows_neither():
    fact, tokens = stated(
        "advice.requested", {"heading": "education", "asked": {"role": "school", "urn": "110001", "ods": NUMBER}}
    )
    assert NUMBER not in str(fact)
    assert "110001" not in str(fact)
    assert list(tokens.values()) == ["110001"]


@pytest.mark.parametrize(("kind", "name", "more"), BODIES)
def test_a_health_body_keeps_its_code(kind, name, more):
    fact, tokens = stated(kind, {name: HEALTH, **more})
    assert (fact["data"][name], tokens) == (HEALTH, {})


def test_no_kind_has_a_field_for_an_address_a_practice_or_a_worker():
    names = {name for model in KINDS.values() for name in model.model_fields}
    assert names.isdisjoint({"address", "postcode", "practice", "gp", "worker", "school", "telecom", "phone", "email"})
