"""A whole session as plain data: what is signed, in one canonical form, and shown again as it was signed."""

from datetime import datetime
from typing import Any

from django.db import models

from sessions.models import Session

FORMAT = "logbook-session-1"
# Left out of what is signed, because it says nothing of the patient or is derived from what is signed.
EXEMPT = {
    "id",
    "uid",
    "version",
    "month",
    "record_status",
    "session",
    "application",
    "screening",
    "sample",
    "patient",
    "course",
    "answer",
}


def signed_content(
    session: Session, *, meaning: str, signer_name: str, signed_at: datetime, text: str = ""
) -> dict[str, Any]:
    """The session with its rows in hand (`with_rows`) as data for `clinic.lib.canonical`; `text` is an addendum's."""
    screening = getattr(session, "screening", None)
    patient, course = session.patient, session.course
    return {
        "format": FORMAT,
        "meaning": meaning,
        "signer": signer_name,
        "signed_at": signed_at,
        "revision": session.revision,
        "text": text,
        "patient": _fields(patient, "uid", "record_number", "family_name", "given_names", "birth_date", "sex"),
        "course": _fields(course, "uid", "indication", "planned_sessions", "opened_date"),
        "session": {
            "uid": session.uid,
            **_row(session),
            "physician_name": str(session.physician),
            "operator_name": str(session.operator or ""),
        },
        "device": _fields(session.device, "uid", "maker", "model", "serial_number") if session.device else None,
        "screening": {**_row(screening), "answers": [_answer(answer) for answer in screening.answers.all()]}
        if screening
        else None,
        "applications": [
            {**_row(row), "phases": [_row(phase) for phase in row.phases.all()]} for row in session.applications.all()
        ],
        "observations": [_row(row) for row in session.observations.all()],
        "events": [_row(row) for row in session.events.all()],
        "samples": [_row(row) for row in session.samples.all()],
    }


def _answer(answer: Any) -> dict[str, Any]:
    decisions = [{**_row(decision), "physician_name": str(decision.physician)} for decision in answer.decisions.all()]
    return {**_row(answer), "decisions": decisions}


def _row(row: models.Model) -> dict[str, Any]:
    return {field.name: getattr(row, field.attname) for field in row._meta.concrete_fields if field.name not in EXEMPT}


def _fields(row: models.Model, *names: str) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}
