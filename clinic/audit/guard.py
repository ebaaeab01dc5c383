"""The database's own refusal to change what has been written, on SQLite and PostgreSQL alike.

One list of rules is turned into triggers of either engine. Set-up puts them in place after every migration, because
SQLite drops a table's triggers with the table when a migration remakes it; before a migration they are taken away,
because SQLite refuses to rename a table that a trigger of another one names.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connections, models

from clinic.audit.models import Access, Act, Link, Seal, Shape
from clinic.audit.stored import history_of, recorded_models

PREFIX = "guard_"
WHOLE_TABLE = "truncate"
ENGINES = ("sqlite", "postgresql")


@dataclass(frozen=True)
class Rule:
    """Refuse `event` ("insert", "update" or "delete") on `table` where `when` holds, saying `words`.

    `when` is SQL over OLD and NEW that both engines understand, `IS DISTINCT FROM` included; empty for always.
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


_known: list[Callable[[str], dict[tuple[str, str], str]]] = []


def add_known(triggers: Callable[[str], dict[tuple[str, str], str]]) -> None:
    """Let an app name triggers of its own that guard nothing, for this engine: by name and table, what each says."""
    if triggers not in _known:
        _known.append(triggers)


def rules() -> list[Rule]:
    """Every rule, those of the audit first."""
    return [*_own_rules(), *(rule for more in _added for rule in more())]


def _own_rules() -> Iterator[Rule]:
    for model in (Act, Link, Shape, Seal, *map(history_of, recorded_models())):
        yield from append_only(model)
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
    yield from never_replaced(Access)
    yield never_emptied(Access)


_NOT_PURGED = (
    'NOT EXISTS (SELECT 1 FROM "audit_seal" s JOIN "audit_act" a ON a."subject" = \'month:\' || s."month" '
    'AND a."kind" = \'purge_accesses\' WHERE OLD."number" BETWEEN s."first" AND s."last")'
)


# --- What apps build their rules of --------------------------------------------------------------


def append_only(model: type[models.Model]) -> Iterator[Rule]:
    """Rows may be added, never changed, replaced or deleted."""
    table = model._meta.db_table
    yield Rule(table, "update", f"{table} is never changed.")
    yield Rule(table, "delete", f"{table} is never deleted from.")
    yield from never_replaced(model)
    yield never_emptied(model)


def never_deleted(model: type[models.Model]) -> Iterator[Rule]:
    """Rows may be added and changed, never deleted, and keep their key."""
    table = model._meta.db_table
    yield Rule(table, "delete", f"{table} is never deleted from.")
    yield from never_replaced(model, also_by_update=True)
    yield never_emptied(model)


def never_replaced(model: type[models.Model], *, also_by_update: bool = False) -> Iterator[Rule]:
    """REPLACE on SQLite deletes the row in its way without firing the trigger for it: each key is held by itself.

    The words are the engine's own for a key that is taken, so that acts tell them like any constraint.
    """
    table = model._meta.db_table
    if also_by_update:
        own = str(model._meta.pk.column)
        yield Rule(table, "update", f"A row of {table} keeps its number.", differs([own]), "key")
    for columns in unique_keys(model):
        words = "UNIQUE constraint failed: " + ", ".join(f"{table}.{column}" for column in columns)
        same = " AND ".join(f'"{column}" = NEW."{column}"' for column in columns)
        name = "once_" + "_".join(columns)
        taken = f'EXISTS (SELECT 1 FROM "{table}" WHERE {same})'  # noqa: S608 -- names of our own tables
        yield Rule(table, "insert", words, taken, name, engines=("sqlite",))
        if also_by_update:
            yield Rule(table, "update", words, f"({differs(columns)}) AND {taken}", name, engines=("sqlite",))


def never_emptied(model: type[models.Model]) -> Rule:
    """No TRUNCATE."""
    table = model._meta.db_table
    return Rule(table, WHOLE_TABLE, f"{table} is never emptied.", engines=("postgresql",))


def unique_keys(model: type[models.Model]) -> list[tuple[str, ...]]:
    """The columns of each key that no two rows share; a key with a condition is its app's own to hold."""
    fields = [field for field in model._meta.local_concrete_fields if field.unique]
    keys: list[tuple[str, ...]] = [(str(field.column),) for field in fields]
    for constraint in model._meta.total_unique_constraints:
        keys.append(tuple(str(model._meta.get_field(name).column) for name in constraint.fields))  # type: ignore[union-attr]
    return keys


def differs(columns: Iterable[str]) -> str:
    """SQL: an update changes one of these columns."""
    return " OR ".join(f'NEW."{column}" IS DISTINCT FROM OLD."{column}"' for column in columns)


# --- SQLite --------------------------------------------------------------------------------------


def _sqlite(rule: Rule) -> str:
    # The same question in the words of any SQLite; the newer ones know both.
    when = f" WHEN {rule.when.replace('IS DISTINCT FROM', 'IS NOT')}" if rule.when else ""
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


