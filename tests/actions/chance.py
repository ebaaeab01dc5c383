"""Acts by chance on a few patients: whatever is allowed, in any order, on the days where clocks and months change."""

from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import uuid4

from clinic.accounts.models import User
from clinic.lib.problems import Refused
from sessions.actions.course import change_course, end_course
from sessions.actions.patient import change_patient
from sessions.actions.session import log_session, mark_in_error, save_draft
from sessions.actions.session_rows import Entry, Row
from sessions.actions.signature import amend_session, sign_session
from sessions.models import Course, Device, Session
from tests.factories import (
    PARIS,
    a_consultation,
    a_course,
    a_device,
    a_patient,
    a_phase,
    an_application,
    an_entry,
    an_observation,
    asked_today,
)

# Month ends, the two days on which the clock changes, a day like any other; the hours on either side of midnight.
DAYS = [
    date(2026, 1, 31),
    date(2026, 2, 1),
    date(2026, 2, 28),
    date(2026, 3, 29),
    date(2026, 5, 12),
    date(2026, 10, 25),
]
CLOCK = [(0, 0), (0, 30), (1, 59), (2, 30), (12, 0), (22, 30), (23, 59)]
BIRTHS = [date(1985, 9, 7), date(2000, 2, 29), date(1996, 2, 1), date(1950, 10, 25)]
EVENT = {"term": "erythema", "severity": "mild", "serious": "no"}
SERIOUS = {
    "term": "burn-electrode",
    "severity": "severe",
    "serious": "yes",
    "serious_criterion": "hospital",
    "site": "palm",
}


