"""Who looked at a patient, newest first."""

from dataclasses import dataclass

from clinic.audit.models import Access
from clinic.audit.words import look_in_words
from sessions.models import Patient

PAGE_SIZE = 50


@dataclass(frozen=True)
class LookLine:
    """One look, with its kind in words."""

    look: Access
    what: str


def looks_at(
    patient: Patient, *, before: int | None = None, size: int = PAGE_SIZE
) -> tuple[list[LookLine], int | None]:
    """One page of looks, and where the next one begins; None after the last."""
    found = Access.objects.filter(patient_id=patient.pk).order_by("-pk")
    if before is not None:
        found = found.filter(pk__lt=before)
    looks = list(found[: size + 1])
    lines = [LookLine(look, look_in_words(look.kind)) for look in looks[:size]]
    return lines, (looks[size - 1].pk if len(looks) > size else None)
