"""Bearer tokens."""

from pathlib import Path

import pytest

from connectors.sdk.http import Refusal
from connectors.sdk.tokens import BearerTokens, hash_token

TOKENS = BearerTokens({"one:825:2022": (hash_token("new"), hash_token("old")), "two:825:2022": (hash_token("two"),)})


@pytest.mark.parametrize(
    ("header", "source"),
    [("Bearer new", "one:825:2022"), ("bearer old ", "one:825:2022"), ("BEARER two", "two:825:2022")],
)
def test_a_token_names_its_source(header: str, source: str) -> None:
    assert TOKENS.source(header) == source


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic new", "new", "Bearer ne", "Bearer ÿ"])
def test_anything_else_is_401(header: str | None) -> None:
    with pytest.raises(Refusal) as refused:
        TOKENS.source(header)
    assert refused.value.status == 401
    assert refused.value.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_hash_is_no_token() -> None:
    with pytest.raises(Refusal):
        TOKENS.source(f"Bearer {hash_token('new')}")


def test_a_file_with_a_token_in_clear_is_refused_without_showing_it(tmp_path: Path) -> None:
    path = tmp_path / "tokens.toml"
    path.write_text('[tokens]\n"one:825:2022" = ["my-secret-token"]\n')
    with pytest.raises(ValueError, match=r"tokens\.one:825:2022") as refused:
        BearerTokens.read(path)
    assert "my-secret-token" not in str(refused.value)
