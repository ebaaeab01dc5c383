"""The consultation with its questions, and the decisions on their answers."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils import timezone
from django.utils.text import capfirst, format_lazy
from django.utils.translation import gettext_lazy as _

from clinic.accounts.models import User
from clinic.lib.fields import LINE, PROSE
from clinic.lib.text import readable_text
from sessions.forms.base import DayField, LogbookForm, LogbookModelForm, form_field
from sessions.forms.people import choose_physician
from sessions.measures.answers import ITEMS, DecisionWord, Item
from sessions.models import Consultation
from sessions.reports.screening import BoardLine
from sessions.rules.screening import Run


@dataclass(frozen=True)
class Question:
    """A question as the page draws it: its two fields, and the standing answer as text beside them."""

    item: Item
    reply: BoundField
    detail: BoundField
    earlier: Run | None


class ConsultationForm(LogbookModelForm):
    """A consultation; every question is asked, and no answer is ticked beforehand."""

    class Meta:
        model = Consultation
        fields = ["held_date", "physician", "complaint", "findings", "information_given"]
        formfield_callback = form_field

    def __init__(self, *args: Any, user: User, earlier: Mapping[str, Run], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.earlier = earlier
        choose_physician(self, user)
        self.initial.setdefault("held_date", timezone.localdate())
        for item in ITEMS:
            self.fields[f"reply_{item.code}"] = forms.ChoiceField(
                label=str(item.question),
                choices=item.replies,
                widget=forms.RadioSelect,
                help_text=format_lazy("{level}. {text}", level=capfirst(item.level.label), text=item.text),
                error_messages={"required": _("Please answer; “not known” and “declined” are answers.")},
            )
            self.fields[f"detail_{item.code}"] = forms.CharField(
                label=_("detail"), max_length=LINE, required=False, validators=[readable_text]
            )

    def absolute(self) -> Iterator[Question]:
        return (self._question(item) for item in ITEMS if item.absolute)

    def others(self) -> Iterator[Question]:
        return (self._question(item) for item in ITEMS if not item.absolute)

    def answers(self) -> dict[str, tuple[str, str]]:
        """What was answered: {item: (reply, detail)}."""
        clean = self.cleaned_data
        return {item.code: (clean[f"reply_{item.code}"], clean[f"detail_{item.code}"]) for item in ITEMS}

    def _question(self, item: Item) -> Question:
        return Question(item, self[f"reply_{item.code}"], self[f"detail_{item.code}"], self.earlier.get(item.code))


@dataclass(frozen=True)
class Deciding:
    """One answer that wants a decision, with the three fields for it."""

    line: BoardLine
    word: BoundField
    reason: BoundField
    decided_date: BoundField

    @property
    def wrong(self) -> bool:
        return bool(self.word.errors or self.reason.errors or self.decided_date.errors)


class DecisionsForm(LogbookForm):
    """Decisions on standing answers. Those left wholly empty are left for later."""

    def __init__(self, *args: Any, board: Iterable[BoardLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.board = list(board)
        for line in self.board:
            answer = line.run.latest.answer_id
            self.fields[f"word_{answer}"] = forms.ChoiceField(
                label=_("decision"), choices=DecisionWord.choices, widget=forms.RadioSelect, required=False
            )
            self.fields[f"reason_{answer}"] = forms.CharField(
                label=_("reason for the decision"),
                max_length=PROSE,
                required=False,
                validators=[readable_text],
                widget=forms.Textarea(attrs={"rows": 2}),
            )
            self.fields[f"decided_date_{answer}"] = DayField(label=_("date of the decision"), required=False)

    def deciding(self) -> Iterator[Deciding]:
        for line in self.board:
            answer = line.run.latest.answer_id
            yield Deciding(line, self[f"word_{answer}"], self[f"reason_{answer}"], self[f"decided_date_{answer}"])

    def filled(self) -> list[dict[str, Any]]:
        """Those where anything was typed."""
        rows = [
            {
                "answer_id": line.run.latest.answer_id,
                **{
                    name: self.cleaned_data[f"{name}_{line.run.latest.answer_id}"]
                    for name in ("word", "reason", "decided_date")
                },
            }
            for line in self.board
        ]
        return [row for row in rows if row["word"] or row["reason"] or row["decided_date"]]
