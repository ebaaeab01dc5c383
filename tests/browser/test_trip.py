"""One whole trip in French: from the log-in to the number in the report and the line in the file."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import Page

from clinic.accounts.models import User
from sessions.measures.answers import EACH_SESSION, ITEMS
from sessions.models import Patient, Phase, Session
from tests.browser.steps import answer_all, choose, submit, write
from tests.browser.watched import HEIGHT, Watched
from tests.factories import a_course, a_device, a_patient

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

APPLICATION = {
    "site": "palm",
    "side": "bilateral",
    "arrangement": "hand-hand",
    "electrode_type": "bath-plate",
    "medium": "tap-water",
}
FEET = APPLICATION | {"site": "sole", "arrangement": "foot-foot"}
PHASE = {
    "anode_site": "palm",
    "anode_side": "right",
    "cathode_site": "palm",
    "cathode_side": "left",
    "reversal": "manual",
    "current_type": "dc",
    "current_ma": "12,5",
    "current_kind": "set",
    "current_reading": "not-stated",
    "duration_min": "10",
}
REVERSED = PHASE | {"anode_side": "left", "cathode_side": "right", "current_ma": "12"}
ON_FEET = PHASE | {"anode_site": "sole", "cathode_site": "sole", "current_ma": "18,0"}
WHOLE = {
    "started_at": "2026-01-12T14:05",
    "ended_at": "2026-01-12T14:40",
    "status": "completed",
    "course_phase": "induction",
    "skin_before": "intact",
    "skin_after": "erythema",
    "metal_removed": "yes",
    "events_answer": "none-observed",
    "changed": "no",
}


def logged_in(watched: Watched, user: User, password: str) -> Page:
    page = watched.page
    page.goto("/")
    page.locator("[name=login]").fill(user.username)
    page.locator("[name=password]").fill(password)
    submit(page)
    return page


def register(page: Page, family_name: str, given_names: str) -> None:
    """Type as a person does, so that the page may look for people like this one."""
    page.goto(reverse("logbook:patient-new"))
    page.locator("#id_family_name").press_sequentially(family_name)
    page.locator("#id_given_names").press_sequentially(given_names)
    page.locator("#id_birth_date").fill("1988-03-21")
    choose(page, "sex", "female")


def add(page: Page, rows: str, appears: str) -> None:
    """One more row, without leaving the page."""
    page.locator(f"button[name=add][value='{rows}']").click()
    page.locator(f"[name='{appears}']").wait_for()


def test_whole_trip_in_french(
    clinic: dict[str, User], open_page: Callable[..., Watched], password: str, tmp_path: Path
) -> None:
    physician = clinic["physician"]
    device = a_device(by=physician)
    watched = open_page()
    page = logged_in(watched, physician, password)
    assert page.locator("html").get_attribute("lang") == "fr"

    register(page, "Benali", "Samira")
    submit(page)
    patient = Patient.objects.get()
    assert page.url.endswith(reverse("logbook:patient", args=[patient.uid]))

    register(page, "Benali", "Samira")
    page.locator("#alike", has_text="BENALI").wait_for()
    assert Patient.objects.count() == 1

    page.goto(reverse("logbook:consultation-new", args=[patient.uid]))
    page.locator("#id_held_date").fill("2026-01-05")
    assert answer_all(page, "no") == len(ITEMS)
    submit(page)
    assert patient.consultations.count() == 1

    page.goto(reverse("logbook:course-new", args=[patient.uid]))
    page.locator("main a[href='?indication=hyperhidrosis']").click()
    page.locator("[name=sites][value=palm]").check()
    page.locator("[name=sites][value=sole]").check()
    page.locator("[name=consultation]").select_option(index=1)
    page.locator("[name=opened_date]").fill("2026-01-05")
    page.locator("[name=planned_sessions]").fill("7")
    submit(page)
    course = patient.courses.get()

    page.goto(reverse("logbook:session-new", args=[course.uid]))
    write(page, "", WHOLE | {"device": str(device.pk), "operator": str(physician.pk)})
    assert answer_all(page, "no") == len(EACH_SESSION)
    write(page, "applications-0-", APPLICATION)
    write(page, "phases-0-0-", PHASE)
    add(page, "phases-0", "phases-0-1-current_ma")
    assert page.locator("[name=phases-0-0-current_ma]").input_value() == "12,5"
    assert page.locator("[name=phases-0-1-current_ma]").input_value() == ""
    write(page, "phases-0-1-", REVERSED)
    add(page, "applications", "applications-1-site")
    write(page, "applications-1-", FEET)
    if not page.locator("[name=phases-1-0-current_ma]").count():
        add(page, "phases-1", "phases-1-0-current_ma")
    write(page, "phases-1-0-", ON_FEET)
    submit(page, then="draft")
    session = Session.objects.get()
    assert [float(phase.current_ma) for phase in Phase.objects.order_by("id")] == [12.5, 12, 18]

    page.goto(reverse("logbook:sessions-unsigned"))
    page.locator(f"main a[href*='{session.uid}']").first.click()
    page.locator("[name=notes]").fill("Picotements à droite, supportés.")
    submit(page, then="review")
    assert page.url.endswith(reverse("logbook:session-sign", args=[session.uid]))
    assert "12,5" in page.locator(".record").inner_text()
    page.locator("[name=password]").fill(password)
    submit(page)
    session.refresh_from_db()
    assert (session.record_status, session.signatures.count()) == ("final", 1)

    page.goto(reverse("logbook:patient", args=[patient.uid]))
    assert "12,5 mA" in page.locator("main").inner_text().replace("\u00a0", " ").replace("\u202f", " ")
    page.goto(reverse("logbook:report", args=["sessions"]))
    assert page.locator(".headlines .headline").first.inner_text() == "1"
    with page.expect_download() as download:
        page.locator("main a[href*='.csv'][href*='part=list']").click()
    stored = tmp_path / "list.csv"
    download.value.save_as(stored)
    lines = list(csv.reader(io.StringIO(stored.read_bytes().decode("utf-8-sig")), delimiter=";"))
    # Titles, the one session, an empty line, and the foot with the last entry of the audit history.
    assert [line for line in lines if any("Benali" in cell or "BENALI" in cell for cell in line)] == lines[1:-2]
    assert (len(lines), lines[-2], lines[-1][0].startswith("Historique d’audit")) == (4, [], True)
    assert watched.taken() == []
    assert watched.kept_in_the_browser() == []


def test_asking_for_a_row_keeps_the_place_and_goes_to_its_first_field(
    physician_page: Page, clinic: dict[str, User]
) -> None:
    course = a_course(by=clinic["physician"], patient=a_patient(by=clinic["physician"]))
    page = physician_page
    page.goto(reverse("logbook:session-new", args=[course.uid]) + "#id_started_at_group")
    button = page.locator("button[name=add][value='phases-0']")
    button.scroll_into_view_if_needed()
    before = page.evaluate("scrollY")
    button.click()
    page.locator("[name='phases-0-1-anode_site']").wait_for()
    page.wait_for_function("document.activeElement.name === 'phases-0-1-anode_site'")
    page.wait_for_timeout(600)  # the page glides
    assert abs(page.evaluate("scrollY") - before) < HEIGHT
    assert page.evaluate(
        "((box) => box.top > 0 && box.bottom < innerHeight)(document.activeElement.getBoundingClientRect())"
    )


def test_row_asked_for_after_being_logged_out_leaves_what_was_typed(
    physician_page: Page, clinic: dict[str, User]
) -> None:
    course = a_course(by=clinic["physician"], patient=a_patient(by=clinic["physician"]))
    page = physician_page
    page.goto(reverse("logbook:session-new", args=[course.uid]))
    page.locator("[name=notes]").fill("Déjà écrit")
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    page.locator("button[name=add][value='phases-0']").click()
    page.locator("#unreached").wait_for()
    assert page.locator("[name=notes]").input_value() == "Déjà écrit"


def test_row_marked_for_removal_folds_away_and_is_not_stored(physician_page: Page, clinic: dict[str, User]) -> None:
    course = a_course(by=clinic["physician"], patient=a_patient(by=clinic["physician"]))
    page = physician_page
    page.goto(reverse("logbook:session-new", args=[course.uid]))
    write(page, "applications-0-", APPLICATION)
    write(page, "phases-0-0-", PHASE)
    add(page, "applications", "applications-1-site")
    write(page, "applications-1-", FEET)
    page.locator("[name='applications-1-DELETE']").check()
    assert not page.locator("[name='applications-1-site']").is_visible()
    submit(page, then="draft")
    assert [row.site for row in Session.objects.get().applications.all()] == ["palm"]
