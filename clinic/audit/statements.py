"""Statements that every act repeats: written once, run without the rewriting that Django does anew at each."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.db import connection, connections


def run(statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Run a statement with `%s` for each value, and `%%` for a percent sign; what it gives back.

    On SQLite Django turns the statement into the driver's form each time, by a search through its whole text: a
    tenth of saving a session (bench). Here that is done once; errors come in Django's own kinds all the same.
    """
    database = connections[connection.alias]  # the thread's own, not the proxy that looks it up at each touch
    watched = database.queries_logged or database.execute_wrappers
    if database.vendor == "sqlite" and not watched:
        database.ensure_connection()
        with database.wrap_database_errors:
            return database.connection.execute(_for_sqlite(statement), values).fetchall()
    with database.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


def run_together(questions: Sequence[tuple[str, Sequence[Any]]]) -> list[list[tuple[Any, ...]]]:
    """What each of these questions gives back, asked one after the other; PostgreSQL gets them in one trip."""
    if len(questions) < 2 or connection.vendor == "sqlite":
        return [run(statement, values) for statement, values in questions]
    with connections[connection.alias].cursor() as cursor:
        cursor.execute(
            "; ".join(statement for statement, _values in questions), [one for _s, own in questions for one in own]
        )
        found = [cursor.fetchall()]
        while cursor.nextset():
            found.append(cursor.fetchall())
    return found


@lru_cache(maxsize=1000)
def _for_sqlite(statement: str) -> str:
    return statement.replace("%s", "?").replace("%%", "%")
