"""Signing asks for the person each time (21 CFR 11.200), shows who signed what and when, and what no longer holds."""

from datetime import date, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.formats import date_format

from clinic.audit.models import Access, Act
from sessions.actions.session import mark_in_error
from sessions.actions.signature import add_addendum, review_session
from sessions.models import Course, Device, Session, Signature
from tests.factories import a_draft, a_signed_session, at, ready
from tests.reports.signed import write

pytestmark = pytest.mark.django_db


@pytest.fixture
def course(physician):
    return ready(by=physician)[1]


@pytest.fixture
def signed(physician, course):
    return a_signed_session(by=physician, course=course, device=Device.objects.get())


@pytest.fixture
def draft(physician, course):
    return a_draft(by=physician, course=course, device=Device.objects.get(), started=at(date(2026, 1, 20)))


def page_of(name, session):
    return reverse(f"logbook:session-{name}", args=[session.uid])


def form(session, **given):
    return {"form_key": str(uuid4()), "version": str(session.version)} | given


def shown(client, session):
    return client.get(reverse("logbook:session", args=[session.uid])).content.decode()


# --- 21 CFR 11.200: the person, each time -------------------------------------------------------------


@pytest.mark.parametrize("given", [{}, {"password": ""}, {"password": "not mine"}], ids=["none", "empty", "wrong"])
@pytest.mark.parametrize("name", ["sign", "addendum", "review"])
def test_nothing_is_signed_without_the_right_password(
    client_of, physician, other_physician, draft, signed, name, given
):
    session = draft if name == "sign" else signed
    client = client_of(other_physician if name == "review" else physician)
    before = (Signature.objects.count(), Act.objects.count())
    answer = client.post(page_of(name, session), form(session, text="Seen again.") | given)
    assert answer.status_code == 200
    assert 'id="id_password_error"' in answer.content.decode()
    assert (Signature.objects.count(), Act.objects.count()) == before


def test_the_password_of_somebody_else_signs_nothing(client_of, physician, other_physician, draft):
    other_physician.set_password("another long word of mine")
    write(other_physician, password=other_physician.password)
    client_of(physician).post(page_of("sign", draft), form(draft, password="another long word of mine"))
    assert Session.objects.get(pk=draft.pk).record_status == "preliminary"


def test_the_password_is_asked_again_for_the_next_signature(client_of, physician, draft, password):
    client = client_of(physician)
    client.post(page_of("sign", draft), form(draft, password=password))
    answer = client.post(page_of("addendum", draft), form(draft, text="Seen again."))
    assert 'id="id_password_error"' in answer.content.decode()
    assert [row.meaning for row in Signature.objects.all()] == ["authorship"]


def test_after_the_idle_limit_both_parts_are_asked_again(physician, draft, password):
    with time_machine.travel("2026-03-12 14:00:00+01:00", tick=False) as clock:
        client = Client()
        client.post(reverse("account_login"), {"login": "morel", "password": password})
        assert client.get(page_of("sign", draft)).status_code == 200
        clock.shift(timedelta(minutes=settings.IDLE_MINUTES, seconds=1))
        answer = client.post(page_of("sign", draft), form(draft, password=password))
        assert answer.status_code == 302
        assert answer["Location"].startswith(reverse("account_login"))
    assert Signature.objects.count() == 0


def test_nobody_signs_without_being_logged_in(draft, password):
    answer = Client().post(page_of("sign", draft), form(draft, password=password, username="morel"))
    assert answer["Location"].startswith(reverse("account_login"))
    assert Signature.objects.count() == 0


# --- 21 CFR 11.50: name, time with zone, meaning -------------------------------------------------------


def test_record_shows_name_time_zone_and_meaning_of_each_signature(client_of, physician, other_physician, signed):
    add_addendum(by=physician, session=signed, text="Seen again.")
    review_session(by=other_physician, session=signed, version=signed.version)
    page = shown(client_of(physician), signed)
    for signature in Signature.objects.all():
        assert f"<strong>{signature.signer_name}</strong>" in page
        assert signature.get_meaning_display() in page
    assert page.count("Europe/Paris") == 3
    assert "message-error" not in page


