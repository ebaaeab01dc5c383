"""Patients are found by any part of a name, by record number and by date of birth, quickly, on either engine."""

import json
from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, models
from django.test.utils import CaptureQueriesContext

from clinic.accounts.models import User
from clinic.audit import guard
from sessions.actions import search
from sessions.actions.patient import change_patient
from sessions.models import Patient, SearchText, trigrams
from sessions.reports.patient_search import READ, find_patients
from sessions.reports.typed_search import Reading, readings
from tests.factories import a_patient

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 22)
PEOPLE = {
    "elodie": ("Durand", "Élodie", date(1985, 9, 7), "2026-0143"),
    "nguyen": ("N'Guyen", "Minh Anh", date(1990, 1, 31), "2026-0144"),
    "nguyen2": ("N’Guyen-Lefèvre", "Zoé", date(2012, 5, 6), "B 77"),
    "leroy": ("Le Roy", "Jean-Pierre", date(1985, 12, 1), "1985"),
    "oeuvre": ("Œuvré", "Łukasz", date(1912, 5, 6), "X-9/1"),
    "yildiz": ("Yıldız", "Ça", date(2001, 2, 3), "07091985"),
    "strasse": ("Großmann", "Ann-Lou", date(1960, 2, 29), "A-1.2"),
    "wang": ("王", "伟", date(1971, 7, 7), "W1"),
}
FOUND: dict[str, set[str]] = {
    # any part of a name, whatever the accents and the case
    "elo": {"elodie"}, "ÉLO": {"elodie"}, "odi": {"elodie"}, "durand": {"elodie"}, "ran": {"elodie"},
    "e\u0301lo": {"elodie"},
    # apostrophes and hyphens as a blank and left out
    "ngu": {"nguyen", "nguyen2"}, "n'gu": {"nguyen", "nguyen2"}, "n’guyen": {"nguyen", "nguyen2"},
    "n guyen": {"nguyen", "nguyen2"}, "guyen": {"nguyen", "nguyen2"}, "nguyenlef": {"nguyen2"},
    "jeanpierre": {"leroy"}, "jean-pierre": {"leroy"}, "jean pierre": {"leroy"}, "npierre": {"leroy"},
    "leroy": {"leroy"}, "le roy": {"leroy"}, "annlou": {"strasse"},
    # words in any order, with others
    "élodie durand": {"elodie"}, "durand elo": {"elodie"}, "minh nguyen": {"nguyen"}, "zoe nguyen": {"nguyen2"},
    "durand zoe": set(), "durand durand": {"elodie"},
    # letters that are two, or none of ours
    "oeuv": {"oeuvre"}, "lukasz": {"oeuvre"}, "gross": {"strasse"}, "groß": {"strasse"}, "yildiz": {"yildiz"},
    "王": {"wang"}, "王 伟": {"wang"},
    # one or two letters are the beginning of a word
    "z": {"nguyen2"}, "zo": {"nguyen2"}, "od": set(), "le": {"leroy", "nguyen2"}, "d": {"elodie"}, "ça": {"yildiz"},
    # record numbers, whole and in part
    "2026-0143": {"elodie"}, "20260143": {"elodie"}, "0144": {"nguyen"}, "2026-01": {"elodie", "nguyen"},
    "b77": set(), "b 77": {"nguyen2"}, "x-9/1": {"oeuvre"}, "x91": {"oeuvre"}, "a-1.2": {"strasse"}, "w1": {"wang"},
    # dates of birth
    "07/09/1985": {"elodie"}, "7.9.85": {"elodie"}, "1985-09-07": {"elodie"}, "7/9/1985": {"elodie"}, "07-09-1985": {"elodie"},
    "07 09 1985": {"elodie"}, "1985/9/7": {"elodie"}, "07091985": {"elodie", "yildiz"}, "19850907": {"elodie"},
    "09/1985": {"elodie"}, "1985-09": {"elodie"}, "1985": {"elodie", "leroy", "yildiz"}, "6.5.12": {"nguyen2", "oeuvre"},
    "29/02/1960": {"strasse"},
    # as pages write them
    "7 Sep 1985": {"elodie"}, "7 septembre 1985": {"elodie"}, "07 sept. 1985 elo": {"elodie"}, "1er déc. 1985": {"leroy"},
    "29 févr. 1960": {"strasse"}, "3\u00a0FEB 2001": {"yildiz"}, "7 jui 1971": set(), "31 feb 2001": set(),
    "N° 2026-0143": {"elodie"}, "nº2026-0144": {"nguyen"}, "elo 7 durand 1985": set(), "z 77 b 2012": {"nguyen2"},
    # dates with names
    "elo 1985": {"elodie"}, "1985 leroy": {"leroy"}, "durand 07/09/1985": {"elodie"}, "durand 1990": set(),
    "07/09/1985 zoe": set(), "1985 1990": set(),
    # nothing that means anything to an engine
    "%": set(), "_": set(), "'": set(), '"': set(), "*": set(), "elo*": {"elodie"}, '"elo" OR "dur"': set(), "-": set(),
    "31/02/1985": set(), "1850-01-01": set(), "x" * 100: set(), " ": set(), "": set(), "99/99/9999": set(),
}  # fmt: skip


