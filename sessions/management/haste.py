"""What makes a logbook that is filled to be measured quick to fill: nothing here is for a clinic's own.

The guards stand aside, indexes are made at the end, nothing waits for the disk, and on PostgreSQL another process works
beside this one.
"""

import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from typing import Any, TypeVar

from django.db import DatabaseError, connection, connections

from clinic.audit import guard

BY_ACT = re.compile(r'\("?act_id"?')
SQLITE = (
    "journal_mode = OFF", "synchronous = OFF", "foreign_keys = OFF", "cache_size = -1000000", "temp_store = MEMORY",
)  # fmt: skip
# Short questions by the hundred: making machine code of each costs more than it saves.
POSTGRESQL = (
    "synchronous_commit = off",
    "maintenance_work_mem = '512MB'",
    "work_mem = '128MB'",
    "jit = off",
    "random_page_cost = 1.1",
)
Task = TypeVar("Task")
UNCHECKED = "session_replication_role = replica"


@contextmanager
def unguarded() -> Iterator[None]:
    """The guards and the checks of the engine stand aside, and nothing waits for the disk; all stand again at the end."""
    guard.remove()
    try:
        with _in_haste():
            yield
    finally:
        guard.install()


@contextmanager
def without_indexes(tables: Iterable[str], other: Executor | None) -> Iterator[None]:
    """An index that is made at the end, in order, costs a part of one that every row goes into; the unique ones stay.

    So do those that lead from an act to its rows: that is how a copy finds them.
    """
    statement = {
        "sqlite": "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'index' AND sql LIKE 'CREATE INDEX%'",
        "postgresql": "SELECT indexname, tablename, indexdef FROM pg_indexes WHERE indexdef LIKE 'CREATE INDEX%' "
        "AND schemaname = current_schema() ORDER BY pg_relation_size(quote_ident(tablename)::regclass) DESC, indexname",
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(statement)
        found = [(name, sql) for name, table, sql in cursor.fetchall() if table in set(tables)]
    aside = [(name, sql) for name, sql in found if not BY_ACT.search(sql)]
    _say_all(f'DROP INDEX "{name}"' for name, _sql in aside)
    try:
        yield
    finally:
        side_by_side(say, [sql for _name, sql in aside], other)


@contextmanager
def another_process() -> Iterator[Executor | None]:
    """A process beside this one, with a connection of its own, in the same haste; none where SQLite has one writer alone,
    nor where no process can be split off (Windows, or other threads run here, whose locks it would inherit).
    """
    if connection.vendor == "sqlite" or not hasattr(os, "fork") or threading.active_count() > 1:
        yield None
        return
    connections.close_all()  # a connection belongs to one process
    with ProcessPoolExecutor(1, get_context("fork"), _hasten) as other:
        other.submit(os.getpid).result()
        yield other


def side_by_side(do: Callable[[Task], Any], tasks: Iterable[Task], other: Executor | None) -> None:
    """Each task done once, by this process or the other one, whichever is free; all of them at the end."""
    left = iter(list(tasks))
    if other is None:
        _each(do, left)
        return
    with ThreadPoolExecutor(1) as waiting:
        there = waiting.submit(_each, lambda task: other.submit(do, task).result(), left)
        _each(do, left)
        there.result()


def _each(do: Callable[[Task], Any], left: Iterator[Task]) -> None:
    for task in left:
        do(task)


@contextmanager
def _in_haste() -> Iterator[None]:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            kept = [
                f"{name} = {cursor.execute(f'PRAGMA {name}').fetchone()[0]}"
                for name, _is, _to in map(str.split, SQLITE)
            ]
        _say_all(f"PRAGMA {one}" for one in SQLITE)
        try:
            yield
        finally:
            _say_all(f"PRAGMA {one}" for one in kept)
        return
    said = _hasten()
    try:
        yield
    finally:
        _say_all(f"RESET {one.split()[0]}" for one in said)


def _hasten() -> tuple[str, ...]:
    """What this connection to PostgreSQL does without from now on."""
    _say_all(f"SET {one}" for one in POSTGRESQL)
    # Who may not has every key checked: those of a copy are as right as those of the block.
    with suppress(DatabaseError):
        _say_all([f"SET {UNCHECKED}"])
        return (*POSTGRESQL, UNCHECKED)
    return POSTGRESQL


def say(statement: str) -> None:
    """Tell the database one thing; for either process."""
    with connection.cursor() as cursor:
        cursor.execute(statement)


def _say_all(statements: Iterable[str]) -> None:
    for statement in statements:
        say(statement)
