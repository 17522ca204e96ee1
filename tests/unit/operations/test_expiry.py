"""What has to be renewed, and when."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from prometheus_client import REGISTRY

from connectors.nhs.bars.tls import certificate_ends, certificate_in_use
from hub.core.clocks import rules
from hub.core.days import BANK_HOLIDAYS_TO, bank_holidays
from hub.platform import expiry
from hub.platform.keyring import write_ring
from hub.platform.keys import KeyFault, new_ring
from hub.platform.settings import Settings
from hub.runtime import expiries

PUBLISHED = {
    2026: "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28",
    2027: "01-01 03-26 03-29 05-03 05-31 08-30 12-27 12-28",
    2028: "01-03 04-14 04-17 05-01 05-29 08-28 12-25 12-26",
}
"""England's bank holidays as published (GOV.UK's list, in github.com/ministryofjustice/govuk-bank-holidays)."""


def told(what: str) -> float | None:
    return REGISTRY.get_sample_value("sendhub_expires_timestamp_seconds", {"what": what})


@pytest.mark.parametrize("year", PUBLISHED)
def test_bank_holidays_are_as_published_to_the_end_of_the_list(year: int) -> None:
    published = {date.fromisoformat(f"{year}-{day}") for day in PUBLISHED[year].split()}
    assert {day for day in bank_holidays(year) if day.weekday() < 5} == published
    assert max(PUBLISHED) == BANK_HOLIDAYS_TO.year


def test_what_ends_is_told_by_day_what_has_no_end_never_expires_and_what_cannot_be_read_has_expired() -> None:
    expiry.watch("test-ends", lambda: date(2027, 1, 2))
    expiry.watch("test-open", lambda: None)
    expiry.watch("test-broken", lambda: date.fromisoformat("no day"))
    assert told("test-ends") == datetime(2027, 1, 2, tzinfo=UTC).timestamp()
    assert told("test-open") == float("inf")
    assert told("test-broken") == 0


def test_the_timetable_ends_where_a_clock_has_no_later_row(monkeypatch: pytest.MonkeyPatch) -> None:
    assert expiries.timetable_ends() is None, "no clock of today has an end"
    first, *rest = rules.RULES
    ended = first.__class__(
        **{name: getattr(first, name) for name in first.__slots__} | {"valid_to": date(2029, 8, 31)}
    )
    monkeypatch.setattr(expiries, "RULES", (ended, *rest))
    assert expiries.timetable_ends() == date(2029, 8, 31)
    monkeypatch.setattr(expiries, "RULES", (ended, first, *rest))
    assert expiries.timetable_ends() is None, "the next row goes on"


def test_a_wrapping_key_is_in_use_for_a_month_and_who_has_no_ring_is_not_asked(tmp_path: Path) -> None:
    file = tmp_path / "ring"
    assert expiries.rotation_due(Settings(key_ring_file=file)) is None
    write_ring(file, new_ring(date(2026, 11, 2)))
    assert expiries.rotation_due(Settings(key_ring_file=file)) == date(2026, 12, 3)
    file.write_text("no ring")
    with pytest.raises(KeyFault):
        expiries.rotation_due(Settings(key_ring_file=file))


def certificate(days: int) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hub.example")])
    begins = datetime(2026, 11, 1, 12, tzinfo=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


def test_a_certificate_says_its_last_day(tmp_path: Path) -> None:
    file = tmp_path / "chain.pem"
    file.write_bytes(certificate(90))
    assert certificate_ends(file) == date(2027, 1, 30)


def test_a_new_certificate_counts_once_the_connector_was_started_again(tmp_path: Path) -> None:
    file = tmp_path / "chain.pem"
    file.write_bytes(certificate(90))
    in_use = certificate_in_use(file)
    file.write_bytes(certificate(455))
    assert in_use() == date(2027, 1, 30)
    assert certificate_in_use(file)() == date(2028, 1, 30)
