"""The start page shows each role what waits for it, and nobody else's."""

import re
from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from clinic.accounts.actions import open_emergency
from clinic.audit.access import record_event
from clinic.audit.chain import head
from clinic.audit.models import Access
from clinic.audit.verify.result import Result, keep, result_file
from sessions.actions.report import save_filter
from tests.factories import a_course, a_device, a_patient, a_receipt
from tests.reports.rows import a_session, paris

pytestmark = pytest.mark.django_db

HOME = reverse("home")
UNSIGNED = reverse("logbook:sessions-unsigned")


@pytest.fixture
def course(physician):
    return a_course(by=physician, patient=a_patient(by=physician))


def today_at(hour: int) -> datetime:
    return timezone.localtime().replace(hour=hour, minute=0, second=0, microsecond=0)


def looks():
    """The looks at patients; log-ins and the like aside."""
    found = Access.objects.exclude(patient_id=None).order_by("id")
    return list(found.values_list("by__username", "patient_id", "kind"))


@pytest.mark.parametrize("address", [HOME, UNSIGNED])
def test_anonymous_is_asked_to_log_in(client, administrator, address):
    answer = client.get(address)
    assert (answer.status_code, answer["Location"]) == (302, f"{reverse('account_login')}?next={address}")


@pytest.mark.parametrize("role", ["physician", "staff", "auditor", "administrator"])
def test_every_role_has_a_start_page_on_an_empty_logbook(client_of, request, role):
    answer = client_of(request.getfixturevalue(role)).get(HOME)
    assert (answer.status_code, looks()) == (200, [])


def test_physician_finds_own_drafts_oldest_first_and_todays_sessions(client_of, physician, other_physician, course):
    old = a_session(by=physician, course=course, started_at=paris(2026, 3, 12, 14), record_status="preliminary")
    blank = a_session(by=physician, course=course, started_at=None, record_status="preliminary", status="", sites=())
    a_session(
        by=physician,
        course=course,
        started_at=paris(2026, 3, 12, 15),
        record_status="preliminary",
        physician=other_physician,
    )
    signed = a_session(by=physician, course=course, started_at=today_at(0))
    a_session(by=physician, course=course, started_at=today_at(0) - timedelta(minutes=1))
    a_session(by=physician, course=course, started_at=today_at(0), record_status="entered-in-error")
    answer = client_of(physician).get(HOME)
    assert [line.session for line in answer.context["unsigned"]] == [blank, old]
    assert [line.days for line in answer.context["unsigned"]] == [
        None,
        (timezone.localdate() - old.started_at.date()).days,
    ]
    assert answer.context["sessions_today"] == [signed]
    assert looks() == [("morel", course.patient_id, "home")]


def test_unsigned_page_lists_my_drafts_and_leads_on(client_of, physician, course):
    draft = a_session(by=physician, course=course, started_at=paris(2026, 3, 12, 14), record_status="preliminary")
    answer = client_of(physician).get(UNSIGNED)
    assert [line.session for line in answer.context["unsigned"]] == [draft]
    assert f'href="{reverse("logbook:session-edit", args=[draft.uid])}"' in answer.content.decode()
    assert looks() == [("morel", course.patient_id, "unsigned")]


@pytest.mark.parametrize("role", ["staff", "auditor", "administrator"])
def test_unsigned_page_is_for_those_who_sign(client_of, request, role):
    assert client_of(request.getfixturevalue(role)).get(UNSIGNED).status_code == 403


def test_staff_get_the_usual_reports_and_no_patient(client_of, staff, physician, course):
    a_session(by=physician, course=course, started_at=today_at(0))
    answer = client_of(staff).get(HOME)
    assert f"{reverse('logbook:report', args=['sessions'])}?period=this-month" in answer.content.decode()
    assert ("Çelik" in answer.content.decode(), looks()) == (False, [])


