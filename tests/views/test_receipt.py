"""Receipts of reports, run again and compared, and limits that somebody keeps under a name."""

import pytest
from django.urls import reverse

from sessions.actions.report import save_filter
from sessions.models import Receipt, SavedFilter
from sessions.reports.registry import REPORTS
from tests.factories import a_course, a_device, a_patient
from tests.reports.rows import a_session, paris
from tests.views.reports import FILE, PAGE, PDF, SPREADSHEET, compare

pytestmark = pytest.mark.django_db


@pytest.fixture
def course(physician):
    return a_course(by=physician, patient=a_patient(by=physician, given_names="Zoë"))


@pytest.fixture
def session(physician, course):
    started_at = paris(2026, 3, 12, 14, 5)
    return a_session(
        by=physician, course=course, started_at=started_at, device=a_device(by=physician), sites=("palm", "sole")
    )


@pytest.mark.parametrize("address", [FILE, SPREADSHEET, PDF])
@pytest.mark.parametrize("part", ["list", "months", ""])
def test_report_run_again_gives_the_same_numbers_until_the_record_says_otherwise(
    client_of, staff, auditor, physician, course, session, address, part
):
    client_of(staff).get(address, {"part": part, "from_date": "2026-01-01"})
    receipt, client = Receipt.objects.get(), client_of(auditor)
    again = compare(client, receipt)
    assert (again.same, again.row_count, again.version) == (True, receipt.row_count, receipt.definition_version)
    a_session(by=physician, course=course, started_at=paris(2025, 12, 31, 9))
    assert compare(client, receipt).same is True
    a_session(by=physician, course=course, started_at=paris(2026, 3, 31, 9))
    assert compare(client, receipt).same is False


def test_receipt_of_a_usual_period_holds_its_days(client_of, staff, session, time_machine):
    time_machine.move_to(paris(2026, 4, 10, 12), tick=False)
    client_of(staff).get(FILE, {"period": "last-month", "part": "list"})
    assert Receipt.objects.get().question == "from_date=2026-03-01&to_date=2026-03-31"


def test_receipt_names_no_patient(client_of, staff, administrator, session):
    client_of(staff).get(FILE, {"part": "list"})
    page = client_of(administrator).get(reverse("logbook:receipt", args=[Receipt.objects.get().uid])).content.decode()
    assert ("Çelik" in page, "Lou Leroy" in page) == (False, True)


@pytest.mark.parametrize(("language", "title"), [("en", "Per month"), ("fr", "Par mois")])
def test_receipt_says_in_words_which_table_it_is_of(client_of, staff, session, language, title):
    client = client_of(staff)
    client.get(FILE, {"part": "months"})
    client.cookies["django_language"] = language
    page = client.get(reverse("logbook:receipt", args=[Receipt.objects.get().uid])).content.decode()
    assert f"<dd>{title}</dd>" in page
    assert ("months" in page, f", {title}</td>" in client.get(reverse("logbook:receipts")).content.decode()) == (
        False,
        True,
    )


@pytest.mark.parametrize("code", [report.code for report in REPORTS])
def test_every_report_is_the_same_when_run_again(client_of, staff, session, code):
    client_of(staff).get(reverse("logbook:report-pdf", args=[code]))
    assert compare(client_of(staff), Receipt.objects.get()).same is True


@pytest.mark.parametrize(
    ("form", "asked", "named"),
    [
        ("csv", {"part": "list"}, True),
        ("csv", {}, False),
        ("csv", {"part": "months"}, False),
        ("pdf", {}, True),
        ("pdf", {"shared": "on"}, False),
    ],
)
def test_receipt_says_whether_names_are_in_the_file(client_of, staff, session, settings, form, asked, named):
    settings.SMALLEST_CELL = 5
    client = client_of(staff)
    client.get(reverse(f"logbook:report-{form}", args=["sessions"]), asked)
    assert client.get(reverse("logbook:receipt", args=[Receipt.objects.get().uid])).context["names"] is named


@pytest.mark.parametrize(("language", "said"), [("en", "To be handed on"), ("fr", "À transmettre")])
def test_limit_that_is_set_or_not_stands_in_words_alone(client_of, staff, session, settings, language, said):
    settings.SMALLEST_CELL = 5
    client = client_of(staff)
    client.get(FILE, {"shared": "on"})
    client.cookies["django_language"] = language
    assert client.get(reverse("logbook:receipt", args=[Receipt.objects.get().uid])).context["limits"] == said


# --- Limits kept under a name --------------------------------------------------------------------


def test_limits_kept_under_a_name_lead_to_the_report(client_of, staff, physician, session):
    client = client_of(staff)
    where = f"{reverse('logbook:filter-new', args=['sessions'])}?period=last-month&site=palm"
    form = client.get(where).context["form"]
    typed = {"name": "Palms, last month", "shared": "", "form_key": form["form_key"].value()}
    assert client.post(where, typed).status_code == 302
    saved = SavedFilter.objects.get()
    assert (saved.owner, saved.question, saved.shared) == (staff, "period=last-month&site=palm", False)
    reports = reverse("logbook:reports")
    assert f"{PAGE}?period=last-month&amp;site=palm" in client.get(reports).content.decode()
    assert "Palms, last month" not in client_of(physician).get(reports).content.decode()


def test_limits_that_are_not_sound_are_not_kept_and_the_report_says_why(client_of, staff):
    client = client_of(staff)
    answer = client.get(reverse("logbook:filter-new", args=["sessions"]), {"site": "nowhere"}, follow=True)
    assert (answer.status_code, list(answer.context["form"].errors)) == (400, ["site"])


def test_limits_are_kept_once_under_a_name(client_of, staff):
    client = client_of(staff)
    where = f"{reverse('logbook:filter-new', args=['sessions'])}?site=palm"
    for status in (302, 200):
        key = client.get(where).context["form"]["form_key"].value()
        answer = client.post(where, {"name": "Palms", "shared": "on", "form_key": key})
        assert answer.status_code == status
    assert list(answer.context["form"].errors) == ["name"]
    assert answer.context["form"]["name"].value() == "Palms"
    assert SavedFilter.objects.count() == 1


def test_shared_limits_are_seen_by_all_and_dropped_by_their_owner_alone(client_of, staff, physician):
    saved = save_filter(by=staff, report="sessions", name="Palms", question="site=palm", shared=True)
    drop, reports = reverse("logbook:filter-drop", args=[saved.uid]), reverse("logbook:reports")
    for page in (reports, PAGE):
        assert (
            f'Palms</a> <span class="quiet">partagé · {staff.full_name}<'
            in client_of(physician).get(page).content.decode()
        )
        assert 'Palms</a> <span class="quiet">partagé<' in client_of(staff).get(page).content.decode()
    client_of(physician).post(drop)
    saved.refresh_from_db()
    assert saved.in_use is True
    client_of(staff).post(drop)
    saved.refresh_from_db()
    assert saved.in_use is False
    assert "Palms" not in client_of(physician).get(reports).content.decode()
