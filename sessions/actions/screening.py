"""Record a consultation with what was answered, and a physician's decisions on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from clinic.accounts.models import User
from clinic.accounts.roles import Permission
from clinic.accounts.rules import why_not_may
from clinic.audit.act import act
from clinic.lib.problems import Problem, refuse
from sessions.actions.known import answers_of
from sessions.measures.answers import FORM_VERSION, ITEMS
from sessions.models import Answer, Consultation, Decision, Patient, Screening
from sessions.rules.consultation import Replies, why_not_decide, why_not_held_on, why_not_these_answers
from sessions.rules.screening import runs, wants_decision


@dataclass(frozen=True)
class Decided:
    """A decision as typed, on the answer with this number."""

    answer_id: int
    word: str
    reason: str
    decided_date: date | None


def record_consultation(
    *,
    by: User,
    patient: Patient,
    values: dict[str, Any],
    answers: Replies,
    language: str = "",
    reason: str = "",
    key: UUID | None = None,
    at: datetime | None = None,
) -> Consultation:
    """A consultation and the answers given at it, {item: (reply, detail)}.

    The answers count from the moment of recording when the consultation was today, else from noon of its day in
    the clinic's time zone: nobody noted the minute, and a day must not change with the zone.
    """
    refuse(why_not_may(by, Permission.WRITE_RECORDS))
    now = at or timezone.now()
    today = timezone.localdate(now)
    consultation = Consultation(patient=patient, **values)
    problems = why_not_held_on(consultation.held_date, patient.birth_date, today) + why_not_these_answers(answers)
    if not consultation.physician.is_physician:
        problems.append(Problem("physician", _("A consultation is held by a physician.")))
    refuse(problems)
    noon = timezone.make_aware(datetime.combine(consultation.held_date, time(12)))
    with act("record_consultation", by=by, reason=reason, key=key, at=at) as writing:
        writing.create(consultation)
        screening = Screening(
            patient=patient,
            consultation=consultation,
            answered_at=now if consultation.held_date == today else noon,
            form_version=FORM_VERSION,
            language=(language or get_language() or "")[:5],
        )
        writing.create(screening)
        given = [(item.code, *answers[item.code]) for item in ITEMS]
        writing.create(
            *[Answer(screening=screening, item=item, reply=reply, detail=detail) for item, reply, detail in given]
        )
        writing.about(f"consultation:{consultation.uid}", patient.pk)
    return consultation


def record_decisions(
    *,
    by: User,
    patient: Patient,
    decisions: Sequence[Decided],
    reason: str = "",
    key: UUID | None = None,
    at: datetime | None = None,
) -> list[Decision]:
    """A physician's decisions, each on one standing answer that wants one; all of them are stored, or none."""
    refuse(why_not_may(by, Permission.WRITE_RECORDS))
    today = timezone.localdate(at or timezone.now())
    with act("record_decisions", by=by, reason=reason, key=key, at=at) as writing:
        problems: list[Problem] = []
        standing = {run.latest.answer_id: run for run in runs(answers_of(patient)).values()}
        for decided in decisions:
            run = standing.get(decided.answer_id)
            if run is None or not wants_decision(run.latest.item, run.latest.reply):
                problems.append(
                    Problem(
                        f"word_{decided.answer_id}",
                        _("A newer answer was given meanwhile. Open the page again."),
                        "changed",
                    )
                )
            else:
                problems += why_not_decide(
                    run, word=decided.word, reason=decided.reason, decided_date=decided.decided_date, today=today
                )
        if not decisions:
            problems.append(Problem("", _("Nothing is decided yet: fill in at least one decision.")))
        refuse(problems)
        rows = [
            Decision(  # type: ignore[misc]
                answer_id=decided.answer_id,
                word=decided.word,
                reason=decided.reason,
                decided_date=decided.decided_date,
                physician=by,
            )
            for decided in decisions
        ]
        writing.create(*rows)
        writing.about(f"patient:{patient.uid}", patient.pk)
    return rows
