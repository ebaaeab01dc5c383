"""Every route, every role, every method: one table of who gets an answer. A route that is not in it fails."""

import copy
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import models
from django.test import Client
from django.urls import reverse

from clinic.accounts.models import User
from clinic.accounts.roles import Role
from sessions.actions.report import save_filter
from sessions.actions.result import record_result
from sessions.actions.session import log_session
from sessions.actions.session_rows import Row
from sessions.actions.signature import sign_session
from sessions.models import Sample
from tests.architecture.test_policy import routes
from tests.conftest import administrator_of_all, one_of, rows_of_all
from tests.factories import (
    a_definition,
    a_device,
    a_device_entry,
    a_draft,
    a_file,
    a_receipt,
    an_entry,
    asked_today,
    at,
    ready,
)

# p physician, s clinic staff, a auditor, d administrator, n nobody (not logged in).
# "" in a column: no such method here, for anybody.
NOBODY = ""
GONE = "-"  # leads to the log-in as soon as the clinic has its accounts
ALL, READERS, FINDERS, PHYSICIAN, ADMINISTRATOR = "psad", "pa", "psa", "p", "d"
EXPECTED: dict[str, tuple[str, str]] = {
    # route: (GET, POST)
    "home": (ALL, NOBODY),
    "health": ("psadn", NOBODY),
    "stay": (ALL, NOBODY),
    "account_login": ("psadn", "psadn"),
    "account_logout": (ALL, ALL),
    "account_change_password": (ALL, ALL),
    "language": (NOBODY, "psadn"),
    "first-account": (GONE, GONE),
    "accounts": (ADMINISTRATOR, NOBODY),
    "account-new": (ADMINISTRATOR, ADMINISTRATOR),
    "account-edit": (ADMINISTRATOR, ADMINISTRATOR),
    "account-history": (ADMINISTRATOR, NOBODY),
    "account-password": (ADMINISTRATOR, ADMINISTRATOR),
    "login-code": (GONE, GONE),
    "second-factor": (ALL, ALL),
    "second-factor-codes": (ALL, ALL),
    "second-factor-remove": (ALL, ALL),
    "account-second-factor": (ADMINISTRATOR, ADMINISTRATOR),
    "emergency": ("s", "s"),
    "emergency-end": (NOBODY, "s"),
    "downloads": (ALL, NOBODY),
    "downloads-progress": (ALL, NOBODY),
    "downloads-cancel": (NOBODY, ALL),
    "downloads-file": (PHYSICIAN, NOBODY),
    "verification": ("pad", "pad"),
    "verification-start": (NOBODY, "pad"),
    "logbook:patients": (FINDERS, FINDERS),
    "logbook:patient-find": (NOBODY, FINDERS),
    "logbook:patient-new": ("ps", "ps"),
    "logbook:patient-duplicates": (NOBODY, "ps"),
    "logbook:patient": (FINDERS, NOBODY),
    "logbook:patient-edit": ("ps", "ps"),
    "logbook:patient-looks": (READERS, NOBODY),
    "logbook:patient-timeline": (READERS, NOBODY),
    "logbook:patient-timeline-csv": (READERS, NOBODY),
    "logbook:patient-timeline-xlsx": (READERS, NOBODY),
    "logbook:patient-timeline-pdf": (READERS, NOBODY),
    "logbook:patient-as-known": (READERS, NOBODY),
    "logbook:patient-letter": (READERS, NOBODY),
    "logbook:patient-letter-pdf": (READERS, NOBODY),
    "logbook:consultation-new": (PHYSICIAN, PHYSICIAN),
    "logbook:consultation": (READERS, NOBODY),
    "logbook:decisions": (PHYSICIAN, PHYSICIAN),
    "logbook:course-new": (PHYSICIAN, PHYSICIAN),
    "logbook:course": (READERS, NOBODY),
    "logbook:course-edit": (PHYSICIAN, PHYSICIAN),
    "logbook:course-end": (PHYSICIAN, PHYSICIAN),
    "logbook:course-evidence": (READERS, READERS),
    "logbook:course-letter": (PHYSICIAN, PHYSICIAN),
    "logbook:course-letter-pdf": (NOBODY, PHYSICIAN),
    "logbook:session-new": (PHYSICIAN, PHYSICIAN),
    "logbook:sessions": (FINDERS, NOBODY),
    "logbook:session": (READERS, NOBODY),
    "logbook:session-pdf": (READERS, NOBODY),
    "logbook:session-edit": (PHYSICIAN, PHYSICIAN),
    "logbook:session-sign": (PHYSICIAN, PHYSICIAN),
    "logbook:session-amend": (PHYSICIAN, PHYSICIAN),
    "logbook:session-review": (PHYSICIAN, PHYSICIAN),
    "logbook:session-addendum": (PHYSICIAN, PHYSICIAN),
    "logbook:session-error": (PHYSICIAN, PHYSICIAN),
    "logbook:session-evidence": (READERS, READERS),
    "logbook:result-new": (PHYSICIAN, PHYSICIAN),
    "logbook:result-error": (PHYSICIAN, PHYSICIAN),
    "logbook:sessions-unsigned": (PHYSICIAN, NOBODY),
    "logbook:devices": ("pd", NOBODY),
    "logbook:device-new": ("pd", "pd"),
    "logbook:device-edit": ("pd", "pd"),
    "logbook:device-entry-new": ("pd", "pd"),
    "logbook:device-entry-error": ("pd", "pd"),
    "logbook:reports": (ALL, NOBODY),
    "logbook:report": (ALL, NOBODY),
    "logbook:report-csv": (ALL, NOBODY),
    "logbook:report-xlsx": (ALL, NOBODY),
    "logbook:report-pdf": (ALL, NOBODY),
    "logbook:filter-new": (ALL, ALL),
    "logbook:filter-drop": (NOBODY, ALL),
    "logbook:receipts": (ALL, NOBODY),
    "logbook:receipt": (ALL, NOBODY),
    "logbook:receipt-compare": (NOBODY, ALL),
    "logbook:definitions": (ALL, NOBODY),
    "logbook:definition-new": (PHYSICIAN, PHYSICIAN),
    "logbook:definition-change": (PHYSICIAN, PHYSICIAN),
    "logbook:definition-retire": (PHYSICIAN, PHYSICIAN),
    "logbook:history": (READERS, NOBODY),
    "logbook:trail": (READERS, READERS),
    "logbook:trail-csv": (READERS, NOBODY),
    "logbook:trail-xlsx": (READERS, NOBODY),
    "logbook:trail-pdf": (READERS, NOBODY),
    "logbook:trail-looks": (READERS, READERS),
    "logbook:trail-looks-csv": (READERS, NOBODY),
    "logbook:trail-looks-xlsx": (READERS, NOBODY),
    "logbook:trail-looks-pdf": (READERS, NOBODY),
}
# One person's own: the others are not told that it is there.
OWN = {"downloads-file"}
ROLES = {"p": Role.PHYSICIAN, "s": Role.STAFF, "a": Role.AUDITOR, "d": Role.ADMINISTRATOR, "n": None}
ANSWERS = {200, 204, 302, 303}


