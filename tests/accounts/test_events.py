"""Log-ins and their ends, failures, changes of who may come near the record: each stands in the audit, once."""

from collections.abc import Callable
from datetime import timedelta
from threading import Thread
from uuid import uuid4

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from clinic.accounts.actions import change_account, create_account, set_password
from clinic.accounts.models import User
from clinic.accounts.roles import Role
from clinic.accounts.web_sessions import MARK
from clinic.audit.keys import ring
from clinic.audit.models import Access
from clinic.audit.words import LOOKS
from tests.factories import a_draft, ready

pytestmark = pytest.mark.django_db
AT = "2026-03-12 14:00:00+01:00"
ClientOf = Callable[[User], Client]


def log_in(client: Client, username: str, password: str):
    return client.post(reverse("account_login"), {"login": username, "password": password})


def events(*, since: int = 0) -> list[tuple[str, str]]:
    """Kind and person of every access that is no look at a patient and does not belong to the fixtures."""
    found = Access.objects.filter(patient_id=None, pk__gt=since).exclude(kind="account_opened").order_by("number")
    return [(access.kind, access.by.username if access.by else "") for access in found]


def test_log_in_and_log_out_are_recorded_with_one_mark(client, physician, password) -> None:
    assert log_in(client, "MOREL", password).status_code == 302
    mark = client.session[MARK]
    client.post(reverse("account_logout"))
    assert events() == [("log_in", "morel"), ("log_out", "morel")]
    begun, over = Access.objects.filter(kind__in=["log_in", "log_out"]).order_by("number")
    assert (begun.by_name, begun.route, begun.address, begun.detail) == (
        "Dr Jeanne Morel",
        "account_login",
        "127.0.0.1",
        mark,
    )
    assert (over.route, over.address, over.detail.split()[0]) == ("account_logout", "127.0.0.1", mark)


@pytest.mark.parametrize(("typed", "by"), [("morel", "morel"), ("nobody of that name", "")])
def test_failed_log_in_is_recorded_without_what_was_typed(client, physician, typed, by) -> None:
    log_in(client, typed, "typed-password-here")
    assert events() == [("log_in_failed", by)]
    access = Access.objects.get(kind="log_in_failed")
    kept = " ".join(str(value) for value in (access.by_name, access.detail, access.route, access.record))
    assert kept.strip() == f"{'Dr Jeanne Morel' if by else ''}  account_login None".strip()


def test_log_in_to_a_closed_account_is_a_failed_one(client, administrator, physician, password) -> None:
    change_account(by=administrator, user=physician, reason="left", is_active=False)
    log_in(client, "morel", password)
    assert events() == [("account_closed", "admin"), ("log_in_failed", "morel")]


def test_throttled_log_in_is_recorded_once_a_minute(client, physician, password) -> None:
    with time_machine.travel(AT, tick=False) as clock:
        for _attempt in range(5):
            log_in(client, "morel", "not this one")
        for _attempt in range(3):
            log_in(client, "morel", password)
        assert events() == [("log_in_failed", "morel")] * 5 + [("throttled", "morel")]
        clock.shift(timedelta(minutes=2))
        log_in(client, "morel", password)
        assert events()[6:] == [("throttled", "morel")]


def test_address_that_tries_too_often_is_recorded(client, physician) -> None:
    for _attempt in range(33):
        status = log_in(client, "", "").status_code
    assert (status, events()) == (429, [("throttled", "")])


def test_idle_limit_is_recorded_as_time_out_once(client, physician, password, settings) -> None:
    settings.SESSION_COOKIE_AGE = 100_000  # the web session is still in the table
    with time_machine.travel(AT, tick=False) as clock:
        log_in(client, "morel", password)
        client.get(reverse("home"))
        mark = client.session[MARK]
        clock.shift(timedelta(minutes=settings.IDLE_MINUTES, seconds=1))
        for _page in range(2):
            assert client.get(reverse("home")).status_code == 302
        log_in(client, "morel", password)
    assert events() == [("log_in", "morel"), ("time_out", "morel"), ("log_in", "morel")]
    assert Access.objects.get(kind="time_out").detail == f"{mark} 2026-03-12T13:00:00Z"


def test_longest_log_in_is_recorded_as_time_out(client, physician, password, settings) -> None:
    with time_machine.travel(AT, tick=False) as clock:
        log_in(client, "morel", password)
        for _look in range(12 * 6 + 2):
            client.get(reverse("account_change_password"))
            clock.shift(timedelta(minutes=10))
    assert events() == [("log_in", "morel"), ("time_out", "morel")]


