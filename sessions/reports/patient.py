"""Find people: by name, record number or date of birth; those seen lately; those who may be the same person."""

import re
from collections.abc import Iterable
from datetime import date

from clinic.accounts.models import User
from clinic.audit.models import Access
from clinic.lib.text import folded
from sessions.models import Patient
from sessions.rules.patient import who_is_alike

MOST = 50
RECENT = 12
LISTS = ("search", "list", "duplicates")
_DAY = re.compile(r"\b(?:(\d{4})-(\d{1,2})-(\d{1,2})|(\d{1,2})[./](\d{1,2})[./](\d{4}))\b")


def find_patients(text: str) -> list[Patient]:
    """At most 50 patients who match every word and date typed; dates as 1985-09-07, 07/09/1985 or 7.9.1985."""
    days, words = _dates_apart(text)
    if not days and not folded(words):
        return []
    found = Patient.objects.matching(words)
    for day in days:
        found = found.born_on(day)
    return list(found[:MOST])


def recent_patients(user: User) -> list[Patient]:
    """Those whose pages this person opened last, the latest first."""
    looks = Access.objects.filter(by=user, patient_id__isnull=False).exclude(kind__in=LISTS).order_by("-at", "-id")
    latest = list(dict.fromkeys(looks.values_list("patient_id", flat=True)[:300]))[:RECENT]
    found = Patient.objects.in_bulk(latest)
    return [found[pk] for pk in latest if pk in found]


def alike_patients(
    *, family_name: str, given_names: str, birth_date: date | None, but: Iterable[int] = ()
) -> list[Patient]:
    """Known patients with this birth date and a name alike."""
    if birth_date is None:
        return []
    return who_is_alike(family_name, given_names, Patient.objects.born_on(birth_date).exclude(pk__in=list(but)))


def _dates_apart(text: str) -> tuple[list[date], str]:
    """The dates in `text`, and what is left of it; a date that does not exist stays a word and finds nobody."""
    days = []

    def taken(match: re.Match[str]) -> str:
        year, month, day, day_first, month_second, year_last = match.groups()
        try:
            days.append(date(int(year or year_last), int(month or month_second), int(day or day_first)))
        except ValueError:
            return match.group()
        return " "

    words = _DAY.sub(taken, text)
    return days, words
