"""Who can be a patient, and who is alike."""

from datetime import date

import pytest

from clinic.lib.text import folded
from sessions.models import Patient
from sessions.rules.patient import who_is_alike, why_not_another, why_not_born_on

TODAY = date(2026, 3, 12)


@pytest.mark.parametrize(
    ("birth_date", "fields"),
    [
        (date(2026, 3, 12), []),
        (date(2026, 3, 13), ["birth_date"]),
        (date(1896, 1, 1), []),
        (date(1895, 12, 31), ["birth_date"]),
    ],
)
def test_birth_date(birth_date: date, fields: list[str]) -> None:
    assert [problem.field for problem in why_not_born_on(birth_date, TODAY)] == fields


def known(family_name: str, given_names: str) -> Patient:
    return Patient(family_name=family_name, given_names=given_names, folded_name=folded(f"{family_name} {given_names}"))


@pytest.mark.parametrize(
    ("family_name", "given_names", "alike"),
    [
        ("Çelik", "Zoë", True),
        ("CELIK", "zoe", True),
        ("Zoé", "Celik", True),
        ("Celik", "", True),
        ("Celik", "Zoe Marie", True),
        ("Çelic", "Zoe", True),
        ("Morel", "Jeanne", False),
        ("", "", False),
        ("’", "-", False),
    ],
)
def test_names_alike(family_name: str, given_names: str, alike: bool) -> None:
    patient = known("Çelik", "Zoë")
    assert who_is_alike(family_name, given_names, [patient]) == ([patient] if alike else [])


def test_another_person_is_asked_where_somebody_is_alike() -> None:
    assert [problem.field for problem in why_not_another([known("Çelik", "Zoë")])] == ["another_person"]
    assert why_not_another([]) == []
