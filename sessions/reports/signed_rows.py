"""The stored rows of many sessions as plain data, read without models: what the check of all signatures compares.

`sessions.rules.signed_record` builds what is signed from models; this reads the same from the tables by itself, five
times as fast. Where both disagree the session is looked at again, row by row.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import connection, models

from clinic.audit.stored import columns, history_of, reading
from sessions.models import (
    Addendum,
    AdverseEvent,
    Answer,
    Application,
    Course,
    Decision,
    Device,
    Observation,
    Patient,
    Phase,
    Sample,
    Screening,
    Session,
    Signature,
)
from sessions.rules.signed_fields import signed_columns

Plain = dict[str, Any]


@dataclass
class StoredSession:
    """A session as stored: what is signed of it, and the columns that follow from what is signed."""

    pk: int
    record_status: str
    revision: int
    content: Plain
    consistent: bool
    signatures: "list[StoredSignature]"


@dataclass(frozen=True)
class StoredSignature:
    """A signature as stored, by column, with what stands beside it."""

    values: Plain
    as_given: bool
    account_name: str
    account: str
    text: str
    addendum_session: int | None


def stored_sessions(first: int, last: int) -> list[StoredSession]:
    """Every session with a key in this range, in the order of their keys; eleven queries."""
    limits = (first, last)
    screenings = _screenings(limits)
    applications = _below(Application, '"session_id"', limits, "number", _phases(limits), "phases")
    parts = {
        "applications": applications,
        "observations": _below(Observation, '"session_id"', limits, "number"),
        "events": _below(AdverseEvent, '"session_id"', limits, "number"),
        "samples": _below(Sample, '"session_id"', limits, "number"),
    }
    signatures = _signatures(limits)
    return [
        StoredSession(
            pk=pk,
            record_status=record_status,
            revision=revision,
            content={
                **content,
                "screening": screenings[pk][1] if pk in screenings else None,
                **{name: [row for _key, row in rows.get(pk, [])] for name, rows in parts.items()},
            },
            consistent=consistent and (pk not in screenings or screenings[pk][0] == patient_id),
            signatures=signatures.get(pk, []),
        )
        for pk, record_status, revision, patient_id, consistent, content in _sessions(limits)
    ]


def _sessions(limits: tuple[int, int]) -> Iterable[tuple[int, str, int, int, bool, Plain]]:
    own, patient, course, device = (_Reader(model) for model in (Session, Patient, Course, Device))
    beside = (
        's."id", s."record_status", s."revision", s."patient_id", c."patient_id", p."full_name", o."full_name", d."id"'
    )
    month = _reading(["month:day", "started_at:moment"], "s")
    rows = _read(
        f"SELECT {beside}, {month}, {own.sql('s')}, {patient.sql('q')}, {course.sql('c')}, {device.sql('d')} "  # noqa: S608 -- names of our own tables
        'FROM "logbook_session" s JOIN "logbook_patient" q ON q."id" = s."patient_id" '
        'JOIN "logbook_course" c ON c."id" = s."course_id" LEFT JOIN "logbook_device" d ON d."id" = s."device_id" '
        'JOIN "accounts_user" p ON p."id" = s."physician_id" LEFT JOIN "accounts_user" o ON o."id" = s."operator_id" '
        'WHERE s."id" BETWEEN %s AND %s ORDER BY s."id"',
        limits,
    )
    for row in rows:
        pk, status, revision, patient_id, of_course, physician, operator, device_id, month_date, started = row[:10]
        ends = [10]
        for reader in (own, patient, course, device):
            ends.append(ends[-1] + reader.size)
        values = [
            reader.plain(row[begin:end])
            for reader, begin, end in zip((own, patient, course, device), ends, ends[1:], strict=False)
        ]
        content = {
            "session": {**values[0], "physician_name": physician, "operator_name": operator or ""},
            "patient": values[1],
            "course": values[2],
            "device": values[3] if device_id else None,
        }
        month_fits = str(month_date or "")[:7] == (started or "")[:7]
        yield pk, status, revision, patient_id, month_fits and of_course == patient_id, content


def _phases(limits: tuple[int, int]) -> dict[int, list[tuple[int, Plain]]]:
    join = 'JOIN "logbook_application" a ON a."id" = r."application_id"'
    return _below(Phase, 'a."session_id"', limits, "number", parent='r."application_id"', join=join)


def _screenings(limits: tuple[int, int]) -> dict[int, tuple[int, Plain]]:
    """The screening of each session: its patient, and what is signed of it."""
    join = 'JOIN "logbook_screening" g ON g."id" = r."screening_id"'
    further = (
        'JOIN "logbook_answer" r2 ON r2."id" = r."answer_id" JOIN "logbook_screening" g ON g."id" = r2."screening_id"'
    )
    person = 'JOIN "accounts_user" u ON u."id" = r."physician_id"'
    decisions = _below(
        Decision,
        'g."session_id"',
        limits,
        "decided_date",
        parent='r."answer_id"',
        join=f"{further} {person}",
        name='u."full_name"',
    )
    answers = _below(
        Answer, 'g."session_id"', limits, "id", decisions, "decisions", parent='r."screening_id"', join=join
    )
    own = _below(Screening, 'r."session_id"', limits, "id", answers, "answers")
    patients = dict(
        _read('SELECT "session_id", "patient_id" FROM "logbook_screening" WHERE "session_id" BETWEEN %s AND %s', limits)
    )
    return {pk: (patients[pk], rows[0][1]) for pk, rows in own.items()}


def _below(
    model: type[models.Model],
    session: str,
    limits: tuple[int, int],
    order: str,
    children: dict[int, list[tuple[int, Plain]]] | None = None,
    called: str = "",
    *,
    parent: str = "",
    join: str = "",
    name: str = "",
) -> dict[int, list[tuple[int, Plain]]]:
    """The rows of `model` by what they stand under, in their order, each with its own children."""
    reader = _Reader(model)
    first = f'{parent or session}, r."id", {name or "NULL"}'
    rows = _read(
        f'SELECT {first}, {reader.sql("r")} FROM "{model._meta.db_table}" r {join} '  # noqa: S608 -- names of our own tables
        f'WHERE {session} BETWEEN %s AND %s ORDER BY r."{order}", r."id"',
        limits,
    )
    found: dict[int, list[tuple[int, Plain]]] = defaultdict(list)
    for row in rows:
        values = reader.plain(row[3:])
        if name:
            values["physician_name"] = row[2]
        if children is not None:
            values[called] = [child for _key, child in children.get(row[1], [])]
        found[row[0]].append((row[1], values))
    return found


def _signatures(limits: tuple[int, int]) -> dict[int, list[StoredSignature]]:
    history = history_of(Signature)
    specs = [spec for spec in columns(Signature) if not spec.startswith(("id:", "content:"))]
    names = [spec.partition(":")[0] for spec in specs]
    signature, given = (_reading(specs, table) for table in ("s", "h"))
    beside = 's."id", s."content", u."full_name", u."username", a."text", a."session_id", h."history_id"'
    rows = _read(
        f'SELECT {beside}, {signature}, {given} FROM "logbook_signature" s '  # noqa: S608 -- names of our own tables
        f'JOIN "accounts_user" u ON u."id" = s."signer_id" LEFT JOIN "{Addendum._meta.db_table}" a ON a."id" = s."addendum_id" '
        f'LEFT JOIN "{history._meta.db_table}" h ON h."id" = s."id" AND h."history_type" = \'+\' '
        'WHERE s."session_id" BETWEEN %s AND %s ORDER BY s."signed_at", s."id"',
        limits,
    )
    found: dict[int, list[StoredSignature]] = defaultdict(list)
    for row in rows:
        own, kept = row[7 : 7 + len(specs)], row[7 + len(specs) :]
        values = dict(zip(names, own, strict=True)) | {"id": row[0], "content": row[1]}
        values["signed_at"] = _moment(values["signed_at"])
        found[values["session_id"]].append(
            StoredSignature(values, own == kept and row[6] is not None, row[2], row[3], row[4] or "", row[5])
        )
    return found


# --- Reading ------------------------------------------------------------------------------------------


def _read(sql: str, limits: tuple[int, int]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, limits)
        return cursor.fetchall()


def _reading(specs: list[str], table: str) -> str:
    return reading(specs, connection.vendor, table).replace("%", "%%")


class _Reader:
    """Reads the signed columns of one table into the form that is signed."""

    def __init__(self, model: type[models.Model]) -> None:
        self.names, self._specs, self._turns = _layout(model)
        self.size = len(self.names)

    def sql(self, table: str) -> str:
        return _reading(self._specs, table)

    def plain(self, row: tuple[Any, ...]) -> Plain:
        values = list(row)
        for place, turn in self._turns:
            if values[place] is not None:
                values[place] = turn(values[place])
        return dict(zip(self.names, values, strict=True))


@cache
def _layout(
    model: type[models.Model],
) -> tuple[list[str], list[str], list[tuple[int, Callable[[Any], Any]]]]:
    kinds = dict(spec.split(":") for spec in columns(model))
    fields = {field.name: str(field.column) for field in model._meta.concrete_fields}
    names = [name for name, _attribute in signed_columns(model)]
    specs = [f"{fields[name]}:{kinds[fields[name]]}" for name in names]
    turns = [(place, TURNS[_kind(spec)]) for place, spec in enumerate(specs) if _kind(spec) in TURNS]
    return names, specs, turns


def _kind(spec: str) -> str:
    return spec.partition(":")[2].rstrip("0123456789")


def _moment(text: str) -> str:
    return f"{text[:10]}T{text[11:]}Z"


def _decimal(text: str) -> str:
    short = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if short == "-0" else short


def _uuid(text: str) -> str:
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _json(text: str) -> Any:
    return {} if text == "{}" else [] if text == "[]" else json.loads(text)


TURNS: dict[str, Callable[[Any], Any]] = {
    "moment": _moment,
    "day": str,
    "decimal": _decimal,
    "uuid": _uuid,
    "flag": bool,
    "json": _json,
}
