"""Who looked at a patient."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from clinic.audit.models import Access
from tests.factories import a_patient

pytestmark = pytest.mark.django_db


@pytest.fixture
def patient(physician):
    return a_patient(by=physician)


@pytest.fixture
def address(patient):
    return reverse("logbook:patient-looks", args=[patient.uid])


def look_at(patient, user, number=1):
    Access.objects.bulk_create(
        Access(
            at=timezone.now(),
            by=user,
            by_name=user.full_name,
            patient_id=patient.pk,
            kind="session",
            route="logbook:session",
            address="192.0.2.7",
        )
        for _each in range(number)
    )


def test_anonymous_is_asked_to_log_in(client, address):
    assert client.get(address)["Location"] == f"{reverse('account_login')}?next={address}"


@pytest.mark.parametrize(
    ("role", "status"), [("physician", 200), ("auditor", 200), ("staff", 403), ("administrator", 403)]
)
def test_looks_are_for_those_who_see_history(client_of, request, address, role, status):
    assert client_of(request.getfixturevalue(role)).get(address).status_code == status


def test_looks_say_who_what_when_and_from_where_newest_first(client_of, auditor, staff, physician, patient, address):
    other = a_patient(by=physician, record_number="2026-0002")
    look_at(patient, staff)
    look_at(other, staff)
    lines = client_of(auditor).get(address).context["lines"]
    assert [(line.look.by_name, line.look.kind, line.look.route, line.look.address) for line in lines] == [
        ("Lou Leroy", "session", "logbook:session", "192.0.2.7"),
    ]
    again = client_of(auditor).get(address).context["lines"]
    assert [(line.look.by_name, line.look.kind, line.look.route, line.look.address) for line in again] == [
        ("Alix Auditor", "looks", "logbook:patient-looks", "127.0.0.1"),
        ("Lou Leroy", "session", "logbook:session", "192.0.2.7"),
    ]


def test_pages_of_looks_hold_each_once(client_of, auditor, patient, address):
    look_at(patient, auditor, 60)
    client = client_of(auditor)
    first = client.get(address)
    second = client.get(address, {"before": first.context["following"]})
    seen = [line.look.pk for answer in (first, second) for line in answer.context["lines"]]
    assert (len(seen), len(set(seen)), second.context["following"]) == (60, 60, None)


@pytest.mark.parametrize("before", ["x", "-1", "1" * 30, "٣"])
def test_place_that_does_not_exist_is_not_found(client_of, auditor, address, before):
    assert client_of(auditor).get(address, {"before": before}).status_code == 404


def test_unknown_patient_is_not_found(client_of, auditor):
    address = reverse("logbook:patient-looks", args=["00000000-0000-4000-8000-000000000000"])
    assert client_of(auditor).get(address).status_code == 404


def test_number_of_queries_is_the_same_for_one_and_three_looks(client_of, auditor, patient, address):
    client = client_of(auditor)
    client.get(address)
    with CaptureQueriesContext(connection) as one:
        client.get(address)
    look_at(patient, auditor, 3)
    with CaptureQueriesContext(connection) as more:
        client.get(address)
    assert len(more.captured_queries) == len(one.captured_queries)
