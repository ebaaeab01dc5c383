"""The sessions report as a page and as a file: who sees what of it, and what a hostile address gets."""

import csv
import hashlib
import io
from datetime import datetime
from html.parser import HTMLParser
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook
from pypdf import PdfReader

from clinic.audit.anchors import footer, kept
from clinic.audit.models import Access, Act
from clinic.lib import as_pdf
from tests.factories import a_course, a_device, a_patient
from tests.reports.rows import a_session, paris

pytestmark = pytest.mark.django_db

PAGE = reverse("logbook:report", args=["sessions"])
FILE = reverse("logbook:report-csv", args=["sessions"])
SPREADSHEET = reverse("logbook:report-xlsx", args=["sessions"])
PDF = reverse("logbook:report-pdf", args=["sessions"])


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


def looks():
    return list(
        Access.objects.exclude(patient_id=None)
        .order_by("id")
        .values_list("by__username", "patient_id", "kind", "route")
    )


def file_of(client, **limits):
    return client.get(f"{FILE}?{urlencode(limits)}").content.decode("utf-8")


def whole_text(answer):
    """Every word of a file, whatever its format."""
    kind = answer["Content-Type"]
    if kind == "application/pdf":
        return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
    if "spreadsheet" in kind:
        rows = load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True)
        return "\n".join(str(value) for row in rows for value in row if value is not None)
    return answer.content.decode("utf-8-sig")


def rows_of(content, delimiter=";"):
    """The lines above the foot."""
    lines = list(csv.reader(io.StringIO(content.removeprefix("\ufeff"), newline=""), delimiter=delimiter))
    *rows, empty, _foot = lines
    assert empty == []
    return rows


@pytest.mark.parametrize("address", [PAGE, FILE, SPREADSHEET, PDF])
def test_nobody_reads_a_report_without_logging_in(client, administrator, address):
    answer = client.get(address)
    assert (answer.status_code, answer["Location"]) == (302, f"{reverse('account_login')}?next={address}")


@pytest.mark.parametrize("address", [PAGE, FILE, SPREADSHEET, PDF])
def test_a_report_is_only_read(client_of, staff, address):
    assert client_of(staff).post(address).status_code == 405


def test_staff_see_names_and_numbers_and_the_looks_are_recorded(client_of, staff, session):
    answer = client_of(staff).get(PAGE)
    assert answer.status_code == 200
    assert [row.values[1:3] for row in answer.context["report"].list.rows] == [("Çelik Zoë", "2026-0001")]
    assert str(session.uid) not in answer.content.decode()
    assert looks() == [("leroy", session.patient_id, "report", "logbook:report")]


def test_rows_lead_to_the_record_for_those_who_may_read_it(client_of, auditor, session):
    assert reverse("logbook:session", args=[session.uid]) in client_of(auditor).get(PAGE).content.decode()


def test_administrator_sees_counts_and_nobody(client_of, administrator, session):
    answer = client_of(administrator).get(PAGE)
    assert (answer.status_code, answer.context["report"].list, answer.context["report"].total.performed) == (
        200,
        None,
        1,
    )
    assert "Çelik" not in answer.content.decode()
    assert looks() == []


def test_empty_report_says_so_and_passes_the_gate(client_of, staff):
    assert (client_of(staff).get(PAGE).status_code, looks()) == (200, [])


def test_limits_of_the_address_stand_in_the_form_and_hold(client_of, staff, physician, session):
    limits = {
        "from_date": "2026-03-01", "to_date": "2026-03-31", "physician": physician.pk, "indication": "hyperhidrosis",
        "site": "sole", "device": session.device.uid, "status": "completed", "record_status": "final",
    }  # fmt: skip
    answer = client_of(staff).get(f"{PAGE}?{urlencode(limits)}")
    assert (answer.status_code, answer.context["report"].total.performed) == (200, 1)
    shown = answer.content.decode()
    for value in ("2026-03-01", "2026-03-31"):
        assert f'value="{value}"' in shown
    answer = client_of(staff).get(f"{PAGE}?{urlencode(limits | {'site': 'axilla'})}")
    assert answer.context["report"].total.performed == 0


@pytest.mark.parametrize(
    ("limits", "field"),
    [
        ({"from_date": "2026-13-45"}, "from_date"),
        ({"from_date": "0001-01-01"}, "from_date"),
        ({"to_date": "9999-12-31"}, "to_date"),
        ({"from_date": "2026-04-01", "to_date": "2026-03-01"}, "to_date"),
        ({"physician": "1 OR 1=1"}, "physician"),
        ({"physician": "99999999999999999999999"}, "physician"),
        ({"physician": "\x00"}, "physician"),
        ({"device": "not-a-device"}, "device"),
        ({"device": "00000000-0000-0000-0000-000000000000"}, "device"),
        ({"indication": "<script>"}, "indication"),
        ({"site": "elbow"}, "site"),
        ({"status": "done"}, "status"),
        ({"record_status": "deleted"}, "record_status"),
        ({"after": "2026-99-99T00:00:00.000000_1"}, "after"),
        ({"after": "none_" + "9" * 40}, "after"),
        ({"after": "\u0662026"}, "after"),
        ({"part": "everything"}, "part"),
        ({"patient": "Çelik"}, "__all__"),
        ([("site", "palm"), ("site", "sole")], "site"),
    ],
)
@pytest.mark.parametrize("address", [PAGE, FILE, SPREADSHEET, PDF])
def test_address_that_makes_no_sense_is_answered_with_a_reason(client_of, staff, session, address, limits, field):
    answer = client_of(staff).get(f"{address}?{urlencode(limits)}")
    assert (answer.status_code, list(answer.context["form"].errors)) == (400, [field])
    assert answer["Content-Type"] == "text/html; charset=utf-8"
    assert (looks(), Act.objects.filter(kind="export_report").count()) == ([], 0)