class Chance:
    """Who acts, on what, and what was done how often."""

    def __init__(self, seed: int, physicians: list[User]) -> None:
        self.random, self.physicians = Random(seed), physicians  # noqa: S311 -- no secret
        self.done: Counter[str] = Counter()
        by = physicians[0]
        self.devices: list[Device | None] = [a_device(by=by, serial_number=f"C{number}") for number in range(2)]
        self.courses = [self._course(by) for _number in range(3)]

    def _course(self, by: User) -> Course:
        patient = a_patient(by=by, birth_date=self.random.choice(BIRTHS))
        consultation = a_consultation(by=by, patient=patient)
        return a_course(by=by, patient=patient, consultation=consultation)

    def go(self, acts: int) -> None:
        """So many acts that were not refused, or four times as many tries."""
        ways = [self._log, self._log, self._save, self._sign, self._sign, self._amend, self._strike, self._correct]
        ways += [self._change, self._end]
        for _try in range(4 * acts):
            if self.done.total() == acts:
                return
            way = self.random.choice(ways)
            try:
                if way():
                    self.done[way.__name__] += 1
            except Refused:
                self.done["refused"] += 0

    # --- Acts --------------------------------------------------------------------------------------

    def _log(self) -> bool:
        course = self.random.choice(self.courses)
        by = self.random.choice(self.physicians)
        session = log_session(by=by, course=course, entry=self._entry(by), key=uuid4())
        if self.random.random() < 0.6:
            sign_session(by=by, session=session, version=session.version)
        return True

    def _save(self) -> bool:
        session = self._one(record_status="preliminary")
        return session is not None and bool(
            save_draft(
                by=session.physician, session=session, entry=self._entry(session.physician), version=session.version
            )
        )

    def _sign(self) -> bool:
        session = self._one(record_status="preliminary")
        return session is not None and bool(
            sign_session(by=session.physician, session=session, version=session.version)
        )

    def _amend(self) -> bool:
        session = self._one(record_status__in=["final", "amended"])
        if session is None:
            return False
        by = self.random.choice(self.physicians)
        entry = self._entry(by)
        return bool(amend_session(by=by, session=session, entry=entry, version=session.version, reason="Typed wrong"))

    def _strike(self) -> bool:
        session = self._one(record_status__in=["preliminary", "final", "amended"])
        if session is None or self.random.random() < 0.5:
            return False
        return bool(mark_in_error(by=session.physician, session=session, version=session.version, reason="Not here"))

    def _correct(self) -> bool:
        patient = self.random.choice(self.courses).patient
        patient.refresh_from_db()
        values = {"sex": self.random.choice(["female", "male"]), "birth_date": self.random.choice(BIRTHS)}
        by = self.physicians[0]
        return bool(change_patient(by=by, patient=patient, values=values, version=patient.version, reason="Read again"))

    def _change(self) -> bool:
        course = Course.objects.get(pk=self.random.choice(self.courses).pk)
        values = {
            "physician": self.random.choice(self.physicians),
            "planned_sessions": self.random.choice([None, 2, 7]),
        }
        given = {"sites": ["palm", "sole"], "version": course.version, "reason": "Read again"}
        return bool(change_course(by=course.physician, course=course, values=values, **given))

    def _end(self) -> bool:
        course = Course.objects.get(pk=self.random.choice(self.courses).pk)
        if self.random.random() < 0.7:
            return False
        reason = self.random.choice(["goal-reached", "completed", "patient-left"])
        given = {"ended_date": date(2026, 10, 30), "end_reason": reason, "version": course.version}
        return bool(end_course(by=course.physician, course=course, **given))

    def _one(self, **which: Any) -> Session | None:
        found = list(Session.objects.filter(**which).select_related("physician").order_by("pk"))
        return self.random.choice(found) if found else None

    # --- What is typed -------------------------------------------------------------------------------

    def _entry(self, by: User) -> Entry:
        status = self.random.choice(["completed", "completed", "stopped", "not-done"])
        if status == "not-done":
            entry = an_entry(by=by, device=None, started=self._start(), status=status, applications=(), observations=())
            reason = self.random.choice(["absent", "patient-wish"])
            return Entry(values=entry.values | {"outcome_reason": reason}, replies=asked_today(), changed="no")
        events = self.random.choice([(), (), (EVENT,), (EVENT, SERIOUS)])
        return an_entry(
            by=by,
            device=self.random.choice(self.devices),
            started=self._start(),
            status=status,
            outcome_reason="pain" if status == "stopped" else "",
            events_answer="observed" if events else "none-observed",
            course_phase=self.random.choice(["induction", "maintenance"]),
            applications=self._applications(),
            observations=self._observations(),
            events=tuple(Row(values=dict(event), index=place) for place, event in enumerate(events)),
        )

    def _start(self) -> datetime:
        hour, minute = self.random.choice(CLOCK)
        day, fold = self.random.choice(DAYS), self.random.choice([0, 1])
        moment = datetime(day.year, day.month, day.day, hour, minute, tzinfo=PARIS, fold=fold)
        return moment + timedelta(microseconds=self.random.choice([0, 1, 999_999]))

    def _applications(self) -> tuple[Row, ...]:
        sites = self.random.choice([("palm",), ("sole",), ("palm", "sole"), ("palm", "palm", "sole")])
        # One that was written down without its time, and one with a current ten times the other.
        phases = self.random.choice([None, None, ({"current_type": "dc"},), (a_phase(current="1.4"),)])
        return tuple(an_application(site=site, index=place, phases=phases) for place, site in enumerate(sites))

    def _observations(self) -> tuple[Row, ...]:
        kinds: list[dict[str, Any]] = [
            {"measure": "HDSS", "value": str(self.random.randint(1, 4))},
            {
                "measure": "GRAV",
                "value": f"{self.random.randint(20, 29)}.5",
                "unit": "mg",
                "collection_minutes": Decimal(5),
            },
            {"measure": "GRAV", "value": "25", "unit": "mg", "collection_minutes": Decimal("7.5")},
            {"measure": "GRAV", "value": "21.4", "unit": "mg/min"},
            {"measure": "MINOR", "value": "2", "scale_name": "Ours", "scale_maximum": Decimal(5)},
            {"measure": "MINOR", "value": "3", "scale_name": "Ours", "scale_maximum": Decimal(10)},
            {"measure": "MINOR", "value": "3", "scale_name": "A|B", "scale_maximum": Decimal(10)},
            {"measure": "HDSS", "value": "2", "side": ""},
            {"measure": "SATISF", "value": "7", "site": "", "side": ""},
        ]
        chosen = self.random.sample(kinds, self.random.randint(0, 4)) * self.random.choice([1, 1, 2])
        return tuple(
            an_observation(
                **{
                    "moment": self.random.choice(["before", "during", "after"]),
                    "side": self.random.choice(["left", "right"]),
                }
                | kind,
                index=place,
            )
            for place, kind in enumerate(chosen)
        )
