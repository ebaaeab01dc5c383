"""By keyboard alone, without scripts, on paper, and after the log-out."""

from collections.abc import Callable

import pytest
from django.urls import reverse

from clinic.accounts.models import User
from sessions.models import Patient, Phase, Session
from tests.browser.steps import answer_all, choose, submit, tab_to, write
from tests.browser.test_trip import APPLICATION, PHASE, REVERSED, WHOLE
from tests.browser.watched import Watched
from tests.factories import a_signed_session, ready

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_session_is_logged_by_keyboard_alone(
    clinic: dict[str, User], open_page: Callable[..., Watched], password: str
) -> None:
    patient, course, _device = ready(by=clinic["physician"])
    page = open_page().page
    page.goto("/login/")
    assert page.evaluate("document.activeElement.name") == "login"
    page.keyboard.type("morel")
    tab_to(page, "[name=password]")
    page.keyboard.type(password)
    with page.expect_navigation():
        page.keyboard.press("Enter")

    tab_to(page, f".frame-links a[href='{reverse('logbook:patients')}']")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.locator("#id_search").focus()
    page.keyboard.type("celik")
    found = f"main a[href='{reverse('logbook:patient', args=[patient.uid])}']"
    page.locator(found).wait_for()
    for address in (
        reverse("logbook:patient", args=[patient.uid]),
        reverse("logbook:course", args=[course.uid]),
        reverse("logbook:session-new", args=[course.uid]),
    ):
        tab_to(page, f"main a[href='{address}']")
        with page.expect_navigation():
            page.keyboard.press("Enter")

    tab_to(page, "[name=status]")
    page.keyboard.press("Space")
    tab_to(page, "[name=changed]")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    tab_to(page, "[name=applications-0-site]")
    page.keyboard.press("ArrowDown")
    tab_to(page, "[name=applications-0-side]")
    page.keyboard.press("ArrowDown")
    tab_to(page, "[name=phases-0-0-current_ma]")
    page.keyboard.type("12,5")
    tab_to(page, "[name=phases-0-0-current_kind]")
    page.keyboard.press("ArrowDown")
    tab_to(page, "button[name=then][value=review]")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.locator("#problems").all_inner_texts() == []
    session = Session.objects.get()
    assert page.url.endswith(reverse("logbook:session-sign", args=[session.uid]))
    assert (session.status, session.record_status) == ("completed", "preliminary")
    assert float(Phase.objects.get().current_ma) == 12.5


def test_session_is_logged_without_scripts(clinic: dict[str, User], open_page: Callable[..., Watched]) -> None:
    physician = clinic["physician"]
    _patient, course, device = ready(by=physician)
    page = open_page(physician, width=360, scripts=False).page
    page.goto(reverse("logbook:patient-new"))
    write(page, "", {"family_name": "Petrov", "given_names": "Anna", "birth_date": "1990-02-03", "sex": "female"})
    submit(page)
    assert Patient.objects.filter(family_name="Petrov").count() == 1

    page.goto(reverse("logbook:session-new", args=[course.uid]))
    write(page, "", WHOLE | {"device": str(device.pk), "operator": str(physician.pk)})
    answer_all(page, "no")
    write(page, "applications-0-", APPLICATION)
    write(page, "phases-0-0-", PHASE)
    with page.expect_navigation():
        page.locator("button[name=add][value=phases-0]").click()
    assert Session.objects.count() == 0
    assert page.locator("[name=phases-0-0-current_ma]").input_value() == "12,5"
    write(page, "phases-0-1-", REVERSED)
    submit(page, then="draft")
    assert Session.objects.count() == 1
    assert [float(phase.current_ma) for phase in Phase.objects.order_by("id")] == [12.5, 12]


def test_two_clicks_log_one_session(clinic: dict[str, User], open_page: Callable[..., Watched]) -> None:
    _patient, course, _device = ready(by=clinic["physician"])
    page = open_page(clinic["physician"]).page
    page.goto(reverse("logbook:session-new", args=[course.uid]))
    choose(page, "status", "completed")
    with page.expect_navigation():
        page.locator("button[name=then][value=draft]:visible").last.dblclick()
    page.goto(reverse("logbook:course", args=[course.uid]))
    assert Session.objects.count() == 1


def test_back_after_log_out_shows_no_patient(clinic: dict[str, User], open_page: Callable[..., Watched]) -> None:
    patient, _course, _device = ready(by=clinic["physician"])
    watched = open_page(clinic["physician"])
    page = watched.page
    answer = page.goto(reverse("logbook:patient", args=[patient.uid]))
    assert "no-store" in answer.headers["cache-control"]
    assert patient.given_names in page.locator("body").inner_text()
    page.locator("details.menu > summary").click()
    with page.expect_navigation():
        page.locator("form[action='/logout/'] button").click()
    page.go_back()
    assert page.locator("[name=login]").count() == 1
    assert patient.given_names not in page.content()
    assert watched.kept_in_the_browser() == []


def test_printed_record_is_the_record_alone(clinic: dict[str, User], open_page: Callable[..., Watched]) -> None:
    physician = clinic["physician"]
    patient, course, device = ready(by=physician)
    session = a_signed_session(by=physician, course=course, device=device)
    page = open_page(physician).page
    page.goto(reverse("logbook:session", args=[session.uid]))
    page.emulate_media(media="print")
    shown = page.locator(
        "nav:visible, .acts:visible, button:visible, .button:visible, .foot:visible, .skip:visible, .idle:visible"
    )
    assert shown.count() == 0
    paper = page.locator("body").inner_text()
    wanted = [patient.given_names, "14,5", "12 janvier 2026", "Dr Jeanne Morel", device.serial_number]
    assert [text for text in wanted if text not in paper] == []
    for layer in page.locator("h1, .banner, .record").all():
        assert layer.is_visible()
