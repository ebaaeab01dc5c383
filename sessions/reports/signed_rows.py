"""The stored rows of many sessions in the form that is signed, written by the database: what the check of all
signatures compares.

`sessions.rules.signed_record` builds what is signed from models; this has the database tell the same from its tables,
ten times as fast. Where both disagree the session is looked at again, row by row.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import connection, models

from clinic.audit.stored import columns, history_of, reading
from clinic.lib.canonical import canonical_json
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

# What each row says, by the key of the row that it stands under, in order.
Texts = Mapping[int, list[str]]
# What the database cannot write in the one form of `clinic.lib.canonical` bears this sign and is written anew.
MARK = "\\"


@dataclass
class StoredSession:
    """A session as stored: what is signed of it, as canonical JSON by part, and what follows from what is signed."""

    pk: int
    record_status: str
    revision: int
    uid: str
    parts: dict[str, str]
    consistent: bool
    signatures: "list[StoredSignature]"

    @property
    def content(self) -> dict[str, Any]:
        """What is signed of it, as data."""
        return {name: json.loads(text) for name, text in self.parts.items()}


@dataclass(frozen=True)
class StoredSignature:
    """A signature as stored, by column, with what stands beside it."""

    values: dict[str, Any]
    as_given: bool
    account_name: str
    account: str
    text: str
    addendum_session: int | None


def stored_sessions(first: int, last: int) -> list[StoredSession]:
    """Every session with a key in this range, in the order of their keys; eleven queries."""
    limits = (first, last)
    screenings = _screenings(limits)
    parts = {
        "applications": _below(Application, '"session_id"', limits, "number", nested=("phases", _phases(limits))),
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
            uid=uid,
            parts={
                **own,
                "screening": screenings[pk][1] if pk in screenings else "null",
                **{name: _as_list(rows.get(pk)) for name, rows in parts.items()},
            },
            consistent=consistent and (pk not in screenings or screenings[pk][0] == patient_id),
            signatures=signatures.get(pk, []),
        )
        for pk, record_status, revision, uid, patient_id, consistent, own in _sessions(limits)
    ]


def _sessions(limits: tuple[int, int]) -> Iterable[tuple[int, str, int, str, int, bool, dict[str, str]]]:
    names = {"physician_name": 'p."full_name"', "operator_name": """COALESCE(o."full_name", '')"""}
    parts = (("session", Session, "s"), ("patient", Patient, "q"), ("course", Course, "c"), ("device", Device, "d"))
    texts = ", ".join(_object(model, table, names if table == "s" else {}) for _name, model, table in parts)
    beside = _reading(["uid:uuid", "month:day", "started_at:moment"], "s")
    rows = _read(
        f'SELECT s."id", s."record_status", s."revision", s."patient_id", c."patient_id", d."id", {beside}, {texts} '  # noqa: S608 -- names of our own tables
        'FROM "logbook_session" s JOIN "logbook_patient" q ON q."id" = s."patient_id" '
        'JOIN "logbook_course" c ON c."id" = s."course_id" LEFT JOIN "logbook_device" d ON d."id" = s."device_id" '
        'JOIN "accounts_user" p ON p."id" = s."physician_id" LEFT JOIN "accounts_user" o ON o."id" = s."operator_id" '
        'WHERE s."id" BETWEEN %s AND %s ORDER BY s."id"',
        limits,
    )
    for pk, status, revision, patient_id, of_course, device_id, uid, month, started, *said in rows:
        own = {name: _in_one_form(model, text) for (name, model, _table), text in zip(parts, said, strict=True)}
        if not device_id:
            own["device"] = "null"
        month_fits = str(month or "")[:7] == (started or "")[:7]
        yield pk, status, revision, _uuid(uid), patient_id, month_fits and of_course == patient_id, own


def _phases(limits: tuple[int, int]) -> Texts:
    join = 'JOIN "logbook_application" a ON a."id" = r."application_id"'
    return _below(Phase, 'a."session_id"', limits, "number", parent='r."application_id"', join=join)


def _screenings(limits: tuple[int, int]) -> dict[int, tuple[int, str]]:
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
        names={"physician_name": 'u."full_name"'},
    )
    answers = _below(
        Answer, 'g."session_id"', limits, "id", nested=("decisions", decisions), parent='r."screening_id"', join=join
    )
    own = _below(Screening, 'r."session_id"', limits, "id", nested=("answers", answers))
    patients = dict(
        _read('SELECT "session_id", "patient_id" FROM "logbook_screening" WHERE "session_id" BETWEEN %s AND %s', limits)
    )
    return {pk: (patients[pk], rows[0]) for pk, rows in own.items()}


def _below(
    model: type[models.Model],
    session: str,
    limits: tuple[int, int],
    order: str,
    *,
    nested: tuple[str, Texts] = ("", {}),
    parent: str = "",
    join: str = "",
    names: Mapping[str, str] | None = None,
) -> Texts:
    """The rows of `model` by what they stand under, in their order, each with its own children where it has any."""
    called, children = nested
    names = dict(names or {})
    if called and not children:  # most answers need no decision
        names[called] = "json('[]')" if connection.vendor == "sqlite" else "'[]'::jsonb"
        called = ""
    what = [_object(model, "r", names, before=called)]
    if called:
        what += [_object(model, "r", names, after=called), 'r."id"']
    rows = _read(
        f'SELECT {parent or session}, {", ".join(what)} FROM "{model._meta.db_table}" r {join} '  # noqa: S608 -- names of our own tables
        f'WHERE {session} BETWEEN %s AND %s ORDER BY r."{order}", r."id"',
        limits,
    )
    found: dict[int, list[str]] = defaultdict(list)
    if not called:
        for under, text in rows:
            found[under].append(_anew(model, text) if MARK in text else text)
        return found
    for under, head, tail, pk in rows:
        begin, end = _in_one_form(model, head)[:-1], _in_one_form(model, tail)[1:]
        found[under].append(
            f'{begin}{"," * (begin != "{")}"{called}":{_as_list(children.get(pk))}{"," * (end != "}")}{end}'
        )
    return found


def _as_list(texts: list[str] | None) -> str:
    return f"[{','.join(texts)}]" if texts else "[]"


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


def _object(
    model: type[models.Model], table: str, names: Mapping[str, str], *, before: str = "", after: str = ""
) -> str:
    """SQL: the signed columns of a row, with further `names`, as a JSON object in the order of their names.

    All of them, or those before or after a name, where children stand.
    """
    terms = {name: _term(spec, table) for name, spec in _signed(model).items()} | dict(names)
    wanted = [name for name in sorted(terms) if (not before or name < before) and name > after]
    if connection.vendor == "sqlite":
        pairs = ", ".join(f"'{name}', {terms[name]}" for name in wanted)
        return f"json_object({pairs})"
    listed = ", ".join(f'{terms[name]} AS "{name}"' for name in wanted)
    return f"COALESCE((SELECT row_to_json(j)::text FROM (SELECT {listed}) j), '{{}}')"  # noqa: S608 -- names of our own tables


@cache
def _signed(model: type[models.Model]) -> dict[str, str]:
    """Each signed field with its column, as "column:kind"."""
    kinds = dict(spec.split(":") for spec in columns(model))
    fields = {field.name: str(field.column) for field in model._meta.concrete_fields}
    return {name: f"{fields[name]}:{kinds[fields[name]]}" for name, _attribute in signed_columns(model)}


def _term(spec: str, table: str) -> str:
    """SQL: a column as what is signed writes it."""
    name, _colon, kind = spec.partition(":")
    column, read = f'{table}."{name}"', _reading([spec], table)
    forms = {
        "moment": "replace({read}, ' ', 'T') || 'Z'",
        "decimal": "rtrim(rtrim({read}, '0'), '.')",
        "uuid": "{column}::text",
        "flag": "{column}",
        "json": f"CASE WHEN {{column}}::text IN ('{{{{}}}}', '[]') THEN {{column}} ELSE to_jsonb('{MARK}' || {{column}}::text) END",
    }
    if connection.vendor == "sqlite":
        parts = " || '-' || ".join(f"substr({{column}}, {first}, {last - first + 1})" for first, last in GROUPS)
        forms |= {
            "uuid": parts,
            "flag": "CASE {column} WHEN 1 THEN json('true') WHEN 0 THEN json('false') ELSE {read} END",
            "json": f"CASE WHEN {{column}} IN ('{{{{}}}}', '[]') THEN json({{column}}) ELSE '{MARK}' || {{column}} END",
        }
    form = "{read}" if kind == "decimal0" else forms.get(kind.rstrip("0123456789"), "{read}")
    return form.format(column=column, read=read)


# The first and last sign of each group of an identifier; what stands behind it belongs to the last, so that it differs.
GROUPS = ((1, 8), (9, 12), (13, 16), (17, 20), (21, 1000))


def _in_one_form(model: type[models.Model], text: str) -> str:
    return _anew(model, text) if MARK in text else text


def _anew(model: type[models.Model], text: str) -> str:
    """A row with JSON in it, or with signs that can be escaped in more than one way."""
    said = json.loads(text)
    for name, spec in _signed(model).items():
        if spec.endswith(":json") and isinstance(said.get(name), str):
            said[name] = json.loads(said[name].removeprefix(MARK))
    return canonical_json(said)


def _moment(text: str) -> str:
    return f"{text[:10]}T{text[11:]}Z"


def _uuid(text: str) -> str:
    return "-".join(text[first - 1 : last] for first, last in GROUPS)
