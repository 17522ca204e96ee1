"""What a test needs and the machine has not."""

import os
from typing import NoReturn

import pytest


def missing(what: str) -> NoReturn:
    """Skip by name; in CI, which has to have everything, fail."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI needs it: {what}")
    pytest.skip(what)
