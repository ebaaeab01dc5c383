"""What nobody types by accident, in every field of every page: it comes back, or a clean refusal, and nothing is written."""

from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models
from django.test import Client
from django.urls import reverse

from clinic.accounts.models import User
from clinic.audit.models import Act
from sessions.actions.report import save_filter
from sessions.actions.result import record_result
from sessions.actions.session import log_session
from sessions.actions.session_rows import Row
from sessions.models import Device, Phase, Sample, Session
from tests.factories import (
    a_consultation,
    a_definition,
    a_device_entry,
    a_draft,
    a_patient,
    a_receipt,
    a_signed_session,
    all_no,
    an_application,
    an_entry,
    at,
    ready,
)
from tests.views.page_form import form_on
from tests.views.session_form import APPLICATION, OBSERVATION, PHASE, posted
from tests.views.test_matrix import EXPECTED, address

pytestmark = pytest.mark.slow

# Percent-encoded, as they travel. No text field stores one of these.
NEVER = {
    "nul": "a%00",
    "lone surrogate": "a%ED%A0%80",
    "no utf-8": "a%FF%FE",
    "replacement character": "a%EF%BF%BD",
    "right to left": "a%E2%80%AEb",
    "longer than the longest field": "a" * 10_001,
}
# Some are words that a note may hold; as dates, figures, keys and choices they are none.
STRANGE = {
    "emoji": "%F0%9F%98%80",
    "2^63": "9223372036854775808",
    "many digits": "9" * 5000,
    "1e400": "1e400",
    "not a number": "NaN",
    "arabic-indic digits": "%D9%A1%D9%A2",
    "superscript": "%C2%B2",
    "year one": "0001-01-01T00:00",
    "year 9999": "9999-12-31T23:59:59.999999-23:59",
    "31 February": "31/02/2026",
    "gap of the clocks": "2026-03-29T02:30",
    "line breaks": "a%0D%0AX-Evil:%201",
    "template": "%7B%7B7*7%7D%7D%25s'%3Cscript%3E",
}
NOT_HERE = {"first-account", "account_logout", "account_login", "language"}
# Tried in tests/accounts/test_second_factor.py, where there is one; the last two have no field.
NOT_HERE |= {"login-code", "second-factor-codes", "second-factor-remove", "emergency-end", "verification-start"}
# These have no field that a person fills in: what they name is tried with the address, the job in tests/views/test_downloads.py.
NOT_HERE |= {"logbook:filter-drop", "logbook:receipt-compare", "downloads-cancel"}
# An act that answers with what it made: a password shown once, a file.
ANSWERS_ITSELF = {
    "account-password", "logbook:course-evidence", "logbook:session-evidence", "logbook:course-letter-pdf",
}  # fmt: skip
PAGES = [name for name, (_get, post) in EXPECTED.items() if post and name not in NOT_HERE]
LONG_PAGES = {"logbook:session-new", "logbook:session-edit", "logbook:session-amend"}
FEW = ("superscript", "2^63", "year one")
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def records(physician: User, staff: User) -> dict[str, models.Model]:
    """One record of each kind, a draft that could be signed, and a signed session of somebody else."""
    patient, course, device = ready(by=physician, indication="extraction", sites=("forearm",))
    started = at(date(2026, 1, 12))
    sample = Row({"sample_id": "A-1", "site": "forearm", "side": "left", "collector": "coil"})
    application = an_application(site="forearm", side="left", phases=())
    entry = an_entry(
        by=physician, device=device, started=started, indication="extraction", samples=(sample,),
        applications=(application,), observations=(),
    )  # fmt: skip
    draft = log_session(by=physician, course=course, entry=entry)
    stored = Sample.objects.get(session=draft)
    result = record_result(by=physician, sample=stored, values={"sufficiency": "insufficient"})
    a_consultation(by=physician, patient=patient, held=date(2026, 1, 13), replies=all_no(pregnancy="not-known"))
    _other, other_course, other_device = ready(by=physician)
    signed = a_signed_session(by=physician, course=other_course, device=other_device)
    return {
        "patient": patient, "course": course, "device": device, "session": draft, "sample": stored, "result": result,
        "consultation": course.consultation, "account": staff, "signed": signed,
        "entry": a_device_entry(by=physician, device=device), "definition": a_definition(by=physician),
        "receipt": a_receipt(by=physician),
        "filter": save_filter(by=physician, report="sessions", name="Palms", question="site=palm", shared=True),
    }  # fmt: skip


def where(name: str, records: dict[str, models.Model]) -> str:
    signed = {"session": records["signed"]} if name.endswith(("amend", "addendum")) else {}
    return address(name, records | signed)


