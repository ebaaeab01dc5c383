"""The auditor's trail on the page and as a file: who may see it, what an address may ask, what is written down."""

import csv
import io
import re
from datetime import date
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import uuid4
from zipfile import ZipFile

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from clinic.audit.anchors import footer
from clinic.audit.models import Access, Act
from sessions.reports.trail_filter import ACT_ORDERS, LOOK_ORDERS
from tests.factories import a_course, a_patient
from tests.reports.rows import paris
from tests.reports.trails import a_look, an_act, rename

pytestmark = pytest.mark.django_db

CHANGES, LOOKS = reverse("logbook:trail"), reverse("logbook:trail-looks")
PAGES = [CHANGES, LOOKS]
FILES = [reverse(f"logbook:{name}-{form}") for name in ("trail", "trail-looks") for form in ("csv", "xlsx", "pdf")]


@pytest.fixture
def patient(physician):
    return a_patient(by=physician, given_names="Zoë")


def reading(client_of, user, language="en"):
    client = client_of(user)
    client.cookies["django_language"] = language
    return client


def written_looks():
    """The looks at patients; log-ins and the like aside."""
    found = Access.objects.exclude(patient_id=None).order_by("id")
    return list(found.values_list("by__username", "patient_id", "kind", "route"))


def text_of(answer):
    return answer.content.decode()


def shown(answer):
    """The keys of the lines on this page."""
    return [getattr(line, "act", None) or line.look for line in answer.context["page"].lines]


# --- Who ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", PAGES + FILES)
@pytest.mark.parametrize(
    ("role", "status"), [("physician", 200), ("auditor", 200), ("staff", 403), ("administrator", 403)]
)
def test_trail_is_for_those_who_see_history(client_of, request, patient, address, role, status):
    client = client_of(request.getfixturevalue(role))
    assert client.get(address).status_code == status
    if status == 403:
        assert (written_looks(), Act.objects.filter(kind="export_trail").count()) == ([], 0)


@pytest.mark.parametrize("address", PAGES + FILES)
def test_anonymous_is_asked_to_log_in(client, administrator, address):
    answer = client.get(address)
    assert (answer.status_code, answer["Location"]) == (302, f"{reverse('account_login')}?next={address}")


@pytest.mark.parametrize("role", ["physician", "staff", "auditor", "administrator"])
def test_menu_leads_to_the_trail_for_those_who_may(client_of, request, role):
    page = text_of(client_of(request.getfixturevalue(role)).get(reverse("home")))
    assert (f'<a href="{CHANGES}"' in page) == (role in {"physician", "auditor"})


# --- What is shown ----------------------------------------------------------------------------------------------------------


def test_line_says_who_what_whose_why_and_unfolds_field_by_field(client_of, auditor, physician, patient):
    rename(patient, physician, "Celik", reason="<b>Passport</b> seen")
    page = text_of(reading(client_of, auditor).get(CHANGES))
    number = Act.objects.latest("pk").link.number
    for said in (
        "Patient corrected",
        "Dr Jeanne Morel",
        "&lt;b&gt;Passport&lt;/b&gt; seen",
        "CELIK Zoë",
        f"{number}</td>",
    ):
        assert said in page
    assert "<details><summary>1 field</summary>" in page
    old, new = '<td class="change-old">Çelik</td>', '<td class="change-new">Celik</td>'
    assert (page.count(old), page.count(new)) == (1, 1)
    assert reverse("logbook:history", args=["patient", patient.uid]) in page


def test_question_is_a_look_at_each_patient_it_shows(client_of, auditor, physician, patient):
    other = a_patient(by=physician, record_number="2026-0099")
    client_of(auditor).get(CHANGES)
    assert sorted(written_looks()) == [("audit", pk, "trail", "logbook:trail") for pk in sorted([patient.pk, other.pk])]
    client_of(auditor).get(f"{LOOKS}?{urlencode({'patient': other.uid})}")
    assert written_looks()[2:] == [("audit", other.pk, "trail", "logbook:trail-looks")]


def test_question_about_a_patient_is_a_look_though_nothing_answers(client_of, auditor, patient):
    client_of(auditor).get(f"{CHANGES}?{urlencode({'patient': patient.uid, 'to_date': '2000-01-01'})}")
    assert written_looks() == [("audit", patient.pk, "trail", "logbook:trail")]


