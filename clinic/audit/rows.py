"""Rows of any table, read and written by statements that are built once for each model.

Django builds every statement anew: most of the time of an act that reads and writes some thirty rows (bench).
"""

from collections.abc import Collection, Iterator, Sequence
from functools import cache, lru_cache
from typing import Any, TypeVar

from django.db import connection, connections, models

from clinic.audit.statements import run, run_together

Row = TypeVar("Row", bound=models.Model)
# A column with its attribute, whether its value goes to the driver as it is, and whether it points to a row.
Column = tuple[models.Field, str, bool, bool]


def stored_rows(model: type[Row], name: str, keys: Collection[Any], *, lock: bool = False) -> list[Row]:
    """The rows whose column `name` holds one of `keys`, in the order of their model; with `lock` nobody else changes
    them until the transaction ends. "application__session" is the column of the row that the row stands under.
    """
    [rows] = stored_together((model, name, keys), lock=lock)
    return rows


def stored_together(*asked: tuple[type[models.Model], str, Collection[Any]], lock: bool = False) -> list[list[Any]]:
    """The rows of several tables, each as `stored_rows` has them, in one trip to the database."""
    database = connections[connection.alias]  # the thread's own, not the proxy that looks it up at each touch
    lock = lock and database.features.has_select_for_update
    questions = [
        (_selecting(model, name, len(keys), database.vendor, lock), list(keys)) for model, name, keys in asked if keys
    ]
    found = iter(run_together(questions))
    return [_as_rows(model, next(found), database) if keys else [] for model, _name, keys in asked]


def _as_rows(model: type[models.Model], found: Sequence[tuple[Any, ...]], database: Any) -> list[Any]:
    names, to_convert = _columns_to_read(model, database.vendor)
    rows = []
    for stored in found:
        values = list(stored)
        for place, column, converters in to_convert:
            for convert in converters:
                values[place] = convert(values[place], column, database)
        rows.append(model.from_db(database.alias, names, values))
    return rows


def insert(model: type[models.Model], rows: Sequence[models.Model]) -> None:
    """Insert `rows` in one statement and give each its key."""
    database = connections[connection.alias]
    columns = columns_to_write(model)
    values = [value for row in rows for value in values_of(row, columns, database)]
    keys = run(_inserting(model, len(rows), database.vendor), values)
    for row, (key,) in zip(rows, keys, strict=True):
        row.pk, row._state.adding, row._state.db = key, False, database.alias


def update(row: models.Model, names: Collection[str]) -> None:
    """Write these fields of a stored row."""
    columns = columns_to_write(type(row), frozenset(names))
    statement = _updating(type(row), tuple(field.column for field, *_rest in columns), connection.vendor)
    run(statement, [*values_of(row, columns, connections[connection.alias]), row.pk])


def delete(model: type[models.Model], keys: Sequence[Any]) -> None:
    """Take the rows with these keys away."""
    run(_deleting(model, len(keys), connection.vendor), keys)


def values_of(row: models.Model, columns: Sequence[Column], database: Any) -> Iterator[Any]:
    """The columns of a row as the driver takes them. Most need nothing done: asking each field for it took a
    tenth of the time of a save (bench).
    """
    said = row.__dict__
    for field, name, as_it_is, points in columns:
        value = said[name]
        if value is None and points:  # to a row that got its key after this one was made
            value = getattr(row._state.fields_cache.get(field.name), "pk", None)
            setattr(row, name, value)
        yield value if as_it_is or value is None else field.get_db_prep_save(value, database)


@lru_cache(maxsize=1000)
def columns_to_write(model: type[models.Model], names: frozenset[str] | None = None) -> list[Column]:
    """The columns of these fields, in the order of the model; of all but the key where none is named."""
    fields = model._meta.local_concrete_fields
    wanted = {model._meta.get_field(name) for name in names} if names else {f for f in fields if not f.primary_key}
    return [_written(field) for field in fields if field in wanted]


def _written(field: models.Field) -> Column:
    plain = (models.CharField, models.TextField, models.IntegerField, models.BooleanField)
    return field, field.attname, field.is_relation or isinstance(field, plain), field.is_relation


@cache
def _columns_to_read(model: type[models.Model], _vendor: str) -> tuple[list[str], list[tuple[int, Any, list[Any]]]]:
    """The attributes of a row in the order of its columns, and what Django does to the values that the driver gives."""
    database = connections[connection.alias]
    to_convert = []
    for place, field in enumerate(model._meta.concrete_fields):
        column = field.get_col(model._meta.db_table)
        converters = database.ops.get_db_converters(column) + column.get_db_converters(database)
        if converters:
            to_convert.append((place, column, converters))
    return [field.attname for field in model._meta.concrete_fields], to_convert


# --- The statements -----------------------------------------------------------------------------------


@lru_cache(maxsize=500)
def _selecting(model: type[models.Model], name: str, keys: int, _vendor: str, lock: bool) -> str:
    columns = ", ".join(_quoted(str(field.column)) for field in model._meta.concrete_fields)
    order = ", ".join(_ordered(model, str(by)) for by in model._meta.ordering or [model._meta.pk.name])
    return (
        f"SELECT {columns} FROM {_table(model)} WHERE {_among(model, name, keys)} "  # noqa: S608 -- names of our own tables
        f"ORDER BY {order}{' FOR NO KEY UPDATE' if lock else ''}"
    )


def _among(model: type[models.Model], name: str, keys: int) -> str:
    name, _of, above = name.partition("__")
    if not above:
        return f"{_column(model, name)} IN ({_places(keys)})"
    parent: Any = model._meta.get_field(name).related_model
    return (
        f"{_column(model, name)} IN (SELECT {_key(parent)} FROM {_table(parent)} WHERE {_among(parent, above, keys)})"  # noqa: S608 -- as above
    )


@lru_cache(maxsize=500)
def _inserting(model: type[models.Model], rows: int, _vendor: str) -> str:
    columns = [_quoted(str(field.column)) for field, *_rest in columns_to_write(model)]
    into, one = ", ".join(columns), f"({_places(len(columns))})"
    return f"INSERT INTO {_table(model)} ({into}) VALUES {', '.join([one] * rows)} RETURNING id"  # noqa: S608 -- as above


@lru_cache(maxsize=1000)
def _updating(model: type[models.Model], columns: tuple[str, ...], _vendor: str) -> str:
    given = ", ".join(f"{_quoted(column)} = %s" for column in columns)
    return f"UPDATE {_table(model)} SET {given} WHERE {_key(model)} = %s"  # noqa: S608 -- as above


@lru_cache(maxsize=500)
def _deleting(model: type[models.Model], rows: int, _vendor: str) -> str:
    return f"DELETE FROM {_table(model)} WHERE {_key(model)} IN ({_places(rows)})"  # noqa: S608 -- as above


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)


def _table(model: type[models.Model]) -> str:
    return _quoted(model._meta.db_table)


def _column(model: type[models.Model], name: str) -> str:
    return _quoted(str(model._meta.get_field(name).column))  # type: ignore[union-attr]


def _key(model: type[models.Model]) -> str:
    return _quoted(str(model._meta.pk.column))


def _ordered(model: type[models.Model], by: str) -> str:
    return _column(model, by.removeprefix("-")) + (" DESC" if by.startswith("-") else "")


def _places(number: int) -> str:
    return ", ".join(["%s"] * number)