@pytest.fixture
def people(staff: User) -> dict[int, str]:
    return {
        a_patient(by=staff, family_name=family, given_names=given, birth_date=born, record_number=number).pk: name
        for name, (family, given, born, number) in PEOPLE.items()
    }


def found(typed: str, people: dict[int, str]) -> set[str]:
    return {people[patient.pk] for patient in find_patients(typed, today=TODAY).patients}


def test_everybody_is_found_by_what_fits(people: dict[int, str]) -> None:
    assert {typed: found(typed, people) for typed in FOUND} == FOUND


def test_everybody_is_found_without_the_index(people: dict[int, str]) -> None:
    with connection.cursor() as cursor:
        kind = "TABLE" if connection.vendor == "sqlite" else "INDEX"
        for name, _table in trigrams.triggers(connection.vendor):
            cursor.execute(f'DROP TRIGGER "{name}"')
        cursor.execute(f'DROP {kind} "{trigrams.PARTS}"')
    assert [warning.id for warning in trigrams.parts_are_indexed(None, ["default"])] == ["logbook.W001"]
    assert {typed: found(typed, people) for typed in FOUND} == FOUND
    trigrams.put_in_place("default")
    assert trigrams.parts_are_indexed(None, ["default"]) == []
    assert {typed: found(typed, people) for typed in FOUND} == FOUND


def test_engine_without_the_index_is_set_up_all_the_same(people: dict[int, str], monkeypatch: Any) -> None:
    with connection.cursor() as cursor:
        for name, _table in trigrams.triggers(connection.vendor):
            cursor.execute(f'DROP TRIGGER "{name}"')
        cursor.execute(f'DROP {"TABLE" if connection.vendor == "sqlite" else "INDEX"} "{trigrams.PARTS}"')
    refused = {"sqlite": "CREATE VIRTUAL TABLE x USING no_such(text)", "postgresql": "CREATE EXTENSION no_such"}
    monkeypatch.setitem(trigrams.MAKE_PARTS, connection.vendor, [refused[connection.vendor]])
    search.after_migration(None, using="default")
    assert [warning.id for warning in trigrams.parts_are_indexed(None, ["default"])] == ["logbook.W001"]
    assert found("elo", people) == {"elodie"}


def test_order_is_what_begins_so_then_name_then_key(staff: User) -> None:
    names = [("Bar", "Anne"), ("Marin", "Luc"), ("Zoe", "Omar"), ("Abel", "Marc"), ("Marin", "Luc"), ("Kmar", "Bo")]
    for number, (family, given) in enumerate(names):
        a_patient(by=staff, family_name=family, given_names=given, record_number=f"N{number}")
    assert [patient.record_number for patient in find_patients("mar").patients] == ["N1", "N4", "N3", "N5", "N2"]
    assert [patient.record_number for patient in find_patients("luc marin").patients] == ["N1", "N4"]


