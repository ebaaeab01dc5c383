"""Real rows through the real acts, each with what a test does not care about filled in."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.db.models import Max
from django.utils import timezone

from clinic.accounts.models import User
from clinic.operations.jobs import file_of
from clinic.operations.models import Job, State
from sessions.actions.course import open_course
from sessions.actions.device import register_device
from sessions.actions.device_entry import add_device_entry
from sessions.actions.patient import register_patient
from sessions.actions.report import Taken, record_export
from sessions.actions.response import define_response
from sessions.actions.screening import record_consultation
from sessions.actions.session import log_session
from sessions.actions.session_rows import Entry, Row
from sessions.actions.signature import sign_session
from sessions.measures.answers import EACH_SESSION, ITEMS
from sessions.models import Consultation, Course, Device, DeviceEntry, Patient, Receipt, ResponseDefinition, Session

PARIS = ZoneInfo("Europe/Paris")
_numbers = count(1)


def at(day: date, hour: int = 14, minute: int = 5) -> datetime:
    """A time of day in the clinic's time zone."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=PARIS)


def a_patient(*, by: User, **values: Any) -> Patient:
    """With the number that follows, of the year the tests play in; one that is blank is given by the logbook."""
    given = {
        "family_name": "Çelik",
        "given_names": f"Zoë {next(_numbers)}",
        "birth_date": date(1985, 9, 7),
        "sex": "female",
    } | values
    if "record_number" not in given:
        last = Patient.objects.filter(record_number__startswith="2026-").aggregate(last=Max("record_number"))["last"]
        given["record_number"] = f"2026-{int(last[5:] if last else 0) + 1:04}"
    return register_patient(by=by, values=given, key=uuid4())


def all_no(**replies: str) -> dict[str, tuple[str, str]]:
    """Every question of the consultation answered no, but for those named."""
    return {item.code: (replies.get(item.code, "no"), "") for item in ITEMS}


def a_consultation(
    *, by: User, patient: Patient, held: date = date(2026, 1, 5), replies: dict[str, tuple[str, str]] | None = None
) -> Consultation:
    return record_consultation(
        by=by, patient=patient, values={"held_date": held, "physician": by}, answers=replies or all_no()
    )


def a_course(
    *,
    by: User,
    patient: Patient,
    indication: str = "hyperhidrosis",
    sites: tuple[str, ...] = ("palm", "sole"),
    consultation: Consultation | None = None,
    planned: int | None = 7,
    opened: date = date(2026, 1, 5),
) -> Course:
    values = {
        "indication": indication,
        "consultation": consultation,
        "physician": by,
        "goal": "",
        "planned_sessions": planned,
        "opened_date": opened,
        "previous": None,
    }
    return open_course(by=by, patient=patient, values=values, sites=sites)


def a_device(*, by: User, serial_number: str = "4412", maker: str = "Hidrex", model: str = "PSP1000") -> Device:
    return register_device(by=by, values={"maker": maker, "model": model, "serial_number": serial_number})


def a_device_entry(*, by: User, device: Device, **values: Any) -> DeviceEntry:
    """An entry in the log of a device."""
    given = {"kind": "maintenance", "happened_date": date(2026, 1, 5), "nature": "yearly maintenance"}
    return add_device_entry(by=by, device=device, values=given | values)


def asked_today(**replies: str) -> dict[str, tuple[str, str]]:
    """The questions of every session answered no, but for those named."""
    return {item.code: (replies.get(item.code, "no"), "") for item in EACH_SESSION}


def a_phase(
    *,
    anode: str = "right",
    cathode: str = "left",
    site: str = "palm",
    current: str = "15.0",
    minutes: str = "10",
    **values: Any,
) -> dict[str, Any]:
    """A phase as a physician documented it; the figures are the test's own."""
    return {
        "anode_site": site,
        "anode_side": anode,
        "cathode_site": site,
        "cathode_side": cathode,
        "reversal": "manual",
        "current_type": "dc",
        "current_ma": Decimal(current),
        "current_kind": "set",
        "current_reading": "not-stated",
        "duration_min": Decimal(minutes),
    } | values


def an_application(
    *,
    site: str = "palm",
    side: str = "bilateral",
    phases: tuple[dict[str, Any], ...] | None = None,
    index: int = 0,
    **values: Any,
) -> Row:
    below = (
        phases
        if phases is not None
        else (a_phase(site=site), a_phase(site=site, anode="left", cathode="right", current="14.5"))
    )
    given = {
        "site": site,
        "side": side,
        "arrangement": "hand-hand",
        "electrode_type": "bath-plate",
        "medium": "tap-water",
    }
    return Row(
        values=given | values,
        index=index,
        below=tuple(Row(values=phase, index=number) for number, phase in enumerate(below)),
    )