def test_auditor_sees_latest_acts_and_looks_without_a_name(client_of, auditor, physician, course):
    client_of(physician).get(reverse("logbook:patient-looks", args=[course.patient.uid]))
    answer = client_of(auditor).get(HOME)
    assert [(line.by_name, line.kind) for line in answer.context["acts"]][:2] == [
        ("Dr Jeanne Morel", "course"),
        ("Dr Jeanne Morel", "patient"),
    ]
    assert [(line.by_name, line.uid) for line in answer.context["looks"]] == [
        ("Dr Jeanne Morel", str(course.patient.uid))
    ]
    page = answer.content.decode()
    assert reverse("logbook:history", args=["course", course.uid]) in page
    assert reverse("logbook:patient-looks", args=[course.patient.uid]) in page
    assert ("Çelik" in page, len(looks())) == (False, 1)


def test_list_that_showed_many_patients_is_one_line_for_the_auditor(client_of, auditor, staff, physician, course):
    a_session(by=physician, course=course, started_at=today_at(0))
    other = a_course(by=physician, patient=a_patient(by=physician, record_number="2026-0002"))
    a_session(by=physician, course=other, started_at=today_at(0))
    client_of(staff).get(reverse("logbook:report", args=["sessions"]))
    lines = client_of(auditor).get(HOME).context["looks"]
    assert [(line.by_name, line.uid) for line in lines] == [("Lou Leroy", "")]
    assert lines[0].what.endswith("(2 patients)")


def test_administrator_sees_numbers(client_of, administrator, physician, course):
    a_device(by=physician)
    a_session(by=physician, course=course, started_at=today_at(0))
    answer = client_of(administrator).get(HOME)
    assert answer.context["numbers"] == {"accounts": 2, "closed_accounts": 0, "devices": 1, "sessions": 1, "drafts": 0}
    assert "Çelik" not in answer.content.decode()


def test_physician_start_page_asks_the_same_for_one_and_three_drafts(client_of, physician, course):
    client = client_of(physician)
    a_session(by=physician, course=course, started_at=today_at(0), record_status="preliminary")
    client.get(HOME)
    with CaptureQueriesContext(connection) as one:
        client.get(HOME)
    for number in (2, 3):
        patient = a_patient(by=physician, record_number=f"2026-000{number}")
        a_session(
            by=physician,
            course=a_course(by=physician, patient=patient),
            started_at=today_at(0),
            record_status="preliminary",
        )
    with CaptureQueriesContext(connection) as three:
        client.get(HOME)
    assert len(three.captured_queries) == len(one.captured_queries)


# --- What an auditor sees first -----------------------------------------------------------------------------------------


@pytest.fixture
def verified():
    """Keep a result as the verifier does; it is gone after the test."""

    def kept(state, **values):
        result = Result(state, at="2026-03-12T13:05:00+00:00", **values)
        keep(result)
        return result

    yield kept
    result_file().unlink(missing_ok=True)


def home_of(client_of, user):
    client = client_of(user)
    client.cookies["django_language"] = "en"
    return " ".join(client.get(HOME).content.decode().split())


def test_auditor_is_told_first_that_nothing_was_verified_yet(client_of, auditor):
    page = home_of(client_of, auditor)
    assert "The audit history was never verified" in page
    assert page.index("never verified") < page.index("Find a patient", page.index("<main"))


def test_auditor_reads_up_to_which_entry_it_was_verified_and_when(client_of, auditor, verified):
    verified("intact", entries=head().number - 1)
    page = home_of(client_of, auditor)
    assert f"verified up to entry {head().number - 1} at" in page
    assert "1 entry was written since then." in page


def test_auditor_reads_what_was_altered_in_red(client_of, auditor, verified):
    said = [
        {"kind": "row altered", "record": f"session:<b>{number}</b>", "words": "It differs.", "alters": True}
        for number in range(12)
    ]
    said.insert(0, {"kind": "clock", "record": "act 3", "words": "The clock was set back.", "alters": False})
    verified("altered", entries=3, findings=12, said=said)
    page = home_of(client_of, auditor)
    assert "The audit history was altered: 12 findings at" in page
    assert (
        "Session &lt;b&gt;9&lt;/b&gt;" in page,
        "&lt;b&gt;10&lt;/b&gt;" in page or "Clock" in page,
        'class="problems" role="alert"' in page,
    ) == (
        True,
        False,
        True,
    )