def test_more_than_are_shown_are_said(staff: User) -> None:
    for number in range(4):
        a_patient(by=staff, family_name=f"Alike {number}", given_names="Ada")
    shown = [find_patients("ada", most=most) for most in (3, 4)]
    assert [(len(one.patients), one.more) for one in shown] == [(3, True), (4, False)]
    assert [patient.family_name for patient in shown[0].patients] == ["Alike 0", "Alike 1", "Alike 2"]
    assert find_patients("alike", most=3).more is True


def test_corrected_patient_is_found_as_he_is_now(people: dict[int, str], staff: User) -> None:
    patient = Patient.objects.get(record_number="2026-0143")
    values = {"family_name": "Morvan", "birth_date": date(1986, 1, 2), "record_number": "C-5"}
    change_patient(by=staff, patient=patient, values=values, version=1, reason="misread")
    searches = ("durand", "0143", "07/09/1985", "morvan", "c-5", "02/01/1986")
    assert [found(typed, people) for typed in searches] == [set(), set(), set(), {"elodie"}, {"elodie"}, {"elodie"}]
    assert search.wrong() == []


def test_what_is_wrong_is_found_and_made_anew(people: dict[int, str]) -> None:
    first, second, *_others = sorted(people)
    rows = models.QuerySet(SearchText)
    rows.filter(pk=first).update(text="  somebody", name="somebody")
    models.QuerySet(SearchText).filter(pk=second)._raw_delete("default")
    assert search.wrong() == [first, second]
    assert found("elo", people) == set()
    assert search.rebuild() == 2
    assert search.wrong() == []
    assert {typed: found(typed, people) for typed in ("elo", "minh", "somebody")} == {
        "elo": {"elodie"}, "minh": {"nguyen"}, "somebody": set(),
    }  # fmt: skip


def test_check_of_the_figures_finds_and_mends_the_search(people: dict[int, str], capsys: Any) -> None:
    def checked(*options: str) -> tuple[int, dict[str, Any]]:
        with pytest.raises(SystemExit) as ended:
            call_command("check_figures", "--json", *options)
        return int(str(ended.value.code)), json.loads(capsys.readouterr().out)["differing"]

    assert checked() == (0, {})
    models.QuerySet(SearchText).filter(pk=min(people)).update(text="  somebody")
    assert checked() == (1, {"SearchText": 1})
    assert checked("--rebuild") == (0, {})
    assert found("elo", people) == {"elodie"}


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL keeps its index itself")
def test_parts_that_were_lost_are_found_and_made_anew(people: dict[int, str]) -> None:
    key = min(people)
    with connection.cursor() as cursor:
        cursor.execute(f'DELETE FROM "{trigrams.PARTS}" WHERE rowid = {key}')
    assert (search.wrong(), found("lodie", people)) == ([key], set())
    assert search.rebuild() == 1
    assert (search.wrong(), found("lodie", people)) == ([], {"elodie"})


def test_those_who_were_there_before_are_found_after_the_migration(people: dict[int, str]) -> None:
    models.QuerySet(SearchText)._raw_delete("default")
    assert found("elo", people) == set()
    search.after_migration(None, using="default")
    assert found("elo", people) == {"elodie"}


def test_triggers_of_the_search_are_known_and_no_others(db: None) -> None:
    assert guard.strangers() == []
    if connection.vendor == "sqlite":
        name, table = next(iter(trigrams.triggers("sqlite")))
        with connection.cursor() as cursor:
            cursor.execute(f'DROP TRIGGER "{name}"')
            cursor.execute(f'CREATE TRIGGER "{name}" AFTER INSERT ON "{table}" BEGIN SELECT 1; END')
        assert guard.strangers() == [name]
        assert trigrams.are_there() is False


def test_failed_act_leaves_nothing_to_find(staff: User, monkeypatch: Any) -> None:
    monkeypatch.setattr("clinic.audit.act.add_link", lambda *args: (_ for _ in ()).throw(DatabaseError("cut")))
    with pytest.raises(DatabaseError):
        a_patient(by=staff, family_name="Halfway")
    assert (SearchText.objects.count(), find_patients("halfway").patients) == (0, [])


def test_number_of_queries_does_not_grow(staff: User) -> None:
    counts = []
    for many in (1, 30):
        for number in range(many):
            a_patient(by=staff, family_name=f"Same {many} {number}", given_names="Ida")
        with CaptureQueriesContext(connection) as asked:
            find_patients("ida")
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 5


