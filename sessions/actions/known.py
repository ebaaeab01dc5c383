"""What is known of a patient, handed to the rules as data: answers with their decisions, oldest first."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, tzinfo
from typing import Any

from django.db import connection
from django.db.models import F, Q, TextField, Window
from django.db.models.functions import Cast, Lag, Lead
from django.utils import timezone

from clinic.audit.statements import run, run_together
from sessions.measures.answers import ABSOLUTE, Reply
from sessions.measures.words import RecordStatus
from sessions.models import Answer, Course, Patient, Session
from sessions.rules.screening import Given, Ruling


def absolute_answers_of(patient: Patient, session: Session | None = None) -> list[Given]:
    """What can raise or lift an absolute item, oldest first, without what `session` itself asked."""
    without = session.pk if session is not None and session.pk else 0
    rows = run(_ABSOLUTE_ANSWERS, [patient.pk, RecordStatus.IN_ERROR, *ABSOLUTE, Reply.YES, without])
    return _given(rows, {}, None)


def locked_course(course: Course) -> tuple[str, int, bool]:
    """Lock `course` for a new session: its status, its last session number, whether an absolute yes was ever answered.

    In plain SQL because it stands in the way of every save: the three questions cost a quarter of it by the ORM (bench).
    """
    if connection.features.has_select_for_update:
        # A statement of its own: what is read after the wait must be what the other one wrote.
        run("SELECT id FROM logbook_course WHERE id = %s FOR UPDATE", [course.pk])
    [(status, last, yes)] = run(_ABOUT_COURSE, [RecordStatus.IN_ERROR, Reply.YES, *ABSOLUTE, course.pk])
    return status, last or 0, bool(yes)


_ABOUT_COURSE = f"""
    SELECT status,
        (SELECT MAX(number) FROM logbook_session WHERE course_id = course.id AND record_status <> %s),
        EXISTS (SELECT 1 FROM logbook_screening JOIN logbook_answer ON logbook_answer.screening_id = logbook_screening.id
            WHERE logbook_screening.patient_id = course.patient_id
            AND logbook_answer.reply = %s AND logbook_answer.item IN ({", ".join(["%s"] * len(ABSOLUTE))}))
    FROM logbook_course course WHERE course.id = %s
"""  # noqa: S608 -- only placeholders are filled in


def answers_of(patient: Patient, session: Session | None = None) -> list[Given]:
    """Every given answer, oldest first, in two questions; those asked at `session` are its own."""
    rows, decided = run_together([(_ANSWERS, [patient.pk, RecordStatus.IN_ERROR]), (_DECIDED, [patient.pk])])
    return _given(rows, _rulings(decided), session.pk if session else None)


def turns_of(patient: Patient) -> list[Given]:
    """The answers that tell where a patient stands today, oldest first, in two queries: for each question its
    changes, its latest, those of consultations, and what was decided on. The hundreds that only repeat the one before stay in the database.
    """
    rulings = _rulings(run(_DECIDED, [patient.pk]))
    in_order: dict[str, Any] = {"partition_by": F("item"), "order_by": [F("screening__answered_at"), F("id")]}
    answers = Answer.objects.of(patient).annotate(
        before=Window(Lag("reply"), **in_order), following=Window(Lead("id"), **in_order)
    )
    turns = Q(before__isnull=True) | ~Q(before=F("reply")) | Q(following__isnull=True)
    asked_in_full = Q(screening__consultation__isnull=False)  # only such an answer lifts an absolute item
    answers = answers.filter(turns | asked_in_full | Q(pk__in=list(rulings)))
    rows = answers.annotate(at=Cast("screening__answered_at", TextField())).values_list(
        "pk", "item", "reply", "detail", "at", "screening__session_id", "screening__consultation_id"
    )
    return _given(rows, rulings, None)


# The columns of an answer that count, oldest first, without those of sessions entered in error. In plain SQL, because
# the acts ask it: built by Django at each it took longer than asked (bench).
_ANSWERS_WHERE = """
    SELECT a.id, a.item, a.reply, a.detail, CAST(g.answered_at AS text), g.session_id, g.consultation_id
    FROM logbook_answer a JOIN logbook_screening g ON g.id = a.screening_id LEFT JOIN logbook_session s ON s.id = g.session_id
    WHERE g.patient_id = %s AND g.answered_at IS NOT NULL AND a.reply <> '' AND (s.id IS NULL OR s.record_status <> %s) {more}
    ORDER BY g.answered_at, a.id
"""
_ANSWERS = _ANSWERS_WHERE.format(more="")
_ABSOLUTE_ANSWERS = _ANSWERS_WHERE.format(
    more=f"""AND a.item IN ({", ".join(["%s"] * len(ABSOLUTE))}) AND (a.reply = %s OR g.consultation_id IS NOT NULL)
    AND (g.session_id IS NULL OR g.session_id <> %s)"""
)
# What was answered when the decision was taken must be what is answered now.
_DECIDED = """
    SELECT d.answer_id, d.word, CAST(d.decided_date AS text)
    FROM logbook_decision d JOIN logbook_answer a ON a.id = d.answer_id JOIN logbook_screening g ON g.id = a.screening_id
    WHERE g.patient_id = %s AND a.reply = (
        SELECT h.reply FROM logbook_historicalanswer h WHERE h.id = d.answer_id AND h.act_id < (
            SELECT t.act_id FROM logbook_historicaldecision t WHERE t.id = d.id AND t.history_type = '+' LIMIT 1
        ) ORDER BY h.history_id DESC LIMIT 1
    )
    ORDER BY d.decided_date, d.id
"""


def _rulings(decided: Iterable[Any]) -> dict[int, tuple[Ruling, ...]]:
    """The decisions by answer; one taken on another reply, corrected since, stands in the history and for nothing else."""
    rulings: dict[int, tuple[Ruling, ...]] = {}
    for answer_id, word, day in decided:
        rulings[answer_id] = (*rulings.get(answer_id, ()), Ruling(word, date.fromisoformat(day)))
    return rulings


def _given(rows: Iterable[Any], rulings: dict[int, tuple[Ruling, ...]], own: int | None) -> list[Given]:
    # Plain values: a patient with two hundred sessions has thousands of answers.
    zone = timezone.get_current_timezone()
    days: dict[str, date] = {}
    given = []
    for pk, item, reply, detail, at, session_id, consultation_id in rows:
        day = days.get(at) or days.setdefault(at, _local_day(at, zone))
        is_own, in_full = own is not None and session_id == own, consultation_id is not None
        given.append(Given(item, reply, day, rulings.get(pk, ()), is_own, in_full, pk, detail))
    return given


def _local_day(stored: str, zone: tzinfo) -> date:
    """The day in this time zone, the clinic's, of a time as the database writes it, which is UTC on both engines."""
    moment = datetime.fromisoformat(stored)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(zone).date()
