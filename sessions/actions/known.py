"""What is known of a patient, handed to the rules as data: answers with their decisions, oldest first."""

from django.utils import timezone

from sessions.models import Answer, Patient, Session
from sessions.rules.screening import Given, Ruling


def answers_of(patient: Patient, session: Session | None = None) -> list[Given]:
    """Every given answer, oldest first, in two queries; those asked at `session` are its own."""
    own = session.pk if session else None
    return [
        Given(
            item=answer.item,
            reply=answer.reply,
            on=timezone.localdate(answer.screening.answered_at),
            rulings=tuple(Ruling(decision.word, decision.decided_date) for decision in answer.decisions.all()),
            own=own is not None and answer.screening.session_id == own,
            full=answer.screening.consultation_id is not None,
            answer_id=answer.pk,
            detail=answer.detail,
        )
        for answer in Answer.objects.of(patient).with_decisions()
    ]