def test_result_that_somebody_else_wrote_counts_as_none(client_of, auditor, verified):
    verified("altered", entries=3, findings=1)
    result_file().write_text(result_file().read_text("utf-8").replace("altered", "intact"), "utf-8")
    assert "The audit history was never verified" in home_of(client_of, auditor)


def test_history_that_could_not_be_verified_says_so(client_of, auditor, verified):
    verified("unknown", said=[{"kind": "key", "record": "", "words": "The key is missing.", "alters": False}])
    page = home_of(client_of, auditor)
    assert "could not be verified at" in page
    assert "The key is missing." in page


def test_auditor_counts_failed_log_ins_of_a_day_and_who_was_the_last(client_of, auditor, physician):
    def counted():
        return {line.kinds[0]: (line.number, line.last_by) for line in client_of(auditor).get(HOME).context["unusual"]}

    assert counted()["log_in_failed"] == (0, "")
    for by in (None, physician):
        record_event("log_in_failed", by=by)
    record_event("sign_failed", by=physician)
    with time_machine.travel(timezone.now() + timedelta(hours=23)):
        assert counted()["log_in_failed"] == (2, "Dr Jeanne Morel")
        assert counted()["sign_failed"] == (1, "Dr Jeanne Morel")
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        assert counted()["log_in_failed"] == (0, "")
        assert counted()["account_opened"][0] > 0


def test_count_leads_to_the_events_themselves(client_of, auditor, physician):
    record_event("log_in_failed", by=physician)
    page = client_of(auditor).get(HOME).content.decode()
    since = timezone.localdate(timezone.now() - timedelta(days=1))
    address = f"{reverse('logbook:trail-looks')}?from_date={since:%Y-%m-%d}&kind=log_in_failed&kind=throttled"
    assert f'href="{address.replace("&", "&amp;")}"' in page
    answer = client_of(auditor).get(address)
    assert [line.look.kind for line in answer.context["page"].lines] == ["log_in_failed"]


def test_auditor_reads_who_opened_records_in_an_emergency_and_why(client_of, auditor, staff):
    open_emergency(by=staff, reason="Burn on the left <palm>, physician away")
    page = home_of(client_of, auditor)
    assert "Burn on the left &lt;palm&gt;, physician away" in page


def test_auditor_reads_which_files_left_lately(client_of, auditor):
    client_of(auditor).get(reverse("logbook:trail-csv"))
    assert [(line.by_name, line.uid) for line in client_of(auditor).get(HOME).context["exports"]] == [
        ("Alix Auditor", "")
    ]


@pytest.mark.parametrize("role", ["physician", "staff", "administrator"])
def test_state_of_the_history_is_for_the_auditor(client_of, request, role):
    assert "unusual" not in client_of(request.getfixturevalue(role)).get(HOME).context


def test_staff_find_their_last_files_their_kept_limits_and_what_to_read_again(client_of, staff, physician, course):
    a_session(by=physician, course=course, started_at=today_at(0), record_status="preliminary")
    receipt = a_receipt(by=staff)
    a_receipt(by=physician)
    save_filter(by=staff, report="sessions", name="Palms", question="site=palm", shared=False)
    client = client_of(staff)
    client.cookies["django_language"] = "en"
    page = " ".join(client.get(HOME).content.decode().split())
    assert re.findall(r'href="(/receipts/[^"]*)"', page) == [reverse("logbook:receipt", args=[receipt.uid])]
    assert f'<a href="{reverse("logbook:report", args=["sessions"])}?site=palm">Palms</a>' in page
    assert "1 session is not signed." in page