def _function(rule: Rule, schema: str) -> str:
    return (
        f'CREATE OR REPLACE FUNCTION "{rule.trigger}"() RETURNS trigger LANGUAGE plpgsql AS $${_body(rule, schema)}$$'
    )


def _body(rule: Rule, schema: str) -> str:
    refused = f"RAISE EXCEPTION '{rule.words}' USING ERRCODE = 'restrict_violation';"
    if not rule.when:
        return f" BEGIN {refused} END "
    # Tables by their full name: a temporary table of the same name would stand in front of ours.
    when = re.sub(r'\b(FROM|JOIN) "', rf'\1 "{schema}"."', rule.when)
    row = "OLD" if rule.event == "delete" else "NEW"
    return f" BEGIN IF {when} THEN {refused} END IF; RETURN {row}; END "


def _schema(cursor: Any, vendor: str) -> str:
    if vendor == "sqlite":
        return ""
    cursor.execute("SELECT current_schema()")
    return str(cursor.fetchone()[0])


def _type(rule: Rule) -> int:
    return EVENTS[rule.event] | BEFORE | (0 if rule.event == WHOLE_TABLE else ROW)


# --- Both ----------------------------------------------------------------------------------------


def install(using: str = "default") -> list[str]:
    """Put every guard in place that is missing or different; the names of those that were."""
    connection = connections[using]
    wrong = missing(using)
    if not wrong:
        return []
    with connection.cursor() as cursor:
        _settle(cursor, connection.vendor)
        schema = _schema(cursor, connection.vendor)
        for rule in _wanted(connection):
            if rule.trigger in wrong:
                _put(cursor, rule, connection.vendor, schema)
    return wrong


def _put(cursor: Any, rule: Rule, vendor: str, schema: str) -> None:
    if vendor == "sqlite":
        cursor.execute(f'DROP TRIGGER IF EXISTS "{rule.trigger}"')
        cursor.execute(_sqlite(rule))
        return
    cursor.execute(f'DROP TRIGGER IF EXISTS "{rule.trigger}" ON "{rule.table}"')
    cursor.execute(_function(rule, schema))
    cursor.execute(_postgresql(rule))
    # Without ALWAYS a session that says it is a replica would not be refused.
    cursor.execute(f'ALTER TABLE "{rule.table}" ENABLE ALWAYS TRIGGER "{rule.trigger}"')


def _settle(cursor: Any, vendor: str) -> None:
    """PostgreSQL changes no table while checks of its keys wait for the end of the transaction: they are made now."""
    if vendor == "postgresql":
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def remove(using: str = "default") -> None:
    """Take every guard away: for a migration, which puts them back at its end."""
    connection = connections[using]
    with connection.cursor() as cursor:
        _settle(cursor, connection.vendor)
        for name, table, _said in _there(cursor, connection.vendor):
            if name.startswith(PREFIX):
                on = "" if connection.vendor == "sqlite" else f' ON "{table}"'
                cursor.execute(f'DROP TRIGGER IF EXISTS "{name}"{on}')


def missing(using: str = "default", *, whole: bool = False) -> list[str]:
    """The guards that are not there, or not as they should be; with `whole` those of tables that are gone, too."""
    connection = connections[using]
    with connection.cursor() as cursor:
        there = {(name, table): said for name, table, said in _there(cursor, connection.vendor)}
        schema = _schema(cursor, connection.vendor)
    return [
        rule.trigger
        for rule in _wanted(connection, whole=whole)
        if there.get((rule.trigger, rule.table)) != _as_kept(rule, connection.vendor, schema)
    ]


def strangers(using: str = "default") -> list[str]:
    """Triggers and rules in this database that are none of ours: they could change what an act writes."""
    connection = connections[using]
    known = {(rule.trigger, rule.table) for rule in _wanted(connection)}
    others = {key: said for more in _known for key, said in more(connection.vendor).items()}
    with connection.cursor() as cursor:
        names = {
            name
            for name, table, said in _there(cursor, connection.vendor)
            if (name, table) not in known and others.get((name, table)) != said
        }
        if connection.vendor == "postgresql":
            cursor.execute("SELECT rulename FROM pg_rules WHERE schemaname = current_schema()")
            names |= {name for (name,) in cursor.fetchall()}
    return sorted(names)


def _wanted(connection: Any, *, whole: bool = False) -> list[Rule]:
    there = set(connection.introspection.table_names())
    return [rule for rule in rules() if connection.vendor in rule.engines and (whole or rule.table in there)]


def _as_kept(rule: Rule, vendor: str, schema: str) -> str:
    """How the catalogue of the engine tells a guard that is as it should be."""
    if vendor == "sqlite":
        return _sqlite(rule)
    return f"A {rule.table} {_type(rule)} False {_body(rule, schema)}"


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
    SELECT t.tgname, c.relname, t.tgenabled::text, t.tgtype,
        t.tgqual IS NOT NULL OR t.tgattr::text <> '' OR p.proconfig IS NOT NULL OR p.prosecdef OR l.lanname <> 'plpgsql',
        p.prosrc
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
    JOIN pg_language l ON l.oid = p.prolang
    WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace
"""
