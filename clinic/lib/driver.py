"""Very many rows of the database as its driver gives them: making anything else of each took most of the time."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.db import connections, models, transaction
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


def copied(*parts: models.QuerySet[Any, tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of each `values_list` after those of the one before, each value the text of PostgreSQL or None.

    By COPY, which gives the first row as soon as it is found; a cursor that outlives its transaction has them all stored
    first. As one moment saw them all. Nothing else can be asked on this connection meanwhile.
    """
    connection = connections[parts[0].db]
    begins = not connection.in_atomic_block
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        if begins:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SET LOCAL jit = off")  # to compile them takes longer than such statements gain
        for found in parts:
            statement, values = found.query.sql_with_params()
            with connection.wrap_database_errors, cursor.copy(f"COPY ({statement}) TO STDOUT", values) as copy:
                rows = iter(copy.rows())
                while some := list(islice(rows, ROWS_AT_ONCE)):
                    yield some


def as_text(name: str) -> Cast:
    """A moment as the text in UTC that either database writes."""
    return Cast(name, models.TextField())
