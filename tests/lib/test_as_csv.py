"""CSV files: the language's habits, and no cell that a spreadsheet would run."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from clinic.lib.as_csv import FORMULA_STARTS, cell, guarded, stream
from clinic.lib.table import Column, Row, Table

COLUMNS = (
    Column("start", "Start", "moment"),
    Column("month", "Month", "month"),
    Column("day", "Day", "date"),
    Column("n", "N", "number"),
    Column("text", "Text"),
)
VALUES = (datetime(2026, 3, 29, 0, 30, tzinfo=UTC), date(2026, 3, 1), date(2026, 3, 12), Decimal("-12.50"), 'a;b,"c"')


def written(language, *rows):
    return b"".join(stream(Table("t", "T", COLUMNS, [Row(values) for values in rows]), language)).decode("utf-8")


def test_french_file_has_semicolons_decimal_commas_and_french_dates():
    assert written("fr", VALUES) == (
        '\ufeffStart (Europe/Paris);Month;Day;N;Text\r\n29/03/2026 01:30;03/2026;12/03/2026;-12,50;"a;b,""c"""\r\n'
    )


def test_english_file_has_commas_decimal_points_and_iso_dates():
    assert written("en", VALUES) == (
        '\ufeffStart (Europe/Paris),Month,Day,N,Text\r\n2026-03-29 01:30,2026-03,2026-03-12,-12.50,"a;b,""c"""\r\n'
    )


def test_empty_table_still_names_its_columns():
    assert written("fr") == "\ufeffStart (Europe/Paris);Month;Day;N;Text\r\n"


def test_nothing_is_an_empty_cell_and_yes_and_no_are_words():
    with translation.override("en"):
        assert [cell(value, "text", "en") for value in (None, "", True, False)] == ["", "", "yes", "no"]
    with translation.override("fr"):
        assert [cell(value, "text", "fr") for value in (True, False)] == ["oui", "non"]


@pytest.mark.parametrize("start", FORMULA_STARTS)
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe(start):
    assert guarded(f"{start}1+1") == f"'{start}1+1"


@pytest.mark.parametrize("start", [start for start in FORMULA_STARTS if start.strip()])
def test_blanks_in_front_of_a_formula_do_not_hide_it(start):
    assert guarded(f" \t{start}1+1") == f"' \t{start}1+1"
    assert guarded(f"  {start}1+1") == f"'  {start}1+1"


def test_numbers_below_zero_stay_numbers_and_plain_text_stays_itself():
    assert [cell(value, "text", "fr") for value in (-5, Decimal("-0.5"), "a=b", "12-3")] == [
        "-5",
        "-0,5",
        "a=b",
        "12-3",
    ]


def test_titles_are_guarded_too():
    table = Table("t", "T", (Column("a", "=1+1", "number"),), [])
    assert b"".join(stream(table, "en")).decode("utf-8-sig") == "'=1+1\r\n"


def test_rows_over_one_piece_all_arrive_in_order():
    table = Table("t", "T", (Column("n", "N", "number"),), [Row((number,)) for number in range(401)])
    pieces = list(stream(table, "en"))
    assert [len(piece.decode("utf-8-sig").splitlines()) for piece in pieces] == [0, 1, 200, 200, 1]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")), min_size=1, max_size=4))
def test_whatever_text_goes_in_comes_out_and_none_is_a_formula(texts):
    columns = tuple(Column(f"c{number}", "x") for number in range(len(texts)))
    for language, delimiter in (("fr", ";"), ("en", ",")):
        content = b"".join(stream(Table("t", "T", columns, [Row(tuple(texts))]), language)).decode("utf-8")
        _titles, row = csv.reader(io.StringIO(content.removeprefix("\ufeff"), newline=""), delimiter=delimiter)
        assert [
            text if text == original else text.removeprefix("'") for text, original in zip(row, texts, strict=True)
        ] == texts
        assert not any(text.startswith(FORMULA_STARTS) for text in row)


def test_foot_is_the_last_line_after_an_empty_one():
    table = Table("t", "T", (Column("a", "A", "number", unit="mA"), Column("b", "B")), [Row((Decimal("1.5"), "x"))])
    assert b"".join(stream(table, "fr", "=entry 7; code")).decode("utf-8-sig") == (
        'A (mA);B\r\n1,5;x\r\n\r\n"\'=entry 7; code"\r\n'
    )