def test_french_file_opens_in_a_french_spreadsheet(client_of, staff, session):
    answer = client_of(staff).get(FILE)
    content = answer.content
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\r\n") == 4
    rows = rows_of(content.decode("utf-8"))
    assert rows[1][:3] == ["12/03/2026 14:05", "Çelik Zoë", "2026-0001"]
    assert rows[1][8:] == ["Dr Jeanne Morel", "Hidrex PSP1000 nº 4412"]
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].startswith('attachment; filename="sessions-2')
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
    content = client_of(staff).get(f"{FILE}?site=palm").content
    assert sorted(looks()) == [
        ("leroy", pk, "export", "logbook:report-csv") for pk in sorted([session.patient_id, other.pk])
    ]
    act = Act.objects.get(kind="export_report")
    assert (act.by, act.subject, act.reason, act.patient_id) == (
        staff,
        "report:sessions",
        f"sessions: site = palm; 3 rows; csv, {len(content)} bytes, SHA-256 {hashlib.sha256(content).hexdigest()}",
        None,
    )


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
    answer = client_of(staff).get(SPREADSHEET)
    assert answer["Content-Type"] == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert answer["Content-Disposition"].endswith('.xlsx"')
    rows = list(load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True))
    assert (rows[0][0], rows[1][0], rows[1][1], rows[1][4]) == (
        "Début (Europe/Paris)", datetime(2026, 3, 12, 14, 5), "Çelik Zoë", 1,  # noqa: DTZ001
    )  # fmt: skip


def test_pdf_says_its_limits_and_who_printed_it(client_of, staff, physician, session):
    client = client_of(staff)
    client.cookies["django_language"] = "en"
    answer = client.get(PDF, {"site": "sole", "from_date": "2026-03-01", "physician": physician.pk})
    assert (answer["Content-Type"], answer["Content-Disposition"][-5:]) == ("application/pdf", '.pdf"')
    text = " ".join(whole_text(answer).split())
    assert "Sessions report From: 1 Mar 2026 · Physician: Dr Jeanne Morel · Site: sole (foot) 1 session Start" in text
    assert "12 Mar 2026, 14:05 Çelik Zoë 2026-0001 hyperhidrosis 1" in text
    assert "Printed by Lou Leroy on" in text


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


def test_file_holds_every_session_in_the_order_of_the_page(client_of, staff, physician, course):
    for minute in range(60):
        a_session(by=physician, course=course, started_at=paris(2026, 3, 12, 14, minute), sites=())
    client = client_of(staff)
    rows = rows_of(file_of(client))[1:]
    first = client.get(PAGE)
    second = client.get(f"{PAGE}?{first.context['following']}")
    paged = [row.values[4] for answer in (first, second) for row in answer.context["report"].list.rows]
    assert ([int(row[4]) for row in rows], len(first.context["report"].list.rows)) == (paged, 50)
    assert second.context["following"] == ""


@pytest.mark.parametrize("role", ["administrator", "staff"])
def test_file_of_counts_names_no_patient(client_of, request, session, role):
    user = request.getfixturevalue(role)
    client = client_of(user)
    client.cookies["django_language"] = "en"
    content = file_of(client, **({} if role == "administrator" else {"part": "counts"}))
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


class Cells(HTMLParser):
    """The text of every cell of the first table."""

    def __init__(self):
        super().__init__()
        self.cells, self.inside, self.tables = [], False, 0

    def handle_starttag(self, tag, attrs):
        self.tables += tag == "table"
        if tag in {"td", "th"}:
            self.inside = True
            self.cells.append("")

    def handle_endtag(self, tag):
        self.inside = self.inside and tag not in {"td", "th"}

    def handle_data(self, data):
        if self.inside and self.tables == 1:
            self.cells[-1] += data.strip()


def test_page_shows_the_months_and_their_sum(client_of, staff, session):
    client = client_of(staff)
    client.cookies["django_language"] = "en"
    cells = Cells()
    cells.feed(client.get(PAGE).content.decode())
    assert cells.cells[7:21] == ["March 2026", "1", "1", "0", "0", "0", "0", "All", "1", "1", "0", "0", "0", "0"]


def test_page_asks_the_same_number_of_questions_for_one_and_three_sessions(client_of, staff, physician, session):
    client = client_of(staff)
    client.get(PAGE)  # the first page after logging in also notes the time
    with CaptureQueriesContext(connection) as one:
        client.get(PAGE)
    for number in (2, 3):
        patient = a_patient(by=physician, record_number=f"2026-000{number}")
        device = a_device(by=physician, serial_number=str(number))
        a_session(
            by=physician,
            course=a_course(by=physician, patient=patient),
            started_at=paris(2026, 4, number, 9),
            device=device,
        )
    with CaptureQueriesContext(connection) as three:
        client.get(PAGE)
    assert len(three.captured_queries) == len(one.captured_queries)
