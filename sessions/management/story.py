"""Two years of the demo clinic, written through the same acts as everybody's work."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random

from django.utils import timezone

from clinic.accounts.models import User
from sessions.actions.course import end_course, open_course
from sessions.actions.device import register_device
from sessions.actions.patient import register_patient
from sessions.actions.result import record_result
from sessions.actions.screening import Decided, record_consultation, record_decisions
from sessions.actions.session import log_session, mark_in_error
from sessions.actions.session_rows import Entry, Row
from sessions.actions.signature import add_addendum, amend_session, sign_session
from sessions.management.invented import DEVICES, Plan, entry_of, plans, replies_at_consultation
from sessions.measures.sites import Indication
from sessions.models import Answer, Consultation, Course, Device, Patient, Session

SEED = 2008
LEFT_AS_DRAFT = timedelta(days=30)
DRAFTS = 4


class Story:
    """Who acts in it, and the numbers already told, so that the special cases happen once each."""

    # Whether its acts were written at the times that it tells; else each is written now.
    back_then = True

    def __init__(self, physicians: list[User], staff: User, administrator: User, today: date) -> None:
        self.random = Random(SEED)  # noqa: S311 -- the same story every time
        self.physicians, self.staff, self.administrator, self.today = physicians, staff, administrator, today
        self.devices: list[Device] = []
        self.told: set[str] = set()
        self.drafts = 0

    def tell(self) -> int:
        """Write everything; how many sessions there are now."""
        self.devices = [register_device(by=self.administrator, values=dict(values)) for values in DEVICES]
        for plan in plans(self.random, self.today):
            self._patient(plan)
        return Session.objects.count()

    def once(self, name: str, when: bool) -> bool:
        """True the first time that `when` holds."""
        if when and name not in self.told:
            self.told.add(name)
            return True
        return False

    def _patient(self, plan: Plan) -> None:
        physician = self.random.choice(self.physicians)
        patient = self._registered(plan)
        consultation = self._consultation(plan, patient, physician)
        course = open_course(
            by=physician,
            patient=patient,
            values={
                "indication": plan.indication, "consultation": consultation, "physician": physician, "goal": plan.goal,
                "planned_sessions": {"hyperhidrosis": 7, "cellulite": 10}.get(plan.indication, 1), "opened_date": plan.opened,
            },
            sites=plan.sites,
            at=self._said(self._at(plan.opened, 8)),
        )  # fmt: skip
        self._sessions(plan, course, physician)

    def _registered(self, plan: Plan) -> Patient:
        came = self._at(plan.opened - timedelta(days=10), 9)
        return register_patient(by=self.staff, values=plan.person, at=self._said(came))

    def _consultation(self, plan: Plan, patient: Patient, physician: User) -> Consultation:
        held = plan.opened - timedelta(days=5)
        at = self._at(held, 12)
        consultation = record_consultation(
            by=physician,
            patient=patient,
            values={"held_date": held, "physician": physician, "complaint": plan.complaint},
            answers=replies_at_consultation(plan),
            language="fr",
            at=self._said(at),
        )
        answers = Answer.objects.filter(screening__consultation=consultation, reply="yes")
        decided = [Decided(answer.pk, "proceed", "Hors du trajet du courant.", held) for answer in answers]
        if decided:
            record_decisions(by=physician, patient=patient, decisions=decided, at=self._said(at + timedelta(minutes=5)))
        return consultation

    def _sessions(self, plan: Plan, course: Course, physician: User) -> None:
        kept = self.random.choice(self.devices[:2]) if plan.indication != Indication.EXTRACTION else self.devices[2]
        long_course = plan.indication == Indication.HYPERHIDROSIS and len(plan.days) > 12
        reason = "completed"
        for number, day in enumerate(plan.days, start=1):
            started = self._start(plan, day)
            if started.date() >= self.today:
                return
            people = {"physician": physician, "operator": self.random.choice((physician, self.staff)), "device": kept}
            entry = entry_of(self.random, plan, number, started, people)
            if number == 3 and self.once("iud", plan.person["sex"] == "female" and plan.indication == "hyperhidrosis"):
                self._sign(
                    physician,
                    log_session(by=physician, course=course, entry=_found_iud(entry), at=self._said(started)),
                    started,
                )
                reason = "contraindication"
                break
            session = self._session(course, physician, self._varied(entry, number), started)
            self._afterwards(plan, session, physician, number, started)
        else:
            if long_course and self.random.random() < 0.4:
                return
        self._end(course, physician, reason)

    def _session(self, course: Course, physician: User, entry: Entry, started: datetime) -> Session:
        session = log_session(by=physician, course=course, entry=entry, at=self._said(started + timedelta(hours=3)))
        recent = timezone.localdate(started) >= self.today - LEFT_AS_DRAFT
        if recent and self.drafts < DRAFTS and session.status == "completed":
            self.drafts += 1
            return session
        return self._sign(physician, session, started)

    def _sign(self, physician: User, session: Session, started: datetime) -> Session:
        return sign_session(
            by=physician, session=session, version=session.version, at=self._said(started + timedelta(hours=4))
        )

    def _varied(self, entry: Entry, number: int) -> Entry:
        """Mostly as planned; now and then stopped, missed, with an event, or recorded late."""
        chance = self.random.random()
        if number > 1 and chance < 0.02:
            return _missed(entry)
        if chance < 0.04:
            return _stopped(entry)
        if chance < 0.10:
            return _with_event(self.random, entry)
        if number == 4 and self.once("late", when=chance > 0.9):
            return _late(entry)
        return entry

    def _afterwards(self, plan: Plan, session: Session, physician: User, number: int, started: datetime) -> None:
        if not session.is_signed or session.status != "completed":
            return
        if plan.indication == Indication.EXTRACTION:
            self._results(session, physician, started)
        elif self.once("amended", number == 2):
            amend_session(
                by=physician, session=session, entry=_as_stored(session, pain_nrs=2), version=session.version,
                reason="Douleur mal recopiée : 2 et non la valeur notée.",
            )  # fmt: skip
        elif self.once("added", number == 5):
            add_addendum(by=physician, session=session, text="La patiente rappelle : rougeur disparue le lendemain.")
        elif self.once("wrong", number == 6):
            mark_in_error(
                by=physician, session=session, version=session.version, reason="Saisie dans le mauvais dossier."
            )

    def _results(self, session: Session, physician: User, started: datetime) -> None:
        for sample in session.samples.all():
            scarce = sample.sufficiency != "sufficient"
            at = started + timedelta(days=2)
            values = {
                "sufficiency": sample.sufficiency, "received_at": started + timedelta(hours=5), "reported_at": at,
                "method": "coulometry" if session.analyte == "chlorure" else "ise",
            }  # fmt: skip
            if not scarce:
                figure = Decimal(self.random.randint(14, 27)) if session.analyte == "chlorure" else Decimal("0.02")
                values |= {
                    "comparator": "=", "result_value": figure, "result_unit": "mmol/L",
                    "reference_text": "Selon le laboratoire de démonstration : voir le compte rendu.",
                }  # fmt: skip
            if at < timezone.now():
                record_result(by=physician, sample=sample, values=values, at=self._said(at))

    def _end(self, course: Course, physician: User, reason: str) -> None:
        last = course.sessions.standing().order_by("-started_at").first()
        if last is None or last.is_draft:
            return
        day = timezone.localdate(last.started_at)
        end_course(
            by=physician, course=course, ended_date=day, end_reason=reason, version=course.version,
            at=self._said(last.started_at + timedelta(hours=5)),
        )  # fmt: skip

    def _start(self, plan: Plan, day: int) -> datetime:
        date_ = plan.opened + timedelta(days=day - 1)
        if date_.weekday() == 6:
            date_ += timedelta(days=1)
        return self._at(date_, self.random.randint(9, 17), self.random.choice((0, 15, 30, 45)))

    def _said(self, at: datetime) -> datetime | None:
        return at if self.back_then else None

    def _at(self, day: date, hour: int, minute: int = 0) -> datetime:
        return timezone.make_aware(datetime.combine(day, time(hour, minute)))


def _as_stored(session: Session, **changed: object) -> Entry:
    """The stored session as an entry that changes these values alone."""
    applications = tuple(
        Row({}, id=application.pk, below=tuple(Row({}, id=phase.pk) for phase in application.phases.all()))
        for application in session.applications.all()
    )
    observations = tuple(Row({"measure": row.measure}, id=row.pk) for row in session.observations.all())
    events = tuple(Row({}, id=row.pk) for row in session.events.all())
    return Entry(values=dict(changed), applications=applications, observations=observations, events=events)


def _found_iud(entry: Entry) -> Entry:
    values = {name: entry.values[name] for name in ("started_at", "physician", "operator")}
    values |= {"status": "not-done", "outcome_reason": "contraindication", "outcome_note": "Stérilet signalé ce jour."}
    return Entry(
        values=values, replies={**entry.replies, "iud": ("yes", "Posé la semaine dernière")}, changed="yes",
        changed_note="Pose d'un dispositif intra-utérin.",
    )  # fmt: skip


def _missed(entry: Entry) -> Entry:
    values = {name: entry.values[name] for name in ("started_at", "physician")}
    return Entry(values={**values, "status": "not-done", "outcome_reason": "absent"})


def _stopped(entry: Entry) -> Entry:
    values = {
        **entry.values, "status": "stopped", "outcome_reason": "pain", "pain_nrs": 6, "sensation": "burning",
        "events_answer": "observed", "skin_after": "erythema",
    }  # fmt: skip
    return replace(entry, values=values, events=(_event("pain", action="session-stopped"),))


def _with_event(random: Random, entry: Entry) -> Entry:
    term = random.choice(("erythema", "erythema", "itch", "dryness", "current-marks", "water-line-irritation"))
    values = {**entry.values, "events_answer": "observed", "skin_after": "erythema"}
    return replace(entry, values=values, events=(_event(term),))


def _event(term: str, *, action: str = "none") -> Row:
    return Row(
        {
            "term": term, "severity": "mild", "serious": "no", "onset": "during", "onset_figure": 5, "detected_by": "patient",
            "relatedness": "probable", "expected": "yes", "action": action, "outcome": "resolved",
        }
    )  # fmt: skip


def _late(entry: Entry) -> Entry:
    values = {
        **entry.values, "late_record": True, "late_reason": "Panne du réseau : saisi d'après la feuille papier.",
        "incident_note": "Questions posées oralement, réponses non notées.",
    }  # fmt: skip
    return replace(entry, values=values, replies={}, changed="")
