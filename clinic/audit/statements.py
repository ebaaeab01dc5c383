"""Statements that every act repeats: written once, run without the rewriting that Django does anew at each."""

from collections.abc import Sequence
from contextlib import nullcontext
from functools import lru_cache
from typing import Any

from django.db import connection, connections


def run(statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Run a statement with `%s` for each value, and `%%` for a percent sign; what it gives back.

    On SQLite Django turns the statement into the driver's form each time, by a search through its whole text: a
    tenth of saving a session (bench). Here that is done once. PostgreSQL plans each statement anew where Django sends
    it, a quarter of saving a session; here it keeps the plans of those that come again (`prepare_threshold` of the
    settings). For rows named by their keys, where one plan is as good as another. Errors come in Django's own kinds.
    """
    [found] = run_together([(statement, values)])
    return found


def run_together(questions: Sequence[tuple[str, Sequence[Any]]]) -> list[list[tuple[Any, ...]]]:
    """What each of these statements gives back, run one after the other; PostgreSQL gets them in one trip."""
    database: Any = connections[connection.alias]  # the thread's own, not the proxy that looks it up at each touch
    if not questions:
        return []
    if database.queries_logged or database.execute_wrappers:
        return _watched(database, questions)
    database.ensure_connection()
    with database.wrap_database_errors:
        driver = database.connection
        if database.vendor == "sqlite":
            return [driver.execute(_for_sqlite(statement), values).fetchall() for statement, values in questions]
        with driver.pipeline() if len(questions) > 1 else nullcontext():
            # The driver's own cursor: Django's writes the values into the text, and every text is another to the server.
            cursors = [database.Database.Cursor(driver).execute(statement, values) for statement, values in questions]
        return [cursor.fetchall() if cursor.description else [] for cursor in cursors]


def _watched(database: Any, questions: Sequence[tuple[str, Sequence[Any]]]) -> list[list[tuple[Any, ...]]]:
    """The same through Django's cursor, where somebody counts or reads what is asked: one trip, one line."""
    if len(questions) > 1 and database.vendor == "sqlite":
        return [run(statement, values) for statement, values in questions]
    with database.cursor() as cursor:
        cursor.execute(
            "; ".join(statement for statement, _values in questions), [one for _s, own in questions for one in own]
        )
        found = [cursor.fetchall() if cursor.description else []]
        while database.vendor == "postgresql" and cursor.nextset():
            found.append(cursor.fetchall() if cursor.description else [])
    return found


@lru_cache(maxsize=1000)
def _for_sqlite(statement: str) -> str:
    return statement.replace("%s", "?").replace("%%", "%")
