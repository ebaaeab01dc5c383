"""The list of sessions for a file of any length: the same columns and values, fetched while they are written."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connections, models
from django.db.models import F, QuerySet, Value
from django.db.models.functions import Concat
from django.utils import translation
from django.utils.translation import gettext as _

from clinic.lib import driver
from clinic.lib.as_csv import Lines
from clinic.lib.fetched import Batch, Fetched, Piece
from clinic.lib.outgoing import MOST_ROWS_AT_ONCE
from clinic.lib.table import Table
from sessions.measures.sites import Indication, Site
from sessions.measures.words import RecordStatus, Status
from sessions.models import Device
from sessions.models.session import SessionQuerySet
from sessions.reports.session_filter import SessionFilter, standing_within
from sessions.reports.session_list import LIST_COLUMNS

NAMES = (
    "started_text", "patient_name", "patient__record_number", "course__indication",
    "number", "sites", "status", "late_record", "record_status", "physician_id", "device_id", "patient_id",
)  # fmt: skip
# The same for COPY: what says the same in many rows stands beside each other, so that it is written once.
COPIED = (
    "patient_id", "started_text", "patient_name", "patient__record_number", "course__indication", "number",
    "sites", "status", "late_record", "record_status", "physician_id", "device_id",
)  # fmt: skip
MOST_KEPT = 20_000

WHOSE = 'FROM "logbook_application" WHERE "session_id" = %(expressions)s'


def whole_list(chosen: SessionFilter) -> Table:
    """Every session within these limits, newest first; drafts without a start stand last."""
    found = standing_within(chosen)
    number, kinds = found.count(), [column.kind for column in LIST_COLUMNS]
    copies = connections[found.db].vendor == "postgresql"
    written = (lambda language: _copied(found, language)) if copies else None
    fetched = Fetched(number, kinds, lambda: _batches(found), written)
    # As long as they are few, every number of the file and of its receipt is read from one and the same answer.
    rows = fetched if number > MOST_ROWS_AT_ONCE else list(fetched)
    return Table(
        "list",
        _("List"),
        LIST_COLUMNS,
        rows,
        names_people=True,
        route="logbook:session",
    )


class SitesInOrder(models.Func):
    """The sites of a session's applications in their order, with commas between; one may stand twice."""

    output_field = models.TextField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        in_order = f'SELECT "site" {WHOSE} ORDER BY "number", "id"'
        return super().as_sql(compiler, connection, template=f'(SELECT group_concat("site") FROM ({in_order}))')  # noqa: S608 -- names of our own table

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        joined = """string_agg("site", ',' ORDER BY "number", "id")"""
        return super().as_sql(compiler, connection, template=f"(SELECT {joined} {WHOSE})")


def _batches(found: SessionQuerySet) -> Iterator[Batch]:
    words = _Words()
    rows = _told(found.order_by(F("started_at").desc(nulls_last=True), "-pk"), NAMES)
    for some in driver.batches(rows):
        (
            started, name, record, indication, number, sites, status, late, record_status, physician, device,
            patients,
        ) = zip(*some, strict=True)  # fmt: skip
        yield Batch(
            (
                started,
                name,
                record,
                list(map(words.indications.__getitem__, indication)),
                number,
                list(map(words.sites.__getitem__, sites)),
                words.statuses_of(status, late),
                list(map(words.record_statuses.__getitem__, record_status)),
                list(map(words.physicians.__getitem__, physician)),
                list(map(words.devices.__getitem__, device)),
            ),
            patients,
            [code == RecordStatus.IN_ERROR for code in record_status],
        )


def _told(found: SessionQuerySet, names: tuple[str, ...]) -> QuerySet[Any, tuple[Any, ...]]:
    return found.annotate(
        started_text=driver.as_text("started_at"),
        patient_name=Concat(
            "patient__family_name", Value(" "), "patient__given_names", output_field=models.TextField()
        ),
        sites=SitesInOrder(F("pk")),
    ).values_list(*names)


