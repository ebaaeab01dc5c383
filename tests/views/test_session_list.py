"""The page with the list of sessions: who sees what, where its links lead, and that each look is written down."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.accounts.models import User
from clinic.audit.models import Access
from sessions.models import Session
from sessions.reports.session_order import ORDERS
from tests.factories import a_course, a_patient
from tests.reports.rows import a_session, paris

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]
ROUTE = "logbook:sessions"
NOBODY = "6a1f0f5e-8f0c-4c36-9d5e-0d3b1c6f2a11"


@pytest.fixture
def sessions(physician: User) -> list[Session]:
    """Sessions of two patients, newest first."""
    courses = [
        a_course(by=physician, patient=a_patient(by=physician, family_name=name), consultation=None)
        for name in ("Zed", "Abel")
    ]
    written = [
        a_session(by=physician, course=courses[day % 2], started_at=paris(2026, 1 + day // 28, 1 + day % 28, 9))
        for day in range(56)
    ]
    return written[::-1]


def shown(html: str) -> list[str]:
    """The sessions of the page, by their addresses."""
    return re.findall(r'<th scope="row"><a href="/sessions/([0-9a-f-]{36})/', html)


def links(html: str, words: str) -> str:
    found = re.search(rf'<a[^>]*href="([^"]*)"[^>]*>{words}</a>', html)
    return unescape(found[1]) if found else ""


def test_pages_follow_each_other(client_of: ClientOf, physician: User, sessions: list[Session]) -> None:
    client = client_of(physician)
    first = client.get(reverse(ROUTE), headers={"Accept-Language": "en"}).content.decode()
    assert shown(first) == [str(one.uid) for one in sessions[:50]]
    second = client.get(links(first, "(?:Next page|Page suivante)")).content.decode()
    assert shown(second) == [str(one.uid) for one in sessions[50:]]
    assert links(second, "(?:Next page|Page suivante)") == ""
    back = re.search(r'rel="prev" href="([^"]*)"', second)
    assert back
    assert shown(client.get(unescape(back[1])).content.decode()) == shown(first)


def test_every_patient_shown_is_looked_at_once(client_of: ClientOf, physician: User, sessions: list[Session]) -> None:
    client_of(physician).get(reverse(ROUTE))
    looks = Access.objects.exclude(patient_id=None).values_list("kind", "route", "patient_id")
    assert sorted(looks) == sorted(("list", ROUTE, pk) for pk in {one.patient_id for one in sessions})


def test_who_may_not_read_records_is_led_to_the_patient(
    client_of: ClientOf, staff: User, sessions: list[Session]
) -> None:
    html = client_of(staff).get(reverse(ROUTE)).content.decode()
    assert shown(html) == []
    assert html.count(f'href="{reverse("logbook:patient", args=[sessions[0].patient.uid])}"') == 25


def test_heads_sort_and_no_address_holds_a_name(client_of: ClientOf, physician: User, sessions: list[Session]) -> None:
    client = client_of(physician)
    for sort in [f"{hyphen}{column}" for column in ORDERS for hyphen in ("", "-")]:
        html = client.get(f"{reverse(ROUTE)}?status=completed&sort={sort}").content.decode()
        assert re.findall(r'aria-sort="(\w+)"', html) == ["descending" if sort.startswith("-") else "ascending"]
        addresses = re.findall(r'href="([^"]*)"', html)
        assert [one for one in addresses if re.search("zed|abel|2026-00", one, re.IGNORECASE)] == []
        heads = [unescape(one) for one in addresses if one.startswith(f"{reverse(ROUTE)}?status=completed")]
        periods = [one for one in heads if "&period=" in one]
        assert (len(periods), len(heads) - len(periods)) == (6, len(ORDERS) + 1)  # and the next page
    assert {client.get(one).status_code for one in heads} == {200}


def test_limits_stay_from_page_to_page(client_of: ClientOf, physician: User, sessions: list[Session]) -> None:
    client = client_of(physician)
    where = f"{reverse(ROUTE)}?from_date=2026-01-05&sort=patient"
    first = client.get(where).content.decode()
    following = re.search(r'rel="next" href="([^"]*)"', first)
    assert following
    second = client.get(unescape(following[1])).content.decode()
    assert len(shown(first) + shown(second)) == 52
    assert len(set(shown(first) + shown(second))) == 52


HOSTILE = [
    "sort=no-such-column",
    "sort=patient;drop",
    "sort=--patient",
    "after=1",
    f"after={NOBODY}",
    f"before={NOBODY}",
    "name=Zed",
    "sort=patient&sort=status",
    "physician=999999",
    "from_date=yesterday",
    "period=this-month&from_date=2026-01-01",
]


def test_hostile_question_is_refused_with_a_reason(
    client_of: ClientOf, physician: User, sessions: list[Session]
) -> None:
    client = client_of(physician)
    said = {question: client.get(f"{reverse(ROUTE)}?{question}") for question in HOSTILE}
    assert {question: one.status_code for question, one in said.items()} == dict.fromkeys(HOSTILE, 400)
    assert [question for question, one in said.items() if 'id="problems"' not in one.content.decode()] == []
    assert Access.objects.exclude(patient_id=None).count() == 0


def test_after_and_before_at_once_are_refused(client_of: ClientOf, physician: User, sessions: list[Session]) -> None:
    uid = sessions[3].uid
    response = client_of(physician).get(f"{reverse(ROUTE)}?after={uid}&before={uid}")
    assert response.status_code == 400


def test_nothing_to_show_says_so(client_of: ClientOf, physician: User) -> None:
    response = client_of(physician).get(f"{reverse(ROUTE)}?period=this-month")
    assert (response.status_code, 'class="empty"' in response.content.decode()) == (200, True)


def test_same_queries_for_one_and_many(client_of: ClientOf, physician: User) -> None:
    course = a_course(by=physician, patient=a_patient(by=physician), consultation=None)
    client, counts = client_of(physician), []
    for more in (1, 59):
        for _turn in range(more):
            a_session(by=physician, course=course, started_at=paris(2026, 1, 12, 9))
        client.get(reverse(ROUTE))
        with CaptureQueriesContext(connection) as asked:
            assert client.get(reverse(ROUTE)).status_code == 200
        counts.append(len([one for one in asked if not one["sql"].startswith(("BEGIN", "COMMIT", "SAVEPOINT"))]))
    assert counts[0] == counts[1] <= 12


def test_administrator_sees_no_list(client_of: ClientOf, administrator: User) -> None:
    assert client_of(administrator).get(reverse(ROUTE)).status_code == 403
