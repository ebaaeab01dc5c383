"""The audit pages of a patient: for whom they are, what they leave behind, and what they refuse in words."""

import io
import re
from datetime import date, datetime, timedelta
from html import unescape

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from clinic.accounts.actions import change_account
from clinic.accounts.models import User
from clinic.audit.chain import head
from clinic.audit.models import Access, Act
from sessions.actions.patient import change_patient
from sessions.actions.session import save_draft
from sessions.models import Patient
from tests.factories import PARIS, a_draft, a_patient, a_signed_session, an_entry, at, ready
from tests.views.reports import whole_text

pytestmark = pytest.mark.django_db
PAGES = ("patient-timeline", "patient-as-known", "patient-letter")
FILES = ("patient-timeline-csv", "patient-timeline-xlsx", "patient-timeline-pdf", "patient-letter-pdf")
KINDS = {"patient-timeline": "timeline", "patient-as-known": "as-known", "patient-letter": "letter"}


@pytest.fixture
def treated(physician):
    patient, course, device = ready(by=physician)
    a_signed_session(by=physician, course=course, device=device)
    return patient


def address(name, patient, **asked):
    query = "&".join(f"{key}={value}" for key, value in asked.items())
    return reverse(f"logbook:{name}", args=[patient.uid]) + (f"?{query}" if query else "")


def page_of(client, where):
    answer = client.get(where)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def looks_of(patient):
    return list(Access.objects.filter(patient_id=patient.pk).order_by("pk").values_list("by_name", "kind"))


def text_of(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


@pytest.mark.parametrize("name", [*PAGES, *FILES])
def test_anonymous_is_asked_to_log_in(client, treated, name):
    where = address(name, treated)
    assert client.get(where)["Location"] == f"{reverse('account_login')}?next={where}"


@pytest.mark.parametrize("name", [*PAGES, *FILES])
@pytest.mark.parametrize(
    ("role", "status"), [("physician", 200), ("auditor", 200), ("staff", 403), ("administrator", 403)]
)
def test_pages_are_for_those_who_see_history(client_of, request, treated, name, role, status):
    assert client_of(request.getfixturevalue(role)).get(address(name, treated)).status_code == status


@pytest.mark.parametrize("name", PAGES)
def test_the_look_is_recorded_and_nothing_else_is_written(client_of, auditor, treated, name):
    before = Act.objects.count()
    client_of(auditor).get(address(name, treated))
    assert (looks_of(treated), Act.objects.count()) == ([("Alix Auditor", KINDS[name])], before)


@pytest.mark.parametrize("name", [*PAGES, *FILES])
def test_unknown_patient_is_not_found(client_of, auditor, name):
    where = reverse(f"logbook:{name}", args=["00000000-0000-4000-8000-000000000000"])
    assert client_of(auditor).get(where).status_code == 404


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"on": "2026-02-30"}, "Enter a valid date."),
        ({"on": "soon"}, "Enter a valid date."),
        ({"on": ""}, "This field is required."),
        ({"on": "2026-01-12", "time": "25:99"}, "Enter a valid time."),
        ({"on": "2150-01-01"}, "This day lies in the future: nothing is known of it yet."),
        ({"on": "0026-01-01"}, "Please read the year again: it has four digits."),
        ({"on": "2026-03-29", "time": "02:30"}, "On this day the clocks skipped this time."),
        ({"on": "2026-01-12", "whole": "all"}, "Select a valid choice. all is not one of the available choices."),
        ({"on": "2026-01-12", "at": "12:00"}, "This page knows nothing named “at”."),
        ({"on": "%00"}, "Enter a valid date."),
        ({"on": "%ED%A0%80"}, "Enter a valid date."),
    ],
)
@time_machine.travel(datetime(2026, 11, 22, 18, 30, tzinfo=PARIS), tick=False)
def test_a_moment_that_cannot_be_is_refused_in_words(client_of, auditor, treated, asked, reason):
    client = client_of(auditor)
    client.cookies["django_language"] = "en"
    answer = client.get(address("patient-as-known", treated, **asked))
    assert (answer.status_code, reason in unescape(answer.content.decode())) == (400, True)
    assert looks_of(treated) == [("Alix Auditor", "as-known")]


@time_machine.travel(datetime(2026, 11, 22, 18, 30, tzinfo=PARIS), tick=False)
def test_a_time_of_today_that_is_still_to_come_is_refused(client_of, auditor, treated):
    client, where = client_of(auditor), address("patient-as-known", treated, on="2026-11-22")
    client.cookies["django_language"] = "en"
    assert [client.get(f"{where}&time={time}").status_code for time in ("18:30", "18:31", "23:59")] == [200, 400, 400]
    assert "As known on 22 November 2026 at 18:30" in page_of(client, where)


