"""One question asked again and again: what it took in all, in the database alone, and by hand."""

import re
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.db import connection

TIMES = 7
# What takes longer than this varies less: three times are enough.
LONG_MS, TIMES_LONG = 500, 3
Statement = tuple[str, Any]
# Reading all of one of these for one year is what no report does; SQLite says so in its plan, at any size.
LARGE = "session|application|phase|observation|answer|screening|adverseevent|sample|result|signature|sessionfigures"
SCAN = re.compile(rf"^SCAN (?:TABLE )?logbook_({LARGE})\b(?!.*USING (?:COVERING )?INDEX)")


@dataclass
class Answer:
    """What one question took: in all, in the database alone, and by hand; `flat`: it must not grow with the logbook.

    `differs`: what the SQL by hand says otherwise.
    """

    name: str
    goal_ms: float
    ms: float = 0
    database_ms: float = 0
    hand_ms: float = 0
    queries: int = 0
    flat: bool = True
    by_hand: bool = False
    scans: list[str] = field(default_factory=list)
    differs: list[str] = field(default_factory=list)
    each_ms: list[float] = field(default_factory=list)
    each_database_ms: list[float] = field(default_factory=list)


def answered(answer: Answer, ask: Callable[[], Any], hand: list[Statement], *, plans: bool = True) -> Answer:
    """Ask it so often, in turn with the statements of it alone and with those by hand."""
    asked = _statements(ask)
    answer.queries, answer.by_hand = len(asked), bool(hand)
    whole, database, own = list[float](), list[float](), list[float]()
    for turn in range(TIMES):  # one after the other: times drift
        if turn >= TIMES_LONG and min(whole) > LONG_MS:
            break
        whole.append(_spent(ask))
        database.append(sum(_spent(partial(_run, one)) for one in asked))
        own.append(sum(_spent(partial(_run, one)) for one in hand))
    answer.each_ms, answer.each_database_ms = whole, database
    answer.ms, answer.database_ms = statistics.median(whole), statistics.median(database)
    # Where nothing was written by hand, only growth and plans are held against it.
    answer.hand_ms = statistics.median(own) if hand else answer.database_ms
    if plans and connection.vendor == "sqlite":
        answer.scans = sorted(
            {
                f"{plan} ({sql[:160]})"
                for sql, values in asked
                for plan in _plan(sql, values)
                if SCAN.match(plan) and " LIMIT " not in sql
            }
        )
    return answer


def _statements(ask: Callable[[], Any]) -> list[Statement]:
    """What is read from the database."""
    asked: list[Statement] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.lstrip("(").startswith(("SELECT", "WITH")):
            asked.append((sql, params))
        return execute(sql, params, many, context)

    ask()
    with connection.execute_wrapper(note):
        ask()
    return asked


def _run(statement: Statement) -> None:
    with connection.cursor() as cursor:
        cursor.execute(*statement)
        cursor.fetchall()


def _plan(sql: str, values: Any) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}", values)
        return [row[3] for row in cursor.fetchall()]


def _spent(step: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    step()
    return (time.perf_counter() - begun) * 1000


def read(statement: Statement) -> list[dict[str, Any]]:
    """The rows of a statement, by the names of their columns."""
    with connection.cursor() as cursor:
        cursor.execute(*statement)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
