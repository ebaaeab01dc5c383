"""A table as a file that leaves the logbook: CSV, spreadsheet or PDF; as an answer at once, or into a folder by a job."""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from io import BufferedRandom
from pathlib import Path

from django.http import HttpResponse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from clinic.lib import as_pdf
from clinic.lib.as_csv import BYTE_ORDER_MARK, ROWS_AT_ONCE, Lines, pieces, stream
from clinic.lib.as_pdf import Frame, table_pdf
from clinic.lib.as_xlsx import workbook, write_workbook
from clinic.lib.fetched import Batch, Fetched, Piece, batches_of
from clinic.lib.outgoing import Outgoing, Stopped, Written
from clinic.lib.problems import Problem, Refused
from clinic.lib.table import Table

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}


class FileAnswer(HttpResponse):
    """A file as an answer; `receipt` says which one it is, for the act that records that it left."""

    def __init__(self, content: bytes, form: str, name: str) -> None:
        super().__init__(content, content_type=TYPES[form])
        self["Content-Disposition"] = f'attachment; filename="{name}-{timezone.localdate():%Y-%m-%d}.{form}"'
        self["Cache-Control"] = "no-store, private"
        self.receipt = f"{form}, {len(content)} bytes, SHA-256 {hashlib.sha256(content).hexdigest()}"


def answer(
    table: Table,
    form: str,
    *,
    foot: str,
    language: str,
    printed_by: str,
    name: str,
    title: str = "",
    under_title: Sequence[str] = (),
) -> FileAnswer:
    """`table` as a file in the format `form`: csv, xlsx or pdf. `name` is that of the file: plain letters, nobody's name.

    `under_title` are the limits of the report in words. Raises `Refused` where there are more rows than the format can
    carry. The look and the act of the export are the caller's, before the answer leaves.
    """
    now = timezone.now()
    with translation.override(language):
        if form == "pdf":
            frame = Frame(title or str(table.title), language, now, printed_by, foot, tuple(under_title))
            return FileAnswer(table_pdf(table, frame), form, name)
        if form == "xlsx":
            return FileAnswer(workbook(table, language, at=now, foot=foot), form, name)
        return FileAnswer(b"".join(stream(table, language, foot)), form, name)


# --- Into a folder, by a job ---------------------------------------------------------------------

LARGEST_FILE_BYTES = 2_000_000_000


def write(
    outgoing: Outgoing,
    form: str,
    path: Path,
    *,
    language: str,
    printed_by: str,
    progress: Callable[[int], None] = lambda rows: None,
    stop: Callable[[], bool] = lambda: False,
) -> Written:
    """Write the file at `path`, which must not exist, closed to others and in a memory that does not grow.

    `progress` hears how many rows are written, `stop` is asked between two batches. Raises `Refused` where there is
    more than the format can carry, `Stopped`, and whatever the disk says; the half file is the caller's to take away.
    """
    with translation.override(language), _new_file(path) as file:
        passing = _Passing(outgoing.table, language, progress, stop)
        if form == "csv":
            digest = _write_csv(file, passing, outgoing.foot)
        elif form == "xlsx":
            now = timezone.now()
            write_workbook(file, passing.table(), language, at=now, foot=outgoing.foot, folder=path.parent)
            digest = _digest(file)
        else:
            digest = _write_pdf(file, passing, outgoing, language, printed_by)
        size = file.seek(0, os.SEEK_END)
    return Written(
        form,
        passing.done,
        size,
        digest,
        passing.digest.hexdigest(),
        frozenset(person for person in passing.people if person is not None),
    )


@contextmanager
def _new_file(path: Path) -> Iterator[BufferedRandom]:
    """A new file that only its owner may open; on the disk when it is closed."""
    with os.fdopen(
        os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600), "w+b"
    ) as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


class _Passing:
    """Rows on their way into a file: counted, with those whom they show, and a digest of what they say."""

    def __init__(self, table: Table, language: str, progress: Callable[[int], None], stop: Callable[[], bool]) -> None:
        self.whole, self.progress, self.stop = table, progress, stop
        self.lines = Lines(table.columns, language)
        self.digest = hashlib.sha256(BYTE_ORDER_MARK.encode("utf-8") + self.lines.titles())
        self.done, self.people = 0, set[int | None]()

    def table(self) -> Table:
        """The same table; its rows can be gone through once."""
        kinds = [column.kind for column in self.whole.columns]
        return replace(self.whole, rows=Fetched(len(self.whole.rows), kinds, self._batches))

    def pieces(self) -> Iterator[Piece]:
        """The rows as lines of CSV."""
        for piece in pieces(self.whole, self.lines):
            self._comes(piece)
            yield piece
            self._went(piece)

    def _batches(self) -> Iterator[Batch]:
        for batch in batches_of(self.whole.rows, ROWS_AT_ONCE):
            piece = self.lines.piece(batch)
            self._comes(piece)
            yield batch
            self._went(piece)

    def _comes(self, piece: Piece) -> None:
        if self.stop():
            raise Stopped
        self.digest.update(piece.text)

    def _went(self, piece: Piece) -> None:
        self.done += piece.rows
        self.people |= piece.people
        self.progress(self.done)


def _write_csv(file: BufferedRandom, passing: _Passing, foot: str) -> str:
    file.write(BYTE_ORDER_MARK.encode("utf-8") + passing.lines.titles())
    for piece in passing.pieces():
        file.write(piece.text)
        if file.tell() > LARGEST_FILE_BYTES:
            raise Refused([Problem("", _("This file is too large. Narrow the period or another limit."), "too-long")])
    digest = passing.digest.copy()  # each byte is read once: so far the file and its numbers are the same
    last = passing.lines.foot(foot) if foot else b""
    file.write(last)
    digest.update(last)
    return digest.hexdigest()


def _write_pdf(file: BufferedRandom, passing: _Passing, outgoing: Outgoing, language: str, printed_by: str) -> str:
    as_pdf.refuse_too_long(len(passing.whole.rows))
    table = passing.table()
    frame = Frame(outgoing.title, language, timezone.now(), printed_by, outgoing.foot, outgoing.under_title)
    content = table_pdf(replace(table, rows=list(table.rows)), frame)
    file.write(content)
    return hashlib.sha256(content).hexdigest()


def _digest(file: BufferedRandom) -> str:
    """Of what was written: a workbook is put together in an order of its own, so it is read once more."""
    file.seek(0)
    return hashlib.file_digest(file, "sha256").hexdigest()