def fields_of(name: str, client: Client, page: str) -> dict[str, str]:
    """The fields of the page's form; row numbers and keys stay as the page has them."""
    piece_of = {"logbook:patient-duplicates": "logbook:patient-new", "logbook:patient-find": "logbook:patients"}
    page = reverse(piece_of[name]) if name in piece_of else page.replace("letter.pdf", "letter/")
    page += "?indication=cellulite" if name == "logbook:course-new" else ""
    return form_on(client.get(page).content.decode())


def body(fields: dict[str, str], value: str) -> str:
    """The form with `value` in every field that a person fills in."""
    kept = ("_FORMS", "-id", "version", "indication")
    pairs = [
        urlencode({name: uuid4() if name == "form_key" else typed})
        if name == "form_key" or name.endswith(kept)
        else f"{name}={value}"
        for name, typed in fields.items()
    ]
    return "&".join(pairs)


@pytest.mark.parametrize("name", PAGES)
def test_hostile_value_in_every_field_breaks_nothing(
    name: str,
    records: dict[str, models.Model],
    physician: User,
    staff: User,
    administrator: User,
    client_of: Callable[[User], Client],
) -> None:
    allowed = EXPECTED[name][1]
    client = client_of(physician if "p" in allowed else staff if "s" in allowed else administrator)
    page = where(name, records)
    fields = fields_of(name, client, page)
    acts = Act.objects.count()
    for label, value in NEVER.items():
        response = client.post(page, body(fields, value), content_type=FORM)
        assert (label, response.status_code in {200, 400, 429}, Act.objects.count()) == (label, True, acts)
    for label, value in STRANGE.items():
        if name in LONG_PAGES and label not in FEW:
            continue
        before = Act.objects.count()
        response = client.post(page, body(fields, value), content_type=FORM)
        stored = Act.objects.count() - before
        clean = {200, 302, 400, 429} if name in ANSWERS_ITSELF or not stored else {302}
        assert (label, response.status_code in clean, stored in {0, 1}) == (label, True, True)
        assert b"<script>" not in response.content


@pytest.mark.parametrize("moment", ["0001-01-01T00:00", "9999-12-31T23:59", "0001-01-01T00:00+23:59"])
def test_moment_that_no_database_keeps_comes_back_at_its_field(
    moment: str, records: dict[str, models.Model], physician: User, client_of: Callable[[User], Client]
) -> None:
    client, acts = client_of(physician), Act.objects.count()
    course, sample = records["course"], records["sample"]
    fields = ("collected_from", "collected_until", "sent_at", "blood_taken_at")
    for field in fields:
        rows = [{"sample_id": "A-2", "site": "forearm", "side": "left", field: moment}]
        data = posted(physician=physician, applications=[], observations=[], samples=rows)
        answer = client.post(reverse("logbook:session-new", args=[course.uid]), data)
        assert list(answer.context["entry"].samples.forms[0].errors) == [field]
    data = posted(physician=physician, started_at="", ended_at=moment, status="")
    answer = client.post(reverse("logbook:session-new", args=[course.uid]), data)
    assert "ended_at" in answer.context["form"].errors
    for field in ("received_at", "reported_at"):
        data = {"form_key": str(uuid4()), "sufficiency": "insufficient", field: moment}
        answer = client.post(reverse("logbook:result-new", args=[sample.uid]), data)
        assert list(answer.context["form"].errors) == [field]
    assert Act.objects.count() == acts


@pytest.mark.parametrize("count", ["²", "9" * 5000, "-1", "0", "1000000000", "x", "", "1e3", "%00"])
def test_rows_that_were_not_counted_are_never_dropped(
    count: str, physician: User, client_of: Callable[[User], Client]
) -> None:
    _patient, course, device = ready(by=physician)
    client, page = client_of(physician), reverse("logbook:session-new", args=[course.uid])
    data = posted(physician=physician, device=device, **{"applications-TOTAL_FORMS": count})
    assert client.post(page, data).status_code == 200
    assert client.post(page, data | {"add": "applications"}).status_code == 200
    without = {name: value for name, value in data.items() if name != "applications-TOTAL_FORMS"}
    assert client.post(page, without).status_code == 200
    assert Session.objects.count() == 0


def test_stored_row_is_continued_once(physician: User, client_of: Callable[[User], Client]) -> None:
    _patient, course, device = ready(by=physician)
    draft = a_draft(by=physician, course=course, device=device)
    application, observation = draft.applications.get(), draft.observations.get()
    phase = application.phases.first()
    phases = [PHASE | {"id": phase.pk}, PHASE | {"id": phase.pk, "current_ma": "3"}]
    rows = [OBSERVATION | {"id": observation.pk}, OBSERVATION | {"id": observation.pk, "value": "1"}]
    before = list(Phase.objects.values_list("pk", "current_ma"))
    data = posted(
        physician=physician, device=device, version=draft.version, observations=rows,
        applications=[{"id": application.pk, "phases": phases, **APPLICATION}],
        initial={"applications": 1, "phases-0": 1, "observations": 1},
    )  # fmt: skip
    answer = client_of(physician).post(reverse("logbook:session-edit", args=[draft.uid]), data)
    assert answer.status_code == 200
    assert list(Phase.objects.values_list("pk", "current_ma")) == before


