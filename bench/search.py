"""Finding one of two hundred thousand patients while typing: the time in the database, beside the plainest SQL."""

import random
import statistics
import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, models

from clinic.accounts.models import User
from clinic.lib.text import folded
from sessions.actions import search
from sessions.models import Device, Patient
from sessions.models.trigrams import PARTS, TABLE
from sessions.reports.patient_search import MOST, MOST_IN_FRAME, find_patients

Statement = tuple[str, Any]
MANY, AT_ONCE, ROUNDS = 200_000, 5_000, 200
GOAL_MS = 1.0
SYLLABLES = [
    "ma",
    "ri",
    "el",
    "lo",
    "di",
    "gu",
    "yen",
    "ben",
    "ou",
    "ar",
    "tin",
    "du",
    "pont",
    "le",
    "roy",
    "che",
    "va",
    "lier",
    "sa",
    "lah",
    "mi",
    "chel",
    "an",
    "to",
    "ni",
    "na",
    "ce",
    "lik",
    "zo",
    "fran",
    "cois",
    "jo",
    "seph",
    "ber",
    "nard",
    "ro",
    "sen",
    "haddad",
    "mo",
    "rel",
    "pe",
    "tit",
    "gar",
    "ci",
    "fer",
    "nan",
    "dez",
    "kow",
    "als",
    "ki",
    "tho",
    "mas",
    "cle",
    "ment",
    "char",
    "lot",
    "te",
    "ju",
    "lie",
    "bru",
    "no",
    "ca",
    "mil",
]
GIVEN = [
    *(
        "Marie",
        "Jean",
        "Élodie",
        "Zoë",
        "François",
        "Jeanne",
        "Paul",
        "Ada",
        "Camille",
        "Thomas",
        "Charlotte",
        "Clément",
    ),
    *(
        "Mohamed",
        "Fatima",
        "Léa",
        "Hugo",
        "Anne",
        "Bernard",
        "Céline",
        "Didier",
        "Émile",
        "Florence",
        "Gérard",
        "Hélène",
    ),
    *("Inès", "Jules", "Karim", "Lucie", "Mathieu", "Nadia", "Olivier", "Pierre", "Quentin", "Rose", "Sophie", "Théo"),
]


def measure(by: User, machine: Device) -> bool:
    """Print what each kind of search takes, in the frame while typing and on its page; whether both are within the goal."""
    chance = random.Random(5)
    names = _fill(chance)
    held = True
    for kind, typed in _kinds(chance, names).items():
        ours, whole = ([sum(map(_spent, _asked(text, most))) for text in typed] for most in (MOST_IN_FRAME, MOST))
        plain = [_spent(_plainest(folded(text))) for text in typed]
        held &= max(statistics.median(ours), statistics.median(whole)) <= GOAL_MS
        print(
            f"  {kind}: median {statistics.median(ours):.2f} ms, 95th percentile {_percentile(ours):.2f} "
            f"(goal {GOAL_MS:.0f}); on the page of patients "
            f"{statistics.median(whole):.2f}, {_percentile(whole):.2f}; the plainest SQL {statistics.median(plain):.2f}, {_percentile(plain):.2f}"
        )
    return held


def _fill(chance: random.Random) -> list[str]:
    """Patients beside those of the other figures; their names."""
    begun, names = time.perf_counter(), []
    for first in range(0, MANY, AT_ONCE):
        patients = [_patient(chance, number) for number in range(first, first + AT_ONCE)]
        names += [str(patient) for patient in patients]
        models.QuerySet(Patient).bulk_create(patients)  # type: ignore[arg-type]
    stored = time.perf_counter()
    search.after_migration(None, using="default")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    print(f"  {MANY} patients stored in {stored - begun:.0f} s, made findable in {time.perf_counter() - stored:.0f} s")
    return names


def _patient(chance: random.Random, number: int) -> Patient:
    family = "".join(chance.choices(SYLLABLES, k=chance.choice((2, 2, 3, 3, 4)))).capitalize()
    given = " ".join(chance.choices(GIVEN, k=chance.choice((1, 1, 1, 2))))
    patient = Patient(
        uid=UUID(int=chance.getrandbits(128), version=4),
        record_number=f"S{number // 10_000}-{number:06}",
        family_name=family,
        given_names=given,
        birth_date=date(1930, 1, 1) + timedelta(days=chance.randrange(30_000)),
        sex=chance.choice(("female", "male")),
    )
    patient.fold()
    return patient


def _kinds(chance: random.Random, names: list[str]) -> dict[str, list[str]]:
    def some(cut: Callable[[str, str], str]) -> list[str]:
        return [cut(*chance.choice(names).split(" ", 1)) for _round in range(ROUNDS)]

    def part(word: str) -> str:
        start = chance.randrange(max(len(word) - 3, 1))
        return word[start : start + chance.choice((3, 4, 5))]

    return {
        "one letter": some(lambda family, given: family[0]),
        "two letters": some(lambda family, given: family[:2]),
        "any part of a family name": some(lambda family, given: part(family)),
        "any part of a given name": some(lambda family, given: part(given)),
        "a part of each": some(lambda family, given: f"{part(given)} {part(family)}"),
        "a whole name": some(lambda family, given: f"{family} {given}"),
        "nobody": some(lambda family, given: f"{part(family)}qx"),
        "a date of birth": [f"{chance.randrange(1, 29)}/{chance.randrange(1, 13)}/{chance.randrange(1931, 2012)}" for _round in range(ROUNDS)],
    }  # fmt: skip


def _plainest(text: str) -> tuple[str, list[Any]]:
    """As many as a page shows who have the text in their names, in no order."""
    if connection.vendor == "sqlite" and len(text) > 2:
        found = f'(SELECT rowid FROM "{PARTS}" WHERE "{PARTS}" MATCH %s LIMIT {MOST})'
        return f'SELECT * FROM "logbook_patient" WHERE id IN {found}', [f'"{text}"']
    found = f'(SELECT patient_id FROM "{TABLE}" WHERE "text" LIKE %s LIMIT {MOST})'
    return f'SELECT * FROM "logbook_patient" WHERE id IN {found}', [f"%{text}%"]


def _asked(text: str, most: int) -> list[Statement]:
    """The statements that this search asks the database."""
    asked: list[Statement] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        asked.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        find_patients(text, most=most)
    return asked


def _spent(statement: Statement) -> float:
    """How long the database takes for it, all rows read, in milliseconds."""
    with connection.cursor() as cursor:
        begun = time.perf_counter()
        cursor.execute(*statement)
        cursor.fetchall()
        return (time.perf_counter() - begun) * 1000


def _percentile(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]
