"""How a stored row reads in one form on both engines: the columns of each sealed table, and the SQL that reads them.

What is hashed is what the database gives back, never what Python sent: engines round and convert (SQLite keeps
decimals as numbers, PostgreSQL times with a zone). The database writes times, decimals and identifiers as text in
one form; everything else comes as it is.
"""

import json
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from django.apps import apps
from django.db import models
from simple_history.utils import get_history_model_for_model

from clinic.audit.models import Act
from clinic.lib.canonical import canonical_json, digest

# The library builds a manager class at each look-up; which table a history has never changes.
history_of = cache(get_history_model_for_model)

Row = tuple[Any, ...]
KINDS: tuple[tuple[type[models.Field], str], ...] = (
    (models.DateTimeField, "moment"),
    (models.DateField, "day"),
    (models.BooleanField, "flag"),
    (models.UUIDField, "uuid"),
    (models.JSONField, "json"),
    (models.GenericIPAddressField, "address"),
    (models.BinaryField, "bytes"),
)


@cache
def recorded_models() -> tuple[type[models.Model], ...]:
    """Every table whose changes are history, in the order of their names."""
    found = [model for model in apps.get_models() if hasattr(model, "history")]
    return tuple(sorted(found, key=lambda model: model._meta.db_table))


@cache
def columns(model: type[models.Model]) -> tuple[str, ...]:
    """The columns of a table as "name:kind", its key first; the kind says in which form a value reads."""
    fields = sorted(model._meta.local_concrete_fields, key=lambda field: not field.primary_key)
    return tuple(f"{field.column}:{_kind(field)}" for field in fields)


def _kind(field: models.Field) -> str:
    if isinstance(field, models.DecimalField):
        return f"decimal{field.decimal_places}"
    return next((kind for known, kind in KINDS if isinstance(field, known)), "plain")


@cache
def shape_now() -> tuple[str, str]:
    """The columns of every sealed table as canonical JSON, and its digest."""
    sealed = [Act, *map(history_of, recorded_models())]
    text = canonical_json({model._meta.db_table: columns(model) for model in sealed})
    return text, digest(text)


def reading(specs: Iterable[str], vendor: str, table: str = "") -> str:
    """The SQL that reads these columns in their one form, separated by commas."""
    prefix = f'"{table}".' if table else ""
    return ", ".join(_expression(spec, vendor, prefix) for spec in specs)


def _expression(spec: str, vendor: str, prefix: str) -> str:
    name, _colon, kind = spec.partition(":")
    column = f'{prefix}"{name}"'
    if kind.startswith("decimal"):
        form = SQLITE_DECIMAL if vendor == "sqlite" else POSTGRESQL_DECIMAL
        return form.format(c=column, places=int(kind.removeprefix("decimal")))
    return (SQLITE if vendor == "sqlite" else POSTGRESQL)[kind].format(c=column)


# Django keeps a moment of SQLite as text in UTC, without a fraction where it is nought. A bare column of a day or a
# flag would be made a Python value by the driver: a term keeps what is stored. SQLite lets any column hold anything,
# and reads "15.0 or so" as 15 where a figure is asked for: what is of another kind than Django writes comes as quoted.
SQLITE = {
    "moment": "CASE typeof({c}) WHEN 'text' THEN CASE length({c}) WHEN 19 THEN {c} || '.000000' ELSE {c} || '' END "
    "WHEN 'null' THEN NULL ELSE quote({c}) END",
    "day": "CASE typeof({c}) WHEN 'text' THEN {c} || '' WHEN 'null' THEN NULL ELSE quote({c}) END",
    "flag": "CASE typeof({c}) WHEN 'integer' THEN {c} + 0 WHEN 'null' THEN NULL ELSE quote({c}) END",
    "uuid": "{c}",
    "json": "{c}",
    "address": "{c}",
    "bytes": "CASE typeof({c}) WHEN 'blob' THEN lower(hex({c})) WHEN 'null' THEN NULL ELSE quote({c}) END",
    "plain": "{c}",
}
# A figure with more digits than its column has would be shown as another one.
SQLITE_DECIMAL = (
    "CASE WHEN {c} IS NULL THEN NULL WHEN typeof({c}) IN ('integer', 'real') "
    "AND CAST(printf('%.{places}f', {c}) AS REAL) = {c} THEN printf('%.{places}f', {c}) ELSE quote({c}) END"
)
# Years before ours are written like ours, and told by their sign alone.
_BEFORE = " || CASE WHEN {c} < '0001-01-01' THEN ' BC' ELSE '' END"
POSTGRESQL = {
    "moment": "to_char({c} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')" + _BEFORE,
    "day": "to_char({c}, 'YYYY-MM-DD')" + _BEFORE,
    "flag": "{c}::int",
    "uuid": "replace({c}::text, '-', '')",
    "json": "{c}::text",
    "address": "abbrev({c})",
    "bytes": "encode({c}, 'hex')",
    "plain": "{c}",
}
POSTGRESQL_DECIMAL = "CASE WHEN {c} = round({c}, {places}) THEN round({c}, {places})::text ELSE {c}::text END"