def a_crowd(number: int) -> None:
    """Search texts of nobody, for plans and limits; only their own table."""
    models.QuerySet(SearchText).bulk_create(
        SearchText(pk=-key, name=f"crowd {key:05} ida", text=f"  crowd  {key:05}  ida", birth_date=date(1980, 1, 1))
        for key in range(1, number + 1)
    )


def plan(statement: str, params: Any) -> str:
    explain = "EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN "
    with connection.cursor() as cursor:
        cursor.execute(explain + statement, params)
        return "\n".join(str(row[-1]) for row in cursor.fetchall())


@pytest.mark.parametrize("typed", ["ida", "crowd 0", "owd 012", "zz", "q", "1980", "01/01/1980 ida", "nobody at all"])
def test_no_search_reads_the_whole_table(staff: User, typed: str) -> None:
    a_crowd(3000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        if connection.vendor == "postgresql":  # of a table this small it would rather read all, index or not
            cursor.execute("SET LOCAL enable_seqscan = off")
    asked: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if trigrams.TABLE in sql and "sqlite_master" not in sql and "to_regclass" not in sql:
            asked.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        find_patients(typed, today=TODAY)
    plans = [plan(sql, params) for sql, params in asked]
    assert plans
    scans = [line for text in plans for line in text.splitlines() if _reads_all(line)]
    assert scans == []


def _reads_all(line: str) -> bool:
    if connection.vendor == "postgresql":
        return "Seq Scan" in line
    return line.startswith("SCAN") and "VIRTUAL TABLE INDEX" not in line and line != "SCAN p"


def test_crowd_beyond_the_reading_is_cut_and_said(staff: User) -> None:
    a_crowd(READ + 50)
    patient = a_patient(by=staff, family_name="Zzyx", given_names="Crowdine")
    shown = find_patients("crowdine")
    assert (shown.patients, shown.more) == ([patient], False)
    assert find_patients("ida").more is True


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("Élodie", [Reading(("elodie",))]),
        ("7.9.85", [Reading((), date(1985, 9, 7), date(1985, 9, 7))]),
        ("1.2.12", [Reading((), date(y, 2, 1), date(y, 2, 1)) for y in (1912, 2012)]),
        ("2/2027", [Reading(("2", "2027"))]),
        ("12/2024", [Reading(("12", "2024")), Reading((), date(2024, 12, 1), date(2024, 12, 31))]),
        ("1985", [Reading(("1985",)), Reading((), date(1985, 1, 1), date(1985, 12, 31))]),
        ("2027", [Reading(("2027",))]),
        ("1985-09-07 08/09/1985", []),
        ("1985 07/09/1985", [Reading(("1985",), date(1985, 9, 7), date(1985, 9, 7)), Reading((), date(1985, 9, 7), date(1985, 9, 7))]),
        ("31/02/1985", [Reading(("31", "02", "1985"))]),
        (" - ", []),
    ],
)  # fmt: skip
def test_typed_is_read_in_every_way(typed: str, wanted: list[Reading]) -> None:
    assert readings(typed, TODAY) == wanted


def test_order_of_the_table_is_that_of_the_plan(people: dict[int, str]) -> None:
    names = [patient.folded_name for patient in find_patients("n").patients]
    assert all(before <= after for before, after in pairwise(names))


@pytest.mark.parametrize("read", [2, 100])
def test_signs_of_a_word_in_other_places_are_not_the_word(staff: User, read: int, monkeypatch: Any) -> None:
    """Many have all the signs that are looked for, and one of them the words: he is found behind all others."""
    monkeypatch.setattr("sessions.reports.patient_search.READ", read)
    for number in range(4):
        a_patient(by=staff, family_name=f"Levabc Dupard{number}", given_names="Lefeli Xise Valabe")
    wanted = a_patient(by=staff, family_name="Dupabcard", given_names="Lise-Valefelabe")
    for typed in ("dupabcard valefelabe", "valefelabe lise", "bcar valef"):
        assert [patient.pk for patient in find_patients(typed).patients] == [wanted.pk], typed
