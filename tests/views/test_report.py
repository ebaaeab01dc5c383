"""The sessions report as a page and as a file: who sees what of it, and what a hostile address gets."""

import re
from decimal import Decimal
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from clinic.audit.models import Act
from sessions.models import Receipt
from sessions.reports.registry import BY_CODE, REPORTS
from sessions.reports.report import Headline
from tests.factories import a_course, a_device, a_patient
from tests.reports.rows import a_session, paris
from tests.views.reports import FILE, PAGE, PDF, SPREADSHEET, compare, file_of, list_of, looks, whole_text

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


def performed(answer):
    return answer.context["built"].headline[0].figure


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
    assert [row.values[1:3] for row in list_of(answer).rows] == [("Çelik Zoë", "2026-0001")]
    assert str(session.uid) not in answer.content.decode()
    assert looks() == [("leroy", session.patient_id, "report", "logbook:report")]


def test_rows_lead_to_the_record_for_those_who_may_read_it(client_of, auditor, session):
    assert reverse("logbook:session", args=[session.uid]) in client_of(auditor).get(PAGE).content.decode()


def test_administrator_sees_counts_and_nobody(client_of, administrator, session):
    answer = client_of(administrator).get(PAGE)
    assert (answer.status_code, list_of(answer), performed(answer)) == (200, None, 1)
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
    assert (answer.status_code, performed(answer)) == (200, 1)
    shown = answer.content.decode()
    for value in ("2026-03-01", "2026-03-31"):
        assert f'value="{value}"' in shown
    answer = client_of(staff).get(f"{PAGE}?{urlencode(limits | {'site': 'axilla'})}")
    assert performed(answer) == 0


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
        ({"after": "2026-99-99T00:00:00.000000_1"}, "__all__"),
        ({"part": "<script>"}, "part"),
        ({"period": "yesterday"}, "period"),
        ({"period": "last-month", "from_date": "2026-03-01"}, "period"),
        ({"operator": "-1"}, "operator"),
        ({"side": "upper"}, "side"),
        ({"substance": "x" * 101}, "substance"),
        ({"age": "18"}, "age"),
        ({"sex": "f"}, "sex"),
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


