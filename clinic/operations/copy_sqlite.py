"""A SQLite database as a whole: copied while others write, and replaced by a copy in one step."""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connections
from django.utils.translation import gettext as _

from clinic.operations.backup_file import NotDone

SECONDS, SECONDS_TO_CLOSE = 20.0, 2.0
BESIDE = ("-wal", "-shm", "-journal")
Ask = Callable[[str], list[tuple[Any, ...]]]


def _file() -> Path:
    return Path(settings.DATABASES["default"]["NAME"])


def is_there() -> bool:
    """Whether there is a logbook already."""
    try:
        return _file().exists() and bool(_asking(_file())("SELECT 1 FROM sqlite_master WHERE name = 'audit_link'"))
    except sqlite3.DatabaseError:  # something lies there that cannot be read
        return True


def _connected(path: Path, *, seconds: float = SECONDS) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True, timeout=seconds, isolation_level=None)


@contextmanager
def copied_out(target: Path) -> Iterator[Ask]:
    """Write the database as it stands at one moment to `target`, and answer questions about that very moment."""
    with closing(_connected(_file())) as source:
        source.execute("VACUUM INTO ?", (str(target),))
    yield _asking(target)


def _asking(path: Path) -> Ask:
    def ask(question: str) -> list[tuple[Any, ...]]:
        with closing(_connected(path)) as source:
            return list(source.execute(question))

    return ask


def extensions(ask: Ask) -> list[str]:
    """SQLite has none that lie in the database."""
    return []


def check_copy(copy: Path) -> None:
    """Raises `NotDone` where SQLite itself finds the copy damaged."""
    try:
        said = _asking(copy)("PRAGMA quick_check(1)")
    except sqlite3.DatabaseError as error:
        said = [(str(error),)]
    if said != [("ok",)]:
        raise NotDone(_("The copy of the database is damaged: %(why)s.") % {"why": said[0][0]})


class Exchange:
    """The present database and the copy that takes its place."""

    def __init__(self, copy: Path, stamp: str, needs: list[str]) -> None:
        self._copy, self._present, self._placed = copy, _file(), False
        self.ask_copy = _asking(copy)
        self.aside = self._present.with_name(f"logbook-before-restore-{stamp}.sqlite3")

    def is_there(self) -> bool:
        """Whether there is something to compare with."""
        return is_there()

    def ask_present(self, question: str) -> list[tuple[Any, ...]]:
        """Answers of the present database. Raises `DatabaseError` where it gives none."""
        return _asking(self._present)(question)

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Whether nobody else has the database open, as far as SQLite knows."""
        connections.close_all()
        if not self._present.exists():
            yield True
            return
        with closing(_connected(self._present, seconds=SECONDS_TO_CLOSE)) as present:
            got = _is_alone(present)
        yield got

    def bring_in(self) -> None:
        """The copy lies where it can be put in place in one step."""

    def forget(self) -> None:
        """What was brought in goes with the folder that it lies in."""

    def put_in_place(self) -> str:
        """The copy at once in the place of the present database, which stays under another name: that name."""
        connections.close_all()
        if self._present.exists():
            _second_name(self._present, self.aside)
            _rename_beside(self._present, self.aside)  # left there only by a database that is damaged
        self._copy.chmod(0o600)
        self._copy.replace(self._present)
        self._placed = True
        settled(self._present.parent)
        return str(self.aside) if self.aside.exists() else ""

    def put_back(self) -> None:
        """The former database in its place again, however far the exchange had come."""
        connections.close_all()
        if self._placed:
            for end in BESIDE:
                _beside(self._present, end).unlink(missing_ok=True)
            if not self.aside.exists():  # there was none
                self._present.unlink()
        if self.aside.exists():
            self.aside.replace(self._present)
            _rename_beside(self.aside, self._present)
            settled(self._present.parent)

    def after_set_up(self) -> None:
        """SQLite knows no users."""


def _is_alone(present: sqlite3.Connection) -> bool:
    """To leave the WAL a connection must be the only one; it also carries into the file what stands beside it."""
    try:
        if present.execute("PRAGMA journal_mode=DELETE").fetchone()[0] != "delete":
            return False
        present.execute("BEGIN EXCLUSIVE")
        present.execute("ROLLBACK")
    except sqlite3.DatabaseError as error:  # anything else: no database any more, and nothing to be alone with
        return "locked" not in str(error)
    return True


def _beside(path: Path, end: str) -> Path:
    return path.with_name(path.name + end)


def _rename_beside(old: Path, new: Path) -> None:
    for end in BESIDE:
        with suppress(FileNotFoundError):
            _beside(old, end).rename(_beside(new, end))


def _second_name(path: Path, other: Path) -> None:
    """The same file under another name, too: at no moment is there none where the logbook looks for it."""
    try:
        os.link(path, other)
    except FileExistsError:
        raise
    except OSError:  # a drive without links
        shutil.copy2(path, other)
        with other.open("rb") as file:
            os.fsync(file.fileno())


def settled(folder: Path) -> None:
    """Names are on the disk as well as contents (not on Windows, which opens no folder)."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
