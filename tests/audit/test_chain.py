"""The chain: one entry per act, over the rows as the database stored them."""

import json
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection

from clinic.audit.chain import contents, head, mac_of, moment_text
from clinic.audit.keys import ring
from clinic.audit.models import Act, Link
from clinic.audit.stored import as_text, columns, history_of, in_one_form, json_places, reading, telling, told
from sessions.models import Patient
from tests.factories import a_device, a_draft, a_patient, a_signed_session, ready


def entries() -> list[tuple[int, int]]:
    return list(Link.objects.order_by("number").values_list("number", "act_id"))


def test_every_act_has_one_entry_numbered_without_a_gap(physician):
    patient = a_patient(by=physician)
    a_device(by=physician)
    acts = list(Act.objects.order_by("pk").values_list("pk", flat=True))
    assert entries() == list(enumerate(acts, start=1))
    assert patient.pk


def test_entry_seals_what_the_tables_give_back(physician):
    patient, course, device = ready(by=physician)
    a_signed_session(by=physician, course=course, device=device, notes="Zoë “quoted” \\ \n\t – ½ µA ☂")
    numbers = [number for number, _act in entries()]
    found = contents(numbers)
    assert [content.link.number for content in found] == numbers
    assert all(content.fits for content in found)
    assert patient.pk


def test_code_of_an_entry_covers_the_one_before(physician):
    a_patient(by=physician)
    keys, previous = ring(), bytes(32)
    for link in Link.objects.order_by("number"):
        assert bytes(link.mac) == mac_of(keys, link.number, previous, moment_text(link.at), bytes(link.digest))
        previous = bytes(link.mac)
    assert (head().number, head().mac) == (len(entries()), previous)


@pytest.mark.parametrize("value", ["0.1", "14.5", "99999.9", "0.0"])
def test_figures_are_sealed_as_stored(physician, value):
    _patient, course, device = ready(by=physician)
    draft = a_draft(by=physician, course=course, device=device)
    phase = draft.applications.get().phases.first()
    assert phase.current_ma == Decimal("15.0")
    assert all(content.fits for content in contents([number for number, _act in entries()]))
    assert value


def test_altered_history_no_longer_fits(physician, unguarded):
    a_patient(by=physician, birth_date=date(1985, 9, 7))
    number = entries()[-1][0]
    with connection.cursor() as cursor:
        cursor.execute("UPDATE logbook_historicalpatient SET birth_date = '1985-09-08'")
    assert [content.fits for content in contents([number])] == [False]


def test_sealed_values_read_alike_on_both_engines(physician):
    _patient, course, device = ready(by=physician)
    a_signed_session(by=physician, course=course, device=device)
    kinds = set()
    for content in contents([number for number, _act in entries()]):
        _shape, act, rows = json.loads(content.text)
        kinds |= {type(value) for value in act} | {type(value) for row in rows for value in row}
        assert "datetime" not in content.text
    assert kinds == {str, int, type(None)}
    session_row = next(row for row in rows if row[0] == "logbook_historicalsession")
    assert {"2026-01-12 13:05:00.000000", "2026-01-01", 0} <= set(session_row)


@pytest.mark.parametrize(
    "text",
    [
        "a\\b",
        'say "so"',
        "line\nline\ttab",
        "é ☂ 漢字 😀",
        "\u2028 / <b> & '",
        "[1, 2]",
        "{}",
        "\\",
        "null",
        "1e5",
        "\x7f",
    ],
)
def test_row_told_by_the_database_reads_as_one_read_value_by_value(physician, text):
    """SQLite writes the JSON of a row itself; whatever stands in it, it is what Python would have written."""
    patient = a_patient(by=physician)
    history = history_of(Patient)
    specs = columns(history)
    table = history._meta.db_table
    json_table, json_specs = "told_json", ("id:plain", "kept:json", "words:plain")
    with connection.cursor() as cursor:
        cursor.execute('CREATE TEMPORARY TABLE "told_json" ("id" integer, "kept" text, "words" text)')
        kept = [json.dumps({"b": text, "a": [1, {"c": None}]}), "[1, 2]", "{}", "[]", None, "5", '"\\\\"']
        for number, value in enumerate(kept):
            cursor.execute('INSERT INTO "told_json" VALUES (%s, %s, %s)', [number, value, text])
        for name, kinds in ((table, specs), (json_table, json_specs)):
            cursor.execute(f'SELECT {telling(kinds, connection.vendor)} FROM "{name}" ORDER BY 1')
            quick = told(cursor.fetchall(), kinds, connection.vendor)
            cursor.execute(f'SELECT {reading(kinds, connection.vendor)} FROM "{name}" ORDER BY 1')
            slow = [(row[0], as_text(row)) for row in in_one_form(cursor.fetchall(), json_places(kinds))]
            assert quick == slow
    assert patient.pk
