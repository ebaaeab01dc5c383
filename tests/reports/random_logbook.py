"""A logbook by chance, small enough to be read in a plain loop: every status, month ends, clock changes, ties, gaps."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from clinic.accounts.models import User
from clinic.audit.act import act
from sessions.actions.course import end_course
from sessions.measures.ages import BANDS
from sessions.measures.sites import SITES_OF, Indication
from sessions.measures.words import EndReason, EventTerm, Severity, Sex, Sufficiency
from sessions.models import Course, Device, Patient, Result, Sample, Session
from tests.factories import a_course, a_device, a_patient
from tests.reports.rows import a_session, paris

# Year ends, month ends, both changes of the clock, and days between.
STARTS = [
    paris(2025, 12, 31, 23, 59), paris(2026, 1, 1, 0, 0), paris(2026, 1, 31, 23, 30), paris(2026, 2, 1, 0, 30),
    paris(2026, 2, 28, 23, 59), paris(2026, 3, 29, 1, 59), paris(2026, 3, 29, 3, 0), paris(2026, 3, 31, 23, 59),
    paris(2026, 4, 1, 0, 1), paris(2025, 10, 26, 1, 59), paris(2025, 10, 26, 4, 0), paris(2026, 2, 14, 12, 0),
]  # fmt: skip
EDGES = [
    date(2025, 10, 26), date(2025, 12, 31), date(2026, 1, 1), date(2026, 1, 31), date(2026, 2, 1), date(2026, 2, 14),
    date(2026, 2, 28), date(2026, 3, 29), date(2026, 3, 31), date(2026, 4, 1),
]  # fmt: skip


def fill(random: Random, physicians: list[User]) -> None:
    """Put up to six patients with up to two courses each into the empty logbook."""
    by = physicians[0]
    devices: list[Device | None] = [None, a_device(by=by), a_device(by=by, serial_number="77")]
    for number in range(random.randint(0, 6)):
        patient = a_patient(
            by=by,
            record_number=f"2026-{number:04}",
            birth_date=date(random.choice((1949, 1980, 2008, 2015)), random.choice((2, 3)), random.choice((1, 28))),
            sex=random.choice(Sex.values),
        )
        for _course in range(random.randint(0, 2)):
            _one_course(random, physicians, devices, patient)


def _one_course(random: Random, physicians: list[User], devices: list[Device | None], patient: Patient) -> None:
    indication = random.choice(Indication.values)
    places = SITES_OF[indication][:3]
    course = a_course(
        by=random.choice(physicians),
        patient=patient,
        indication=indication,
        sites=(places[0],),
        planned=random.choice((None, 1, 3, 7)),
        opened=date(2025, 10, 1),
    )
    for _session in range(random.randint(0, 6)):
        _one_session(random, physicians, devices, course)
    if random.random() < 0.4:
        last = random.choice((date(2026, 4, 1), date(2026, 4, 20)))  # no session comes after it
        reason = random.choice(EndReason.values)
        end_course(
            by=physicians[0], course=course, ended_date=last, end_reason=reason, end_note="x", version=course.version
        )


def _one_session(random: Random, physicians: list[User], devices: list[Device | None], course: Course) -> None:
    state = random.choice(("final",) * 5 + ("amended", "preliminary", "entered-in-error"))
    status = random.choice(("completed", "completed", "stopped", "not-done"))
    places = SITES_OF[course.indication][:3]
    sites = () if status == "not-done" else tuple(random.choice(places) for _site in range(random.randint(1, 2)))
    late = state in ("final", "amended") and random.random() < 0.15
    values: dict[str, Any] = {
        "record_status": state,
        "status": status,
        "outcome_reason": "" if status == "completed" else random.choice(("absent", "pain")),
        "operator": random.choice([*physicians, None]),
        "device": random.choice(devices),
        "ended_at": None,
        "late_record": late,
        "late_reason": "found later" if late else "",
        "incident_note": "told" if late else "",
        "course_phase": random.choice(("", "induction", "maintenance")),
        "events_answer": "observed",
        "skin_before": "intact",
        "skin_after": "intact",
    }
    if course.indication == Indication.EXTRACTION:
        values |= {
            "extraction_mode": random.choice(("reverse", "stimulated-sweat")),
            "analyte": random.choice(("", "chloride", "Chloride")),
        }
    started: datetime | None = random.choice(STARTS)
    if state in ("preliminary", "entered-in-error") and random.random() < 0.3:
        started = None
    session = a_session(
        by=random.choice(physicians),
        course=course,
        started_at=started,
        sites=sites,
        of_sites=[_noted(random) for _site in sites],
        events=[_event(random, places) for _event_ in range(random.choice((0, 0, 1, 2)))],
        observations=tuple(_observation(random, course.indication, places) for _value in range(random.randint(0, 3))),
        **values,
    )
    if course.indication == Indication.EXTRACTION and status != "not-done":
        _sample(random, physicians[0], session)


def _noted(random: Random) -> dict[str, Any]:
    phases = tuple(_phase(random) for _phase_ in range(random.choice((0, 1, 2))))
    noted: dict[str, Any] = {"side": random.choice(("left", "right", "bilateral")), "phases": phases}
    if random.random() < 0.5:
        noted |= {
            "substance": random.choice(("atropine", "Atropine", "")),
            "substance_batch": random.choice(("B1", "B2", "")),
            "substance_expiry_date": random.choice((None, date(2026, 1, 31))),
        }
    return noted


def _phase(random: Random) -> dict[str, Any]:
    current = random.choice((None, "0.5", "4.9", "5", "12"))
    return {
        "current_ma": current and Decimal(current),
        "current_kind": "set" if current else "",
        "duration_min": random.choice((None, Decimal(2), Decimal(10), Decimal("19.5"))),
    }


def _event(random: Random, places: Any) -> dict[str, Any]:
    serious = random.random() < 0.3
    return {
        "term": random.choice((EventTerm.ERYTHEMA, EventTerm.BURN_2, EventTerm.PAIN)),
        "severity": random.choice(Severity.values),
        "serious": "yes" if serious else "no",
        "serious_criterion": "hospital" if serious else "",
        "site": random.choice(("", *places)),
        "under_electrode": random.choice(("", "anode", "cathode")),
    }


def _observation(random: Random, indication: str, places: Any) -> dict[str, Any]:
    measure, unit = {
        Indication.HYPERHIDROSIS: random.choice((("MINOR", "{score}"), ("DLQI", "{score}"), ("HDSS", "{score}"))),
        Indication.CELLULITE: ("CSS", "{score}"),
        Indication.EXTRACTION: ("SKIN_TEMP", "Cel"),
    }[Indication(indication)]
    person = measure == "DLQI"
    return {
        "measure": measure,
        "unit": unit,
        "value": Decimal(random.randint(1, 4)),
        "site": "" if person else random.choice(places),
        "side": "" if person else random.choice(("left", "right", "left", "right", "")),
        "moment": random.choice(("before", "during", "after")),
        "scale_name": "0 to 4" if measure == "MINOR" else "",
    }


def _sample(random: Random, by: User, session: Session) -> None:
    taken = session.started_at + timedelta(minutes=30) if session.started_at and random.random() < 0.7 else None
    with act("record_result", by=by) as writing:
        sample = Sample(
            session=session,
            number=1,
            sample_id=f"S{session.pk}",
            site=SITES_OF[Indication.EXTRACTION][0],
            side="left",
            sufficiency=random.choice(("", *Sufficiency.values)),
            collected_until=taken,
            laboratory=random.choice(("", "North")),
        )
        writing.create(sample)
        for _result in range(random.choice((0, 1, 1, 2))):
            wrong = random.random() < 0.3
            writing.create(
                Result(
                    sample=sample,
                    sufficiency=random.choice(Sufficiency.values),
                    reported_at=random.choice((None, paris(2026, 4, 20, 12, 17))),
                    in_error=wrong,
                    error_reason="wrong one" if wrong else "",
                )
            )


def limits(random: Random, physicians: list[User]) -> dict[str, Any]:
    """Limits by chance: none, a few, or many of them."""
    asked: dict[str, Any] = {}
    first, last = sorted(random.choices(EDGES, k=2))
    every = {
        "from_date": first,
        "to_date": last,
        "physician": random.choice(physicians).pk,
        "operator": random.choice(physicians).pk,
        "indication": random.choice(Indication.values),
        "site": random.choice(SITES_OF[random.choice(Indication.values)][:3]),
        "side": random.choice(("left", "right", "bilateral")),
        "device": random.choice([device.pk for device in Device.objects.all()]),
        "substance": "atropine",
        "status": random.choice(("completed", "stopped")),
        "record_status": random.choice(("final", "amended")),
        "age": random.choice(BANDS).code,
        "sex": random.choice(Sex.values),
    }
    for name in random.sample(sorted(every), k=random.choice((0, 0, 1, 1, 2, 3))):
        asked[name] = every[name]
    return asked
