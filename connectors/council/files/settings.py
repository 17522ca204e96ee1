"""The file connector's own settings, beside those that every process has."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import NoDecode

from hub.platform.settings import Settings

SHIPPED_MAPPINGS = Path(__file__).parent / "mappings"


class FilesSettings(Settings):
    """Environment variables SENDHUB_FILES_…; `docs/connectors/files.md` explains them."""

    files_folders: Annotated[tuple[Path, ...], NoDecode] = Field(
        (Path("inbox"),), description="Watched folders, comma separated. One process watches a folder."
    )
    files_mappings: Path = Field(SHIPPED_MAPPINGS, description="Folder of mappings, one TOML file for each feed.")
    files_poll: float = Field(5.0, gt=0, description="Seconds between looks at the folders.")
    files_settle: float = Field(10.0, ge=0, description="Seconds that a file must not change before it is read.")
    files_size_limit: int = Field(16_777_216, gt=0, description="Largest file in bytes; larger is rejected.")
    files_row_limit: int = Field(100_000, gt=0, description="Most rows in a file; more is rejected.")

    @field_validator("files_folders", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else value