def an_observation(
    *,
    measure: str = "HDSS",
    value: str = "3",
    unit: str = "{score}",
    site: str = "palm",
    side: str = "right",
    moment: str = "before",
    index: int = 0,
    **values: Any,
) -> Row:
    given = {"measure": measure, "value": Decimal(value), "unit": unit, "site": site, "side": side, "moment": moment}
    return Row(values=given | values, index=index)


def an_entry(
    *,
    by: User,
    device: Device | None,
    started: datetime | None,
    minutes: int = 25,
    indication: str = "hyperhidrosis",
    **changes: Any,
) -> Entry:
    """A session that could be signed as it is; `changes` replace parts of the entry or values of the session."""
    parts = {
        name: changes.pop(name) for name in tuple(changes) if name in Entry.__dataclass_fields__ and name != "values"
    }
    values: dict[str, Any] = {
        "status": "completed",
        "started_at": started,
        "ended_at": started + timedelta(minutes=minutes) if started else None,
        "device": device,
        "operator": by,
        "physician": by,
        "skin_before": "intact",
        "skin_after": "erythema",
        "metal_removed": "yes",
        "sensation": "tingling",
        "pain_nrs": 2,
        "events_answer": "none-observed",
    }
    values |= {
        "hyperhidrosis": {"course_phase": "induction"},
        "cellulite": {"combined_procedures": "no"},
        "extraction": {
            "extraction_mode": "stimulated-sweat",
            "analyte": "chloride",
            "clinical_question": "positive newborn screen",
        },
    }[indication]
    given: dict[str, Any] = {
        "replies": asked_today(),
        "changed": "no",
        "applications": (an_application(),),
        "observations": (an_observation(),),
    }
    return Entry(values=values | changes, **(given | parts))


def a_draft(
    *, by: User, course: Course, device: Device | None = None, started: datetime | None = None, **changes: Any
) -> Session:
    entry = an_entry(
        by=by, device=device, started=started or at(date(2026, 1, 12)), indication=course.indication, **changes
    )
    return log_session(by=by, course=course, entry=entry, key=uuid4())


def a_signed_session(
    *, by: User, course: Course, device: Device, started: datetime | None = None, **changes: Any
) -> Session:
    draft = a_draft(by=by, course=course, device=device, started=started, **changes)
    return sign_session(by=by, session=draft, version=draft.version, key=uuid4())


def ready(
    *, by: User, indication: str = "hyperhidrosis", sites: tuple[str, ...] = ("palm", "sole")
) -> tuple[Patient, Course, Device]:
    """A patient with a consultation, an open course and a device: a session can be logged."""
    patient = a_patient(by=by)
    consultation = a_consultation(by=by, patient=patient)
    course = a_course(by=by, patient=patient, consultation=consultation, indication=indication, sites=sites)
    return patient, course, a_device(by=by, serial_number=f"S{next(_numbers)}")


def a_definition(*, by: User, **values: Any) -> ResponseDefinition:
    """A definition of a response of the clinic's own."""
    given = {
        "name": "HDSS: a point less", "measure": "HDSS", "unit": "", "rule": "fall", "amount": Decimal(1),
        "source": "Decision of the clinic, January 2026",
    }  # fmt: skip
    return define_response(by=by, values=given | values)


def a_receipt(*, by: User, **values: Any) -> Receipt:
    """The receipt of a file of the sessions report, as if it had just left."""
    taken = {
        "report": "sessions", "part": "months", "form": "csv", "language": "fr", "question": "site=palm",
        "identities": False, "records": False, "asked_at": at(date(2026, 4, 30)), "definition_version": "1", "row_count": 1, "size": 120, "file_digest": "0" * 64,
        "content_digest": "1" * 64,
    } | values  # fmt: skip
    return record_export(by=by, taken=Taken(**taken))


def a_file(*, by: User, title: str = "Sessions report") -> Job:
    """A large file that is ready, as a job leaves it; a few words stand in it."""
    now, run = timezone.now(), uuid4().hex
    job = Job.objects.create(
        by=by, kind="export_report", title=title, form="csv", language="en", question={}, needs=["see reports"],
        state=State.DONE, run=run, done_rows=12_345, all_rows=12_345, asked_at=now, finished_at=now,
        expires_at=now + timedelta(hours=1), name="sessions.csv", size=3, sha256="0" * 64,
    )  # fmt: skip
    place = file_of(job)
    place.parent.mkdir()
    place.write_text("a,b")
    return job
