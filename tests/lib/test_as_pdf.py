"""PDF files: what was typed stands there as typed, for readers and for screen readers, on numbered pages."""

import io
import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.utils import translation
from pypdf import PdfReader

from clinic.lib import as_pdf
from clinic.lib.as_pdf import LARGEST_TABLE_ROWS, TEMPLATES, Frame, document, rows_block, shown, table_pdf
from clinic.lib.glyphs import signs
from clinic.lib.problems import Refused
from clinic.lib.table import Column, Row, Table
from clinic.lib.typesetting import set_apart, set_here

AT = datetime(2026, 11, 22, 18, 11, tzinfo=UTC)
COLUMNS = (Column("day", "Day", "date"), Column("text", "Text"), Column("n", "Current", "number", unit="mA"))


def a_frame(**values):
    given = {
        "title": "Sessions",
        "language": "en",
        "at": AT,
        "printed_by": "Lou Leroy",
        "foot": "entry 7, code 3F2A-91BC",
    }
    return Frame(**(given | values))


def a_table(*texts, **values):
    rows = [Row((date(2026, 3, 12), text, Decimal("12.50"))) for text in texts]
    return Table("t", "T", COLUMNS, rows, **values)


def pages(content):
    return [page.extract_text() for page in PdfReader(io.BytesIO(content)).pages]


def words(content):
    """The text of the file on one line: where lines break is the page's business."""
    return " ".join(" ".join(pages(content)).split())


def test_table_has_title_limits_headings_with_units_rows_totals_note_and_foot():
    table = a_table("first", totals=Row(("All", "", Decimal("12.5"))), note="A note.")
    assert words(table_pdf(table, a_frame(under_title=("Site: palm",)))) == (
        "Sessions Site: palm Day Text Current (mA) 12 Mar 2026 first 12.50 All 12.5 A note. "
        "entry 7, code 3F2A-91BC Printed by Lou Leroy on 22 November 2026, 19:11 (Europe/Paris) Page 1 of 1"
    )


def test_what_looks_like_a_program_is_printed_as_it_stands():
    typed = '#panic("x") *bold* $x$ _y_ `z` @ref <a> // c /* d */ \\u{41} = h #read("/etc/passwd") {page}'
    assert typed in words(table_pdf(a_table(typed), a_frame()))


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("fine 🩹", "fine [U+1FA79]"),
        ("你好", "[U+4F60][U+597D]"),
        ("null\x00", "null[U+0000]"),
        ("\ue000", "[U+E000]"),
    ],
)
def test_signs_that_no_font_has_stand_by_their_number_and_the_page_says_so(typed, printed):
    text = words(table_pdf(a_table(typed), a_frame()))
    assert printed in text
    assert "Signs that the fonts of this document do not have stand by their number" in text


def test_scripts_that_the_fonts_have_raise_no_such_note():
    text = words(table_pdf(a_table("مرحبا", "שלום", "Ωμέγα", "Жук", "x\u0301\u0323"), a_frame()))
    assert "Signs that the fonts" not in text


def test_every_sign_that_counts_as_drawable_is_drawn():
    everything = sorted(signs())
    lines = ["".join(everything[start : start + 40]) for start in range(0, len(everything), 40)]
    body = {"table": rows_block([Column("a", "A")], [[line] for line in lines]), "note": ""}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(as_pdf, "plainest", None)  # nothing may need the second, plainer setting
        assert len(PdfReader(io.BytesIO(document(TEMPLATES / "table.typ", body, a_frame()))).pages) > 1


def test_file_is_tagged_for_archives_and_screen_readers():
    reader = PdfReader(io.BytesIO(table_pdf(a_table("x"), a_frame(language="fr", title="Séances"))))
    root = reader.trailer["/Root"]
    about = root["/Metadata"].get_data().decode()
    assert (root["/MarkInfo"]["/Marked"], str(root["/Lang"]), reader.metadata.title) == (True, "fr", "Séances")
    assert re.findall(r"<pdf(?:aid|uaid):(\w+)>(\w+)<", about) == [("part", "2"), ("conformance", "A"), ("part", "1")]


def test_heading_of_the_table_and_number_of_the_page_stand_on_every_page():
    table = a_table(*(f"row {number}" for number in range(120)))
    texts = pages(table_pdf(table, a_frame()))
    assert [("Current (mA)" in text, text.splitlines()[-1]) for text in texts] == [
        (True, f"Page {number} of 3") for number in (1, 2, 3)
    ]


def test_french_file_writes_dates_and_figures_in_french():
    with translation.override("fr"):
        assert [shown(value, kind) for value, kind in (
            (date(2026, 3, 1), "month"), (date(2026, 3, 12), "date"), (Decimal("12.50"), "number"),
            (Decimal("12.50"), "text"), (True, "text"),
            (None, "text"), (AT, "moment"), (7, "number"),
        )] == ["mars 2026", "12/03/2026", "12,50", "12,5", "oui", "", "22/11/2026, 19\u00a0h\u00a011", "7"]  # fmt: skip


def test_struck_rows_and_empty_tables_can_be_set():
    struck = Table("t", "T", COLUMNS, [Row((None, "gone", 3), struck=True)])
    assert "gone" in words(table_pdf(struck, a_frame()))
    assert "Nothing here." in words(table_pdf(a_table(empty="Nothing here."), a_frame()))


def test_same_table_at_the_same_moment_gives_the_same_bytes_in_this_process_and_in_another():
    frame, table = a_frame(), a_table("x", "y")
    assert table_pdf(table, frame) == table_pdf(table, frame)
    source, data = '#set document(title: "t", date: auto)\n#sys.inputs.data', '"x"'
    assert set_here(source, data, 5) == set_apart(source, data, 5)


def test_large_table_is_set_in_a_process_of_its_own(monkeypatch):
    here = []
    monkeypatch.setattr(as_pdf, "set_here", here.append)
    assert len(pages(table_pdf(a_table(*["x"] * 500), a_frame()))) == 10
    assert here == []


def test_table_that_is_too_long_is_refused_with_the_way_out():
    table = Table("t", "T", COLUMNS, [Row((None, "x", 1))] * (LARGEST_TABLE_ROWS + 1))
    with translation.override("en"), pytest.raises(Refused, match="Take the spreadsheet or the CSV file"):
        table_pdf(table, a_frame())


def test_long_words_break_instead_of_running_off_the_page_and_digests_stay_whole():
    digest = "0123456789abcdef" * 4
    frame = a_frame(under_title=("y" * 300, f"SHA-256 {digest}"))
    text = words(table_pdf(a_table("x" * 300), frame))
    assert digest in text
    assert ("x" * 140 in text, "y" * 140 in text) == (False, False)
    assert "x" * 300 in text.replace("\u200b", "").replace(" ", "")


def test_template_reads_no_file_and_sees_no_font_of_the_machine(tmp_path):
    template = tmp_path / "thief.typ"
    template.write_text('#read("/etc/passwd")')
    with pytest.raises(as_pdf.NotSet) as caught:
        document(template, {}, a_frame())
    assert (str(caught.value), caught.value.__suppress_context__) == ("the typesetter refused", True)
