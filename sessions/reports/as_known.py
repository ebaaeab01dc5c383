"""A patient's record as it was known at one moment, rebuilt from the history alone, in a constant number of queries."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone

from clinic.accounts.models import User
from clinic.audit.models import Act
from sessions.models import (
    Addendum,
    AdverseEvent,
    Answer,
    Application,
    Consultation,
    Course,
    CourseSite,
    Decision,
    Device,
    Observation,
    Patient,
    Phase,
    Result,
    Sample,
    Screening,
    Session,
    Signature,
)
from sessions.reports.past import Past
from sessions.reports.patient_story import answer_lines
from sessions.reports.story_lines import AnswerLine
from sessions.rules.screening import Given, Ruling, Standing, standing

# Whole sessions that a page shows at first; the others are one link away.
LATEST = 10


@dataclass(frozen=True)
class KnownSession:
    """A session with all that stood in it, in the names that the record page uses."""

    session: Session
    screening: Screening | None
    answers: list[Answer]
    applications: list[Application]
    observations: list[Observation]
    events: list[AdverseEvent]
    samples: list[Sample]
    signatures: list[Signature]
    addenda: list[Signature]
    in_error: Act | None


@dataclass(frozen=True)
class KnownConsultation:
    """A consultation with the answers given at it."""

    consultation: Consultation
    answers: list[Answer]


@dataclass(frozen=True)
class AsKnown:
    """The record at `moment`; no patient where the record had not begun. `later`: acts that changed it since."""

    moment: datetime
    later: int
    patient: Patient | None = None
    standing: Standing | None = None
    answers: list[AnswerLine] = field(default_factory=list)
    consultations: list[KnownConsultation] = field(default_factory=list)
    courses: list[Course] = field(default_factory=list)
    sessions: list[KnownSession] = field(default_factory=list)
    older: int = 0


def build(patient: Patient, moment: datetime, *, whole: bool = False) -> AsKnown:
    """What the logbook knew of `patient` at `moment`; the newest sessions in full, or all of them with `whole`."""
    later = Act.objects.filter(patient_id=patient.pk, at__gt=moment).exclude(kind__startswith="export_").count()
    past = Past(patient.pk, moment)
    found = past.rows(Patient, id=patient.pk)
    if not found:
        return AsKnown(moment, later)
    then = found[0]
    sessions = past.rows(Session, with_act=True, patient_id=patient.pk)
    consultations = past.rows(Consultation, patient_id=patient.pk)
    courses = past.rows(Course, patient_id=patient.pk)
    screenings = past.rows(Screening, patient_id=patient.pk)
    answers = past.rows(Answer, screening_id__in=_keys(screenings))
    decisions = past.rows(Decision, answer_id__in=_keys(answers))
    people = past.named(
        User, _pointed_at([*sessions, *consultations, *courses, *decisions], "physician_id", "operator_id")
    )
    devices = past.named(Device, _pointed_at(sessions, "device_id"))
    _name(sessions, patient=lambda row: then, physician=lambda row: people.get(row.physician_id))
    _name(sessions, operator=lambda row: people.get(row.operator_id), device=lambda row: devices.get(row.device_id))
    _name([*consultations, *courses, *decisions], physician=lambda row: people.get(row.physician_id))
    _hang(answers, "decisions", decisions, "answer_id")
    _hang(screenings, "answers", answers, "screening_id")
    _dress_courses(past, courses, consultations)
    given = _given(screenings, sessions, decisions)
    day = timezone.localdate(moment)
    ordered = sorted(sessions, key=lambda row: (row.started_at is None, row.started_at, row.pk), reverse=True)
    shown = ordered if whole else ordered[:LATEST]
    return AsKnown(
        moment,
        later,
        patient=then,
        standing=standing(then.birth_date, given, day),
        answers=answer_lines(given, day),
        consultations=_consultations(consultations, screenings),
        courses=sorted(courses, key=lambda row: (row.opened_date, row.pk), reverse=True),
        sessions=_whole_sessions(past, shown, screenings, courses),
        older=len(ordered) - len(shown),
    )


def _whole_sessions(
    past: Past, sessions: Sequence[Session], screenings: Iterable[Screening], courses: Iterable[Course]
) -> list[KnownSession]:
    """The sessions with their rows below; signatures carry the reason of their act."""
    limits: dict[str, Any] = {"session_id__in": _keys(sessions)}
    applications, observations = past.rows(Application, **limits), past.rows(Observation, **limits)
    events, samples = past.rows(AdverseEvent, **limits), past.rows(Sample, **limits)
    signatures, addenda = past.rows(Signature, with_act=True, **limits), past.rows(Addendum, **limits)
    _hang(
        applications, "phases", past.rows(Phase, application_id__in=_keys(applications)), "application_id", by="number"
    )
    _hang(samples, "results", past.rows(Result, sample_id__in=_keys(samples)), "sample_id")
    texts, of_course = {row.pk: row for row in addenda}, {row.pk: row for row in courses}
    _name(signatures, addendum=lambda row: texts.get(row.addendum_id))
    _name(sessions, course=lambda row: of_course.get(row.course_id))
    for signature in signatures:
        signature.reason = signature.act.reason
    below = {
        "applications": _by(applications, "session_id", "number"),
        "observations": _by(observations, "session_id", "number"),
        "events": _by(events, "session_id", "number"),
        "samples": _by(samples, "session_id", "number"),
        "signatures": _by([row for row in signatures if row.addendum_id is None], "session_id", "signed_at"),
        "addenda": _by([row for row in signatures if row.addendum_id is not None], "session_id", "signed_at"),
    }
    asked = {row.session_id: row for row in screenings}
    return [
        KnownSession(
            session=session,
            screening=asked.get(session.pk),
            answers=[row for row in asked[session.pk].answers.all() if row.reply] if session.pk in asked else [],
            in_error=session.act if session.is_in_error else None,  # type: ignore[attr-defined]
            **{name: rows[session.pk] for name, rows in below.items()},
        )
        for session in sessions
    ]


def _dress_courses(past: Past, courses: Sequence[Course], consultations: Iterable[Consultation]) -> None:
    held, known = {row.pk: row for row in consultations}, {row.pk: row for row in courses}
    _hang(courses, "sites", past.rows(CourseSite, course_id__in=_keys(courses)), "course_id")
    _name(
        courses, consultation=lambda row: held.get(row.consultation_id), previous=lambda row: known.get(row.previous_id)
    )


def _consultations(consultations: Iterable[Consultation], screenings: Iterable[Screening]) -> list[KnownConsultation]:
    asked = {row.consultation_id: list(row.answers.all()) for row in screenings}
    ordered = sorted(consultations, key=lambda row: (row.held_date, row.pk), reverse=True)
    return [KnownConsultation(row, asked.get(row.pk, [])) for row in ordered]


def _given(screenings: Iterable[Screening], sessions: Iterable[Session], decisions: Iterable[Decision]) -> list[Given]:
    """The answers as the rules read them, oldest first; those of sessions entered in error count for nothing."""
    struck = {session.pk for session in sessions if session.is_in_error}
    counted = [row for row in screenings if row.answered_at and row.session_id not in struck]
    standing_replies = _replies_decided_on(decisions)
    given = []
    for screening in sorted(counted, key=lambda row: (row.answered_at, row.pk)):
        day = timezone.localdate(screening.answered_at)
        for answer in screening.answers.all():
            if not answer.reply:
                continue
            rulings = tuple(
                Ruling(row.word, row.decided_date)
                for row in sorted(answer.decisions.all(), key=lambda row: (row.decided_date, row.pk))
                if standing_replies.get(row.pk) == answer.reply
            )
            full = screening.consultation_id is not None
            given.append(Given(answer.item, answer.reply, day, rulings, False, full, answer.pk, answer.detail))
    return given


def _replies_decided_on(decisions: Iterable[Any]) -> dict[int, str]:
    """For each decision the answer that it was taken on: a decision on an answer corrected since counts for nothing."""
    decisions = list(decisions)
    versions: dict[int, list[tuple[int, str]]] = defaultdict(list)
    rows = Answer.history.model.objects.filter(id__in={row.answer_id for row in decisions}).order_by("history_id")
    for answer_id, act_id, reply in rows.values_list("id", "act_id", "reply"):
        versions[answer_id].append((act_id, reply))
    found = {}
    for row in decisions:
        before = [reply for act_id, reply in versions[row.answer_id] if act_id < row.act_id]
        found[row.pk] = before[-1] if before else ""
    return found


def _keys(rows: Iterable[Any]) -> list[int]:
    return [row.pk for row in rows]


def _pointed_at(rows: Iterable[Any], *names: str) -> set[int | None]:
    return {getattr(row, name, None) for row in rows for name in names}


def _name(rows: Iterable[Any], **found: Callable[[Any], Any]) -> None:
    """Set what the rows point to, so that nothing is read from the tables of today."""
    for row in rows:
        for name, find in found.items():
            setattr(row, name, find(row))


def _by(rows: Iterable[Any], link: str, order: str) -> dict[int, list[Any]]:
    groups: dict[int, list[Any]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (getattr(row, order), row.pk)):
        groups[getattr(row, link)].append(row)
    return groups


def _hang(parents: Iterable[Any], name: str, rows: Iterable[Any], link: str, *, by: str = "pk") -> None:
    """Give each parent its rows, as if they had been fetched beforehand."""
    groups = _by(rows, link, by)
    for parent in parents:
        parent._prefetched_objects_cache = {**getattr(parent, "_prefetched_objects_cache", {}), name: groups[parent.pk]}
