"""Very many rows of the database as its driver gives them: making anything else of each took most of the time."""

from collections.abc import Iterator
from typing import Any

from django.db import connections, models
from django.db.models.functions import Cast

ROWS_AT_ONCE = 2000


def batches(found: models.QuerySet[Any, tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of a `values_list`, so many at a time, as one moment saw them all; never all at once in this process.

    Nothing is converted as a model would: a moment is a text in UTC on SQLite (ask for it with `as_text`).
    """
    statement, values = found.query.sql_with_params()
    with connections[found.db].chunked_cursor() as cursor:
        cursor.execute(statement, values)
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            yield rows


def as_text(name: str) -> Cast:
    """A moment as the text in UTC that either database writes."""
    return Cast(name, models.TextField())
