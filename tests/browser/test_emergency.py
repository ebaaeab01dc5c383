"""Staff read a record in an emergency: from the patient's page and back, marked on every page, ended by a click."""

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from clinic.accounts.models import User
from tests.browser.test_every_page import DESK, PHONE
from tests.browser.watched import Watched
from tests.conftest import PASSWORD
from tests.factories import a_signed_session, ready

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(("width", "scripts"), [(PHONE, True), (DESK, True), (DESK, False)])
def test_record_opens_in_an_emergency_and_closes_again(
    width: int, scripts: bool, clinic: dict[str, User], open_page: Callable[..., Watched]
) -> None:
    patient, course, device = ready(by=clinic["physician"])
    session = a_signed_session(by=clinic["physician"], course=course, device=device)
    watched = open_page(clinic["staff"], width=width, scripts=scripts)
    page, where = watched.page, reverse("logbook:patient", args=[patient.uid])
    wrong = {}

    def look(name: str) -> None:
        wrong[name] = (watched.barriers() if scripts else []) + watched.over_the_edge(PHONE) + watched.taken()

    page.goto(where)
    page.locator(f"main a[href^='{reverse('emergency')}']").click()
    look("form")
    page.locator("[name=reason]").fill("Malaise en salle d'attente, le médecin est absent.")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main .actions-bar button").click()
    expect(page).to_have_url(f"{page.url.split('/patients')[0]}{where}")
    look("patient")
    page.goto(reverse("logbook:session", args=[session.uid]))
    look("record")
    expect(page.locator(".emergency-mark")).to_be_visible()
    page.locator(".emergency-mark button").click()
    expect(page.locator(".emergency-mark")).to_have_count(0)
    assert page.goto(reverse("logbook:session", args=[session.uid])).status == 403  # type: ignore[union-attr]
    watched.complaints.clear()
    assert {where: what for where, what in wrong.items() if what} == {}
