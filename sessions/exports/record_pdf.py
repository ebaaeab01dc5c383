"""One session's record as a PDF: the patient, everything that its page shows, and every signature in full."""

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from clinic.lib.as_pdf import Frame, document
from sessions.exports.record_blocks import sections
from sessions.exports.record_words import label
from sessions.models import Patient, Session, Signature
from sessions.reports.record import record_of

TEMPLATE = Path(__file__).resolve().parent.parent / "typst" / "record.typ"


def session_pdf(session: Session, *, printed_by: str, at: datetime, language: str, foot: str = "") -> bytes:
    """The record of `session` (with its rows) as it stands at `at`; `foot` is the anchor of the audit history."""
    with translation.override(language):
        record = record_of(session)
        title = _("Session %(number)s") % {"number": session.number}
        state = session.get_record_status_display()
        frame = Frame(
            title=f"{title} · {session.course.get_indication_display()}",
            language=language,
            at=at,
            printed_by=printed_by,
            foot=foot,
            head=" · ".join([_patient_line(session.patient), title, state]),
            stamp="" if session.is_signed else state.upper(),
        )
        body = {
            "patient": _patient_facts(session.patient),
            "state": _state(record),
            "addenda": [
                {"text": signature.addendum.text, "signature": _signature(signature)} for signature in record["addenda"]
            ],
            "blocks": sections(record),
            "signatures": [_signature(signature) for signature in record["signatures"]],
            "words": {
                "patient": _("Patient"),
                "addendum": label(Signature, "addendum"),
                "signatures": _("Signatures"),
                "unsigned": _("Not signed yet."),
            },
        }
    return document(TEMPLATE, body, frame)


def _patient_line(patient: Patient) -> str:
    number = _("No.")
    born = date_format(patient.birth_date, "SHORT_DATE_FORMAT")
    return f"{patient.family_name.upper()} {patient.given_names} · {born} · {number} {patient.record_number}"


def _patient_facts(patient: Patient) -> list[list[str]]:
    return [
        [_("Name"), f"{patient.family_name.upper()} {patient.given_names}"],
        [label(Patient, "birth_date"), date_format(patient.birth_date, "DATE_FORMAT")],
        [label(Patient, "sex"), patient.get_sex_display()],
        [label(Patient, "record_number"), patient.record_number],
    ]


def _state(record: dict[str, Any]) -> dict[str, Any]:
    """How firm the record is, in words that nobody can miss, and what is wrong with its signatures."""
    session: Session = record["session"]
    lines: list[str] = []
    if session.is_in_error:
        tone, title = "bad", _("Entered in error")
        lines.append(_("This record is wrong and counts nowhere. It is kept so that it stays readable."))
        if act := record["in_error"]:
            lines += [act.reason, f"{act.by_name}, {_moment(act.at, timezone.get_current_timezone_name())}"]
    elif session.is_draft:
        tone, title = "warn", _("Draft")
        lines.append(_("Nobody has signed this record. It can still change."))
    else:
        tone, title = "good", session.get_record_status_display().capitalize()
        lines.append(f"{label(Session, 'revision')} {session.revision}")
    if session.late_record:
        lines.append(_("Late record"))
    return {"tone": tone, "title": title, "lines": lines, "wrong": [str(words) for words in record.get("wrong", [])]}


def _signature(signature: Signature) -> dict[str, Any]:
    """What a signature must show: printed name, date and time with the time zone, meaning (21 CFR 11.50)."""
    facts = [
        [label(Signature, "signed_at"), _moment(signature.signed_at, signature.time_zone)],
        [label(Signature, "meaning"), signature.get_meaning_display()],
        [label(Signature, "revision"), str(signature.revision)],
    ]
    if reason := getattr(signature, "reason", ""):
        facts.append([_("Reason"), reason])
    return {
        "name": signature.signer_name,
        "facts": facts,
        "digest": f"SHA-256 {signature.digest}",
        "wrong": [str(words) for words in getattr(signature, "wrong", [])],
    }


def _moment(moment: datetime, zone: str) -> str:
    """A moment that can be read in one way alone: 12 January 2026, 14:30 Europe/Paris (UTC+01:00)."""
    local = moment.astimezone(ZoneInfo(zone))
    offset = f"{local:%z}"
    return f"{date_format(local, 'DATETIME_FORMAT')} {zone} (UTC{offset[:3]}:{offset[3:5]})"
