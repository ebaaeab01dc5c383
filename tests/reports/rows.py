"""Rows for the tests of reports: a clinic with courses, and sessions put in as an act puts them."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from clinic.accounts.models import User
from clinic.audit.act import act
from sessions.models import Application, Course, Device, Patient, Session

PARIS = ZoneInfo("Europe/Paris")


def paris(*moment: int) -> datetime:
    """A moment as the clock in the clinic shows it."""
    return datetime(*moment, tzinfo=PARIS)  # type: ignore[misc]


def a_patient(*, by: User, number: str = "2026-0001", family: str = "Çelik", given: str = "Zoë") -> Patient:
    patient = Patient(
        record_number=number, family_name=family, given_names=given, birth_date=date(1985, 9, 7), sex="female"
    )
    patient.fold()
    with act("register_patient", by=by) as writing:
        writing.create(patient)
        writing.about(f"patient:{patient.uid}", patient.pk)
    return patient


def a_course(*, by: User, patient: Patient, indication: str = "hyperhidrosis") -> Course:
    course = Course(patient=patient, indication=indication, physician=by, opened_date=date(2024, 1, 2), status="active")
    with act("open_course", by=by) as writing:
        writing.create(course)
        writing.about(f"course:{course.uid}", patient.pk)
    return course


def a_device(*, by: User, serial: str = "4412") -> Device:
    device = Device(maker="Hidrex", model="GS 400", serial_number=serial)
    with act("register_device", by=by) as writing:
        writing.create(device)
        writing.about(f"device:{device.uid}", None)
    return device


def a_session(
    *,
    by: User,
    course: Course,
    started_at: datetime | None,
    sites: tuple[str, ...] = ("palm",),
    physician: User | None = None,
    **values: Any,
) -> Session:
    """A session with one application per site; signed and completed unless told otherwise."""
    values = {"status": "completed", "record_status": "final", "number": course.sessions.count() + 1} | values
    if values["record_status"] == "final" and values["status"] != "not-done":
        values = {"events_answer": "none-observed", "skin_before": "intact", "skin_after": "intact"} | values
    if values["status"] in {"stopped", "not-done"}:
        values = {"outcome_reason": "patient-wish"} | values
    if started_at:
        values["month"] = started_at.astimezone(PARIS).date().replace(day=1)
    session = Session(patient=course.patient, course=course, physician=physician or by, started_at=started_at, **values)
    with act("log_session", by=by) as writing:
        writing.create(session)
        writing.create(
            *[
                Application(session=session, number=n, site=site, side="bilateral")
                for n, site in enumerate(sites, start=1)
            ]
        )
        writing.about(f"session:{session.uid}", course.patient_id)
    return session
