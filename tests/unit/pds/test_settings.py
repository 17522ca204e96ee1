"""The connector starts only where it may ask, and safely."""

import subprocess
import sys
from pathlib import Path

import pytest
from joserfc.jwk import RSAKey
from pydantic import ValidationError

from connectors.nhs.pds.settings import PdsSettings
from connectors.nhs.pds.tokens import read_key

GOOD = {
    "pds_url": "https://pds.example/FHIR/R4",
    "pds_token_url": "https://pds.example/oauth2/token",
    "pds_api_key": "key",
    "pds_key_id": "kid-1",
}


def test_what_is_needed_is_named() -> None:
    with pytest.raises(ValidationError, match="SENDHUB_PDS_URL, SENDHUB_PDS_KEY_ID: needed"):
        PdsSettings(**GOOD | {"pds_url": "", "pds_key_id": ""})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "url", ["http://pds.example/FHIR/R4", "ftp://pds.example", "pds.example", "http://10.0.0.1/R4"]
)
def test_nothing_goes_out_in_clear(url: str) -> None:
    with pytest.raises(ValidationError, match="must be https"):
        PdsSettings(**GOOD | {"pds_url": url})  # type: ignore[arg-type]
    PdsSettings(**GOOD | {"pds_url": "http://127.0.0.1:8089/R4"})  # type: ignore[arg-type]


def test_no_more_than_five_a_second() -> None:
    with pytest.raises(ValidationError):
        PdsSettings(**GOOD, pds_per_second=6)  # type: ignore[arg-type]


def test_a_key_is_private_rsa_and_its_owners_alone(tmp_path: Path) -> None:
    key, file = RSAKey.generate_key(2048), tmp_path / "pds.pem"
    file.write_bytes(key.as_pem(private=True))
    file.chmod(0o644)
    with pytest.raises(ValueError, match="chmod 600"):
        read_key(file)
    file.chmod(0o600)
    assert read_key(file).is_private
    file.write_bytes(key.as_pem(private=False))
    with pytest.raises(ValueError, match="public key"):
        read_key(file)
    file.write_text("no key")
    with pytest.raises(ValueError, match="no RSA key"):
        read_key(file)


def test_without_its_settings_it_ends_with_one_sentence() -> None:
    command = [sys.executable, "-m", "connectors.nhs.pds"]
    ended = subprocess.run(command, env={}, capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 1
    assert ended.stderr.startswith("the PDS connector cannot run: ")
    assert "SENDHUB_PDS_URL" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
