"""The list of sessions for a file of any length: the same columns and values, fetched while they are written."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import F, Value
from django.db.models.functions import Concat
from django.utils.translation import gettext as _

from clinic.lib import driver
from clinic.lib.fetched import Batch, Fetched
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

WHOSE = 'FROM "logbook_application" WHERE "session_id" = %(expressions)s'


def whole_list(chosen: SessionFilter) -> Table:
    """Every session within these limits, newest first; drafts without a start stand last."""
    found = standing_within(chosen)
    number, kinds = found.count(), [column.kind for column in LIST_COLUMNS]
    fetched = Fetched(number, kinds, lambda: _batches(found))
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
    ordered = found.order_by(F("started_at").desc(nulls_last=True), "-pk")
    rows = ordered.annotate(
        started_text=driver.as_text("started_at"),
        patient_name=Concat(
            "patient__family_name", Value(" "), "patient__given_names", output_field=models.TextField()
        ),
        sites=SitesInOrder(F("pk")),
    ).values_list(*NAMES)
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


class _Sites(dict[str | None, str]):
    """By the codes of the applications: each site in words, once."""

    def __missing__(self, codes: str | None) -> str:
        labels = [str(Site(code).label) for code in dict.fromkeys(codes.split(","))] if codes else []
        self[codes] = ", ".join(labels)
        return self[codes]