def test_time_out_of_who_comes_back_is_recorded_at_once(client, physician, password, settings) -> None:
    """The store no longer gives the web session out; its end is recorded when its cookie comes."""
    with time_machine.travel(AT, tick=False) as clock:
        log_in(client, "morel", password)
        clock.shift(timedelta(minutes=settings.IDLE_MINUTES, seconds=1))
        client.get(reverse("account_login"))
        assert events() == [("log_in", "morel"), ("time_out", "morel")]
        log_in(client, "morel", password)
    assert events() == [("log_in", "morel"), ("time_out", "morel"), ("log_in", "morel")]


def test_browser_that_was_closed_has_its_end_at_the_next_log_in_of_anybody(physician, staff, password) -> None:
    with time_machine.travel(AT, tick=False) as clock:
        log_in(Client(), "morel", password)
        clock.shift(timedelta(hours=1))
        log_in(Client(), "leroy", password)
    assert events() == [("log_in", "morel"), ("time_out", "morel"), ("log_in", "leroy")]


def test_clearing_of_old_web_sessions_records_their_ends(physician, password) -> None:
    with time_machine.travel(AT, tick=False) as clock:
        log_in(Client(), "morel", password)
        clock.shift(timedelta(hours=1))
        call_command("clearsessions")
        call_command("clearsessions")
    assert (events(), Session.objects.count()) == ([("log_in", "morel"), ("time_out", "morel")], 0)


def test_log_in_of_a_closed_account_ends_at_its_next_page(client, administrator, physician, password) -> None:
    log_in(client, "morel", password)
    change_account(by=administrator, user=physician, reason="left", is_active=False)
    for _page in range(2):
        client.get(reverse("home"))
    assert events() == [("log_in", "morel"), ("account_closed", "admin"), ("log_in_ended", "morel")]


def test_log_in_with_a_former_password_ends_at_its_next_page(client, administrator, physician, password) -> None:
    log_in(client, "morel", password)
    set_password(by=administrator, user=physician, password="abcd-efgh-jkmn-pqrs", reason="forgotten")
    for _page in range(2):
        client.get(reverse("home"))
    assert events() == [("log_in", "morel"), ("password_set", "admin"), ("log_in_ended", "morel")]


def test_own_change_of_password_is_no_set_by_somebody_else(client, physician, password) -> None:
    log_in(client, "morel", password)
    new = "nine green kettles on a roof"
    typed = {"oldpassword": "wrong", "password1": new, "password2": new}
    client.post(reverse("account_change_password"), typed)
    client.post(reverse("account_change_password"), typed | {"oldpassword": password})
    client.post(reverse("account_logout"))
    assert events() == [("log_in", "morel"), ("password_failed", "morel"), ("log_out", "morel")]


def test_wrong_password_at_signing_is_recorded_with_the_record(client_of: ClientOf, physician, password) -> None:
    _patient, course, device = ready(by=physician)
    draft = a_draft(by=physician, course=course, device=device)
    client, address = client_of(physician), reverse("logbook:session-sign", args=[draft.uid])
    typed = {"version": draft.version, "password": "not this one"}
    for _attempt in range(6):
        client.post(address, typed | {"form_key": uuid4()})
    assert events() == [("sign_failed", "morel")] * 5 + [("sign_throttled", "morel")]
    access = Access.objects.filter(kind="sign_failed").earliest("number")
    assert (access.route, access.record, access.address) == ("logbook:session-sign", draft.uid, "127.0.0.1")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"role": "physician"}, [("role_change", "leroy: staff → physician")]),
        ({"is_active": False}, [("account_closed", "leroy: staff")]),
        (
            {"role": "auditor", "is_active": False},
            [("role_change", "leroy: staff → auditor"), ("account_closed", "leroy: auditor")],
        ),
        ({"full_name": "Lou Leroy-Petit"}, []),
    ],
)
def test_change_of_rights_is_recorded_with_its_act(administrator, staff, values, expected) -> None:
    before = Access.objects.latest("pk").pk
    change_account(by=administrator, user=staff, reason="agreed", **values)
    found = Access.objects.filter(pk__gt=before).order_by("number")
    assert [(access.kind, access.detail) for access in found] == expected
    assert {access.by for access in found} <= {administrator}


