"""The periods that a clinic asks for most, by name: a bookmark of "last month" is of last month next month too."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Period:
    """A usual period: the code of the address, its name, its first and last day as seen from today."""

    code: str
    name: str | Promise
    first: date
    last: date


NAMES: dict[str, Promise] = {
    "this-month": _("This month"),
    "last-month": _("Last month"),
    "this-quarter": _("This quarter"),
    "last-quarter": _("Last quarter"),
    "this-year": _("This year"),
    "last-year": _("Last year"),
}


def usual_periods(today: date) -> list[Period]:
    """Each usual period; one that has begun ends today."""
    month, year = today.replace(day=1), today.replace(month=1, day=1)
    quarter = today.replace(month=3 * ((today.month - 1) // 3) + 1, day=1)
    before_month, before_quarter, before_year = (first - timedelta(days=1) for first in (month, quarter, year))
    days = {
        "this-month": (month, today),
        "last-month": (before_month.replace(day=1), before_month),
        "this-quarter": (quarter, today),
        "last-quarter": (before_quarter.replace(month=before_quarter.month - 2, day=1), before_quarter),
        "this-year": (year, today),
        "last-year": (before_year.replace(month=1, day=1), before_year),
    }
    return [Period(code, name, *days[code]) for code, name in NAMES.items()]


def days_of(code: str, today: date) -> tuple[date, date]:
    """First and last day of the usual period `code`."""
    return next((period.first, period.last) for period in usual_periods(today) if period.code == code)