def test_time_of_a_signature_is_shown_in_the_zone_that_stands_beside_it(client_of, physician, signed, settings):
    moment = Signature.objects.get().signed_at.astimezone(ZoneInfo("Europe/Paris"))
    hour = f"{date_format(moment, 'DATETIME_FORMAT')} Europe/Paris"
    assert hour in shown(client_of(physician), signed)
    settings.TIME_ZONE = "Asia/Tokyo"  # the clinic has moved
    assert hour in shown(client_of(physician), signed)


# --- 21 CFR 11.70: what no longer holds ----------------------------------------------------------------


def test_record_says_what_was_changed_after_its_signature(client_of, physician, signed, unguarded):
    assert "message-error" not in shown(client_of(physician), signed)
    write(signed, pain_nrs=9)
    page = shown(client_of(physician), signed)
    assert page.count("message-error") == 1
    assert str(Session._meta.get_field("pain_nrs").verbose_name) in page


def test_record_without_its_signature_says_so(client_of, physician, draft, unguarded):
    write(draft, record_status="final")
    assert shown(client_of(physician), draft).count("message-error") == 1


def test_record_renamed_or_copied_says_so(client_of, physician, signed, draft, unguarded):
    write(physician, full_name="Dr Somebody Else")
    write(Signature.objects.get(), session=draft)
    client = client_of(physician)
    assert shown(client, signed).count("message-error") == 1
    assert shown(client, draft).count("message-error") >= 2


def test_record_page_asks_at_most_two_questions_more_with_signatures(client_of, physician, other_physician, signed):
    draft = a_draft(by=physician, course=Course.objects.get(), device=Device.objects.get())
    review_session(by=other_physician, session=signed, version=signed.version)
    client = client_of(physician)
    shown(client, signed)

    def queries(session):
        with CaptureQueriesContext(connection) as captured:
            shown(client, session)
        return len(captured)

    assert queries(signed) - queries(draft) <= 2


# --- Review --------------------------------------------------------------------------------------------


def test_second_physician_reviews_and_countersigns(client_of, other_physician, signed, password):
    client = client_of(other_physician)
    where = page_of("review", signed)
    assert where in shown(client, signed)
    assert client.get(where).status_code == 200
    looks = Access.objects.filter(route="logbook:session-review")
    assert [(look.by_id, look.patient_id, look.kind) for look in looks] == [
        (other_physician.pk, signed.patient_id, "session")
    ]
    answer = client.post(where, form(signed, password=password))
    assert answer["Location"] == reverse("logbook:session", args=[signed.uid])
    assert [row.signer_name for row in Signature.objects.filter(meaning="review")] == ["Dr Paul Petit"]
    assert where not in shown(client, signed)


def test_review_sent_twice_leads_to_the_record_once(client_of, other_physician, signed, password):
    client, data = client_of(other_physician), form(signed, password=password)
    client.post(page_of("review", signed), data)
    answer = client.post(page_of("review", signed), data)
    assert answer["Location"] == reverse("logbook:session", args=[signed.uid])
    assert Signature.objects.filter(meaning="review").count() == 1


@pytest.mark.parametrize("whose", ["own", "draft", "struck"])
def test_review_page_says_why_not_and_has_no_form(
    client_of, physician, other_physician, signed, draft, password, whose
):
    session, by = {"own": (signed, physician), "draft": (draft, other_physician)}.get(whose, (signed, other_physician))
    if whose == "struck":
        session = mark_in_error(by=physician, session=signed, reason="Wrong patient", version=signed.version)
    client = client_of(by)
    page = client.get(page_of("review", session)).content.decode()
    assert ("message-warning" in page, 'name="password"' in page) == (True, False)
    client.post(page_of("review", session), form(session, password=password))
    assert Signature.objects.filter(meaning="review").count() == 0


def test_review_is_offered_to_nobody_who_cannot_sign(client_of, auditor, physician, signed):
    for person in (auditor, physician):
        assert page_of("review", signed) not in shown(client_of(person), signed)