def test_row_of_another_session_is_refused(
    records: dict[str, models.Model], physician: User, client_of: Callable[[User], Client]
) -> None:
    strange = records["signed"].applications.get()
    _patient, course, device = ready(by=physician)
    draft = a_draft(by=physician, course=course, device=device)
    data = posted(
        physician=physician, device=device, version=draft.version,
        applications=[{"id": strange.pk, "phases": [PHASE], **APPLICATION, "side": "left"}],
        initial={"applications": 1},
    )  # fmt: skip
    answer = client_of(physician).post(reverse("logbook:session-edit", args=[draft.uid]), data)
    assert answer.status_code == 200
    strange.refresh_from_db()
    assert (strange.session_id, strange.side) == (records["signed"].pk, "bilateral")


def test_records_of_another_patient_and_wrong_people_are_no_choice(
    records: dict[str, models.Model], physician: User, staff: User, client_of: Callable[[User], Client]
) -> None:
    mine, theirs = a_patient(by=physician), records["course"]
    base = {"indication": "hyperhidrosis", "sites": ["palm"], "opened_date": "2026-01-05", "physician": physician.pk}
    strange = {"consultation": theirs.consultation_id, "previous": theirs.pk, "physician": staff.pk}
    for field, value in strange.items():
        data = base | {"form_key": str(uuid4()), field: value}
        answer = client_of(physician).post(reverse("logbook:course-new", args=[mine.uid]), data)
        assert list(answer.context["form"].errors) == [field]


def test_fields_that_no_page_asks_for_are_ignored(
    records: dict[str, models.Model], physician: User, client_of: Callable[[User], Client]
) -> None:
    _patient, course, device = ready(by=physician)
    uid = uuid4()
    data = posted(
        physician=physician, device=device, record_status="final", version=7, uid=uid, revision=3, month="2020-01-01",
        patient=records["patient"].pk, course=records["course"].pk,
    )  # fmt: skip
    client_of(physician).post(reverse("logbook:session-new", args=[course.uid]), data)
    stored = Session.objects.get(course=course)
    assert (stored.record_status, stored.version, stored.revision, stored.patient_id) == (
        "preliminary", 1, 1, course.patient_id,
    )  # fmt: skip
    assert stored.uid != uid


def test_key_of_one_form_stores_nothing_by_another_form_or_person(
    physician: User, other_physician: User, client_of: Callable[[User], Client]
) -> None:
    _patient, course, device = ready(by=physician)
    data = posted(physician=physician, device=device)
    page = reverse("logbook:session-new", args=[course.uid])
    first = client_of(physician).post(page, data)
    again = client_of(physician).post(page, data, follow=True)
    assert first.status_code == 302
    assert len(list(again.context["messages"])) == 1  # it says that the first sending is the one that counts
    assert client_of(other_physician).post(page, data).status_code == 200
    other = {"form_key": data["form_key"], "maker": "a", "model": "b", "serial_number": "c"}
    answer = client_of(physician).post(reverse("logbook:device-new"), other)
    assert [len(answer.context["form"].non_field_errors()), answer.context["form"]["maker"].value()] == [1, "a"]
    assert (Session.objects.count(), Device.objects.count()) == (1, 1)


@pytest.mark.parametrize("name", [name for name, (_get, post) in EXPECTED.items() if post])
def test_post_without_token_is_refused(
    name: str, records: dict[str, models.Model], physician: User, administrator: User
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(administrator if EXPECTED[name][1] == "d" else physician)
    acts = Act.objects.count()
    answer = client.post(where(name, records), {"form_key": str(uuid4()), "reason": "a"})
    assert (answer.status_code, answer["Cache-Control"], Act.objects.count()) == (403, "no-store, private", acts)


@pytest.mark.parametrize(
    "target", ["foo", "é", "logbook:patient", "//evil", "/\\evil", "https:evil", "javascript:a", "\x00/", "/" * 5000]
)
def test_language_leads_nowhere_else(target: str, physician: User, client_of: Callable[[User], Client]) -> None:
    answer = client_of(physician).post(reverse("language"), {"language": "en", "next": target})
    assert (answer.status_code, answer["Location"]) == (302, "/")


@pytest.mark.parametrize(
    ("data", "content_type"),
    [
        (b"a=" + b"b" * 3_000_000, FORM),
        ("&".join(f"a{number}=1" for number in range(6000)).encode(), FORM),
        (b"--x\r\ngarbage", "multipart/form-data"),
        (b"login=a", f"{FORM}; charset=utf-16"),
    ],
)
def test_body_that_is_no_form_is_refused_cleanly(db: None, data: bytes, content_type: str, administrator: User) -> None:
    answer = Client().post(reverse("account_login"), data, content_type=content_type)
    assert (answer.status_code, answer["Cache-Control"]) == (400, "no-store, private")
    assert "Content-Security-Policy" in answer.headers


@pytest.mark.parametrize("name", ["scan.pdf", "a\r\nX-Evil: 1.bin", "../../settings.py"])
def test_no_page_takes_a_file(db: None, name: str, administrator: User) -> None:
    file = SimpleUploadedFile(name, b"a" * 3_000_000)
    answer = Client().post(reverse("account_login"), {"login": "a", "password": "b", "f": file})
    assert (answer.status_code, "X-Evil" in answer.headers) == (400, False)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "a\r\nX-Evil: 1"])
