"""Register and correct patients."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from clinic.accounts.models import User
from clinic.accounts.roles import Permission
from clinic.accounts.rules import why_not_may
from clinic.audit.act import act
from clinic.audit.chain import LOCK
from clinic.audit.queue import stand_in
from clinic.audit.rows import stored_rows
from clinic.lib.problems import Unchanged, refuse
from clinic.lib.rows import put
from sessions.actions import search
from sessions.actions.figures import note_patient
from sessions.models import Patient
from sessions.rules.patient import who_is_alike, why_not_another, why_not_born_on
from sessions.rules.version import why_not_over

# All who register a patient stand in one line: each sees who was registered before, and gets a number of one's own.
NUMBERS = (LOCK[0], 3)
# What the search knows of a patient.
FOUND_BY = {"family_name", "given_names", "record_number", "birth_date"}


def register_patient(
    *,
    by: User,
    values: dict[str, Any],
    another_person: bool = True,
    reason: str = "",
    key: UUID | None = None,
    at: datetime | None = None,
) -> Patient:
    """A new patient. Without a record number the next one of the year is given ("2026-0143").

    With `another_person=False` nobody is registered while a patient alike with the same birth date is known.
    """
    refuse(why_not_may(by, Permission.REGISTER_PATIENTS))
    now = at or timezone.now()
    patient = Patient(**values)
    patient.fold()
    refuse(why_not_born_on(patient.birth_date, timezone.localdate(now)))
    with act("register_patient", by=by, reason=reason, key=key, at=at) as writing:
        stand_in(NUMBERS)
        if not another_person:
            born_then = Patient.objects.born_on(patient.birth_date)
            refuse(why_not_another(who_is_alike(patient.family_name, patient.given_names, born_then)))
        patient.record_number = patient.record_number or _next_number(timezone.localdate(now).year)
        writing.create(patient)
        search.note(patient)
        writing.about(f"patient:{patient.uid}", patient.pk)
    return patient


def change_patient(
    *, by: User, patient: Patient, values: dict[str, Any], version: int, reason: str, key: UUID | None = None
) -> Patient:
    """Correct who a patient is; `version` is the one that the form showed."""
    refuse(why_not_may(by, Permission.REGISTER_PATIENTS))
    with act("change_patient", by=by, reason=reason, key=key) as writing:
        [stored] = stored_rows(Patient, "id", [patient.pk], lock=True)
        refuse(why_not_over(stored.version, version))
        before = (stored.sex, stored.birth_date)
        changed = put(stored, values)
        stored.fold()
        refuse(why_not_born_on(stored.birth_date, timezone.localdate()))
        if not changed:
            raise Unchanged
        stored.version += 1
        writing.change(stored, *changed, "folded_name", "version")
        if FOUND_BY.intersection(changed):
            search.note(stored)
        if (stored.sex, stored.birth_date) != before:
            note_patient(stored)
        writing.about(f"patient:{stored.uid}", stored.pk)
    return stored


def _next_number(year: int) -> str:
    last = (
        Patient.objects.filter(record_number__regex=rf"^{year}-[0-9]{{4,6}}$")
        .order_by("-id")
        .values_list("record_number", flat=True)
        .first()
    )
    number = int(last.split("-")[1]) + 1 if last else 1
    while Patient.objects.filter(record_number=f"{year}-{number:04}").exists():
        number += 1
    return f"{year}-{number:04}"
