"""May this consultation, these answers, this decision be recorded?"""

from collections.abc import Mapping
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from clinic.lib.problems import Problem
from sessions.measures.answers import ITEMS, DecisionWord, Reply
from sessions.rules.screening import PREGNANCY, Run

Replies = Mapping[str, tuple[str, str]]


def why_not_held_on(held_date: date, birth_date: date, today: date) -> list[Problem]:
    """A consultation lies between the patient's birth and today."""
    if held_date > today:
        return [Problem("held_date", _("This date lies in the future."))]
    if held_date < birth_date:
        return [Problem("held_date", _("This date lies before the patient's birth."))]
    return []


def why_not_these_answers(answers: Replies) -> list[Problem]:
    """Every question is answered, with one of its own replies: an empty answer is not "no"."""
    problems = []
    for item in ITEMS:
        reply = answers.get(item.code, ("", ""))[0]
        if not reply:
            problems.append(
                Problem(f"reply_{item.code}", _("Please answer; “not known” and “declined” are answers."), "unanswered")
            )
        elif reply not in Reply.values:
            problems.append(Problem(f"reply_{item.code}", _("Choose one of the answers.")))
        elif reply == Reply.NOT_APPLICABLE and not item.may_not_apply:
            problems.append(Problem(f"reply_{item.code}", _("This question applies to everybody.")))
    return problems


def earliest_decision(run: Run) -> date:
    """The first day on which a decision on this answer can be dated."""
    return run.latest.on if run.latest.item == PREGNANCY else run.since


def why_not_decide(run: Run, *, word: str, reason: str, decided_date: date | None, today: date) -> list[Problem]:
    """A decision has a word, a reason and a date that is neither before the answer nor in the future."""
    answer = run.latest.answer_id
    problems = []
    if word not in DecisionWord.values:
        problems.append(Problem(f"word_{answer}", _("Choose the decision.")))
    if not reason.strip():
        problems.append(Problem(f"reason_{answer}", _("Write the reason for the decision.")))
    if decided_date is None:
        problems.append(Problem(f"decided_date_{answer}", _("Write the date of the decision.")))
    elif decided_date > today:
        problems.append(Problem(f"decided_date_{answer}", _("This date lies in the future.")))
    elif decided_date < earliest_decision(run):
        said = date_format(earliest_decision(run), "SHORT_DATE_FORMAT")
        problems.append(
            Problem(
                f"decided_date_{answer}",
                _("The decision cannot be dated before the answer of %(day)s.") % {"day": said},
            )
        )
    return problems
