"""The second factor in a browser: set up, codes, log in, sign's field, new codes, removal; with the strict policy."""

import time
from collections.abc import Callable

import pyotp
import pytest
from django.urls import reverse
from playwright.sync_api import expect

from clinic.accounts.models import User
from tests.browser.test_every_page import DESK, PHONE
from tests.browser.watched import Watched
from tests.conftest import PASSWORD
from tests.factories import a_draft, ready

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_second_factor_from_setting_up_to_removal(
    width: int, clinic: dict[str, User], open_page: Callable[..., Watched]
) -> None:
    physician = clinic["physician"]
    watched = open_page(physician, width=width)
    page, wrong = watched.page, {}

    def look(name: str, seen: Watched = watched) -> None:
        wrong[name] = seen.barriers() + seen.over_the_edge(PHONE) + seen.taken()

    page.goto(reverse("second-factor"))
    look("set up")
    box = page.locator(".qr-frame svg").bounding_box()
    assert box is not None
    assert box["width"] > 150
    secret = page.locator("main .secret").inner_text()
    app = pyotp.TOTP(secret)
    page.locator("main [name=code]").fill(app.now())
    page.locator("main [name=password]").fill(PASSWORD)
    page.locator("main .actions-bar button").click()
    expect(page.locator(".codes .secret")).to_have_count(10)
    codes = page.locator(".codes .secret").all_inner_texts()
    look("codes")
    page.goto(reverse("second-factor"))
    look("state")
    _patient, course, device = ready(by=physician)
    draft = a_draft(by=physician, course=course, device=device)
    page.goto(reverse("logbook:session-sign", args=[draft.uid]))
    expect(page.locator("main [name=code]")).to_have_count(1)
    look("sign")
    for name in ("second-factor-codes", "second-factor-remove"):
        page.goto(reverse(name))
        look(name)

    other = open_page(width=width)
    other.page.goto(reverse("account_login"))
    other.page.locator("[name=login]").fill("morel")
    other.page.locator("[name=password]").fill(PASSWORD)
    other.page.locator("main .actions-bar button").click()
    other.page.wait_for_url(f"**{reverse('login-code')}")
    look("code", other)
    other.page.locator("main [name=code]").fill(app.at(int(time.time()) + 30))
    other.page.locator("main .actions-bar button").click()
    other.page.wait_for_url("**/")
    other.page.goto(reverse("second-factor-remove"))
    other.page.locator("main [name=password]").fill(PASSWORD)
    other.page.locator("main [name=code]").fill(codes[0])
    other.page.locator("main .actions-bar button").click()
    other.page.wait_for_url(f"**{reverse('second-factor')}")
    expect(other.page.locator(".qr-frame")).to_be_visible()
    look("removed", other)
    assert {where: what for where, what in wrong.items() if what} == {}
