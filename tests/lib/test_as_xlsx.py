"""Spreadsheets: real figures and dates, and text that stays text."""

import io
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.utils import translation
from openpyxl import load_workbook

from clinic.lib import as_xlsx
from clinic.lib.as_csv import FORMULA_STARTS
from clinic.lib.as_xlsx import LONGEST_CELL, ROWS_IN_MEMORY, workbook
from clinic.lib.problems import Refused
from clinic.lib.table import Column, Row, Table

AT = datetime(2026, 11, 22, 18, 11, tzinfo=UTC)
COLUMNS = (
    Column("start", "Start", "moment"),
    Column("month", "Month", "month"),
    Column("day", "Day", "date"),
    Column("n", "Current", "number", unit="mA"),
    Column("text", "Text"),
)
VALUES = (datetime(2026, 3, 29, 0, 30, tzinfo=UTC), date(2026, 3, 1), date(2026, 3, 12), Decimal("-12.50"), "a;b")


def sheet_of(*rows, language="en", foot="", **values):
    table = Table("t", "Sessions, list", COLUMNS, [Row(row) for row in rows], **values)
    return load_workbook(io.BytesIO(workbook(table, language, at=AT, foot=foot))).active


def text_sheet(*texts):
    table = Table("t", "T", (Column("text", "Text"),), [Row((text,)) for text in texts])
    return load_workbook(io.BytesIO(workbook(table, "en", at=AT))).active


@pytest.mark.parametrize(
    ("language", "formats"),
    [
        ("en", ["yyyy-mm-dd hh:mm", "yyyy-mm", "yyyy-mm-dd", "0.00", "General"]),
        ("fr", ["dd/mm/yyyy hh:mm", "mm/yyyy", "dd/mm/yyyy", "0.00", "General"]),
    ],
)
def test_figures_days_and_moments_are_real_ones_in_the_clinics_time_zone(language, formats):
    cells = sheet_of(VALUES, language=language)[2]
    assert [(cell.value, cell.number_format) for cell in cells] == list(
        zip([datetime(2026, 3, 29, 1, 30), datetime(2026, 3, 1), datetime(2026, 3, 12), -12.5, "a;b"], formats, strict=True)  # noqa: DTZ001
    )  # fmt: skip


def test_headings_carry_units_and_time_zone_and_stay_in_sight():
    sheet = sheet_of(VALUES)
    assert [cell.value for cell in sheet[1]] == ["Start (Europe/Paris)", "Month", "Day", "Current (mA)", "Text"]
    assert (sheet.freeze_panes, sheet.print_title_rows, sheet.title) == ("A2", "$1:$1", "Sessions, list")


@pytest.mark.parametrize("text", [f"{start}1+1" for start in FORMULA_STARTS] + ["{=1+1}", " =1+1", "http://a.example/"])
def test_text_that_a_spreadsheet_would_run_is_text(text):
    cell = text_sheet(text)["A2"]
    assert (cell.data_type, cell.value, cell.hyperlink) == ("s", text.replace("\r", "_x000D_"), None)


@pytest.mark.parametrize("text", ["_x0041_", "🩹 你好 مرحبا", "a\nb", "0042", "1e5", "<b>&amp;", " x "])
def test_text_arrives_as_it_was_typed(text):
    cell = text_sheet(text)["A2"]
    assert (cell.data_type, cell.value) == ("s", text)


def test_figures_that_a_spreadsheet_would_round_stay_text():
    sheet = sheet_of(
        (None, None, None, Decimal("1234567890.1234567"), ""), (None, None, None, 10**17, ""), (None, None, None, 0, "")
    )
    assert [sheet.cell(line, 4).value for line in (2, 3, 4)] == ["1234567890.1234567", str(10**17), 0]


def test_days_that_spreadsheets_miscount_stay_text_and_words_stand_for_yes_and_no():
    sheet = sheet_of((None, "no start written yet", date(1899, 5, 1), True, False))
    assert [cell.value for cell in sheet[2]] == [None, "no start written yet", "1899-05-01", "yes", "no"]


def test_totals_note_and_foot_stand_at_the_end():
    sheet = sheet_of(VALUES, totals=Row(("All", "", "", 5, "")), note="A note.", foot="entry 7, code 3F2A & more")
    assert [sheet.cell(line, 1).value for line in range(3, 9)] == [
        "All", None, "A note.", None, "entry 7, code 3F2A & more", None,
    ]  # fmt: skip
    assert (sheet["D3"].value, sheet.oddFooter.left.text) == (5, "entry 7, code 3F2A && more")


def test_struck_rows_are_struck():
    table = Table("t", "T", (Column("text", "Text"),), [Row(("gone",), struck=True), Row(("here",))])
    sheet = load_workbook(io.BytesIO(workbook(table, "en", at=AT))).active
    assert [sheet[place].font.strike for place in ("A2", "A3")] == [True, None]


def test_text_longer_than_a_cell_says_so_instead_of_vanishing():
    value = text_sheet("x" * (LONGEST_CELL + 1))["A2"].value
    assert (value[:3], value[-9:], len(value) <= LONGEST_CELL) == ("xxx", " […32768]", True)


def test_name_of_the_sheet_is_one_that_spreadsheets_allow():
    table = Table("t", "Séances : [liste]/compte? de l'année 2026 *", (Column("a", "A"),), [])
    assert load_workbook(io.BytesIO(workbook(table, "fr", at=AT))).sheetnames == ["Séances liste compte de l année"]


def test_long_table_is_written_in_constant_memory_and_whole():
    table = Table("t", "T", (Column("n", "N", "number"),), [Row((number,)) for number in range(ROWS_IN_MEMORY + 1)])
    content = workbook(table, "en", at=AT)
    rows = load_workbook(io.BytesIO(content), read_only=True).active.iter_rows(values_only=True)
    assert [row[0] for row in rows] == ["N", *range(ROWS_IN_MEMORY + 1)]
    assert "xl/sharedStrings.xml" not in zipfile.ZipFile(io.BytesIO(content)).namelist()


def test_table_beyond_the_format_is_refused(monkeypatch):
    monkeypatch.setattr(as_xlsx, "LARGEST_SHEET_ROWS", 1)
    with translation.override("en"), pytest.raises(Refused, match="Take the CSV file"):
        text_sheet("a", "b")
