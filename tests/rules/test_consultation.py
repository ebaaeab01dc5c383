"""When a consultation, its answers and a decision can be recorded."""

from datetime import date

import pytest

from sessions.measures.answers import ITEMS
from sessions.rules.consultation import why_not_decide, why_not_held_on, why_not_these_answers
from sessions.rules.screening import Given, Run, runs

BORN, TODAY = date(1985, 9, 7), date(2026, 3, 12)


@pytest.mark.parametrize(
    ("held", "fields"),
    [(TODAY, []), (BORN, []), (date(2026, 3, 13), ["held_date"]), (date(1985, 9, 6), ["held_date"])],
)
def test_date_of_the_consultation(held: date, fields: list[str]) -> None:
    assert [problem.field for problem in why_not_held_on(held, BORN, TODAY)] == fields


def test_every_question_is_answered() -> None:
    answers = {item.code: ("no", "") for item in ITEMS}
    assert why_not_these_answers(answers) == []
    assert [problem.field for problem in why_not_these_answers(answers | {"iud": ("", "")})] == ["reply_iud"]
    assert [problem.field for problem in why_not_these_answers({})] == [f"reply_{item.code}" for item in ITEMS]


@pytest.mark.parametrize(
    ("item", "reply", "fields"),
    [
        ("iud", "not-applicable", []),
        ("pregnancy", "not-applicable", []),
        ("heart_disease", "not-applicable", ["reply_heart_disease"]),
        ("epilepsy", "perhaps", ["reply_epilepsy"]),
        ("epilepsy", "declined", []),
    ],
)
def test_only_its_own_replies(item: str, reply: str, fields: list[str]) -> None:
    answers = {item.code: ("no", "") for item in ITEMS} | {item: (reply, "")}
    assert [problem.field for problem in why_not_these_answers(answers)] == fields


def run_of(item: str, *days: date) -> Run:
    return runs([Given(item, "yes", day, answer_id=7) for day in days])[item]


@pytest.mark.parametrize(
    ("item", "word", "reason", "decided", "fields"),
    [
        ("epilepsy", "proceed", "seen by a neurologist", date(2026, 3, 1), []),
        ("epilepsy", "proceed", "the same answer since January", date(2026, 1, 5), []),
        ("epilepsy", "proceed", "too early", date(2026, 1, 4), ["decided_date_7"]),
        ("pregnancy", "proceed", "asked again in March", date(2026, 1, 5), ["decided_date_7"]),
        ("pregnancy", "do-not-proceed", "asked again in March", date(2026, 3, 1), []),
        ("epilepsy", "proceed", "tomorrow", date(2026, 3, 13), ["decided_date_7"]),
        ("epilepsy", "", "", None, ["word_7", "reason_7", "decided_date_7"]),
        ("epilepsy", "proceed", "   ", TODAY, ["reason_7"]),
        ("epilepsy", "maybe", "why", TODAY, ["word_7"]),
    ],
)
def test_decision(item: str, word: str, reason: str, decided: date | None, fields: list[str]) -> None:
    run = run_of(item, date(2026, 1, 5), date(2026, 3, 1))
    problems = why_not_decide(run, word=word, reason=reason, decided_date=decided, today=TODAY)
    assert [problem.field for problem in problems] == fields
