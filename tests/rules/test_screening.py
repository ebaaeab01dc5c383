"""Domain A.2.2 to A.2.6, each with its edges: in no case, pregnancy, decisions, consultation, nothing taken for "no"."""

from datetime import date, timedelta

import pytest

from sessions.measures.answers import ABSOLUTE, EACH_SESSION, ITEMS
from sessions.rules.screening import Given, Ruling, forbidden, needing_decision, standing, why_not_perform

CONSULTATION = date(2026, 1, 5)
DAY = date(2026, 1, 12)


def consulted(on=CONSULTATION, **replies):
    return [Given(item.code, replies.get(item.code, "no"), on, full=True) for item in ITEMS]


def asked(on=DAY, **replies):
    return [Given(item.code, replies.get(item.code, "no"), on, own=True) for item in EACH_SESSION]


def why_not(answers, *, day=DAY, consultation_on=CONSULTATION, valid_days=None):
    problems = why_not_perform(answers, day, consultation_on=consultation_on, valid_days=valid_days)
    return sorted({(problem.field, problem.code) for problem in problems})


def test_nothing_stands_in_the_way_of_a_patient_who_answered_no_to_everything():
    assert why_not(consulted() + asked()) == []


@pytest.mark.parametrize("item", ABSOLUTE)
def test_absolute_item_answered_yes_at_the_session_forbids_it(item):
    assert why_not(consulted() + asked(**{item: "yes"})) == [("status", "forbidden")]


@pytest.mark.parametrize("item", ABSOLUTE)
def test_absolute_item_answered_yes_at_the_consultation_is_not_lifted_by_a_no_at_the_session(item):
    assert why_not(consulted(**{item: "yes"}) + asked()) == [("status", "forbidden")]


@pytest.mark.parametrize("reply", ["no", "not-applicable"])
def test_absolute_item_is_lifted_by_a_later_consultation(reply):
    answers = consulted(iud="yes") + consulted(on=CONSULTATION + timedelta(days=2), iud=reply) + asked(iud=reply)
    assert why_not(answers) == []


@pytest.mark.parametrize("reply", ["not-known", "declined"])
def test_absolute_item_is_not_lifted_by_a_later_consultation_that_does_not_know(reply):
    answers = consulted(iud="yes") + consulted(on=CONSULTATION + timedelta(days=2), iud=reply) + asked()
    assert ("status", "forbidden") in why_not(answers)


def test_absolute_item_found_after_the_session_does_not_reach_back():
    later = consulted(on=DAY + timedelta(days=1), heart_disease="yes")
    assert why_not(consulted() + asked() + later) == []
    assert [item.code for item in forbidden(consulted() + later)] == ["heart_disease"]


def test_absolute_item_found_on_the_day_of_the_session_counts():
    assert ("status", "forbidden") in why_not(consulted() + consulted(on=DAY, arrhythmia="yes") + asked())


@pytest.mark.parametrize("reply", ["not-known", "declined"])
@pytest.mark.parametrize("item", ABSOLUTE)
def test_absolute_item_without_a_clear_answer_needs_a_decision(item, reply):
    assert why_not(consulted(**{item: reply}) + asked(**{item: reply})) == [(f"reply_{item}", "undecided")]


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("yes", [("reply_pregnancy", "undecided")]),
        ("not-known", [("reply_pregnancy", "undecided")]),
        ("declined", [("reply_pregnancy", "undecided")]),
        ("no", []),
        ("not-applicable", []),
    ],
)
def test_pregnancy_needs_a_decision(reply, expected):
    assert why_not(consulted() + asked(pregnancy=reply)) == expected


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (DAY - timedelta(days=1), [("reply_pregnancy", "undecided")]),
        (DAY, []),
        (DAY + timedelta(days=1), [("reply_pregnancy", "undecided")]),
    ],
)
def test_pregnancy_decision_is_no_earlier_than_the_answer_and_no_later_than_the_session(on, expected):
    own = [
        Given(given.item, "yes", DAY, rulings=(Ruling("proceed", on),), own=True)
        if given.item == "pregnancy"
        else given
        for given in asked()
    ]
    assert why_not(consulted() + own) == expected


def test_pregnancy_decision_of_an_earlier_answer_does_not_stand_for_a_new_one():
    old = [Given("pregnancy", "yes", CONSULTATION, rulings=(Ruling("proceed", CONSULTATION),), full=True)]
    others = [given for given in consulted() if given.item != "pregnancy"]
    assert why_not(others + old + asked(pregnancy="yes")) == [("reply_pregnancy", "undecided")]


def test_other_item_decided_once_stands_while_the_answer_is_the_same():
    decided = [Given("skin", "yes", CONSULTATION, rulings=(Ruling("proceed-with-change", CONSULTATION),), full=True)]
    others = [given for given in consulted() if given.item != "skin"]
    assert why_not(others + decided + asked(skin="yes")) == []
    between = [Given("skin", "no", CONSULTATION + timedelta(days=1))]
    assert why_not(others + decided + between + asked(skin="yes")) == [("reply_skin", "undecided")]


def test_decision_not_to_proceed_stands_in_the_way():
    decided = [Given("epilepsy", "yes", CONSULTATION, rulings=(Ruling("do-not-proceed", CONSULTATION),), full=True)]
    others = [given for given in consulted() if given.item != "epilepsy"]
    assert why_not(others + decided + asked()) == [("", "decided-against")]


@pytest.mark.parametrize("item", [item.code for item in ITEMS if not item.absolute and item.code != "pregnancy"])
def test_every_other_item_answered_yes_needs_a_decision(item):
    assert [given.item for given in needing_decision(consulted(**{item: "yes"}))] == [item]


@pytest.mark.parametrize(
    ("consultation_on", "expected"),
    [
        (None, [("", "consultation")]),
        (DAY, []),
        (DAY + timedelta(days=1), [("started_at", "consultation")]),
    ],
)
def test_consultation_comes_before_the_session(consultation_on, expected):
    assert why_not(consulted() + asked(), consultation_on=consultation_on) == expected


def test_empty_answer_is_not_no():
    assert why_not(consulted(epilepsy="") + asked()) == [("", "unanswered")]
    assert why_not(consulted() + asked(iud="")) == [("reply_iud", "unanswered")]


def test_answer_given_after_the_session_does_not_count_for_it():
    assert why_not(consulted(on=DAY + timedelta(days=1)) + asked())[0] == ("", "unanswered")


@pytest.mark.parametrize(("days", "expected"), [(None, []), (7, []), (6, [("", "old")])])
def test_answers_stay_valid_as_long_as_the_clinic_says(days, expected):
    assert why_not(consulted() + asked(), valid_days=days) == expected


@pytest.mark.parametrize(
    ("birth_date", "age"),
    [(date(2000, 11, 22), 26), (date(2000, 11, 23), 25), (date(2004, 2, 29), 22)],
)
def test_standing_tells_the_age(birth_date, age):
    assert standing(birth_date, consulted(), date(2026, 11, 22)).age == age


def test_standing_marks_what_matters_at_once():
    today = date(2026, 11, 22)
    born = date(1985, 9, 7)
    assert [mark.tone for mark in standing(born, consulted(), today).marks] == []
    assert [mark.tone for mark in standing(born, [], today).marks] == ["check"]
    marks = standing(born, consulted(iud="yes", pregnancy="not-known"), today).marks
    assert [(mark.tone, mark.on) for mark in marks] == [("never", CONSULTATION), ("check", CONSULTATION)]
