"""Acts and looks for the tests of the trail, put in as they happen."""

from uuid import uuid4

from django.utils import timezone

from clinic.audit.act import act
from clinic.audit.models import Access, Act
from sessions.actions.patient import change_patient
from sessions.models import Patient


def rename(patient, by, family_name, reason="Passport seen"):
    stored = Patient.objects.get(pk=patient.pk)
    names = ("family_name", "given_names", "birth_date", "sex", "record_number", "phone", "referring_doctor", "note")
    values = {name: getattr(stored, name) for name in names} | {"family_name": family_name}
    change_patient(by=by, patient=stored, values=values, version=stored.version, reason=reason, key=uuid4())


def a_look(*, by=None, patient=None, at=None, kind="session", **values):
    [look] = Access.objects.bulk_create(
        [
            Access(
                at=at or timezone.now(),
                by=by,
                by_name=by.full_name if by else "",
                patient_id=patient.pk if patient else None,
                kind=kind,
                **values,
            )
        ]
    )
    return look


def an_act(by, at, kind="save_draft", reason="", subject="", patient=None):
    with act(kind, by=by, at=at, reason=reason) as writing:
        writing.about(subject, patient.pk if patient else None)
    return Act.objects.order_by("-pk").first()


def told(line):
    """What a line says: (what, who, record, whose, why, rows)."""
    rows = [(row.name, row.sign, [(f.name, f.old, f.new) for f in row.fields]) for row in line.rows]
    return line.what, line.act.by_name, line.record.words, str(line.patient or ""), line.act.reason, rows
