"""The search in the frame of every page: a few patients while typing, each look written down once for one page."""

import re
from collections.abc import Callable

import pytest
from django.core import signing
from django.test import Client
from django.urls import reverse

from clinic.accounts.models import User
from clinic.audit.models import Access
from tests.factories import a_patient

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]
FIND, PATIENTS = "logbook:patient-find", "logbook:patients"


def looks() -> list[tuple[str, str, int]]:
    return list(Access.objects.exclude(patient_id=None).order_by("id").values_list("kind", "route", "patient_id"))


def seen_in(html: str) -> str:
    found = re.search(r'name="seen"[^>]* value="([^"]*)"', html)
    assert found
    return found[1]


def typing(client: Client, text: str, route: str = FIND, seen: str = "") -> str:
    response = client.post(reverse(route), {"search": text, "seen": seen}, headers={"HX-Request": "true"})
    assert response.status_code == 200
    return response.content.decode()


def test_few_who_fit_best_are_shown_and_looked_at(client_of: ClientOf, staff: User) -> None:
    people = [a_patient(by=staff, family_name="Martin", given_names=f"Ada {number}") for number in range(10)]
    html = typing(client_of(staff), "martin")
    shown = [person.pk for person in people if str(person.uid) in html]
    assert shown == [person.pk for person in people[:8]]
    assert looks() == [("search", FIND, pk) for pk in shown]
    assert (html.count('role="option"'), 'type="submit"' in html) == (8, True)


@pytest.mark.parametrize("text", ["", " ", "m", "nobody", "x" * 101, "a\x00b"])
def test_nobody_is_shown_for_nothing(client_of: ClientOf, staff: User, text: str) -> None:
    a_patient(by=staff, family_name="Martin")
    html = typing(client_of(staff), text)
    assert (html.count('role="option"'), looks()) == (0, [])


def test_one_sign_of_another_script_is_a_name(client_of: ClientOf, staff: User) -> None:
    a_patient(by=staff, family_name="王", given_names="伟")
    assert typing(client_of(staff), "王").count('role="option"') == 1


@pytest.mark.parametrize("route", [FIND, PATIENTS])
def test_one_page_looks_at_each_patient_once(client_of: ClientOf, staff: User, route: str) -> None:
    first = a_patient(by=staff, family_name="Martin")
    second = a_patient(by=staff, family_name="Mardal")
    client, seen = client_of(staff), ""
    for text in ("mart", "marti", "mar", "ma", "mart"):
        seen = seen_in(typing(client, text, route, seen))
    assert looks() == [("search", route, pk) for pk in (first.pk, second.pk)]
    typing(client, "mart", route)  # another page
    assert len(looks()) == 3


def test_nobody_says_for_himself_whom_he_has_seen(client_of: ClientOf, staff: User, physician: User) -> None:
    patient = a_patient(by=staff, family_name="Martin")
    client = client_of(staff)
    another_person = seen_in(typing(client_of(physician), "martin"))
    another_log_in = seen_in(typing(client_of(staff), "martin"))
    forged = signing.dumps([staff.pk, [patient.pk]], salt="page view")
    before = len(looks())
    for seen in (another_person, another_log_in, forged, "x", "", seen_in(typing(client, "martin"))[:-1] + "_"):
        typing(client, "martin", seen=seen)
    assert len(looks()) == before + 7


def test_box_stands_on_every_page_of_those_who_may_find(
    client_of: ClientOf, staff: User, auditor: User, administrator: User
) -> None:
    where = [reverse("home"), reverse("account_change_password"), reverse("logbook:patient-new")]
    assert ['id="frame-find"' in client_of(staff).get(page).content.decode() for page in where] == [True] * 3
    pages = [(auditor, "home"), (administrator, "home"), (staff, PATIENTS)]
    shown = ['id="frame-find"' in client_of(user).get(reverse(page)).content.decode() for user, page in pages]
    assert shown == [True, False, False]  # the page Patients has a box of its own


def test_box_leads_to_the_patients_page_without_scripts(client_of: ClientOf, staff: User) -> None:
    patient = a_patient(by=staff, family_name="Martin")
    client = client_of(staff)
    html = client.get(reverse("home")).content.decode()
    form = re.search(r'<form class="frame-find".*?</form>', html, re.DOTALL)
    assert form
    assert f'action="{reverse(PATIENTS)}"' in form[0]
    assert 'method="post"' in form[0]
    response = client.post(reverse(PATIENTS), {"search": "martin"})
    assert response.context["found"] == [patient]