def cells_of(page, part):
    """The text of every cell of one table of the page."""
    table = page.split(f'id="{part}"')[1].split("<table")[1].split("</table>")[0]
    return [re.sub(r"<[^>]*>", "", cell).strip() for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", table, re.DOTALL)]


def test_page_shows_the_months_and_their_sum(client_of, staff, session):
    client = client_of(staff)
    client.cookies["django_language"] = "en"
    cells = cells_of(client.get(PAGE).content.decode(), "months")
    assert cells[7:] == ["March 2026", "1", "1", "0", "0", "0", "0", "All", "1", "1", "0", "0", "0", "0"]


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


# --- Reports that are handed on ------------------------------------------------------------------


def test_small_numbers_and_names_are_not_in_a_report_that_is_handed_on(
    client_of, staff, physician, course, session, settings
):
    settings.SMALLEST_CELL = 5
    for day in range(1, 7):
        a_session(by=physician, course=course, started_at=paris(2026, 4, day, 9))
    client = client_of(staff)
    answer = client.get(PAGE, {"shared": "on"})
    tables = {table.name: [row.values[1] for row in table.rows] for table, _route in answer.context["tables"]}
    assert tables["months"] == ["·", "·"]  # one in March, six in April: alone, it could be worked out
    assert tables["indication"] == [7]
    assert ("list" in tables, answer.context["built"].charts, "Çelik" in answer.content.decode()) == (False, (), False)
    assert "·" in file_of(client, shared="on", part="months")
    receipt = Receipt.objects.get()
    assert (receipt.question, compare(client, receipt).same) == ("shared=True", True)


def test_no_headline_and_no_second_table_gives_a_small_number_away(client_of, staff, session, settings):
    settings.SMALLEST_CELL = 5
    client = client_of(staff)
    headline = client.get(reverse("logbook:report", args=["attendance"]), {"shared": "on"}).context["built"].headline
    assert headline == ()
    assert client.get(reverse("logbook:report-csv", args=["sessions"]), {"part": "counts"}).status_code == 200
    answer = client.get(reverse("logbook:report-csv", args=["sessions"]), {"part": "counts", "shared": "on"})
    assert answer.status_code == 400


def test_nothing_is_hidden_where_the_clinic_has_set_no_least_number(client_of, staff, session):
    assert client_of(staff).get(PAGE, {"shared": "on"}).status_code == 400


@pytest.mark.parametrize(("part", "status"), [("list", 200), ("months", 200), ("zz", 400), ("a b", 400)])
def test_page_refuses_a_table_that_the_report_has_not(client_of, staff, session, part, status):
    answer = client_of(staff).get(PAGE, {"part": part})
    assert answer.status_code == status
    assert ("Ce rapport n’a pas ce tableau" in answer.content.decode()) is (part == "zz")


# --- Every report alike --------------------------------------------------------------------------

CODES = [report.code for report in REPORTS]


@pytest.mark.parametrize("code", CODES)
def test_every_report_answers_on_the_page_and_in_every_form(client_of, staff, session, code):
    client = client_of(staff)
    page = client.get(reverse("logbook:report", args=[code]))
    assert page.status_code == 200
    for table, _route in page.context["tables"]:
        for form in ("csv", "xlsx"):
            answer = client.get(reverse(f"logbook:report-{form}", args=[code]), {"part": table.name})
            assert (table.name, form, answer.status_code) == (table.name, form, 200)
    assert client.get(reverse("logbook:report-pdf", args=[code])).status_code == 200


@pytest.mark.parametrize("code", CODES)
def test_no_report_shows_the_administrator_a_patient(client_of, administrator, session, code):
    client = client_of(administrator)
    page = client.get(reverse("logbook:report", args=[code]))
    assert page.status_code == (404 if BY_CODE[code].names_people else 200)
    assert ("Çelik" in page.content.decode(), looks()) == (False, [])
    if page.status_code == 200:
        file = client.get(reverse("logbook:report-pdf", args=[code]))
        assert ("Çelik" in whole_text(file), looks()) == (False, [])


@pytest.mark.parametrize("code", CODES)
def test_every_report_answers_in_an_empty_logbook(client_of, staff, code):
    client = client_of(staff)
    assert client.get(reverse("logbook:report", args=[code])).status_code == 200
    assert client.get(reverse("logbook:report-pdf", args=[code])).status_code == 200


def test_what_records_say_in_words_is_for_who_may_read_them(client_of, staff, auditor, physician, course):
    late = {"late_record": True, "late_reason": "device found later", "incident_note": "the patient was told"}
    a_session(by=physician, course=course, started_at=paris(2026, 3, 31, 9), **late)
    page, file = (reverse(name, args=["screening"]) for name in ("logbook:report", "logbook:report-csv"))
    said = {}
    for user in (staff, auditor):
        client = client_of(user)
        texts = (client.get(page).content.decode(), client.get(file, {"part": "late"}).content.decode())
        said[user.username] = ["the patient was told" in text and "Çelik" in text for text in texts]
        said[user.username].append("Çelik" in texts[1])
    assert said == {"leroy": [False, False, True], auditor.username: [True, True, True]}
    assert [receipt.records for receipt in Receipt.objects.order_by("id")] == [False, True]
    assert [compare(client_of(auditor), receipt).same for receipt in Receipt.objects.all()] == [True, True]


@pytest.mark.parametrize(
    ("figure", "language", "written"),
    [
        (1000000, "en", "1,000,000"),
        (19344, "fr", "19\u00a0344"),
        (551, "fr", "551"),
        (Decimal("97.0"), "fr", "97,0"),
        ("–", "fr", "–"),
    ],
)
def test_headline_is_written_with_its_thousands_apart(figure, language, written):
    with translation.override(language):
        assert Headline(figure, "sessions").written == written
