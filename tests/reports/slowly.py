"""The obvious computation, slow and by the record itself: no stored figure, no query of a report, no SQL of ours."""

from collections import Counter, defaultdict
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from statistics import median
from typing import Any

from sessions.measures.ages import BY_CODE
from sessions.models import Course, Session
from tests.factories import PARIS

SIGNED, PERFORMED = ("final", "amended"), ("completed", "stopped")


def local_day(moment: datetime | None) -> date | None:
    return moment.astimezone(PARIS).date() if moment else None


def share(part: int, whole: int) -> Decimal | None:
    return (Decimal(part) * 100 / whole).quantize(Decimal("0.1"), ROUND_HALF_UP) if whole else None


def age_on(day: date | None, birth: date) -> int | None:
    if day is None or day < birth:
        return None
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def within(session: Session, asked: dict[str, Any]) -> bool:
    """Whether this session answers to the limits."""
    day = local_day(session.started_at)
    plain = {
        "physician": session.physician_id, "operator": session.operator_id, "indication": session.course.indication,
        "device": session.device_id, "status": session.status, "record_status": session.record_status,
        "sex": session.patient.sex,
    }  # fmt: skip
    if any(plain[name] != value for name, value in asked.items() if name in plain):
        return False
    if "from_date" in asked and (day is None or day < asked["from_date"]):
        return False
    if "to_date" in asked and (day is None or day > asked["to_date"]):
        return False
    if "age" in asked:
        band, age = BY_CODE[asked["age"]], age_on(day, session.patient.birth_date)
        if age is None or age < band.least or (band.most is not None and age > band.most):
            return False
    of_one = {name: asked[name] for name in ("site", "side", "substance") if name in asked}
    return not of_one or any(
        all(getattr(application, name) == value for name, value in of_one.items())
        for application in session.applications.all()
    )


