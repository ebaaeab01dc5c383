"""What is known of a patient, handed to the rules as data: answers with their decisions, oldest first."""

from datetime import UTC, date, datetime
from typing import Any

from django.db import connection
from django.db.models import F, OuterRef, Q, Subquery, TextField, Window
from django.db.models.functions import Cast, Lag, Lead
from django.utils import timezone

from sessions.measures.answers import ABSOLUTE, Reply
from sessions.measures.words import RecordStatus
from sessions.models import Answer, Course, Decision, Patient, Session
from sessions.models.screening import AnswerQuerySet
from sessions.rules.screening import Given, Ruling


def absolute_answers_of(patient: Patient, session: Session | None = None) -> list[Given]:
    """What can raise or lift an absolute item, oldest first, without what `session` itself asked."""
    answers = Answer.objects.of(patient).filter(item__in=ABSOLUTE)
    answers = answers.filter(Q(reply=Reply.YES) | Q(screening__consultation__isnull=False))
    if session is not None and session.pk:
        answers = answers.exclude(screening__session=session)
    columns = answers.values_list("item", "reply", "screening__answered_at", "screening__consultation_id")
    return [
        Given(item=item, reply=reply, on=timezone.localdate(at), full=consultation_id is not None)
        for item, reply, at, consultation_id in columns
    ]


def locked_course(course: Course) -> tuple[str, int, bool]:
    """Lock `course` for a new session: its status, its last session number, whether an absolute yes was ever answered.

    In plain SQL because it stands in the way of every save: the three questions cost a quarter of it by the ORM (bench).
    """
    with connection.cursor() as cursor:
        if connection.features.has_select_for_update:
            # A statement of its own: what is read after the wait must be what the other one wrote.
            cursor.execute("SELECT id FROM logbook_course WHERE id = %s FOR UPDATE", [course.pk])
        cursor.execute(_ABOUT_COURSE, [RecordStatus.IN_ERROR, Reply.YES, *ABSOLUTE, course.pk])
        status, last, yes = cursor.fetchone()
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
    """Every given answer, oldest first, in two queries; those asked at `session` are its own."""
    rulings = _rulings(patient)
    return _given(Answer.objects.of(patient), rulings, session.pk if session else None)


def turns_of(patient: Patient) -> list[Given]:
    """The answers that tell where a patient stands today, oldest first, in two queries: for each question its
    changes, its latest, those of consultations, and what was decided on. The hundreds that only repeat the one before stay in the database.
    """
    rulings = _rulings(patient)
    in_order: dict[str, Any] = {"partition_by": F("item"), "order_by": [F("screening__answered_at"), F("id")]}
    answers = Answer.objects.of(patient).annotate(
        before=Window(Lag("reply"), **in_order), following=Window(Lead("id"), **in_order)
    )
    turns = Q(before__isnull=True) | ~Q(before=F("reply")) | Q(following__isnull=True)
    asked_in_full = Q(screening__consultation__isnull=False)  # only such an answer lifts an absolute item
    return _given(answers.filter(turns | asked_in_full | Q(pk__in=list(rulings))), rulings, None)


def _rulings(patient: Patient) -> dict[int, list[Ruling]]:
    """The decisions by answer; one taken on another reply, corrected since, stands in the history and for nothing else."""
    rulings: dict[int, list[Ruling]] = {}
    taken = Decision.history.model.objects.filter(id=OuterRef("pk"), history_type="+").values("act_id")[:1]
    replies = Answer.history.model.objects.filter(id=OuterRef("answer_id"), act_id__lt=OuterRef("act"))
    decided = Decision.objects.filter(answer__screening__patient=patient).annotate(act=Subquery(taken))
    decided = decided.annotate(reply=Subquery(replies.order_by("-history_id").values("reply")[:1]))
    decided = decided.filter(reply=F("answer__reply")).order_by("decided_date", "id")
    for answer_id, word, day in decided.values_list("answer_id", "word", "decided_date"):
        rulings.setdefault(answer_id, []).append(Ruling(word, day))
    return rulings


def _given(answers: AnswerQuerySet, rulings: dict[int, list[Ruling]], own: int | None) -> list[Given]:
    # Plain values: a patient with two hundred sessions has thousands of answers.
    rows = answers.annotate(at=Cast("screening__answered_at", TextField())).values_list(
        "pk", "item", "reply", "detail", "at", "screening__session_id", "screening__consultation_id"
    )
    days: dict[str, date] = {}
    given = []
    for pk, item, reply, detail, at, session_id, consultation_id in rows:
        if at not in days:
            days[at] = _local_day(at)
        given.append(
            Given(
                item=item,
                reply=reply,
                on=days[at],
                rulings=tuple(rulings.get(pk, ())),
                own=own is not None and session_id == own,
                answer_id=pk,
                detail=detail,
                full=consultation_id is not None,
            )
        )
    return given


def _local_day(stored: str) -> date:
    """The day in the clinic's time zone of a time as the database writes it, which is UTC on both engines."""
    moment = datetime.fromisoformat(stored)
    return timezone.localdate(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