def test_twice_the_same_name_is_refused(client_of, auditor, treated):
    where = address("patient-as-known", treated, on="2026-01-12") + "&on=2026-01-13"
    assert client_of(auditor).get(where).status_code == 400


def test_the_page_says_the_moment_and_what_came_later(client_of, auditor, physician, treated):
    day = timezone.localdate() + timedelta(days=1)
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        client = client_of(auditor)
        client.cookies["django_language"] = "en"
        change_patient(by=physician, patient=treated, values={"family_name": "Celik"}, version=1, reason="Passport")
        former = page_of(client, address("patient-as-known", treated, on=f"{day:%Y-%m-%d}"))
        now = page_of(client, address("patient-as-known", treated, on=f"{timezone.localdate():%Y-%m-%d}"))
    assert f"As known on {day.day} {day:%B %Y} at 23:59" in former
    assert "What was entered later is not shown." in former
    assert ("Since then 1 act changed this record:" in former, "Since then nothing" in now) == (True, True)
    assert [("ÇELIK" in page, "CELIK" in page) for page in (former, now)] == [(True, False), (False, True)]
    assert '15 <span class="unit">mA</span>' in former


def test_nobody_is_asked_to_write_on_a_former_state(client_of, physician, treated):
    page = page_of(client_of(physician), address("patient-as-known", treated, on=f"{timezone.localdate():%Y-%m-%d}"))
    assert ("/results/new/" in page, "/error/" in page) == (False, False)


def test_before_the_record_began_the_page_says_so(client_of, auditor, treated):
    client = client_of(auditor)
    client.cookies["django_language"] = "en"
    page = page_of(client, address("patient-as-known", treated, on="2025-01-01"))
    assert "At that moment nothing was recorded of this patient." in page


@pytest.mark.parametrize(
    "asked",
    [{"order": "name"}, {"after": "x"}, {"after": "2026-01-01"}, {"page": "2"}, {"order": "signed&order=entered"}],
)
@pytest.mark.parametrize("name", ["patient-timeline", "patient-timeline-csv"])
def test_a_timeline_that_cannot_be_is_refused(client_of, auditor, treated, asked, name):
    assert client_of(auditor).get(address(name, treated, **asked)).status_code == 400


def test_the_timeline_marks_what_was_entered_on_another_day(client_of, auditor, treated):
    client = client_of(auditor)
    client.cookies["django_language"] = "en"
    page = page_of(client, address("patient-timeline", treated))
    days = (timezone.localdate() - date(2026, 1, 12)).days
    assert f"entered {days} days after" in page
    lines = client.get(address("patient-timeline", treated)).context["page"].lines
    assert [line.kind for line in lines] == ["session", "course", "consultation"]


def test_the_timeline_does_not_praise_a_draft_that_was_written_again_on_another_day(client_of, auditor, physician):
    patient, course, device = ready(by=physician)
    with time_machine.travel(at(date(2026, 3, 9), 16), tick=False):
        draft = a_draft(by=physician, course=course, device=device, started=at(date(2026, 3, 9)))
    where, praise = address("patient-timeline", patient), "Everything was entered on the day"
    client = client_of(auditor)
    client.cookies["django_language"] = "en"
    before = client.get(where).context["page"]
    entry = an_entry(by=physician, device=device, started=at(date(2026, 3, 9)))
    with time_machine.travel(at(date(2026, 3, 11), 8), tick=False):
        save_draft(by=physician, session=draft, entry=entry, version=draft.version)
    page = page_of(client, where)
    after = client.get(where).context["page"]
    assert (before.written_later, after.written_later, after.late) == (0, 1, before.late)
    assert ("1 draft was last written on another day" in page, praise in page) == (True, False)


def test_pages_of_the_timeline_hold_each_line_once(client_of, auditor, physician, treated):
    course = treated.courses.get()
    for number in range(50):
        a_draft(by=physician, course=course, started=at(date(2026, 2, 1)) + timedelta(hours=number))
    client = client_of(auditor)
    first = client.get(address("patient-timeline", treated)).context
    second = client.get(address("patient-timeline", treated, after=first["following"])).context
    seen = [(line.kind, line.pk) for context in (first, second) for line in context["page"].lines]
    assert (len(seen), len(set(seen)), second["following"]) == (53, 53, "")


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_an_act_about_the_patient(client_of, auditor, treated, name):
    answer = client_of(auditor).get(address(name, treated))
    act = Act.objects.order_by("-pk").first()
    kind = "export_letter" if "letter" in name else "export_timeline"
    assert (act.kind, act.by, act.patient_id, act.subject) == (kind, auditor, treated.pk, f"patient:{treated.uid}")
    assert answer.receipt in act.reason
    assert ("Çelik" in answer["Content-Disposition"], answer["Content-Disposition"].startswith("attachment")) == (
        False,
        True,
    )


