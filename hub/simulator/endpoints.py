"""Where a running hub takes messages and answers questions, as its run file says."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from pydantic import TypeAdapter, ValidationError


@dataclass(frozen=True)
class Endpoints:
    """The run file's keys: addresses without a path at their end, folders and files of this machine.

    `webhook` takes POST /events, `bars` POST /$process-message, `api` the reading. `tokens` are bearer tokens: a
    council's source id to its webhook token, and `api` to the API's. A trust's source id leads in `keys` to its private
    key (a JWK in a file) with which its tokens are signed, for `audience` and with the source id as subject; a trust
    found in `tokens` sends that instead. `clock_file` is the driven clock, None where the hub goes by the machine's.
    `kafka` is the brokers' address, whose groups and logs say when all is through.
    """

    webhook: str
    bars: str
    api: str
    files: Path
    kafka: str
    tokens: dict[str, str] = field(default_factory=dict, repr=False)
    keys: dict[str, Path] = field(default_factory=dict)
    audience: str = "sendhub-bars"
    clock_file: Path | None = None

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """Read a run file; raises FileNotFoundError, or ValueError that names what is wrong in it.

        Keys that it does not know are for others.
        """
        try:
            return TypeAdapter(cls).validate_json(path.read_bytes())
        except ValidationError as error:
            wrong = sorted({".".join(map(str, item["loc"])) or "the file" for item in error.errors()})
            raise ValueError(f"{path.name}: missing or wrong: {', '.join(wrong)}") from None
