"""Logging in, the throttle, the limits in time, the end of a closed account."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.contrib.sessions.models import Session as WebSession
from django.test import Client
from django.urls import reverse

from clinic.accounts.actions import change_account, set_password
from clinic.accounts.models import User

WRONG = "The user name or the password is wrong."
TOO_MANY = "Too many failed log-ins. Wait five minutes, then try again."
ClientOf = Callable[[User], Client]


@pytest.fixture(autouse=True)
def _english(settings) -> None:
    settings.LANGUAGE_CODE = "en"


def log_in(client: Client, username: str, password: str, **more: str):
    return client.post(reverse("account_login"), {"login": username, "password": password, **more})


def errors(response) -> list[str]:
    return list(response.context["form"].non_field_errors())


def is_logged_in(client: Client) -> bool:
    return client.get(reverse("account_change_password")).status_code == 200


@pytest.mark.parametrize("typed", ["morel", "MOREL", " Morel ", "\uff2d\uff4f\uff52\uff45\uff4c"])
def test_log_in_works_however_the_name_is_spelled(client, physician, password, typed) -> None:
    response = log_in(client, typed, password)
    assert (response.status_code, response.url) == (302, reverse("home"))
    assert is_logged_in(client)


def test_log_in_comes_back_to_the_page_asked_for(client, physician, password) -> None:
    target = reverse("account_change_password")
    assert log_in(client, "morel", password, next=target).url == target


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_log_in_never_leads_to_another_site(client, physician, password, target) -> None:
    assert log_in(client, "morel", password, next=target).url == reverse("home")


def test_the_answer_is_the_same_for_a_wrong_name_and_a_wrong_password(client, physician, password) -> None:
    wrong_password = log_in(client, "morel", "not this one")
    wrong_name = log_in(client, "nobody", password)
    assert (wrong_password.status_code, errors(wrong_password)) == (200, [WRONG])
    assert (wrong_name.status_code, errors(wrong_name)) == (200, [WRONG])
    assert not is_logged_in(client)


def test_a_closed_account_gets_the_same_answer(client, administrator, physician, password) -> None:
    change_account(by=administrator, user=physician, reason="left", is_active=False)
    response = log_in(client, "morel", password)
    assert (response.status_code, errors(response)) == (200, [WRONG])
    assert not is_logged_in(client)


def test_the_password_never_comes_back_on_the_page(client, physician) -> None:
    assert "brown-cow-typed" not in log_in(client, "morel", "brown-cow-typed").content.decode()


@pytest.mark.parametrize("name", ["nul\x00byte", "x" * 10_000])
def test_a_name_that_cannot_be_one_is_refused_at_its_field(client, physician, name) -> None:
    response = log_in(client, name, "whatever it is")
    assert response.status_code == 200
    assert list(response.context["form"].errors) == ["login"]


def test_the_fifth_failure_closes_the_name_even_for_the_right_password(client, physician, password) -> None:
    with time_machine.travel("2026-03-12 14:00:00+01:00", tick=False) as clock:
        for _attempt in range(5):
            assert errors(log_in(client, "morel", "not this one")) == [WRONG]
        assert errors(log_in(client, "MOREL", password)) == [TOO_MANY]
        clock.shift(timedelta(minutes=6))
        assert log_in(client, "morel", password).status_code == 302


def test_many_requests_from_one_address_get_the_page_for_it(client, physician) -> None:
    for _attempt in range(30):
        log_in(client, "", "")
    response = log_in(client, "", "")
    assert response.status_code == 429
    assert next(template.name for template in response.templates) == "429.html"


def test_after_the_idle_limit_the_person_logs_in_again(client, physician, password) -> None:
    with time_machine.travel("2026-03-12 14:00:00+01:00", tick=False) as clock:
        log_in(client, "morel", password)
        for _look in range(3):
            clock.shift(timedelta(minutes=settings.IDLE_MINUTES - 1))
            assert is_logged_in(client)
        clock.shift(timedelta(minutes=settings.IDLE_MINUTES, seconds=1))
        assert not is_logged_in(client)


def test_the_idle_limit_stands_on_the_server_not_in_the_cookie(client, physician, password, settings) -> None:
    """Even a web session that the store still holds ends after the idle minutes."""
    settings.SESSION_COOKIE_AGE = 100_000
    with time_machine.travel("2026-03-12 14:00:00+01:00", tick=False) as clock:
        log_in(client, "morel", password)
        assert is_logged_in(client)
        clock.shift(timedelta(minutes=settings.IDLE_MINUTES, seconds=1))
        assert not is_logged_in(client)


def test_after_twelve_hours_even_a_busy_person_logs_in_again(client, physician, password) -> None:
    with time_machine.travel("2026-03-12 06:00:00+01:00", tick=False) as clock:
        log_in(client, "morel", password)
        assert is_logged_in(client)
        for _look in range(12 * 6):
            clock.shift(timedelta(minutes=10))
            assert is_logged_in(client)
        clock.shift(timedelta(minutes=10))
        assert not is_logged_in(client)


def test_a_closed_account_is_out_at_the_next_request(client_of: ClientOf, administrator, physician) -> None:
    client = client_of(physician)
    assert is_logged_in(client)
    change_account(by=administrator, user=physician, reason="left", is_active=False)
    response = client.get(reverse("account_change_password"))
    assert (response.status_code, response.url.split("?")[0]) == (302, reverse("account_login"))


def test_a_new_one_time_password_ends_the_sessions(client_of: ClientOf, administrator, physician) -> None:
    client = client_of(physician)
    set_password(by=administrator, user=physician, password="abcd-efgh-jkmn-pqrs", reason="forgotten")
    assert not is_logged_in(client)


def test_logging_out_needs_a_post(client_of: ClientOf, physician) -> None:
    client = client_of(physician)
    assert client.get(reverse("account_logout")).status_code == 200
    assert is_logged_in(client)
    assert client.post(reverse("account_logout")).url == reverse("account_login")
    assert not is_logged_in(client)


@pytest.mark.parametrize("address", ["/signup/", "/accounts/signup/", "/password/reset/", "/email/", "/inactive/"])
def test_nothing_else_of_the_library_is_open(client, administrator, address) -> None:
    assert client.get(address).status_code == 404


def test_who_types_is_not_idle(client, physician, password) -> None:
    """The page tells the server once a minute that somebody types; that holds the log-in beyond the idle limit."""
    with time_machine.travel("2026-03-12 14:00:00+01:00", tick=False) as clock:
        log_in(client, "morel", password)
        for _minute in range(2 * settings.IDLE_MINUTES):
            clock.shift(timedelta(minutes=1))
            assert client.get(reverse("stay")).status_code == 204
        assert is_logged_in(client)
        clock.shift(timedelta(minutes=settings.IDLE_MINUTES, seconds=1))
        assert client.get(reverse("stay")).status_code == 302


def test_web_session_copied_in_the_database_opens_nothing(physician, client_of, client):
    """Who writes into the table of web sessions takes nobody's place."""
    logged_in = client_of(physician)
    (row,) = WebSession.objects.values()
    WebSession.objects.create(**row | {"session_key": "z" * 32})
    client.cookies["logbook"] = "z" * 32
    assert client.get("/").status_code == 302
    assert logged_in.get("/").status_code == 200