def test_looks_say_who_whom_what_and_from_where(client_of, auditor, physician, patient):
    course = a_course(by=physician, patient=patient)
    a_look(by=physician, patient=patient, kind="course", record=course.uid, route="logbook:course", address="192.0.2.7")
    a_look(kind="login_failed", detail="nobody-here", address="192.0.2.30")
    page = text_of(reading(client_of, auditor).get(LOOKS))
    for said in (
        "Course: hyperhidrosis",
        "192.0.2.7",
        "192.0.2.30",
        "nobody-here",
        '<td class="trail-route quiet">Course</td>',
        "ÇELIK Zoë",
    ):
        assert said in page


def test_pages_hold_each_act_once(client_of, auditor, physician):
    for _each in range(60):
        an_act(physician, timezone.now())
    client = client_of(auditor)
    first = client.get(f"{CHANGES}?sort=who")
    second = client.get(f"{CHANGES}?{first.context['following']}")
    keys = [act.pk for answer in (first, second) for act in shown(answer)]
    assert (len(shown(first)), sorted(keys)) == (50, sorted(Act.objects.values_list("pk", flat=True)))
    assert (second.context["following"], second.context["beyond_first"]) == ("", True)


def test_every_column_sorts_both_ways_and_says_so(client_of, auditor, physician, patient):
    rename(patient, physician, "Celik")
    a_look(by=physician, patient=patient)
    client = client_of(auditor)
    for address, orders in ((CHANGES, ACT_ORDERS), (LOOKS, LOOK_ORDERS)):
        answer = client.get(address)
        assert [heading.name for heading in answer.context["headings"]] == list(orders)
        limits = urlencode({"to_date": timezone.localdate(), "person": physician.pk})
        for order in orders:
            up, down = (client.get(f"{address}?{limits}&sort={sign}{order}") for sign in ("", "-"))
            assert [row.pk for row in shown(up)] == [row.pk for row in reversed(shown(down))]
            assert shown(up) != []
            assert re.findall(r'aria-sort="(\w+)"', text_of(up)) == ["ascending"]
            assert re.findall(r'aria-sort="(\w+)"', text_of(down)) == ["descending"]


def test_click_on_a_head_keeps_the_limits_and_turns_the_order(client_of, auditor, physician):
    answer = client_of(auditor).get(f"{CHANGES}?person={physician.pk}&sort=who")
    addresses = {heading.name: heading.address for heading in answer.context["headings"]}
    assert addresses["who"] == f"person={physician.pk}&sort=-who"
    assert addresses["what"] == f"person={physician.pk}&sort=what"
    assert addresses["at"] == f"person={physician.pk}"


# --- The address ---------------------------------------------------------------------------------------------------------


def test_limits_that_were_typed_become_an_address_without_a_name(client_of, auditor, physician, patient):
    typed = {
        "from_date": "2026-01-01", "to_date": "2026-12-31", "person": physician.pk, "kind": ["sign_session", "log_session"],
        "record_number": f" {patient.record_number.lower()} ", "record": "", "sort": "-what",
    }  # fmt: skip
    answer = client_of(auditor).post(CHANGES, typed)
    target = urlsplit(answer["Location"])
    assert (answer.status_code, target.path) == (302, CHANGES)
    assert parse_qs(target.query) == {
        "from_date": ["2026-01-01"], "to_date": ["2026-12-31"], "person": [str(physician.pk)],
        "patient": [str(patient.uid)], "kind": ["log_session", "sign_session"], "sort": ["-what"],
    }  # fmt: skip
    page = text_of(client_of(auditor).get(answer["Location"]))
    assert f'name="record_number" value="{patient.record_number}"' in page
    assert f'value="{physician.pk}" selected' in page
    assert 'value="2026-01-01"' in page


def test_empty_record_number_takes_the_patient_away(client_of, auditor, patient):
    answer = client_of(auditor).post(CHANGES, {"record_number": "", "patient": patient.uid, "sort": "-at"})
    assert answer["Location"] == CHANGES


def test_record_number_that_nobody_has_comes_back_with_its_reason(client_of, auditor, patient):
    answer = client_of(auditor).post(LOOKS, {"record_number": "2026-0777", "from_date": "2026-01-01"})
    assert (answer.status_code, list(answer.context["form"].errors)) == (400, ["record_number"])
    assert 'value="2026-0777"' in text_of(answer)
    assert 'value="2026-01-01"' in text_of(answer)
    assert written_looks() == []