def _copied(found: SessionQuerySet, language: str) -> Iterator[Piece]:
    """The same rows as lines of CSV, from PostgreSQL."""
    with translation.override(language):
        lines = _CopiedLines(language)
    # In two parts: an index gives either in its order, and both together in another one.
    dated = found.filter(started_at__isnull=False).order_by("-started_at", "-pk")
    undated = found.filter(started_at__isnull=True).order_by("-pk")
    for rows in driver.copied(_told(dated, COPIED), _told(undated, COPIED)):
        with translation.override(language):  # not over `yield`: it would be that of who reads
            text = lines.written(rows)
        yield Piece(text, len(rows), frozenset(int(key) for key in {row[0] for row in rows}))


class _CopiedLines:
    """Rows of COPY as lines: of the cells that stand beside each other, those of each kind of row are written once."""

    def __init__(self, language: str) -> None:
        lines, words = Lines(LIST_COLUMNS, language), _Words()
        self.moments, self.delimiter = lines.moments, lines.delimiter
        self.patients = _Kept(lambda names: lines.part(names, LIST_COLUMNS[1:3]))
        self.courses = _Kept(
            lambda course: lines.part((words.indications[course[0]], int(course[1])), LIST_COLUMNS[3:5])
        )
        self.ends = _Kept(lambda codes: lines.part(words.of_an_end(*codes), LIST_COLUMNS[5:]))

    def written(self, rows: Sequence[tuple[Any, ...]]) -> bytes:
        patients, courses, ends, between = self.patients, self.courses, self.ends, self.delimiter
        starts = self.moments([row[1] for row in rows])
        lines = [
            f"{start}{between}{patients[row[2:4]]}{between}{courses[row[4:6]]}{between}{ends[row[6:]]}\r\n"
            for start, row in zip(starts, rows, strict=True)
        ]
        return "".join(lines).encode()


class _Kept(dict[tuple[Any, ...], str]):
    """What was written of each, kept as long as it is not too much."""

    def __init__(self, write: Callable[[tuple[Any, ...]], str]) -> None:
        self.write = write

    def __missing__(self, key: tuple[Any, ...]) -> str:
        if len(self) >= MOST_KEPT:
            self.clear()
        self[key] = self.write(key)
        return self[key]


class _Words:
    """What stands for each code and key, in the language of the file."""

    def __init__(self) -> None:
        self.late = _("late record")
        self.statuses = {str(code): str(label) for code, label in Status.choices} | {"": ""}
        self.record_statuses = {str(code): str(label) for code, label in RecordStatus.choices}
        self.indications = {str(code): str(label) for code, label in Indication.choices}
        self.sites = _Sites()
        self.physicians = {user.pk: user.get_full_name() for user in get_user_model().objects.all()}
        self.devices = {None: ""} | {device.pk: str(device) for device in Device.objects.all()}

    def statuses_of(self, codes: Sequence[str], late: Sequence[bool]) -> list[str]:
        """What happened, and whether the record is a late one: few are."""
        said = list(map(self.statuses.__getitem__, codes))
        if not any(late):
            return said
        return [f"{words} ({self.late})" if is_late else words for words, is_late in zip(said, late, strict=True)]

    def of_an_end(
        self, sites: str | None, status: str, late: str, record_status: str, physician: str, device: str | None
    ) -> tuple[str, ...]:
        """The last cells of a row, by what COPY writes of them."""
        return (
            self.sites[sites],
            *self.statuses_of([status], [late == "t"]),
            self.record_statuses[record_status],
            self.physicians[int(physician)],
            self.devices[int(device) if device else None],
        )


class _Sites(dict[str | None, str]):
    """By the codes of the applications: each site in words, once."""

    def __missing__(self, codes: str | None) -> str:
        labels = [str(Site(code).label) for code in dict.fromkeys(codes.split(","))] if codes else []
        self[codes] = ", ".join(labels)
        return self[codes]
