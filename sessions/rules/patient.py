"""Is this a possible patient, and is it one we know?"""

from collections.abc import Iterable
from datetime import date
from difflib import SequenceMatcher

from django.utils.translation import gettext as _

from clinic.lib.problems import Problem
from clinic.lib.text import folded
from sessions.models import Patient

OLDEST_YEARS = 130
ALIKE = 0.8


def why_not_born_on(birth_date: date, today: date) -> list[Problem]:
    """A birth date lies in the past, and not further back than anybody lives."""
    if birth_date > today:
        return [Problem("birth_date", _("This date of birth lies in the future."))]
    if today.year - birth_date.year > OLDEST_YEARS:
        return [Problem("birth_date", _("This date of birth lies too far back: please read it again."))]
    return []


def who_is_alike(family_name: str, given_names: str, candidates: Iterable[Patient]) -> list[Patient]:
    """Those of `candidates` (same birth date) whose name is like this one, whatever accents, case or order."""
    typed = sorted(folded(f"{family_name} {given_names}").split())
    if not typed:
        return []
    return [patient for patient in candidates if _alike(typed, sorted(patient.folded_name.split()))]


def why_not_another(alike: list[Patient]) -> list[Problem]:
    """Somebody alike is known: a person must say that this is another one."""
    if not alike:
        return []
    return [
        Problem(
            "another_person", _("A patient alike with this date of birth is known. Is this another person?"), "alike"
        )
    ]


def _alike(first: list[str], second: list[str]) -> bool:
    if set(first) <= set(second) or set(second) <= set(first):
        return True
    return SequenceMatcher(None, " ".join(first), " ".join(second)).ratio() >= ALIKE
