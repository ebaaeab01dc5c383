"""The indexes that make any part of a name quick to find, on either engine; set-up puts them in place.

SQLite: a full-text table of all parts of three signs, kept by triggers of the table `SearchText`, so that whoever writes
there (an act, a copy, a rebuild) has it right. PostgreSQL: an index of the extension pg_trgm. They stand outside the
migrations, because an engine may not have them: without, the search is slower and finds the same.
"""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Tags, Warning, register  # noqa: A004 -- Django's own name
from django.db import DatabaseError, connections, transaction

from sessions.models.patient import Patient
from sessions.models.search import SearchText

TABLE = SearchText._meta.db_table
PARTS = f"{TABLE}_parts"
NAMES = f"{TABLE}_names"
PATIENTS = Patient._meta.db_table
MAKE_PARTS = {
    "sqlite": [f"CREATE VIRTUAL TABLE \"{PARTS}\" USING fts5(text, tokenize='trigram case_sensitive 1')"],
    "postgresql": [
        "CREATE EXTENSION IF NOT EXISTS pg_trgm",
        f'CREATE INDEX "{PARTS}" ON "{TABLE}" USING gin ("text" gin_trgm_ops) WITH (fastupdate = off)',
    ],
}
# By the bytes, whatever the language of the database: only so the beginning of a name is one stretch of the index.
MAKE_NAMES = {
    "sqlite": [f'CREATE INDEX IF NOT EXISTS "{NAMES}" ON "{TABLE}" ("name", "patient_id")'],
    "postgresql": [
        f'CREATE INDEX IF NOT EXISTS "{NAMES}" ON "{TABLE}" ("name" COLLATE "C", "patient_id")',
        # For the list of sessions by record number; on SQLite that key is by the bytes already.
        f'CREATE INDEX IF NOT EXISTS "{PATIENTS}_numbers" ON "{PATIENTS}" ("record_number" COLLATE "C")',
    ],
}
_ADD = f'INSERT INTO "{PARTS}" (rowid, text) VALUES (NEW."patient_id", NEW."text")'  # noqa: S608 -- names of our own tables
_TAKE = f'DELETE FROM "{PARTS}" WHERE rowid = OLD."patient_id"'  # noqa: S608 -- as above


def triggers(vendor: str) -> dict[tuple[str, str], str]:
    """The triggers that keep the parts on SQLite, by their name and table."""
    if vendor != "sqlite":
        return {}
    kept = {"insert": f"{_ADD};", "update": f"{_TAKE}; {_ADD};", "delete": f"{_TAKE};"}
    return {
        (f"{PARTS}_{event}", TABLE): (
            f'CREATE TRIGGER "{PARTS}_{event}" AFTER {event.upper()} ON "{TABLE}" BEGIN {statements} END'
        )
        for event, statements in kept.items()
    }


def put_in_place(using: str) -> None:
    """Make what is missing and can be made; the parts anew where they, or what keeps them, were not there."""
    connection = connections[using]
    with connection.cursor() as cursor:
        for statement in MAKE_NAMES[connection.vendor]:
            cursor.execute(statement)
        if are_there(using):
            return
        try:
            with transaction.atomic(using=using):
                _make_parts(cursor, connection.vendor)
        except DatabaseError:  # no FTS5 in this SQLite, no right to make the extension: `parts_are_indexed` says so
            return


def _make_parts(cursor: Any, vendor: str) -> None:
    if vendor == "sqlite":
        for name, _table in triggers(vendor):
            cursor.execute(f'DROP TRIGGER IF EXISTS "{name}"')
        cursor.execute(f'DROP TABLE IF EXISTS "{PARTS}"')
    for statement in MAKE_PARTS[vendor]:
        cursor.execute(statement)
    if vendor == "sqlite":
        cursor.execute(f'INSERT INTO "{PARTS}" (rowid, text) SELECT "patient_id", "text" FROM "{TABLE}"')  # noqa: S608 -- as above
        for statement in triggers(vendor).values():
            cursor.execute(statement)


def make_anew(using: str) -> None:
    """The parts as the table has them now, whatever they hold; where this engine has none, nothing."""
    connection = connections[using]
    if connection.vendor == "sqlite" and are_there(using):  # PostgreSQL keeps its index itself
        with connection.cursor() as cursor:
            _make_parts(cursor, connection.vendor)


def lost(using: str) -> list[int]:
    """The keys of the patients whose parts are not those of the table."""
    connection = connections[using]
    if connection.vendor != "sqlite" or not are_there(using):
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT t."patient_id" FROM "{TABLE}" t LEFT JOIN "{PARTS}" p ON p.rowid = t."patient_id" '  # noqa: S608 -- as above
            'WHERE p."text" IS NOT t."text" ORDER BY 1'
        )
        return [key for (key,) in cursor.fetchall()]


def are_there(using: str = "default") -> bool:
    """Whether this database has the parts, and what keeps them."""
    connection = connections[using]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT to_regclass(quote_ident(%s)) IS NOT NULL", [PARTS])
            return bool(cursor.fetchone()[0])
        wanted = {name: sql for (name, _table), sql in triggers("sqlite").items()}
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE name >= %s AND name < %s", [PARTS, f"{PARTS}`"])
        found = dict(cursor.fetchall())
    return PARTS in found and all(found.get(name) == sql for name, sql in wanted.items())


@register(Tags.database)
def parts_are_indexed(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Any part of a name is found quickly, or the operator is told why not."""
    if "default" not in (databases or ()) or are_there():
        return []
    hint = {
        "sqlite": "Use a SQLite with FTS5 (3.34 or later), or PostgreSQL; then start the logbook again.",
        "postgresql": "As the administrator of the server: CREATE EXTENSION pg_trgm; then start the logbook again.",
    }
    return [
        Warning(
            "The search for a part of a name has no index: it finds the same, more slowly.",
            hint=hint[connections["default"].vendor],
            id="logbook.W001",
        )
    ]
