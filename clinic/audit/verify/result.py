"""What the last verification found, kept beside the keys: an editor of the database cannot write it."""

from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from clinic.audit.sealed import read_sealed, write_sealed

INTACT, ALTERED, UNKNOWN = "intact", "altered", "unknown"
MOST_KEPT = 200


@dataclass(frozen=True)
class Result:
    """The state, how far was read, and the first findings."""

    state: str
    at: str
    entries: int = 0
    code: str = ""
    accesses: int = 0
    access_number: int = 0
    access_code: str = ""
    seconds: float = 0.0
    findings: int = 0
    remarks: int = 0
    said: list[dict[str, Any]] = field(default_factory=list)

    @property
    def when(self) -> datetime:
        return datetime.fromisoformat(self.at)


def result_file() -> Path:
    return Path(settings.KEY_DIR) / "verified.json"


def progress_file() -> Path:
    return Path(settings.KEY_DIR) / "verifying.json"


def keep(result: Result) -> None:
    """Keep the result until the next one."""
    write_sealed(result_file(), asdict(result))


def last_result() -> Result | None:
    """The last result; None where nothing was verified yet, or the file is not the one that was kept."""
    kept = read_sealed(result_file())
    known = {one.name for one in fields(Result)}  # a later version of the program may have kept more
    return Result(**{name: said for name, said in kept.items() if name in known}) if kept else None
