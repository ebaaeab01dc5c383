"""The sessions report as a file: CSV, spreadsheet and PDF, what each holds, and what is recorded when it leaves."""

import hashlib
import io
from datetime import datetime

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from clinic.audit.anchors import footer, kept
from clinic.audit.models import Act
from clinic.lib import as_pdf
from sessions.models import Receipt
from tests.factories import a_course, a_device, a_patient
from tests.reports.rows import a_session, paris
from tests.views.reports import FILE, PAGE, PDF, SPREADSHEET, file_of, list_of, looks, rows_of, whole_text

pytestmark = pytest.mark.django_db


@pytest.fixture
def course(physician):
    return a_course(by=physician, patient=a_patient(by=physician, given_names="Zoë"))


@pytest.fixture
def session(physician, course):
    return a_session(
        by=physician,
        course=course,
        started_at=paris(2026, 3, 12, 14, 5),
        device=a_device(by=physician),
        sites=("palm", "sole"),
    )


def test_french_file_opens_in_a_french_spreadsheet(client_of, staff, session):
    answer = client_of(staff).get(FILE, {"part": "list"})
    content = answer.content
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\r\n") == 4
    rows = rows_of(content.decode("utf-8"))
    assert rows[1][:3] == ["12/03/2026 14:05", "Çelik Zoë", "2026-0001"]
    assert rows[1][8:] == ["Dr Jeanne Morel", "Hidrex PSP1000 nº 4412"]
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].startswith('attachment; filename="sessions-list-2')
    assert answer["Cache-Control"] == "no-store, private"


def test_english_file_has_commas_and_iso_dates(client_of, auditor, session):
    client = client_of(auditor)
    client.cookies["django_language"] = "en"
    rows = rows_of(file_of(client), ",")
    assert rows == [
        [
            "Start (Europe/Paris)", "Patient", "Record number", "Indication", "Session", "Sites", "What happened",
            "Record", "Physician", "Device",
        ],
        [
            "2026-03-12 14:05", "Çelik Zoë", "2026-0001", "hyperhidrosis", "1", "palm (hand), sole (foot)", "completed", "signed",
            "Dr Jeanne Morel", "Hidrex PSP1000 nº 4412",
        ],
    ]  # fmt: skip


def test_name_that_is_a_formula_stays_text(client_of, staff, physician):
    patient = a_patient(by=physician, family_name="=HYPERLINK(1)", given_names="x")
    a_session(by=physician, course=a_course(by=physician, patient=patient), started_at=paris(2026, 3, 12, 14))
    assert rows_of(file_of(client_of(staff)))[1][1] == "'=HYPERLINK(1) x"


def test_export_is_an_act_and_a_look_at_each_patient_of_the_file(client_of, staff, physician, session):
    other = a_patient(by=physician, record_number="2026-0002")
    for day in (13, 14):
        a_session(by=physician, course=a_course(by=physician, patient=other), started_at=paris(2026, 3, day, 14))
    content = client_of(staff).get(f"{FILE}?site=palm&part=list").content
    assert sorted(looks()) == [
        ("leroy", pk, "export", "logbook:report-csv") for pk in sorted([session.patient_id, other.pk])
    ]
    act = Act.objects.get(kind="export_report")
    assert (act.by, act.subject, act.reason, act.patient_id) == (
        staff,
        "report:sessions",
        f"sessions/list: site=palm; 3 rows; csv, {len(content)} bytes, SHA-256 {hashlib.sha256(content).hexdigest()}",
        None,
    )
    receipt = Receipt.objects.get()
    assert (receipt.taken_by, receipt.question, receipt.row_count, receipt.size, receipt.file_digest) == (
        staff,
        "site=palm",
        3,
        len(content),
        hashlib.sha256(content).hexdigest(),
    )
    assert (receipt.head_number, receipt.definition_version) == (act.link.number - 1, "1")


@pytest.mark.parametrize("address", [FILE, SPREADSHEET, PDF])
def test_every_file_carries_the_last_entry_of_the_chain_and_leaves_an_anchor(client_of, staff, session, address):
    said, before = footer(), [anchor.number for anchor in kept()]
    answer = client_of(staff).get(address)
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store, private")
    assert said in whole_text(answer)
    anchors = list(kept())[len(before) :]
    assert [(anchor.why, anchor.number) for anchor in anchors] == [
        ("export", Act.objects.get(kind="export_report").link.number)
    ]