@pytest.fixture(scope="module")
def kept(django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[dict[str, User], dict[str, models.Model]]]:
    """The people and the records of all tests of this file: each of them takes back what it did."""
    with rows_of_all(django_db_blocker):
        administrator = administrator_of_all()
        others = [one_of(who, administrator) for who in ("physician", "staff", "auditor")]
        people = {user.role: user for user in (*others, administrator)}
        yield people, one_of_each(people[Role.PHYSICIAN], administrator)


@pytest.fixture
def people(kept: tuple[dict[str, User], dict[str, models.Model]], db: None) -> dict[str, User]:
    return copy.deepcopy(kept[0])


@pytest.fixture
def records(kept: tuple[dict[str, User], dict[str, models.Model]], db: None) -> dict[str, models.Model]:
    return copy.deepcopy(kept[1])


def one_of_each(physician: User, administrator: User) -> dict[str, models.Model]:
    """One record of each kind that an address can name."""
    patient, course, device = ready(by=physician, indication="extraction", sites=("forearm",))
    started = at(date(2026, 1, 12))
    sample = Row(
        {
            "sample_id": "A-1", "site": "forearm", "side": "left", "collector": "coil", "pooled": "no",
            "collected_from": started, "collected_until": started + timedelta(minutes=30), "volume_ul": 30,
            "sufficiency": "sufficient",
        }
    )  # fmt: skip
    entry = an_entry(
        by=physician,
        device=device,
        started=started,
        indication="extraction",
        samples=(sample,),
        applications=(),
        observations=(),
    )
    assert entry.replies == asked_today()
    signed = log_session(by=physician, course=course, entry=entry, key=uuid4())
    stored = Sample.objects.get(session=signed)
    values = {"sufficiency": "sufficient", "comparator": "=", "result_value": 20, "result_unit": "mmol/L"}
    result = record_result(by=physician, sample=stored, values=values)
    return {
        "patient": patient, "course": course, "device": device, "session": signed, "sample": stored, "result": result,
        "consultation": course.consultation, "account": administrator, "job": a_file(by=physician), "receipt": a_receipt(by=physician),
        "definition": a_definition(by=physician), "entry": a_device_entry(by=physician, device=device),
        "filter": save_filter(by=physician, report="sessions", name="Palms", question="site=palm", shared=True),
    }  # fmt: skip


