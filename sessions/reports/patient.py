"""People: those seen lately; those who may be the same person. The search is in `patient_search`."""

from collections.abc import Iterable
from datetime import date

from clinic.accounts.models import User
from clinic.audit.models import Access
from sessions.models import Patient
from sessions.rules.patient import who_is_alike

RECENT = 12
LISTS = ("search", "list", "duplicates")


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
