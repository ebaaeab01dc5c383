"""What is made into a file by somebody who does not wait for it, and what is known of the file when it is done."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from clinic.lib.table import Table

# A table with more rows than this is not made while somebody waits for the page.
MOST_ROWS_AT_ONCE = 10_000


class Stopped(Exception):
    """The file is not wanted any more, or not now: nothing of it is kept."""


@dataclass(frozen=True)
class Wanted:
    """What somebody asked for: `question` is what the kind of the job builds it from, and nothing else."""

    by: Any
    question: dict[str, Any]
    form: str
    language: str
    at: datetime


@dataclass(frozen=True)
class Written:
    """A file that is complete.

    `numbers_sha256` is over its lines as CSV in the language of the file, without the foot: it stays the same where the
    numbers do, whatever the format and the head of the chain. `people` are those whom the rows show.
    """

    form: str
    rows: int
    size: int
    sha256: str
    numbers_sha256: str
    people: frozenset[int] = frozenset()

    @property
    def receipt(self) -> str:
        """Which file it is, for the act that records that it left."""
        return f"{self.form}, {self.size} bytes, SHA-256 {self.sha256}"


@dataclass(frozen=True)
class Outgoing:
    """What a job makes into a file.

    The rows of the table may be fetched as they are written (`clinic.lib.fetched`). `name` is that of the file: plain
    letters, nobody's name. `foot`: the head of the chain. `record` writes the act that this file leaves, before anybody
    can fetch it.
    """

    table: Table
    name: str
    title: str
    foot: str
    record: Callable[[Written], object]
    under_title: tuple[str, ...] = ()
