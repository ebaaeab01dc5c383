"""The database's own refusal to change what has been written, on SQLite and PostgreSQL alike.

One list of rules is turned into triggers of either engine. Set-up puts them in place after every migration, because
SQLite drops a table's triggers with the table when a migration remakes it; before a migration they are taken away,
because SQLite refuses to rename a table that a trigger of another one names.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connections

from clinic.audit.models import Access, Act, Link, Seal, Shape
from clinic.audit.stored import history_of, recorded_models

PREFIX = "guard_"
WHOLE_TABLE = "truncate"
ENGINES = ("sqlite", "postgresql")


@dataclass(frozen=True)
class Rule:
    """Refuse `event` ("insert", "update" or "delete") on `table` where `when` holds, saying `words`.

    `when` is SQL over OLD and NEW that both engines understand; empty for always.
    """

    table: str
    event: str
    words: str
    when: str = ""
    name: str = "kept"
    engines: tuple[str, ...] = ENGINES

    @property
    def trigger(self) -> str:
        return f"{PREFIX}{self.table}_{self.event}_{self.name}"


_added: list[Callable[[], Iterator[Rule]]] = []


def add_rules(rules: Callable[[], Iterator[Rule]]) -> None:
    """Let an app bring the rules of its own tables."""
    if rules not in _added:
        _added.append(rules)


def rules() -> list[Rule]:
    """Every rule, those of the audit first."""
    return [*_own_rules(), *(rule for more in _added for rule in more())]


def _own_rules() -> Iterator[Rule]:
    kept = [Act, Link, Shape, Seal, *map(history_of, recorded_models())]
    for model in kept:
        table, key = model._meta.db_table, model._meta.pk.column
        yield from append_only(table, str(key))
    for model in map(history_of, recorded_models()):
        table = model._meta.db_table
        sealed = 'EXISTS (SELECT 1 FROM "audit_link" WHERE "act_id" = NEW."act_id")'
        yield Rule(table, "insert", "The act of this history is sealed already.", sealed, "sealed")
    following = 'NEW."number" <> (SELECT COALESCE(MAX("number"), 0) + 1 FROM "audit_link")'
    yield Rule(
        "audit_link", "insert", "The entries of the audit history follow each other without a gap.", following, "next"
    )
    accesses = Access._meta.db_table
    yield Rule(accesses, "update", "An access is never changed.")
    yield Rule(accesses, "delete", "An access is deleted with its sealed month only, by a purge.", _NOT_PURGED)
    yield _not_replaced(accesses, "id")
    yield _not_emptied(accesses)


_NOT_PURGED = (
    'NOT EXISTS (SELECT 1 FROM "audit_seal" s JOIN "audit_act" a ON a."subject" = \'month:\' || s."month" '
    'AND a."kind" = \'purge_accesses\' WHERE OLD."number" BETWEEN s."first" AND s."last")'
)


def append_only(table: str, key: str = "id") -> Iterator[Rule]:
    """Rows of `table` may be added, never changed, replaced or deleted."""
    yield Rule(table, "update", f"{table} is never changed.")
    yield Rule(table, "delete", f"{table} is never deleted from.")
    yield _not_replaced(table, key)
    yield _not_emptied(table)


def _not_replaced(table: str, key: str) -> Rule:
    """REPLACE on SQLite deletes without firing the trigger for it: an insert over a known key is refused by itself."""
    known = f'EXISTS (SELECT 1 FROM "{table}" WHERE "{key}" = NEW."{key}")'  # noqa: S608 -- names of our own tables
    return Rule(table, "insert", f"{table} is never replaced in.", known, engines=("sqlite",))


def _not_emptied(table: str) -> Rule:
    return Rule(table, WHOLE_TABLE, f"{table} is never emptied.", engines=("postgresql",))


# --- SQLite --------------------------------------------------------------------------------------


def _sqlite(rule: Rule) -> str:
    when = f" WHEN {rule.when}" if rule.when else ""
    return (
        f'CREATE TRIGGER "{rule.trigger}" BEFORE {rule.event.upper()} ON "{rule.table}"{when} '
        f"BEGIN SELECT RAISE(ABORT, '{rule.words}'); END"
    )


# --- PostgreSQL ----------------------------------------------------------------------------------

# Bits of pg_trigger.tgtype: for each row, before, and the event.
ROW, BEFORE = 1, 2
EVENTS = {"insert": 4, "delete": 8, "update": 16, WHOLE_TABLE: 32}


def _postgresql(rule: Rule) -> str:
    each = "STATEMENT" if rule.event == WHOLE_TABLE else "ROW"
    return (
        f'CREATE TRIGGER "{rule.trigger}" BEFORE {rule.event.upper()} ON "{rule.table}" '
        f'FOR EACH {each} EXECUTE FUNCTION "{rule.trigger}"()'
    )


def _function(rule: Rule) -> str:
    return f'CREATE OR REPLACE FUNCTION "{rule.trigger}"() RETURNS trigger LANGUAGE plpgsql AS $${_body(rule)}$$'


def _body(rule: Rule) -> str:
    refused = f"RAISE EXCEPTION '{rule.words}' USING ERRCODE = 'restrict_violation';"
    if not rule.when:
        return f" BEGIN {refused} END "
    row = "OLD" if rule.event == "delete" else "NEW"
    return f" BEGIN IF {rule.when} THEN {refused} END IF; RETURN {row}; END "


def _type(rule: Rule) -> int:
    return EVENTS[rule.event] | BEFORE | (0 if rule.event == WHOLE_TABLE else ROW)


# --- Both ----------------------------------------------------------------------------------------


def install(using: str = "default") -> list[str]:
    """Put every guard in place that is missing or different; the names of those that were."""
    connection = connections[using]
    wrong = missing(using)
    with connection.cursor() as cursor:
        for rule in _wanted(connection):
            if rule.trigger in wrong:
                _put(cursor, rule, connection.vendor)
    return wrong


def _put(cursor: Any, rule: Rule, vendor: str) -> None:
    if vendor == "sqlite":
        cursor.execute(f'DROP TRIGGER IF EXISTS "{rule.trigger}"')
        cursor.execute(_sqlite(rule))
        return
    cursor.execute(f'DROP TRIGGER IF EXISTS "{rule.trigger}" ON "{rule.table}"')
    cursor.execute(_function(rule))
    cursor.execute(_postgresql(rule))
    # Without ALWAYS a session that says it is a replica would not be refused.
    cursor.execute(f'ALTER TABLE "{rule.table}" ENABLE ALWAYS TRIGGER "{rule.trigger}"')


def remove(using: str = "default") -> None:
    """Take every guard away: for a migration, which puts them back at its end."""
    connection = connections[using]
    with connection.cursor() as cursor:
        for name, table, _said in _there(cursor, connection.vendor):
            if name.startswith(PREFIX):
                on = "" if connection.vendor == "sqlite" else f' ON "{table}"'
                cursor.execute(f'DROP TRIGGER IF EXISTS "{name}"{on}')


def missing(using: str = "default") -> list[str]:
    """The guards that are not there, or not as they should be."""
    connection = connections[using]
    with connection.cursor() as cursor:
        there = {name: said for name, _table, said in _there(cursor, connection.vendor)}
    return [
        rule.trigger for rule in _wanted(connection) if there.get(rule.trigger) != _as_kept(rule, connection.vendor)
    ]


def strangers(using: str = "default") -> list[str]:
    """Triggers in this database that are none of ours: they could change what an act writes."""
    connection = connections[using]
    known = {rule.trigger for rule in _wanted(connection)}
    with connection.cursor() as cursor:
        return sorted(name for name, _table, _said in _there(cursor, connection.vendor) if name not in known)


def _wanted(connection: Any) -> list[Rule]:
    there = set(connection.introspection.table_names())
    return [rule for rule in rules() if connection.vendor in rule.engines and rule.table in there]


def _as_kept(rule: Rule, vendor: str) -> str:
    """How the catalogue of the engine tells a guard that is as it should be."""
    if vendor == "sqlite":
        return _sqlite(rule)
    return f"A {rule.table} {_type(rule)} False {_body(rule)}"


def _there(cursor: Any, vendor: str) -> list[tuple[str, str, str]]:
    """Every trigger: its name, its table, and all that matters of it."""
    if vendor == "sqlite":
        cursor.execute("SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'")
        return cursor.fetchall()
    cursor.execute(_CATALOGUE)
    return [
        (name, table, f"{on} {table} {kind} {limited} {body}")
        for name, table, on, kind, limited, body in cursor.fetchall()
    ]


_CATALOGUE = """
    SELECT t.tgname, c.relname, t.tgenabled::text, t.tgtype, t.tgqual IS NOT NULL, p.prosrc
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
    WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace
"""
