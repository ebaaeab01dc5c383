"""Somebody types into the frame of a page: those who fit come up, and the keyboard leads to one of them."""

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from clinic.accounts.models import User
from clinic.audit.models import Access
from tests.browser.watched import Watched
from tests.factories import a_patient

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_typing_finds_and_the_keyboard_opens(clinic: dict[str, User], open_page: Callable[..., Watched]) -> None:
    staff = clinic["staff"]
    elodie = a_patient(by=staff, family_name="Durand", given_names="Élodie")
    a_patient(by=staff, family_name="Elouard", given_names="Max")
    watched = open_page(staff)
    page = watched.page
    page.goto("/")
    page.keyboard.press("Control+k")
    box, options = page.locator("#frame-search"), page.locator("#frame-found [role=option]")
    expect(box).to_be_focused()
    page.keyboard.type("elo", delay=20)
    expect(options).to_have_count(2)
    expect(box).to_have_attribute("aria-expanded", "true")
    expect(page.locator("#frame-said")).to_contain_text("2")
    assert watched.barriers() == []
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(box).to_have_attribute("aria-activedescendant", "frame-option-2")
    expect(options.nth(1)).to_contain_text("Élodie")
    page.keyboard.press("Escape")
    expect(page.locator("#frame-found")).to_be_hidden()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url.endswith(reverse("logbook:patient", args=[elodie.uid]))
    seen = Access.objects.filter(kind="search").values_list("patient_id", flat=True)
    assert len(seen) == len(set(seen)) == 2
    assert watched.taken() == []


def test_enter_without_a_choice_shows_all(clinic: dict[str, User], open_page: Callable[..., Watched]) -> None:
    for number in range(10):
        a_patient(by=clinic["staff"], family_name="Martin", given_names=f"Ada {number}")
    page = open_page(clinic["staff"]).page
    page.goto("/")
    page.locator("#frame-search").fill("martin")
    expect(page.locator("#frame-found [role=option]")).to_have_count(8)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url.endswith(reverse("logbook:patients"))  # and no name in it
    expect(page.locator("#results .people li")).to_have_count(10)


def test_box_works_without_scripts(clinic: dict[str, User], open_page: Callable[..., Watched]) -> None:
    a_patient(by=clinic["staff"], family_name="Martin")
    page = open_page(clinic["staff"], scripts=False).page
    page.goto("/")
    page.locator("#frame-search").fill("martin")
    with page.expect_navigation():
        page.locator("#frame-search").press("Enter")
    expect(page.locator("#results .people li")).to_have_count(1)


@pytest.mark.parametrize("width", [360, 820, 1280])
def test_results_fit_the_page(clinic: dict[str, User], open_page: Callable[..., Watched], width: int) -> None:
    for number in range(10):
        a_patient(by=clinic["staff"], family_name="Martin-Lefèvre de la Tour", given_names=f"Ada Marie Élodie {number}")
    watched = open_page(clinic["staff"], width=width)
    page = watched.page
    page.goto(reverse("account_change_password"))
    page.locator("#frame-search").fill("martin")
    expect(page.locator("#frame-found [role=option]")).to_have_count(8)
    assert watched.barriers() + watched.over_the_edge(width) == []