def test_times_stand_as_the_language_writes_them(client_of, auditor, treated):
    client = client_of(auditor)
    written = {}
    for language in ("fr", "en"):
        client.cookies["django_language"] = language
        story = page_of(client, reverse("logbook:patient", args=[treated.uid]))
        pdf = whole_text(client.get(address("patient-timeline-pdf", treated)))
        data = [whole_text(client.get(address(f"patient-timeline-{form}", treated))) for form in ("csv", "xlsx")]
        written[language] = (
            re.findall(r"<time [^>]*>([^<]*14[^<]*)</time>", story),
            [time in " ".join(pdf.split()) for time in ("14 h 05", "14:05")],
            ["14:05" in one for one in data],
        )
    assert written == {
        "fr": (["12/01/2026, 14\u00a0h\u00a005"], [True, False], [True, True]),
        "en": (["12 Jan 2026, 14:05"], [False, True], [True, True]),
    }


def test_a_refused_file_is_no_act(client_of, auditor, treated):
    before = Act.objects.count()
    asked = {"from_date": "2026-02-02", "to_date": "2026-02-01"}
    assert client_of(auditor).get(address("patient-letter-pdf", treated, **asked)).status_code == 400
    assert Act.objects.count() == before


def rows_of(letter, name):
    table = next(table for table in letter.tables if table.name == name)
    return [row.values for row in table.rows]


def look_on(day, user, kind, patient, times=1, detail=""):
    who = {"by": user, "by_name": user.full_name, "patient_id": patient.pk, "address": "192.0.2.7"}
    Access.objects.bulk_create(Access(at=day, kind=kind, route="", detail=detail, **who) for _each in range(times))


def test_the_letter_groups_looks_by_person_and_day(client_of, auditor, physician, staff):
    patient, other = a_patient(by=physician), a_patient(by=physician)
    now = timezone.now()
    today = timezone.localdate(now)
    look_on(now, physician, "session", patient, 3)
    look_on(now, physician, "patient", patient, 1)
    look_on(now, staff, "search", patient, 1)
    look_on(now, staff, "export", patient, 2)
    look_on(now, staff, "patient", other, 9)
    client = client_of(auditor)
    letter = client.get(address("patient-letter", patient, language="en")).context["letter"]
    assert rows_of(letter, "seen") == [
        (today, "Dr Jeanne Morel", "physician", "Session (×\u00a03), Patient page", 4),
        (today, "Lou Leroy", "clinic staff", "Found by a search", 1),
    ]
    assert rows_of(letter, "taken") == [
        (today, "Lou Leroy", "clinic staff", "Report taken out as a file (×\u00a02)", 2)
    ]
    assert rows_of(letter, "changed") == [(today, "Dr Jeanne Morel", "physician", "Patient registered", 1)]


def test_the_letter_says_what_was_seen_in_an_emergency(client_of, auditor, physician, staff):
    patient = a_patient(by=physician)
    look_on(timezone.now(), staff, "session", patient, 2)
    look_on(timezone.now(), staff, "session", patient, detail="emergency 12ab34cd")
    letter = client_of(auditor).get(address("patient-letter", patient, language="en")).context["letter"]
    assert [values[3:] for values in rows_of(letter, "seen")] == [("Session (×\u00a02), Session in an emergency", 3)]


def test_the_letter_names_the_role_of_the_time(client_of, administrator, auditor, staff, physician):
    patient = a_patient(by=physician)
    with time_machine.travel(timezone.now() + timedelta(days=3)):
        change_account(
            by=administrator,
            user=User.objects.get(pk=staff.pk),
            role="auditor",
            reason="new task",
        )
        look_on(timezone.now() - timedelta(days=2), staff, "patient", patient)
        look_on(timezone.now() + timedelta(minutes=1), staff, "patient", patient)
        letter = client_of(auditor).get(address("patient-letter", patient, language="en")).context["letter"]
    assert [(person, role) for _day, person, role, _what, _times in rows_of(letter, "seen")] == [
        ("Lou Leroy", "auditor"),
        ("Lou Leroy", "clinic staff"),
    ]


