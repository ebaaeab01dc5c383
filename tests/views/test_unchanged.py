"""A form that is sent as it was shown changes nothing, so no act is written; what differs is written."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.urls import reverse

from clinic.accounts.actions import choose_language
from clinic.audit.models import Act
from sessions.actions.session_rows import Row
from sessions.actions.signature import sign_session
from sessions.models import Session
from tests.factories import a_draft, a_phase, a_signed_session, an_application, an_observation, asked_today, at, ready
from tests.views.page_form import form_on

STARTED = at(date(2026, 1, 12))
NOTHING = "Nothing was changed, so there is nothing to save."
SITES = {"hyperhidrosis": "palm", "cellulite": "abdomen", "extraction": "forearm"}
MEASURED = {"hyperhidrosis": ("GRAV", "mg/min"), "cellulite": ("CIRC", "cm")}
EVENT = Row({"term": "erythema", "severity": "mild", "serious": "no"})
SAMPLE = Row(
    {
        "sample_id": "A-1", "site": "forearm", "side": "left", "collector": "coil", "pooled": "no",
        "collected_from": STARTED, "collected_until": STARTED + timedelta(minutes=30), "volume_ul": Decimal("30"),
        "sufficiency": "sufficient", "sent_at": STARTED + timedelta(hours=1),
    }
)  # fmt: skip


def rows_of(indication):
    """Rows of every kind that a session of `indication` may have."""
    site = SITES[indication]
    measure, unit = MEASURED.get(indication, ("", ""))
    phases = (a_phase(site=site, voltage_v=Decimal("20.5")), a_phase(site=site, current="14.5"))
    return {
        "applications": (an_application(site=site, phases=phases), an_application(site=site, index=1)),
        "observations": (an_observation(measure=measure, unit=unit, site=site, value="12.5"),) if measure else (),
        "events": (EVENT,),
        "events_answer": "observed",
        "samples": (SAMPLE,) if indication == "extraction" else (),
        "replies": asked_today(pregnancy="not-applicable"),
        "notes": "two lines\nof notes",
    }


def a_full_draft(physician, indication="hyperhidrosis"):
    _patient, course, device = ready(by=physician, indication=indication, sites=(SITES[indication],))
    return a_draft(by=physician, course=course, device=device, started=STARTED, **rows_of(indication))


@pytest.fixture
def client(client_of, physician):
    choose_language(user=physician, language="en")
    return client_of(physician)


def shown(client, page):
    """What a browser sends when nobody has touched the page."""
    return form_on(client.get(page).content.decode()) | {"form_key": str(uuid4())}


@pytest.mark.parametrize("indication", SITES)
def test_draft_sent_as_it_was_shown_writes_no_act(client, physician, indication):
    draft = a_full_draft(physician, indication)
    page = reverse("logbook:session-edit", args=[draft.uid])
    acts = Act.objects.count()
    answer = client.post(page, shown(client, page) | {"then": "review"})
    assert (answer.status_code, answer.url) == (302, reverse("logbook:session-sign", args=[draft.uid]))
    answer = client.post(page, shown(client, page) | {"then": "draft"}, follow=True)
    said = "Nothing was changed: the draft stands as it was saved. It is not signed yet."
    assert (answer.redirect_chain, [str(message) for message in answer.context["messages"]]) == ([(page, 302)], [said])
    assert (Act.objects.count(), Session.objects.get().version) == (acts, draft.version)


@pytest.mark.parametrize(
    "changes",
    [
        {"notes": "another"},
        {"detail_skin": "a scratch"},
        {"applications-1-DELETE": "on"},
        {"phases-0-1-current_ma": "14,6"},
        {"events-0-severity": "moderate"},
    ],
)
def test_draft_with_one_change_is_written(client, physician, changes):
    draft = a_full_draft(physician)
    page = reverse("logbook:session-edit", args=[draft.uid])
    answer = client.post(page, shown(client, page) | {"then": "review"} | changes)
    assert answer.status_code == 302
    assert Act.objects.latest("pk").kind == "save_draft"
    assert Session.objects.get().version == draft.version + 1


@pytest.mark.parametrize("indication", SITES)
def test_amendment_that_changes_nothing_is_refused_and_keeps_what_was_typed(client, physician, password, indication):
    draft = a_full_draft(physician, indication)
    signed = sign_session(by=physician, session=draft, version=draft.version)
    page = reverse("logbook:session-amend", args=[signed.uid])
    acts = Act.objects.count()
    answer = client.post(page, shown(client, page) | {"reason": "Misread", "password": password})
    assert answer.status_code == 200
    assert answer.context["problems"] == [("", "", NOTHING)]
    assert form_on(answer.content.decode())["reason"] == "Misread"
    stored = Session.objects.get()
    assert (stored.version, stored.revision, stored.record_status) == (signed.version, 1, "final")
    assert (Act.objects.count(), stored.signatures.count()) == (acts, 1)


def test_amendment_with_one_change_is_signed(client, physician, password):
    draft = a_full_draft(physician)
    signed = sign_session(by=physician, session=draft, version=draft.version)
    page = reverse("logbook:session-amend", args=[signed.uid])
    typed = shown(client, page) | {"reason": "Misread", "password": password, "phases-0-0-voltage_v": "20,6"}
    assert client.post(page, typed).status_code == 302
    assert Session.objects.get().revision == 2


@pytest.mark.parametrize(
    ("page", "change"),
    [
        ("patient-edit", {"phone": "01"}),
        ("course-edit", {"goal": "dry palms"}),
        ("device-edit", {"location": "room 2"}),
    ],
)
def test_record_sent_as_it_was_shown_is_not_written(client, physician, page, change):
    patient, course, device = ready(by=physician, sites=("palm",))
    session = a_signed_session(by=physician, course=course, device=device, started=STARTED)
    record = {"patient-edit": patient, "course-edit": course, "device-edit": session.device}[page]
    address = reverse(f"logbook:{page}", args=[record.uid])
    acts = Act.objects.count()
    answer = client.post(address, shown(client, address) | {"reason": "Misread"})
    assert answer.status_code == 200
    assert list(answer.context["form"].non_field_errors()) == [NOTHING]
    assert form_on(answer.content.decode())["reason"] == "Misread"
    record.refresh_from_db()
    assert (Act.objects.count(), record.version) == (acts, 1)
    assert client.post(address, shown(client, address) | {"reason": "Misread"} | change).status_code == 302
    record.refresh_from_db()
    assert (Act.objects.count(), record.version) == (acts + 1, 2)


def test_course_with_another_site_alone_is_written(client, physician):
    _patient, course, _device = ready(by=physician, sites=("palm",))
    address = reverse("logbook:course-edit", args=[course.uid])
    typed = shown(client, address) | {"reason": "Soles too", "sites": ["palm", "sole"]}
    assert client.post(address, typed).status_code == 302
    assert sorted(course.sites.values_list("site", flat=True)) == ["palm", "sole"]


def test_account_sent_as_it_was_shown_is_not_written(client_of, administrator, staff):
    choose_language(user=administrator, language="en")
    client = client_of(administrator)
    address = reverse("account-edit", args=[staff.pk])
    acts = Act.objects.count()
    answer = client.post(address, shown(client, address) | {"reason": "Misread"})
    assert list(answer.context["form"].non_field_errors()) == [NOTHING]
    assert Act.objects.count() == acts
