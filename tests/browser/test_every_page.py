"""Every page in both languages: no barrier, no sideways scrolling on a phone, no complaint of the browser."""

from collections.abc import Callable
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from clinic.accounts.models import User
from clinic.accounts.roles import Role
from clinic.operations.models import Job, State
from sessions.actions.result import record_result
from sessions.actions.session_rows import Row
from sessions.actions.signature import add_addendum
from sessions.models import Sample
from sessions.reports.registry import REPORTS
from tests.architecture.test_policy import routes
from tests.browser.conftest import people
from tests.browser.watched import HEIGHT, Watched
from tests.factories import (
    a_consultation,
    a_course,
    a_definition,
    a_device_entry,
    a_draft,
    a_file,
    a_patient,
    a_receipt,
    a_signed_session,
    all_no,
    an_application,
    an_observation,
    at,
    ready,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NO_PAGE = {
    "health": "a word for machines",
    "stay": "a sign of life from somebody who types",
    "language": "takes a choice and leads back",
    "login-code": "between the password and the first page: tests/browser/test_second_factor.py",
    "second-factor-codes": "for those who have one: tests/browser/test_second_factor.py",
    "second-factor-remove": "for those who have one: tests/browser/test_second_factor.py",
    "emergency-end": "takes a wish and leads to the first page",
    "verification-start": "takes a wish and leads to the page Verification",
    "logbook:patient-find": "a piece of the frame: tests/browser/test_search.py",
    "downloads-progress": "a piece of the page of large files",
    "downloads-cancel": "takes a wish and leads to the page of large files",
    "downloads-file": "a file",
    "logbook:patient-duplicates": "a piece of the page that registers a patient",
    "logbook:report-csv": "a file",
    "logbook:report-xlsx": "a file",
    "logbook:report-pdf": "a file",
    "logbook:filter-drop": "takes a wish and leads to the list of reports",
    "logbook:receipt-compare": "answers with the page of the receipt",
    "logbook:session-pdf": "a file",
    "logbook:patient-timeline-csv": "a file",
    "logbook:patient-timeline-xlsx": "a file",
    "logbook:patient-timeline-pdf": "a file",
    "logbook:patient-letter-pdf": "a file",
    "logbook:course-letter-pdf": "a file",
    "logbook:trail-csv": "a file",
    "logbook:trail-xlsx": "a file",
    "logbook:trail-pdf": "a file",
    "logbook:trail-looks-csv": "a file",
    "logbook:trail-looks-xlsx": "a file",
    "logbook:trail-looks-pdf": "a file",
}
# Who looks at each page; a route that is neither here nor above fails.
PAGES = {
    "home": "physician staff auditor administrator",
    "account_login": "",
    "account_logout": "physician",
    "account_change_password": "physician",
    "first-account": "",
    "accounts": "administrator",
    "account-new": "administrator",
    "account-edit": "administrator",
    "account-history": "administrator",
    "account-password": "administrator",
    "emergency": "staff",
    "second-factor": "physician",
    "account-second-factor": "administrator",
    "verification": "auditor administrator",
    "downloads": "physician staff",
    "logbook:patients": "physician",
    "logbook:patient-new": "physician",
    "logbook:patient": "physician staff",
    "logbook:patient-edit": "physician",
    "logbook:patient-looks": "auditor",
    "logbook:patient-timeline": "auditor",
    "logbook:patient-as-known": "auditor",
    "logbook:patient-letter": "auditor",
    "logbook:consultation-new": "physician",
    "logbook:consultation": "physician",
    "logbook:decisions": "physician",
    "logbook:course-new": "physician",
    "logbook:course": "physician",
    "logbook:course-edit": "physician",
    "logbook:course-end": "physician",
    "logbook:course-evidence": "auditor",
    "logbook:course-letter": "physician",
    "logbook:session-new": "physician",
    "logbook:sessions": "physician staff",
    "logbook:session": "physician",
    "logbook:session-edit": "physician",
    "logbook:session-sign": "physician",
    "logbook:session-amend": "physician",
    "logbook:session-review": "physician",
    "logbook:session-addendum": "physician",
    "logbook:session-error": "physician",
    "logbook:session-evidence": "auditor",
    "logbook:result-new": "physician",
    "logbook:result-error": "physician",
    "logbook:devices": "physician",
    "logbook:device-new": "physician",
    "logbook:device-edit": "physician",
    "logbook:device-entry-new": "physician",
    "logbook:device-entry-error": "physician",
    "logbook:reports": "staff administrator",
    "logbook:report": "physician administrator",
    "logbook:filter-new": "staff",
    "logbook:receipts": "staff",
    "logbook:receipt": "staff",
    "logbook:sessions-unsigned": "physician",
    "logbook:definitions": "physician administrator",
    "logbook:definition-new": "physician",
    "logbook:definition-change": "physician",
    "logbook:definition-retire": "physician",
    "logbook:history": "auditor",
    "logbook:trail": "auditor",
    "logbook:trail-looks": "auditor",
}
PHONE, DESK = 360, 1280


def addresses_of(physician: User, staff: User) -> dict[str, list[str]]:
    """The pages of a clinic in which something of everything was written, by route."""
    patient, course, device = ready(by=physician)
    after = an_observation(measure="GRAV", value="85", unit="mg", collection_minutes=5, moment="after", index=1)
    event = Row({"term": "erythema", "severity": "mild", "serious": "no", "site": "palm", "side": "right"})
    signed = a_signed_session(
        by=physician,
        course=course,
        device=device,
        observations=(an_observation(), after),
        events_answer="observed",
        events=(event,),
    )
    add_addendum(by=physician, session=signed, text="Peau normale le lendemain.", key=uuid4())
    draft = a_draft(by=physician, course=course, device=device, started=at(date(2026, 1, 13)))
    started = at(date(2026, 1, 14))
    extraction = a_course(
        by=physician, patient=patient, indication="extraction", sites=("forearm",), consultation=course.consultation
    )
    sample = Row(
        {
            "sample_id": "A-1", "site": "forearm", "side": "left", "collector": "coil", "pooled": "no",
            "collected_from": started, "collected_until": started + timedelta(minutes=30), "volume_ul": 30,
            "sufficiency": "sufficient",
        }
    )  # fmt: skip
    sweat_test = a_draft(
        by=physician, course=extraction, device=device, started=started, samples=(sample,), observations=(),
        applications=(an_application(site="forearm", side="left", arrangement="", phases=()),),
    )  # fmt: skip
    stored = Sample.objects.get(session=sweat_test)
    values = {"sufficiency": "sufficient", "comparator": "=", "result_value": 20, "result_unit": "mmol/L"}
    result = record_result(by=physician, sample=stored, values=values)
    doubtful = a_patient(by=physician, family_name="Lefèvre-Montgomery", given_names="Anne-Charlotte Marie")
    replies = all_no() | {"skin": ("yes", "plaie de 2 cm"), "diabetes": ("not-known", ""), "pacemaker": ("yes", "")}
    a_consultation(by=physician, patient=doubtful, replies=replies)
    receipt = a_receipt(by=staff)
    records = {
        "receipt": receipt, "patient": patient, "course": course, "session": signed, "device": device, "consultation": course.consultation,
        "definition": a_definition(by=physician),
    }  # fmt: skip
    found = {name: [_address(name, records, staff)] for name in PAGES if name not in NOT_BY_ROUTE}
    found |= {
        name: [reverse(name, args=[record.uid])]
        for name, record in {
            "logbook:device-entry-error": a_device_entry(by=physician, device=device), "logbook:session-edit": draft, "logbook:result-new": stored, "logbook:result-error": result,
            "logbook:decisions": doubtful,
        }.items()
    }  # fmt: skip
    found["logbook:session-sign"] = [reverse("logbook:session-sign", args=[one.uid]) for one in (draft, sweat_test)]
    found["logbook:session"].append(reverse("logbook:session", args=[sweat_test.uid]))
    found["logbook:session-new"].append(reverse("logbook:session-new", args=[extraction.uid]))
    found["logbook:course-new"].append(f"{found['logbook:course-new'][0]}?indication=hyperhidrosis")
    found["logbook:patient"].append(reverse("logbook:patient", args=[doubtful.uid]))
    found["logbook:history"] = [
        reverse("logbook:history", args=[kind, records[kind].uid]) for kind in ("patient", "session")
    ]
    found["logbook:patient-as-known"].append(
        f"{found['logbook:patient-as-known'][0]}?on={timezone.localdate():%Y-%m-%d}"
    )
    found["logbook:report"] = [reverse("logbook:report", args=[report.code]) for report in REPORTS]
    found["home"].append("/nothing-here/")
    return found


def files_in_every_state(by: User) -> None:
    """Large files: one that is ready, and one in each other state."""
    for state in State.values:
        job = a_file(by=by, title=f"Rapport des séances, {state}")
        failed = "Le disque du carnet est presque plein." if state == State.FAILED else ""
        done = 5_000 if state == State.RUNNING else job.done_rows
        Job.objects.filter(pk=job.pk).update(state=state, message=failed, done_rows=done, beat_at=timezone.now())


NOT_BY_ROUTE = {
    "logbook:session-edit", "logbook:session-sign", "logbook:result-new", "logbook:result-error", "logbook:decisions",
    "logbook:device-entry-error",
    "logbook:history", "first-account", "account_login",
}  # fmt: skip


def _address(name: str, records: dict[str, object], staff: User) -> str:
    converters = next(route.pattern.converters for known, route in routes() if known == name)
    if "pk" in converters:
        return reverse(name, args=[staff.pk])
    if "code" in converters:
        return reverse(name, args=["sessions"])
    if "uid" not in converters:
        return reverse(name)
    noun = name.removeprefix("logbook:").split("-")[0]
    if name in {"logbook:consultation-new", "logbook:course-new"}:
        noun = "patient"
    if name == "logbook:session-new":
        noun = "course"
    return reverse(name, args=[records[noun].uid])  # type: ignore[attr-defined]


def looked_at(watched: Watched, address: str, width: int) -> list[str]:
    """What is wrong with this page, for a reader of the screen, on a phone and to the browser."""
    if watched.page.viewport_size != {"width": width, "height": HEIGHT}:
        watched.page.set_viewport_size({"width": width, "height": HEIGHT})
    watched.page.goto(address)
    if address == "/nothing-here/":
        watched.complaints = [text for text in watched.complaints if "404" not in text]
    found = watched.taken() + watched.barriers() + watched.kept_in_the_browser()
    return found + watched.over_the_edge(PHONE)


def test_every_route_is_looked_at_or_is_no_page() -> None:
    assert sorted([*PAGES, *NO_PAGE]) == sorted(name for name, _route in routes())


# French by day on a phone, English by night at a desk: both of each are seen on every page.
@pytest.mark.parametrize(("language", "scheme", "width"), [("fr", "light", PHONE), ("en", "dark", DESK)])
def test_page_has_no_barrier(
    language: str, scheme: str, width: int, open_page: Callable[..., Watched], live_server: object
) -> None:
    nobody = open_page(width=width)
    nobody.page.emulate_media(color_scheme=scheme)
    _choose(nobody, language)
    wrong = {"first-account": looked_at(nobody, reverse("first-account"), width)}
    users = people(language)
    wrong["account_login"] = looked_at(nobody, reverse("account_login"), width)
    addresses = addresses_of(users[Role.PHYSICIAN], users[Role.STAFF])
    for role, user in users.items():
        watched = open_page(user, width=width)
        watched.page.emulate_media(color_scheme=scheme)
        for name, roles in PAGES.items():
            if role in roles.split():
                for address in addresses[name]:
                    wrong[f"{role} {name} {address}"] = looked_at(watched, address, width)
                    spoken = watched.page.locator("html").get_attribute("lang")
                    assert (address, spoken) == (address, language)
    assert {where: what for where, what in wrong.items() if what} == {}


def _choose(watched: Watched, language: str) -> None:
    """Nobody is logged in: the browser keeps the choice."""
    watched.page.goto(reverse("first-account"))
    watched.page.locator(f".languages button[value={language}]").click()


def test_form_that_came_back_has_no_barrier(clinic: dict[str, User], open_page: Callable[..., Watched]) -> None:
    patient, course, _device = ready(by=clinic["physician"])
    watched = open_page(clinic["physician"])
    wrong = {}
    for name, args in (
        ("logbook:patient-new", []),
        ("logbook:consultation-new", [patient.uid]),
        ("logbook:session-new", [course.uid]),
        ("logbook:device-new", []),
    ):
        watched.page.goto(reverse(name, args=args))
        if name == "logbook:session-new":
            watched.page.locator("[name=phases-0-0-current_ma]").fill("quinze")
        watched.page.locator("main .actions-bar button").first.click()
        watched.page.locator("#problems").wait_for()
        wrong[name] = watched.barriers() + watched.over_the_edge(PHONE) + watched.taken()
    assert {where: what for where, what in wrong.items() if what} == {}


def test_times_of_the_timeline_use_the_width_of_a_phone(
    clinic: dict[str, User], open_page: Callable[..., Watched]
) -> None:
    patient, _course, _device = ready(by=clinic["physician"])
    page = open_page(clinic["auditor"], width=PHONE).page
    page.goto(reverse("logbook:patient-timeline", args=[patient.uid]))
    row = page.locator(".table-clocks tbody tr").first.bounding_box()
    cell = page.locator(".table-clocks tbody tr").first.locator("td").first.bounding_box()
    assert row is not None
    assert cell is not None
    assert cell["width"] == row["width"]