def address(name: str, records: dict[str, models.Model], *, strange: bool = False) -> str:
    """The address of a route, for the records of the test or for one that nobody has."""
    if name.startswith("account-") and name != "account-new":
        return reverse(name, kwargs={"pk": 0 if strange else records["account"].pk})
    kwargs: dict[str, object] = {}
    noun = {
        "logbook:consultation": "consultation", "logbook:course": "course", "logbook:course-edit": "course",
        "logbook:course-end": "course", "logbook:course-evidence": "course", "logbook:course-letter": "course",
        "logbook:course-letter-pdf": "course", "logbook:session-new": "course",
        "logbook:result-new": "sample",
        "logbook:result-error": "result", "downloads-file": "job", "logbook:device-edit": "device",
        "logbook:device-entry-new": "device", "logbook:device-entry-error": "entry", "logbook:history": "patient",
    }.get(name)  # fmt: skip
    converters = next(route.pattern.converters for known, route in routes() if known == name)
    if "uid" in converters:
        noun = noun or next(
            (word for word in ("receipt", "filter", "definition") if name.startswith(f"logbook:{word}")), None
        )
        noun = noun or ("session" if name.startswith("logbook:session") else "patient")
        kwargs["uid"] = uuid4() if strange else records[noun].uid
    if "kind" in converters:
        kwargs["kind"] = noun
    if "code" in converters:
        kwargs["code"] = "nothing" if strange else "sessions"
    return reverse(name, kwargs=kwargs)


def test_table_names_every_route_and_no_other() -> None:
    assert sorted(EXPECTED) == sorted(name for name, _route in routes())


@pytest.mark.parametrize("name", EXPECTED)
def test_route_answers_those_it_is_for(
    name: str, people: dict[str, User], records: dict[str, models.Model], client_of: Callable[[User], Client]
) -> None:
    found, wanted = {}, {}
    where = address(name, records)
    for letter, role in ROLES.items():
        client = client_of(people[role]) if role else Client()
        for method, allowed in (("GET", EXPECTED[name][0]), ("POST", EXPECTED[name][1])):
            response = client.generic(method, where)
            response.getvalue()  # a file that streams is read to its end
            to_log_in = response.status_code == 302 and response["Location"].startswith(reverse("account_login"))
            if response.status_code in ANSWERS and not (to_log_in and letter == "n"):
                found[letter, method] = "answers"
            else:
                found[letter, method] = "to log in" if to_log_in else str(response.status_code)
            if allowed == GONE:
                wanted[letter, method] = "to log in" if letter == "n" else "answers"
            elif letter in allowed:
                wanted[letter, method] = "answers"
            elif allowed == NOBODY:
                # No such method; a page that asks the policy first says so to those whom it is for.
                wanted[letter, method] = (
                    found[letter, method] if found[letter, method] in _no_method(name, letter) else "405"
                )
            else:
                wanted[letter, method] = "to log in" if letter == "n" else "404" if name in OWN else "403"
    assert found == wanted


def _no_method(name: str, letter: str) -> set[str]:
    """What may be said where a method does not exist: 405, or the policy's own refusal before it."""
    may_see = letter in EXPECTED[name][0] + EXPECTED[name][1]
    return {"405"} if may_see else {"405", "403", "to log in"}


@pytest.mark.parametrize("name", EXPECTED)
def test_other_methods_change_nothing(
    name: str, people: dict[str, User], records: dict[str, models.Model], client_of: Callable[[User], Client]
) -> None:
    where = address(name, records)
    answers = set()
    for role in ROLES.values():
        client = client_of(people[role]) if role else Client()
        for method in ("PUT", "PATCH", "DELETE"):
            response = client.generic(method, where)
            to_log_in = response.status_code == 302 and response["Location"].startswith(reverse("account_login"))
            answers.add("to log in" if to_log_in else str(response.status_code))
    assert answers <= {"405", "403", "to log in"}


@pytest.mark.parametrize("name", [name for name, route in routes() if {"uid", "pk"} & set(route.pattern.converters)])
def test_address_that_names_nothing_is_not_found(
    name: str, people: dict[str, User], records: dict[str, models.Model], client_of: Callable[[User], Client]
) -> None:
    allowed = EXPECTED[name][0] or EXPECTED[name][1]
    for letter in allowed:
        client = client_of(people[ROLES[letter]])
        response = getattr(client, "get" if EXPECTED[name][0] else "post")(address(name, records, strange=True))
        assert response.status_code == 404


def test_signed_session_opens_for_its_readers_alone(
    people: dict[str, User], client_of: Callable[[User], Client]
) -> None:
    physician = people[Role.PHYSICIAN]
    _patient, course, device = ready(by=physician)
    draft = a_draft(by=physician, course=course, device=device)
    signed = sign_session(by=physician, session=draft, version=draft.version)
    where = reverse("logbook:session", kwargs={"uid": signed.uid})
    statuses = {role: client_of(user).get(where).status_code for role, user in people.items()}
    assert statuses == {"physician": 200, "staff": 403, "auditor": 200, "administrator": 403}
    assert a_device(by=people["administrator"]).pk is not None