def test_spreadsheet_has_real_moments_and_figures(client_of, staff, session):
    answer = client_of(staff).get(SPREADSHEET, {"part": "list"})
    assert answer["Content-Type"] == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert answer["Content-Disposition"].endswith('.xlsx"')
    rows = list(load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True))
    assert (rows[0][0], rows[1][0], rows[1][1], rows[1][4]) == (
        "Début (Europe/Paris)", datetime(2026, 3, 12, 14, 5), "Çelik Zoë", 1,  # noqa: DTZ001
    )  # fmt: skip


def test_pdf_says_its_limits_and_who_printed_it(client_of, staff, physician, session):
    client = client_of(staff)
    client.cookies["django_language"] = "en"
    answer = client.get(PDF, {"site": "sole", "from_date": "2026-03-01", "physician": physician.pk, "part": "list"})
    assert (answer["Content-Type"], answer["Content-Disposition"][-5:]) == ("application/pdf", '.pdf"')
    text = " ".join(whole_text(answer).split())
    assert "Sessions – List From: 1 Mar 2026 · Physician: Dr Jeanne Morel · Site: sole (foot) Start" in text
    assert "12 Mar 2026, 14:05 Çelik Zoë 2026-0001 hyperhidrosis 1" in text
    assert "Printed by Lou Leroy on" in text


def test_pdf_of_the_whole_report_has_the_chart_every_table_and_what_is_counted(client_of, staff, session):
    client = client_of(staff)
    client.cookies["django_language"] = "en"
    document = client.get(PDF).content
    text = " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(document)).pages).split())
    parts = [
        "Sessions performed per month",
        "Per month",
        "Indication",
        "List",
        "What is counted",
        "Definition: version 1",
    ]
    places = [text.find(part) for part in parts]
    assert (places, min(places) >= 0) == (sorted(places), True)
    assert text.count("March 2026") + text.count("Mar") >= 2  # on the axis and in the table


@pytest.mark.parametrize("address", [SPREADSHEET, PDF])
def test_other_formats_name_no_patient_to_the_administrator(client_of, administrator, session, address):
    answer = client_of(administrator).get(address)
    assert (answer.status_code, looks()) == (200, [])
    assert "Çelik" not in whole_text(answer)


def test_list_too_long_for_a_pdf_is_refused_with_the_way_out(client_of, staff, session, monkeypatch):
    monkeypatch.setattr(as_pdf, "LARGEST_TABLE_ROWS", 0)
    client = client_of(staff)
    client.cookies["django_language"] = "en"
    answer = client.get(PDF)
    assert answer.status_code == 400
    assert "Take the spreadsheet or the CSV file" in answer.content.decode()
    assert (looks(), Act.objects.filter(kind="export_report").count()) == ([], 0)


def test_file_holds_every_session_and_the_page_the_newest(client_of, staff, physician, course):
    for minute in range(60):
        a_session(by=physician, course=course, started_at=paris(2026, 3, 12, 14, minute), sites=())
    client = client_of(staff)
    rows, page = rows_of(file_of(client))[1:], list_of(client.get(PAGE))
    assert [int(row[4]) for row in rows] == list(range(60, 0, -1))
    assert [row.values[4] for row in page.rows] == list(range(60, 50, -1))


@pytest.mark.parametrize("role", ["administrator", "staff"])
def test_file_of_counts_names_no_patient(client_of, request, session, role):
    user = request.getfixturevalue(role)
    client = client_of(user)
    client.cookies["django_language"] = "en"
    content = file_of(client, part="counts")
    assert rows_of(content, ",") == [
        [
            "Counted by",
            "Value",
            "Performed",
            "Completed",
            "Stopped early",
            "Not done",
            "Late records",
            "Drafts, not counted",
        ],
        ["Per month", "2026-03", "1", "1", "0", "0", "0", "0"],
        ["Physician", "Dr Jeanne Morel", "1", "1", "0", "0", "0", "0"],
        ["Indication", "hyperhidrosis", "1", "1", "0", "0", "0", "0"],
        ["Site", "palm (hand)", "1", "1", "0", "0", "0", "0"],
        ["Site", "sole (foot)", "1", "1", "0", "0", "0", "0"],
        ["Device", "Hidrex PSP1000 nº 4412", "1", "1", "0", "0", "0", "0"],
        ["All", "", "1", "1", "0", "0", "0", "0"],
    ]
    assert looks() == []
