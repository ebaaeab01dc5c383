"""A whole session as plain data: what is signed, in one canonical form, and shown again as it was signed.

`logbook-session-1` knew neither the account of the signer, nor the time zone, nor the address of a sample. Signatures
in that form still verify: a signature is held to what its own content names.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import models

from clinic.accounts.models import User
from sessions.models import Session
from sessions.rules.signed_fields import signed_columns

FORMAT = "logbook-session-2"
FORMATS = ("logbook-session-1", FORMAT)

# A patient, course, device or account as it was known at a time: the stored row, or a version from its history.
AsKnown = Callable[[Any], Any]


def as_stored(row: Any) -> Any:
    """The row as it is now."""
    return row


def signed_content(
    session: Session, *, meaning: str, signer: User, signed_at: datetime, time_zone: str, text: str = ""
) -> dict[str, Any]:
    """What `signer` signs: the session with its rows in hand (`with_rows`), as data for `clinic.lib.canonical`.

    `text` is an addendum's.
    """
    return {
        "format": FORMAT,
        "meaning": meaning,
        "signer": signer.full_name,
        "signer_account": signer.username,
        "signed_at": signed_at,
        "time_zone": time_zone,
        "revision": session.revision,
        "text": text,
        **record_content(session),
    }


def record_content(session: Session, as_known: AsKnown = as_stored) -> dict[str, Any]:
    """The record itself, whoever signs it; `as_known` says what was known of people, course and device at the time."""
    patient, course, device = session.patient, session.course, session.device
    screening = getattr(session, "screening", None)
    return {
        "patient": _row(type(patient), as_known(patient)),
        "course": _row(type(course), as_known(course)),
        "session": {
            **_row(Session, session),
            "physician_name": as_known(session.physician).full_name,
            "operator_name": as_known(session.operator).full_name if session.operator else "",
        },
        "device": _row(type(device), as_known(device)) if device else None,
        "screening": {
            **_row(type(screening), screening),
            "answers": [_answer(answer, as_known) for answer in screening.answers.all()],
        }
        if screening
        else None,
        "applications": [
            {**_row(type(row), row), "phases": [_row(type(phase), phase) for phase in row.phases.all()]}
            for row in session.applications.all()
        ],
        "observations": [_row(type(row), row) for row in session.observations.all()],
        "events": [_row(type(row), row) for row in session.events.all()],
        "samples": [_row(type(row), row) for row in session.samples.all()],
    }


def _answer(answer: Any, as_known: AsKnown) -> dict[str, Any]:
    decisions = [
        {**_row(type(decision), decision), "physician_name": as_known(decision.physician).full_name}
        for decision in answer.decisions.all()
    ]
    return {**_row(type(answer), answer), "decisions": decisions}


def _row(model: type[models.Model], row: Any) -> dict[str, Any]:
    return {name: getattr(row, attribute) for name, attribute in signed_columns(model)}