class Slow:
    """The sessions within some limits, and what each report should say of them."""

    def __init__(self, asked: dict[str, Any]) -> None:
        self.asked = asked
        every = list(Session.objects.select_related("course", "patient"))
        self.every = [session for session in every if within(session, asked)]
        self.signed = [session for session in self.every if session.record_status in SIGNED]
        self.counted = [session for session in self.signed if session.status in PERFORMED]

    # --- Sessions --------------------------------------------------------------------------------

    def sessions(self, of: Any) -> dict[Any, tuple[int, ...]]:
        """Performed, completed, stopped, not done, late, drafts, by what `of` gives of a session (several, each once)."""
        groups: dict[Any, list[Session]] = defaultdict(list)
        for session in self.every:
            if session.record_status != "entered-in-error":
                for key in of(session):
                    groups[key].append(session)
        return {key: self._six(found) for key, found in groups.items()}

    def _six(self, found: list[Session]) -> tuple[int, ...]:
        signed = [session for session in found if session.record_status in SIGNED]
        states = Counter(session.status for session in signed)
        return (
            states["completed"] + states["stopped"],
            states["completed"],
            states["stopped"],
            states["not-done"],
            sum(session.late_record for session in signed),
            len(found) - len(signed),
        )

    # --- Attendance and courses --------------------------------------------------------------------

    def attendance(self) -> tuple[int, int, int]:
        absent = [s for s in self.signed if s.status == "not-done" and s.outcome_reason == "absent"]
        return len(self.signed), len(self.counted), len(absent)

    def courses(self) -> list[Course]:
        courses = Course.objects.exclude(status="entered-in-error")
        touched = {session.course_id for session in self.counted}
        return [course for course in courses if not self.asked or course.pk in touched]

    def without_dates(self) -> "Slow":
        return Slow({name: value for name, value in self.asked.items() if name not in ("from_date", "to_date")})

    def done(self, course: Course) -> list[Session]:
        """The sessions performed of a course, whatever the limits, in order."""
        found = [s for s in course.sessions.all() if s.record_status in SIGNED and s.status in PERFORMED]
        return sorted(found, key=lambda session: (session.started_at, session.pk))

    def drop_outs(self) -> tuple[int, int, int]:
        first, last = self.asked.get("from_date", date.min), self.asked.get("to_date", date.max)
        ended = [c for c in self.without_dates().courses() if c.ended_date and first <= c.ended_date <= last]
        planned = [course for course in ended if course.planned_sessions]
        dropped = [c for c in planned if len(self.done(c)) < c.planned_sessions and c.end_reason != "goal-reached"]
        return len(ended), len(planned), len(dropped)

    def active(self) -> tuple[int, int]:
        """How many courses have not ended, and how many of them are maintenance."""
        found = [course for course in self.courses() if course.ended_date is None]
        phases = [done[-1].course_phase if (done := self.done(course)) else "" for course in found]
        return len(found), sum(phase == "maintenance" for phase in phases)

    def phases(self, session: Session) -> list[Any]:
        return [phase for application in session.applications.all() for phase in application.phases.all()]

    def is_far(self, session: Session) -> bool:
        """A figure of it is at least ten times one of its course."""
        everywhere = [phase for other in self.done(session.course) for phase in self.phases(other)]
        for name in ("current_ma", "voltage_v", "duration_min"):
            known = [figure for phase in everywhere if (figure := getattr(phase, name))]
            if any((getattr(phase, name) or 0) >= 10 * min(known) for phase in self.phases(session) if known):
                return True
        return False

    # --- Adverse events ------------------------------------------------------------------------------

    def events(self, of: Any) -> dict[Any, tuple[int, int, int]]:
        """Events, sessions with one, patients with one, by what `of` gives of an event."""
        groups: dict[Any, list[Any]] = defaultdict(list)
        for session in self.counted:
            for event in session.events.all():
                groups[of(event, session)].append((session.pk, session.patient_id))
        return {
            key: (len(found), len({s for s, _p in found}), len({p for _s, p in found})) for key, found in groups.items()
        }

    def treated(self, site: str) -> tuple[int, int]:
        """Sessions and patients treated at a site."""
        found = [s for s in self.counted if any(a.site == site for a in s.applications.all())]
        return len(found), len({session.patient_id for session in found})

    def patients(self) -> int:
        return len({session.patient_id for session in self.counted})

    # --- Substances and samples ------------------------------------------------------------------------

    def batches(self) -> dict[tuple[Any, ...], tuple[int, int, int]]:
        groups: dict[Any, list[Any]] = defaultdict(list)
        asked = {name: self.asked[name] for name in ("site", "side", "substance") if name in self.asked}
        for session in self.counted:
            for application in session.applications.all():
                fits = all(getattr(application, name) == value for name, value in asked.items())
                if fits and (application.substance or application.substance_batch):
                    key = (application.substance, application.substance_batch, application.substance_expiry_date)
                    groups[key].append((session.pk, session.patient_id))
        return {
            key: (len(found), len({s for s, _p in found}), len({p for _s, p in found})) for key, found in groups.items()
        }

    def samples(self) -> tuple[Any, ...]:
        """Samples, of known quantity, insufficient, share, outstanding, repeats, median days."""
        every = [
            session
            for session in Session.objects.all()
            if session.record_status in SIGNED and session.status in PERFORMED
        ]
        known = insufficient = outstanding = repeats = number = 0
        days: list[Decimal] = []
        for session in self.counted:
            if session.course.indication != "extraction":
                continue
            kind = (session.patient_id, session.extraction_mode, session.analyte.casefold())
            earlier = [
                other
                for other in every
                if other.samples.exists()
                and (other.patient_id, other.extraction_mode, other.analyte.casefold()) == kind
                and local_day(other.started_at) < local_day(session.started_at)
            ]
            for sample in session.samples.all():
                number += 1
                result = sample.results.filter(in_error=False).order_by("id").last()
                sufficiency = result.sufficiency if result else sample.sufficiency
                known += bool(sufficiency)
                insufficient += sufficiency == "insufficient"
                outstanding += result is None and sample.sufficiency in ("", "sufficient")
                repeats += bool(earlier)
                taken = sample.collected_until or sample.collected_from or session.started_at
                if result and result.reported_at:
                    days.append(Decimal((result.reported_at - taken).total_seconds()) / 86_400)
        middle = Decimal(median(days)).quantize(Decimal("0.1"), ROUND_HALF_UP) if days else None
        return number, known, insufficient, share(insufficient, known), outstanding, repeats, middle

    # --- Outcomes ----------------------------------------------------------------------------------------

    def changes(self) -> dict[str, Counter[str]]:
        """For each measure how many pairs of first and last value fell, stayed and rose, and how many had one value."""
        first, last = self.asked.get("from_date", date.min), self.asked.get("to_date", date.max)
        others = {session.course_id for session in self.without_dates().counted}
        touched = {
            course.pk
            for course in Course.objects.all()
            if course.pk in others and first <= local_day(self.done(course)[-1].started_at) <= last
        }
        order = {"before": 0, "during": 1, "after": 2}
        values: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
        for session in Session.objects.select_related("course"):
            if session.record_status not in SIGNED or session.course_id not in touched:
                continue
            for seen in session.observations.all():
                where = (seen.scale_version, seen.scale_name, seen.scale_maximum, seen.collection_minutes, seen.unit)
                place = (session.started_at, session.pk, order[seen.moment], seen.number)
                if self._at_the_place(seen):
                    values[seen.measure, session.course_id, where, seen.site, seen.side].append((place, seen.value))
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for (measure, *_rest), seen in values.items():
            ordered = [value for _place, value in sorted(seen)]
            first, last = ordered[0], ordered[-1]
            word = "missing" if len(ordered) == 1 else "fell" if last < first else "rose" if last > first else "same"
            found[measure][word] += 1
        return found

    def _at_the_place(self, seen: Any) -> bool:
        opposite = {"left": "right", "right": "left"}.get(self.asked.get("side", ""))
        return seen.site in (self.asked.get("site", seen.site), "") and seen.side != opposite
