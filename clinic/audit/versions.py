"""The versions of rows as the history keeps them, read from many tables with one question."""

import json
from collections.abc import Collection, Iterable, Sequence
from functools import cache, lru_cache
from typing import Any

from django.db import connection, connections

from clinic.audit.statements import run, run_together

# Which versions of a table are asked for, by `{among}` the keys.
OF_ACTS = '"act_id" {among}'
LATEST = '"history_id" IN (SELECT MAX("history_id") FROM "{table}" WHERE "id" {among} GROUP BY "id")'
BEFORE = (
    '"history_id" IN (SELECT (SELECT e."history_id" FROM "{table}" e WHERE e."id" = w."id" '
    'AND e."history_id" < w."history_id" ORDER BY e."history_id" DESC LIMIT 1) '
    'FROM "{table}" w WHERE w."history_id" {among})'
)
# One value holds all keys: a hundred places for values take longer to plan than the rows to find (bench).
AMONG = {"sqlite": "IN (SELECT value FROM json_each(%s))", "postgresql": "= ANY(%s)"}
# Who, when and why a version was written stands in its act.
OF_THE_ACT = {"history_date", "history_change_reason", "history_user_id"}
Question = tuple[Any, str, Collection[int]]


class Version:
    """One version of a row: its columns as attributes, without all that Django gives to a row that may be saved."""

    history: Any  # the model of the versions, set by `_kind_of`

    def __init__(self, names: Iterable[str], values: Iterable[Any]) -> None:
        self.__dict__ = dict(zip(names, values, strict=False))  # what fills a row up on SQLite has no name


def where(name: str) -> str:
    """The versions in which this column holds one of the keys."""
    return f'"{name}" {{among}}'


def versions(*asked: Question) -> list[list[Any]]:
    """What each question (a model, which versions, keys) finds, oldest first; all in one trip to the database."""
    questions = [(_kind_of(model), which, list(keys)) for model, which, keys in asked if keys]
    found = iter(_in_one_statement(questions) if connection.vendor == "sqlite" else _in_one_trip(questions))
    return [next(found) if keys else [] for _model, _which, keys in asked]


def _in_one_trip(questions: Sequence[tuple[Any, str, list[int]]]) -> list[list[Version]]:
    statements = [(f"SELECT {_selecting(kind, which, connection.vendor)}", [keys]) for kind, which, keys in questions]
    found = run_together(statements) if statements else []
    return [_as_versions(kind, rows) for (kind, _which, _keys), rows in zip(questions, found, strict=True)]


def _in_one_statement(questions: Sequence[tuple[Any, str, list[int]]]) -> list[list[Version]]:
    """SQLite takes one statement at a time: all of them as one."""
    rows: list[list[tuple[Any, ...]]] = [[] for _each in questions]
    if questions:
        statement = _united(tuple((kind, which) for kind, which, _keys in questions))
        for row in run(statement, [json.dumps(keys) for _kind, _which, keys in questions]):
            rows[row[0]].append(row[1:])
    return [_as_versions(kind, found) for (kind, _which, _keys), found in zip(questions, rows, strict=True)]


@lru_cache(maxsize=200)
def _united(questions: tuple[tuple[Any, str], ...]) -> str:
    """All questions as one statement, each row after the place of its question and filled up to the longest."""
    columns = [len(_fields(kind)) for kind, _which in questions]
    widest = max(columns)
    # The driver turns values by the kinds of the first columns: these are of none, and no table's are taken for another's.
    parts = [f"SELECT {', '.join(['NULL'] * (widest + 1))} WHERE 0"]
    for place, (kind, which) in enumerate(questions):
        parts.append(f"SELECT {place}, {_selecting(kind, which, 'sqlite', widest - columns[place])}")
    return " UNION ALL ".join(parts)


@cache
def _selecting(kind: Any, which: str, vendor: str, more: int = 0) -> str:
    columns = [f'"{kept.column}"' for kept in _fields(kind)] + ["NULL"] * more
    table = kind.history._meta.db_table
    condition = which.format(table=table, among=AMONG[vendor])
    return f'{", ".join(columns)} FROM "{table}" WHERE {condition}'


def _as_versions(kind: Any, found: Sequence[tuple[Any, ...]]) -> list[Version]:
    database = connections[connection.alias]
    names = [kept.attname for kept in _fields(kind)]
    rows = []
    for stored in found:
        values = list(stored)
        for place, column, converters in _to_convert(kind, database.vendor):
            if values[place] is not None:
                for convert in converters:
                    values[place] = convert(values[place], column, database)
        rows.append(kind(names, values))
    return sorted(rows, key=lambda row: row.__dict__["history_id"])


@cache
def _to_convert(kind: Any, _vendor: str) -> list[tuple[int, Any, list[Any]]]:
    """What Django does to the values that the driver gives."""
    database = connections[connection.alias]
    columns = [kept.get_col(kind.history._meta.db_table) for kept in _fields(kind)]
    by_place = enumerate((column, _converters(column, database)) for column in columns)
    return [(place, column, converters) for place, (column, converters) in by_place if converters]


def _converters(column: Any, database: Any) -> list[Any]:
    return [*database.ops.get_db_converters(column), *column.get_db_converters(database)]


@cache
def _fields(kind: Any) -> list[Any]:
    return [kept for kept in kind.history._meta.concrete_fields if kept.attname not in OF_THE_ACT]


@cache
def _kind_of(model: Any) -> type[Version]:
    return type(f"{model.__name__}Version", (Version,), {"history": model.history.model})