def test_strange_host_is_refused(db: None, host: str, administrator: User) -> None:
    answer = Client().get(reverse("account_login"), headers={"Host": host})
    assert (answer.status_code, answer["Cache-Control"], "X-Evil" in answer.headers) == (
        400, "no-store, private", False,
    )  # fmt: skip


@pytest.mark.parametrize(
    "path", ["/%ED%A0%80", "/patients/%00/", "/accounts/" + "9" * 30 + "/", "/accounts/" + "9" * 5000 + "/", "/%0D%0Aa"]
)
def test_strange_address_is_not_found(path: str, administrator: User, client_of: Callable[[User], Client]) -> None:
    answer = client_of(administrator).get(path)
    assert (answer.status_code, answer["Cache-Control"]) == (404, "no-store, private")


def test_second_tab_is_shown_the_rows_it_would_take_away(physician: User, client_of: Callable[[User], Client]) -> None:
    _patient, course, device = ready(by=physician)
    draft = a_draft(by=physician, course=course, device=device)
    page, client = reverse("logbook:session-edit", args=[draft.uid]), client_of(physician)
    rows = form_on(client.get(page).content.decode()) | {"then": "draft"}
    first = rows | {"observations-TOTAL_FORMS": "2", "form_key": str(uuid4())}
    first |= {f"observations-1-{name}": value for name, value in (OBSERVATION | {"side": "left"}).items()}
    assert client.post(page, first).status_code == 302
    second = client.post(page, rows | {"form_key": str(uuid4()), "notes": "typed in the other tab"})
    assert [label for label, _value in second.context["differences"]] == ["Notes", "Observation 2"]
    assert draft.observations.count() == 2


def test_review_that_came_too_late_can_be_signed_as_it_is_shown(
    physician: User, password: str, client_of: Callable[[User], Client]
) -> None:
    _patient, course, device = ready(by=physician)
    draft = a_draft(by=physician, course=course, device=device)
    page, client = reverse("logbook:session-sign", args=[draft.uid]), client_of(physician)
    stale: dict[str, Any] = form_on(client.get(page).content.decode()) | {"version": "7", "password": password}
    refused = client.post(page, stale)
    assert (refused.status_code, Session.objects.get().record_status) == (200, "preliminary")
    shown = form_on(refused.content.decode()) | {"form_key": str(uuid4()), "password": password}
    assert client.post(page, shown).status_code == 302
    assert Session.objects.get().record_status == "final"


def test_who_left_the_clinic_stays_the_operator(
    physician: User, staff: User, administrator: User, client_of: Callable[[User], Client]
) -> None:
    from clinic.accounts.actions import change_account

    _patient, course, device = ready(by=physician)
    draft = a_draft(by=physician, course=course, device=device, operator=staff, started=at(date(2026, 1, 12)))
    change_account(by=administrator, user=staff, reason="left", is_active=False)
    page = client_of(physician).get(reverse("logbook:session-edit", args=[draft.uid]))
    assert form_on(page.content.decode())["operator"] == str(staff.pk)
    fresh = client_of(physician).get(reverse("logbook:session-new", args=[course.uid]))
    assert staff not in fresh.context["form"].fields["operator"].queryset


def test_slip_in_an_application_that_is_taken_away_stands_in_nobodys_way(
    physician: User, client_of: Callable[[User], Client]
) -> None:
    _patient, course, device = ready(by=physician)
    wrong = APPLICATION | {"DELETE": "on", "phases": [PHASE | {"current_ma": "fifteen"}]}
    data = posted(physician=physician, device=device, applications=[APPLICATION | {"phases": [PHASE]}, wrong])
    answer = client_of(physician).post(reverse("logbook:session-new", args=[course.uid]), data)
    assert answer.status_code == 302
    assert Session.objects.get().applications.count() == 1
