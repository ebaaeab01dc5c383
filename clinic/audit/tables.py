"""How the tables of the record stood after the last migration, sealed beside the keys.

Whoever alters a table instead of its rows (a view in its place, a column that compares otherwise, rows hidden from some
readers, a key taken away) is told by it. So is who writes into a column that is younger than the entry of its row.
"""

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connections

from clinic.audit.models import Access, Act, Link, Seal, Shape
from clinic.audit.sealed import read_sealed, write_sealed
from clinic.audit.stored import history_of, in_one_form, json_places, reading, recorded_models, shape_now
from clinic.lib.canonical import canonical_json, digest


def file() -> Path:
    return Path(settings.KEY_DIR) / "tables.json"


def keep(using: str) -> None:
    """Seal how the tables stand, and what the columns hold that no entry covers."""
    before = read_sealed(file()) or {}
    later = dict(before.get("later", {}))
    later |= {name: said for name, said in _later(using) if name not in later}
    write_sealed(file(), {"engine": _engine(using), "tables": _described(using), "later": later})


def altered(using: str = "default") -> list[str]:
    """The tables that are not as the last migration left them."""
    kept = read_sealed(file())
    if kept is None or kept["engine"] != _engine(using):  # another version of the server says the same in other words
        return []
    now = _described(using)
    return sorted(name for name in set(kept["tables"]) | set(now) if kept["tables"].get(name) != now.get(name))


def written_later(using: str = "default") -> list[str]:
    """The columns, as "table.column", whose older rows do not hold what the migration that made the column left there."""
    kept = read_sealed(file()) or {}
    wrong = []
    for name, (last, sum_of_values) in kept.get("later", {}).items():
        table, _dot, spec = name.partition(".")
        if _sum(using, table, spec, last) != sum_of_values:
            wrong.append(name.partition(":")[0])
    return sorted(wrong)


def _engine(using: str) -> str:
    connection = connections[using]
    version = connection.get_database_version()[0] if connection.vendor == "postgresql" else ""
    return f"{connection.vendor} {version}".strip()


def _ours() -> list[str]:
    models = (Access, Act, Link, Seal, Shape, *recorded_models(), *map(history_of, recorded_models()))
    return [model._meta.db_table for model in models]


# --- Columns that are younger than entries -------------------------------------------------------


def _later(using: str) -> Iterator[tuple[str, list[Any]]]:
    shapes = [json.loads(text) for text in Shape.objects.using(using).values_list("columns", flat=True)]
    for table, specs in json.loads(shape_now()[0]).items():
        older = [shape[table] for shape in shapes if table in shape]
        for spec in specs:
            if any(spec not in known for known in older):
                last = _last(using, table, specs[0])
                yield f"{table}.{spec}", [last, _sum(using, table, spec, last)]


def _last(using: str, table: str, key: str) -> int:
    with connections[using].cursor() as cursor:
        cursor.execute(f'SELECT COALESCE(MAX("{key.partition(":")[0]}"), 0) FROM "{table}"')  # noqa: S608 -- names of our own tables
        return int(cursor.fetchone()[0])


def _sum(using: str, table: str, spec: str, last: int) -> str:
    key = "id" if table == Act._meta.db_table else "history_id"
    what = reading([spec], connections[using].vendor)
    found = b""
    with connections[using].cursor() as cursor:
        cursor.execute(f'SELECT "{key}", {what} FROM "{table}" WHERE "{key}" <= {int(last)} ORDER BY "{key}"')  # noqa: S608 -- as above
        while rows := cursor.fetchmany(1000):
            for row in in_one_form(rows, json_places(("key:plain", spec))):
                found = sha256(found + json.dumps(row, default=repr).encode()).digest()
    return found.hex()


# --- Definitions ---------------------------------------------------------------------------------


def _described(using: str) -> dict[str, str]:
    """Each table by the digest of all that the engine's catalogue says of it that matters."""
    connection = connections[using]
    names = _ours()
    places = ", ".join(["%s"] * len(names))
    said: dict[str, list[Any]] = {}
    with connection.cursor() as cursor:
        for question in SQLITE if connection.vendor == "sqlite" else POSTGRESQL:
            cursor.execute(question.format(places=places), names)
            for table, *rest in cursor.fetchall():
                said.setdefault(table, []).append([str(part) for part in rest])
    return {table: digest(canonical_json(sorted(parts))) for table, parts in said.items()}


def _on_postgresql(what: str, catalogue: str, table: str, where: str = "TRUE") -> str:
    return (
        f"SELECT c.relname, {what} FROM {catalogue} JOIN pg_class c ON c.oid = {table} "  # noqa: S608 -- our own words below
        f"WHERE {where} AND c.relnamespace = current_schema()::regnamespace AND c.relname IN ({{places}})"
    )


SQLITE = [
    """SELECT tbl_name, type, name, sql FROM sqlite_master WHERE tbl_name IN ({places})
    AND (type IN ('table', 'view') OR type = 'index' AND sql LIKE 'CREATE UNIQUE%%')"""
]
POSTGRESQL = [
    _on_postgresql(
        "'table', c.relnamespace::regnamespace, c.relkind, c.relrowsecurity, c.relforcerowsecurity",
        "pg_class t",
        "t.oid",
    ),
    _on_postgresql(
        "'column', a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attgenerated, l.collname, "
        "l.collisdeterministic",
        "pg_attribute a LEFT JOIN pg_collation l ON l.oid = a.attcollation",
        "a.attrelid",
        "a.attnum > 0 AND NOT a.attisdropped",
    ),
    _on_postgresql(
        "'constraint', o.conname, pg_get_constraintdef(o.oid)",
        "pg_constraint o",
        "o.conrelid",
        "o.contype IN ('c', 'p', 'u', 'f', 'x')",
    ),
    _on_postgresql("'index', pg_get_indexdef(i.indexrelid), i.indisvalid", "pg_index i", "i.indrelid", "i.indisunique"),
    _on_postgresql("'policy', p.polname", "pg_policy p", "p.polrelid"),
    _on_postgresql("'heir', i.inhrelid::regclass", "pg_inherits i", "i.inhparent"),
]