@cache
def json_places(specs: tuple[str, ...]) -> tuple[int, ...]:
    """Where a row holds JSON, which each engine writes in its own way."""
    return tuple(place for place, spec in enumerate(specs) if spec.endswith(":json"))


def in_one_form(rows: Iterable[Row], places: tuple[int, ...]) -> list[list[Any]]:
    """Rows as read, their JSON written canonically."""
    found = [list(row) for row in rows]
    for row in found if places else ():
        for place in places:
            if row[place] not in (None, "{}", "[]"):
                row[place] = _canonical(row[place])
    return found


def _canonical(text: Any) -> Any:
    try:
        return canonical_json(json.loads(text))
    except (TypeError, ValueError, RecursionError):  # not what Django wrote: it stays as it is, and so differs
        return text


# --- Rows as text --------------------------------------------------------------------------------

# A row as its key and the JSON list of its values.
Told = tuple[Any, str]
MARK = "\\"
BETWEEN = "\x01"


def telling(specs: tuple[str, ...], vendor: str) -> str:
    """The SQL that tells rows: SQLite writes the list itself, which is quicker than handing over fifty values a row.

    JSON within a row is marked, so that `told` knows which row it must write anew.
    """
    if vendor != "sqlite":
        return reading(specs, vendor)
    key = specs[0].partition(":")[0]
    terms = []
    for spec in specs:
        column = f'"{spec.partition(":")[0]}"'
        term = _expression(spec, vendor, "")
        if spec.endswith(":json"):
            term = (
                f"CASE WHEN {column} IS NULL OR {column} IN ('{{}}', '[]') THEN {column} ELSE '{MARK}' || {column} END"
            )
        terms.append(term)
    return f'"{key}", json_array({", ".join(terms)})'


def told(rows: Iterable[Row], specs: tuple[str, ...], vendor: str) -> list[Told]:
    """What `telling` gave: each row's key and its text, the same whichever engine it comes from."""
    places = json_places(specs)
    if vendor != "sqlite":
        found = in_one_form(rows, places)
        return [(row[0], text) for row, text in zip(found, _as_texts(found), strict=True)]
    # Without a backslash nothing in it was escaped, and there is one way alone to write it.
    return [(key, _anew(text, places) if MARK in text else text) for key, text in rows]


def _as_texts(rows: Sequence[Sequence[Any]]) -> list[str]:
    """`as_text` of each, at once: what stands between two rows is a sign that stands so in no row."""
    if len(rows) < 2:
        return [as_text(row) for row in rows]
    between = [said for row in rows for said in (row, BETWEEN)][:-1]
    texts = as_text(between)[2:-2].split(f"],{as_text(BETWEEN)},[")
    if len(texts) != len(rows):  # a list within a row: not what Django wrote
        return [as_text(row) for row in rows]
    return [f"[{text}]" for text in texts]


def _anew(text: str, places: tuple[int, ...]) -> str:
    values = json.loads(text)
    for place in places:
        if values[place] not in (None, "{}", "[]"):
            values[place] = _canonical(str(values[place]).removeprefix(MARK))
    return as_text(values)


def content(shape_digest: str, act: str, rows: dict[str, list[Told]]) -> str:
    """The text that a digest is taken of: an act and its history rows by table, each in the order of its key."""
    ordered = [f'["{table}",{text[1:]}' for table in sorted(rows) for _key, text in _in_order(rows[table])]
    return f'["{shape_digest}",{act},[{",".join(ordered)}]]'


def _in_order(rows: list[Told]) -> list[Told]:
    try:
        return sorted(rows, key=lambda row: row[0])
    except TypeError:  # a key that is no number: not what Django wrote, and it differs in any order
        return sorted(rows, key=lambda row: repr(row[0]))


def _no_text(value: Any) -> list[str]:
    """Bytes and the like where text or a number belongs: in a form that no text has."""
    return [type(value).__name__, repr(value)]


as_text = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_no_text).encode