BAD = [
    ({"from_date": "2026-13-45"}, "from_date"),
    ({"from_date": "0001-01-01"}, "from_date"),
    ({"to_date": "9999-12-31"}, "to_date"),
    ({"from_date": "2026-04-01", "to_date": "2026-03-01"}, "to_date"),
    ({"person": "1 OR 1=1"}, "person"),
    ({"person": "99999999999999999999999"}, "person"),
    ({"person": "\x00"}, "person"),
    ({"patient": "Çelik"}, "patient"),
    ({"patient": "00000000-0000-0000-0000-000000000000"}, "patient"),
    ({"patient": "1"}, "patient"),
    ({"kind": "everything"}, "kind"),
    ([("kind", "sign_session"), ("kind", "' OR ''='")], "kind"),
    ({"record": "session:1"}, "record"),
    ({"record": "phase:00000000-0000-4000-8000-000000000000"}, "record"),
    ({"record": "session:00000000-0000-4000-8000-000000000000 OR 1"}, "record"),
    ({"sort": "password"}, "sort"),
    ({"sort": "by__password"}, "sort"),
    ({"sort": "--at"}, "sort"),
    ({"sort": "-"}, "sort"),
    ({"sort": "?"}, "sort"),
    ({"after": "x"}, "after"),
    ({"after": "0"}, "after"),
    ({"after": "٣"}, "after"),
    ({"after": "9" * 18}, "after"),
    ({"after": "9" * 40}, "after"),
    ({"record_number": "2026-0001"}, "__all__"),
    ({"name": "Çelik"}, "__all__"),
    ({"by__password__startswith": "a"}, "__all__"),
    ([("person", "1"), ("person", "2")], "person"),
    ([("sort", "who"), ("sort", "at")], "sort"),
]


@pytest.mark.parametrize(("limits", "field"), BAD)
@pytest.mark.parametrize("address", PAGES)
def test_address_that_makes_no_sense_is_answered_with_a_reason(client_of, auditor, patient, address, limits, field):
    answer = client_of(auditor).get(f"{address}?{urlencode(limits)}")
    assert answer.status_code == 400
    assert field in answer.context["form"].errors
    assert 'id="problems"' in text_of(answer)
    assert written_looks() == []


@pytest.mark.parametrize(("limits", "field"), [bad for bad in BAD if bad[1] != "after"])
@pytest.mark.parametrize("address", FILES[:2])
def test_file_of_an_address_that_makes_no_sense_does_not_leave(client_of, auditor, patient, address, limits, field):
    answer = client_of(auditor).get(f"{address}?{urlencode(limits)}")
    assert (answer.status_code, field in answer.context["form"].errors) == (400, True)
    assert (written_looks(), Act.objects.filter(kind="export_trail").count()) == ([], 0)


def test_record_of_an_account_is_for_changes_alone(client_of, auditor, physician):
    record = urlencode({"record": f"user:{physician.pk}"})
    answer = client_of(auditor).get(f"{CHANGES}?{record}")
    assert [act.kind for act in shown(answer)] == ["create_account"]
    assert client_of(auditor).get(f"{LOOKS}?{record}").status_code == 400


def test_other_question_takes_over_what_it_knows(client_of, auditor, physician, patient):
    limits = {"person": physician.pk, "patient": patient.uid, "kind": "register_patient", "sort": "what"}
    page = text_of(client_of(auditor).get(f"{CHANGES}?{urlencode(limits)}"))
    assert f'href="{LOOKS}?person={physician.pk}&amp;patient={patient.uid}"' in page


# --- From other pages -----------------------------------------------------------------------------------------------------


def test_pages_of_a_patient_lead_into_the_trail(client_of, auditor, patient):
    client = client_of(auditor)
    wanted = f"{CHANGES}?patient={patient.uid}"
    for address in (
        reverse("logbook:patient-looks", args=[patient.uid]),
        reverse("logbook:history", args=["patient", patient.uid]),
    ):
        assert wanted in text_of(client.get(address))


# --- Files -------------------------------------------------------------------------------------------------------------------


def rows_of(answer, delimiter=","):
    return list(csv.reader(io.StringIO(text_of(answer).removeprefix("\ufeff"), newline=""), delimiter=delimiter))


