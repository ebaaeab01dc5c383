"""How the tests of reports ask: the limits, seen from a fixed moment, and a table as plain tuples."""

from datetime import datetime
from typing import Any

from sessions.reports.report import Asked, Built, Report
from sessions.reports.session_filter import SessionFilter
from tests.reports.rows import paris

NOON = paris(2026, 4, 30, 12)


def built(report: Report, *, at: datetime = NOON, identities: bool = True, whole: bool = True, **limits: Any) -> Built:
    """The report within these limits."""
    return report.build(Asked(SessionFilter(**limits), at, identities=identities, whole=whole))


def rows(found: Built, name: str) -> list[tuple[Any, ...]]:
    """The rows of one of its tables."""
    table = found.table(name)
    assert table is not None
    return [row.values for row in table.rows]


def totals(found: Built, name: str) -> tuple[Any, ...]:
    """The last line of one of its tables."""
    table = found.table(name)
    assert table is not None
    assert table.totals is not None
    return table.totals.values