def test_opening_and_reopening_an_account_is_recorded(administrator, staff) -> None:
    change_account(by=administrator, user=staff, reason="left", is_active=False)
    change_account(by=administrator, user=User.objects.get(pk=staff.pk), reason="back", is_active=True)
    found = Access.objects.order_by("number").values_list("kind", "by__username", "detail")
    assert list(found) == [
        ("account_opened", "admin", "admin: administrator"),
        ("account_opened", "admin", "leroy: staff"),
        ("account_closed", "admin", "leroy: staff"),
        ("account_reopened", "admin", "leroy: staff"),
    ]


def test_act_that_fails_leaves_no_event(administrator, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object) -> None:
        raise RuntimeError("half-way")

    before = Access.objects.count()
    monkeypatch.setattr("clinic.audit.act.add_link", broken)
    with pytest.raises(RuntimeError):
        create_account(by=administrator, username="x", full_name="X", role=Role.STAFF, password="seven red boats")
    assert (Access.objects.count(), User.objects.count()) == (before, 1)


def test_every_kind_has_its_words() -> None:
    used = {
        "log_in", "log_in_failed", "log_out", "time_out", "log_in_ended", "throttled", "sign_failed", "sign_throttled",
        "password_failed", "password_set", "account_opened", "account_closed", "account_reopened", "role_change",
    }  # fmt: skip
    assert used - set(LOOKS) == set()


# --- The sign of the password ---------------------------------------------------------------------


def test_mark_of_the_password_is_that_of_its_hash(administrator, staff) -> None:
    def marks() -> list[tuple[bool, bool]]:
        user = User.objects.get(pk=staff.pk)
        last = user.history.order_by("-history_id").first()
        return [(user.password_mark == ring().mark(user.password), last.password_mark == user.password_mark)]

    assert marks() == [(True, True)]
    before = User.objects.get(pk=staff.pk).password_mark
    set_password(by=administrator, user=staff, password="abcd-efgh-jkmn-pqrs", reason="forgotten")
    assert marks() == [(True, True)]
    assert User.objects.get(pk=staff.pk).password_mark != before


# --- Without the key -------------------------------------------------------------------------------


@pytest.fixture
def no_key(settings, tmp_path):
    """The key folder is another one, as after a move that forgot it."""

    def take_away() -> None:
        settings.KEY_DIR = tmp_path
        ring.cache_clear()

    yield take_away
    ring.cache_clear()


@pytest.mark.django_db(transaction=True)
def test_without_the_key_nobody_logs_in_and_the_page_says_why(physician, password, settings, no_key) -> None:
    settings.LANGUAGE_CODE = "en"
    client = Client(raise_request_exception=False)
    no_key()
    assert client.get(reverse("account_login")).status_code == 200
    for tried in (password, "not this one"):
        response = log_in(client, "morel", tried)
        assert response.status_code == 503
        assert "The logbook is closed for now" in response.content.decode()
        assert str(settings.KEY_DIR) not in response.content.decode()
    assert client.get(reverse("home")).status_code == 302
    assert events() == []


@pytest.mark.django_db(transaction=True)
def test_without_the_key_nothing_is_shown_or_written(client_of: ClientOf, physician, no_key) -> None:
    patient, _course, _device = ready(by=physician)
    client = client_of(physician)
    client.raise_request_exception = False
    address = reverse("logbook:patient", args=[patient.uid])
    assert client.get(address).status_code == 200
    no_key()
    response = client.get(address)
    assert (response.status_code, patient.family_name in response.content.decode()) == (503, False)


# --- At once ----------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_change_of_role_and_looks_of_the_same_person_wait_for_each_other_without_harm(
    administrator, staff, client_of: ClientOf, password
) -> None:
    """The act holds the accounts and then asks for the chain of accesses; a log-in holds the chain, then the account."""
    failed: list[str] = []

    def again_and_again(work: Callable[[], object]) -> None:
        try:
            for _time in range(12):
                work()
        except Exception as error:
            failed.append(repr(error))
        finally:
            connection.close()

    def turn() -> None:
        role = User.objects.get(pk=staff.pk).role
        other = Role.AUDITOR if role == Role.STAFF else Role.STAFF
        change_account(by=administrator, user=staff, reason="turn", role=other)

    def come_and_go() -> None:
        client = Client()
        client.force_login(administrator)
        client.post(reverse("account_logout"))

    threads = [Thread(target=again_and_again, args=[work]) for work in (turn, come_and_go, come_and_go)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    numbers = list(Access.objects.order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))
