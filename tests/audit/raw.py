"""SQL as somebody writes it who has the database in hand, and what the database says to it."""

from typing import Any

from django.db import IntegrityError, NotSupportedError, connection, models, transaction

from clinic.audit.verify import verify

SQLITE = connection.vendor == "sqlite"


def run(sql: str, *values: Any) -> int:
    """How many rows `sql` touched; a refusal undoes this statement alone."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.rowcount


def refusal(sql: str, *values: Any) -> str:
    """The words in which the database refuses `sql`; empty where it lets it pass."""
    try:
        run(sql, *values)
    except (IntegrityError, NotSupportedError) as error:
        return str(error).splitlines()[0]
    return ""


def as_a_stranger() -> None:
    """On SQLite: the connection of another program, which does not ask for what ours asks for."""
    if SQLITE:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA recursive_triggers = OFF")


def as_ours() -> None:
    if SQLITE:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA recursive_triggers = ON")


def columns(model: type[models.Model]) -> list[str]:
    return [f'"{field.column}"' for field in model._meta.local_concrete_fields]


def copied(model: type[models.Model], *, verb: str = "INSERT", after: str = "", **changed: str) -> str:
    """SQL that writes every row of `model` once more, as it is but for the columns in `changed`."""
    table = f'"{model._meta.db_table}"'
    names = columns(model)
    what = [changed.get(name.strip('"'), f"{table}.{name}") for name in names]
    return f"{verb} INTO {table} ({', '.join(names)}) SELECT {', '.join(what)} FROM {table} WHERE true {after}"


def upsert(model: type[models.Model]) -> str:
    """SQL that writes every row over itself."""
    key = f'"{model._meta.pk.column}"'
    column = next(name for name in columns(model) if name != key)
    return copied(model, after=f"ON CONFLICT ({key}) DO UPDATE SET {column} = EXCLUDED.{column}")


def sql(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement.replace("%", "%%") if "%" in statement else statement)


def alterations(anchor: str = "") -> list[tuple[str, str]]:
    _result, found = verify(anchor=anchor)
    return [(finding.kind, finding.record) for finding in found if finding.alters]