def test_the_period_of_the_letter_includes_both_days(client_of, auditor, physician, treated):
    for day in (1, 2, 3, 4):
        look_on(datetime(2026, 2, day, 23, 59, tzinfo=PARIS), physician, "session", treated)
    asked = {"from_date": "2026-02-02", "to_date": "2026-02-03", "language": "en"}
    letter = client_of(auditor).get(address("patient-letter", treated, **asked)).context["letter"]
    assert [values[0] for values in rows_of(letter, "seen")] == [date(2026, 2, 3), date(2026, 2, 2)]
    assert letter.under_title[1].endswith("period: from 2 February 2026 to 3 February 2026")


def test_the_letter_shows_no_address_of_the_network(client_of, auditor, physician, treated):
    look_on(timezone.now(), physician, "session", treated)
    page = page_of(client_of(auditor), address("patient-letter", treated))
    answer = client_of(auditor).get(address("patient-letter-pdf", treated))
    assert ["192.0.2.7" in text or "logbook:" in text for text in (page, text_of(answer.content))] == [False, False]


@pytest.mark.parametrize(
    ("language", "words"), [("en", ["physician", "12 January 2026"]), ("fr", ["médecin", "12 janvier 2026"])]
)
def test_the_letter_speaks_the_language_chosen_for_it(client_of, auditor, physician, treated, language, words):
    """The page stays in the reader's own language."""
    client, other = client_of(auditor), "en" if language == "fr" else "fr"
    client.cookies["django_language"] = other
    look_on(timezone.now(), physician, "session", treated)
    asked = {"language": language, "from_date": "2026-01-12"}
    page = page_of(client, address("patient-letter", treated, **asked))
    pdf = text_of(client.get(address("patient-letter-pdf", treated, **asked)).content)
    letter = page[page.index('<article class="letter"') :]
    assert [[word in text for word in words] for text in (letter, pdf)] == [[True, True], [True, True]]
    assert (f'<html lang="{other}"' in page, f'<article class="letter" lang="{language}"' in page) == (True, True)


def test_the_letter_carries_the_head_of_the_chain(client_of, auditor, treated):
    at = head()
    pdf = text_of(client_of(auditor).get(address("patient-letter-pdf", treated, language="en")).content)
    assert f"entry {at.number}, code {at.code}" in pdf


@pytest.mark.parametrize(
    "asked",
    [{"from_date": "x"}, {"language": "de"}, {"from_date": "2026-02-02", "to_date": "2026-01-01"}, {"who": "1"}],
)
@pytest.mark.parametrize("name", ["patient-letter", "patient-letter-pdf"])
def test_a_letter_that_cannot_be_is_refused(client_of, auditor, treated, asked, name):
    assert client_of(auditor).get(address(name, treated, **asked)).status_code == 400


@pytest.mark.parametrize("name", PAGES)
def test_number_of_queries_does_not_grow(client_of, auditor, physician, treated, name):
    course, device = treated.courses.get(), treated.sessions.get().device
    client = client_of(auditor)
    asked = {"on": f"{timezone.localdate():%Y-%m-%d}"} if name == "patient-as-known" else {}
    client.get(address(name, treated, **asked))
    counts = []
    for number in (0, 3):
        for each in range(number):
            started = at(date(2026, 1, 13)) + timedelta(days=each)
            a_signed_session(by=physician, course=course, device=device, started=started)
            look_on(timezone.now(), physician, "session", treated, each)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address(name, treated, **asked)).status_code == 200
        counts.append(len(queries))
    assert counts == [counts[0]] * 2


def test_the_patient_page_leads_to_its_history(client_of, auditor, staff, treated):
    links = [address(name, treated) for name in (*PAGES, "patient-looks")]
    pages = [page_of(client_of(user), reverse("logbook:patient", args=[treated.uid])) for user in (auditor, staff)]
    assert [[link in page for link in links] for page in pages] == [[True] * 4, [False] * 4]


def test_hostile_names_stay_text(client_of, auditor, physician):
    patient = a_patient(by=physician, family_name="<script>alert(1)</script> #strong[x]", given_names="=1+1")
    assert Patient.objects.get().family_name.startswith("<script>")
    for name in PAGES:
        page = client_of(auditor).get(
            address(name, patient, **({"on": "2026-11-01"} if name == "patient-as-known" else {}))
        )
        assert "<script>alert" not in page.content.decode()
    pdf = text_of(client_of(auditor).get(address("patient-letter-pdf", patient, language="en")).content)
    assert "#strong[x]" in pdf
