"""What was answered at a consultation, and where a physician's decision stands or is missing."""

from collections.abc import Sequence
from dataclasses import dataclass

from sessions.measures.answers import ITEMS, Item
from sessions.models import Answer, Consultation, Decision, Patient
from sessions.rules.screening import Given, Run, runs, standing_ruling, wants_decision


@dataclass(frozen=True)
class SheetLine:
    """One question of a consultation with its answer and the decisions on it."""

    item: Item
    answer: Answer | None
    decisions: tuple[Decision, ...] = ()


@dataclass(frozen=True)
class BoardLine:
    """One standing answer that wants a decision: taken or not yet."""

    item: Item
    run: Run
    is_open: bool
    decisions: tuple[Decision, ...] = ()

    @property
    def label(self) -> str:
        return str(dict(self.item.replies)[self.run.latest.reply])


def answer_sheet(consultation: Consultation) -> list[SheetLine]:
    """Every question in the order of the form, absolute items first; three queries."""
    rows = Answer.objects.filter(screening__consultation=consultation).prefetch_related("decisions__physician")
    given = {answer.item: answer for answer in rows}
    return [
        SheetLine(item, given.get(item.code), tuple(given[item.code].decisions.all()) if item.code in given else ())
        for item in sorted(ITEMS, key=lambda item: not item.absolute)
    ]


def decision_board(patient: Patient, answers: Sequence[Given]) -> list[BoardLine]:
    """The standing answers that want a decision, those without one first; one query."""
    by_answer: dict[str, list[Decision]] = {}
    rows = Decision.objects.filter(answer__screening__patient=patient).select_related("answer", "physician")
    for decision in rows.order_by("decided_date", "id"):
        by_answer.setdefault(decision.answer.item, []).append(decision)
    standing = runs(answers)
    lines = [
        BoardLine(item, run, standing_ruling(run) is None, tuple(by_answer.get(item.code, ())))
        for item in ITEMS
        if (run := standing.get(item.code)) and wants_decision(item.code, run.latest.reply)
    ]
    return sorted(lines, key=lambda line: not line.is_open)
