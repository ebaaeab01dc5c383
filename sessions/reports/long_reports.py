"""Which reports take too long to wait for, found out before they are made."""

from datetime import date

from django.db.models import Sum

from sessions.models import Tally
from sessions.reports.report import Report
from sessions.reports.session_filter import SessionFilter
from sessions.reports.sessions import TALLIED

# With more sessions than this, a report that goes through each of them is made while nobody waits.
MOST_SESSIONS_AT_ONCE = 200_000
DATES = frozenset({"from_date", "to_date"})
# Reports that stored figures answer in a moment, however many sessions there are, as long as no other limit is set.
QUICK = {
    "sessions": TALLIED,
    "response": DATES,
    "adverse-events": DATES,
    "attendance": DATES,
    "active-courses": DATES,
    "unsigned": DATES,
    "devices": DATES,
}


def too_many(report: Report, chosen: SessionFilter) -> int:
    """How many sessions this report would have to go through, where they are too many to wait for; else 0."""
    if report.code in QUICK and chosen.names <= QUICK[report.code]:
        return 0
    number = _at_most(chosen)
    return number if number > MOST_SESSIONS_AT_ONCE else 0


def _at_most(chosen: SessionFilter) -> int:
    """The signed sessions of all months that the period touches, by the tally; the limits may leave fewer."""
    limits = {name: getattr(chosen, name) for name in TALLIED - DATES if name in chosen.names}
    found = Tally.objects.filter(site="", **limits)
    if chosen.from_date:
        found = found.filter(month__gte=_month(chosen.from_date))
    if chosen.to_date:
        found = found.filter(month__lte=_month(chosen.to_date))
    return found.aggregate(number=Sum("number"))["number"] or 0


def _month(day: date) -> date:
    return day.replace(day=1)