def test_csv_of_changes_has_every_column_and_the_foot(client_of, auditor, physician, patient):
    rename(patient, physician, "=Celik")
    with translation.override("en"):
        foot = footer()
    answer = reading(client_of, auditor).get(
        f"{FILES[0]}?{urlencode({'patient': patient.uid, 'kind': 'change_patient'})}"
    )
    rows = rows_of(answer)
    number = Act.objects.get(kind="change_patient").link.number
    assert rows[0] == [
        "When (Europe/Paris)", "When (UTC)", "Who", "Account", "What", "Record", "Patient", "Record number", "Row", "Change", "Field",
        "Before", "After", "Why", "Chain entry",
    ]  # fmt: skip
    assert rows[1][2:] == [
        "Dr Jeanne Morel", "morel", "Patient corrected", "Patient's details", "'=Celik Zoë", patient.record_number,
        "Patient", "changed", "Family name", "Çelik", "'=Celik", "Passport seen", str(number),
    ]  # fmt: skip
    assert len(rows) == 4
    assert foot in rows[3][0]
    assert re.fullmatch(r'attachment; filename="trail-\d{4}-\d\d-\d\d\.csv"', answer["Content-Disposition"])


def test_file_is_an_act_and_a_look_at_each_patient_of_it(client_of, auditor, physician, patient):
    other = a_patient(by=physician, record_number="2026-0099")
    limits = {"to_date": timezone.localdate(), "person": physician.pk}
    client_of(auditor).get(f"{FILES[1]}?{urlencode(limits)}")
    act = Act.objects.get(kind="export_trail")
    assert (act.by, act.subject, act.patient_id) == (auditor, "report:trail", None)
    said = (
        rf"to_date = {timezone.localdate()}; person = {physician.pk}; \d+ rows; xlsx, \d+ bytes, SHA-256 [0-9a-f]{{64}}"
    )
    assert re.fullmatch(said, act.reason)
    assert sorted(written_looks()) == [
        ("audit", pk, "export", "logbook:trail-xlsx") for pk in sorted([patient.pk, other.pk])
    ]


@pytest.mark.parametrize("address", FILES)
def test_files_are_what_they_say(client_of, auditor, physician, patient, address):
    a_look(by=physician, patient=patient, record=patient.uid)
    answer = client_of(auditor).get(address)
    assert answer.status_code == 200
    if address.endswith("csv"):
        assert len(rows_of(answer, ";")) > 2
    elif address.endswith("xlsx"):
        assert "xl/worksheets/sheet1.xml" in ZipFile(io.BytesIO(answer.content)).namelist()
    else:
        assert answer.content.startswith(b"%PDF-")


def test_csv_of_looks_has_a_row_for_each(client_of, auditor, physician, patient):
    a_look(by=physician, patient=patient, record=patient.uid, route="logbook:patient", address="192.0.2.7")
    answer = reading(client_of, auditor).get(f"{FILES[3]}?sort=-at")
    rows = rows_of(answer)
    assert rows[0] == [
        "When (Europe/Paris)", "When (UTC)", "Who", "Account", "Patient", "Record number", "What", "Detail", "Record", "From where",
        "Page", "Access entry",
    ]  # fmt: skip
    assert rows[1][2:11] == [
        "Dr Jeanne Morel", "morel", "Çelik Zoë", patient.record_number, "Session", "", "Patient's details", "192.0.2.7",
        "Patient",
    ]  # fmt: skip


def test_file_that_would_be_too_long_is_refused_with_a_reason(client_of, auditor, patient, monkeypatch):
    monkeypatch.setattr("sessions.reports.trail_files.MOST_ROWS", 2)
    answer = client_of(auditor).get(FILES[0])
    assert (answer.status_code, list(answer.context["form"].errors)) == (400, ["__all__"])
    assert (written_looks(), Act.objects.filter(kind="export_trail").count()) == ([], 0)


def test_unknown_record_is_no_fault_and_finds_nothing(client_of, auditor):
    answer = client_of(auditor).get(f"{CHANGES}?{urlencode({'record': f'session:{uuid4()}'})}")
    assert (answer.status_code, shown(answer)) == (200, [])


def test_period_of_the_page_is_a_day_of_the_clinic(client_of, auditor, physician):
    day = date(2026, 3, 29)
    an_act(physician, paris(2026, 3, 29, 23, 59, 59))
    an_act(physician, paris(2026, 3, 30))
    answer = client_of(auditor).get(f"{CHANGES}?{urlencode({'from_date': day, 'to_date': day})}")
    assert len(shown(answer)) == 1
