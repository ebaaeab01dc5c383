"""The first account: by the token in the terminal, once."""

import stat

import pytest
from django.test import Client
from django.urls import reverse

from clinic.accounts.actions import create_account
from clinic.accounts.first import token_file, token_fits, token_for_first_account
from clinic.accounts.models import User
from clinic.accounts.roles import Role
from clinic.audit.models import Act

GOOD = "seven brown lamps under water"
PAGE = "/first-account/"


@pytest.fixture(autouse=True)
def token(settings, tmp_path, db) -> str:
    settings.LANGUAGE_CODE = "en"
    settings.KEY_DIR = tmp_path / "keys"
    return token_for_first_account() or ""


def typed(token: str, **changes: str) -> dict[str, str]:
    return {
        "form_key": "7d7a1c0e-8f5b-4a53-9a0d-6d2a3f4b5c6d",
        "token": token,
        "full_name": "Ada Administrator",
        "username": "Ada",
        "role": "administrator",
        "language": "",
        "password1": GOOD,
        "password2": GOOD,
        **changes,
    }


@pytest.mark.parametrize("address", ["/", "/login/", "/patients/", "/accounts/", "/no/such/page/"])
def test_every_page_leads_to_the_first_account(client: Client, address: str) -> None:
    response = client.get(address)
    assert (response.status_code, response.url) == (302, PAGE)


def test_health_and_the_page_itself_are_open(client: Client) -> None:
    assert client.get("/healthz").status_code == 200
    assert client.get(PAGE).status_code == 200


def test_the_right_token_opens_the_account_once(client: Client, token: str) -> None:
    response = client.post(PAGE, typed(token))
    assert (response.status_code, response.url) == (302, reverse("account_login"))
    user = User.objects.get()
    assert (user.username, user.role, user.must_change_password) == ("ada", Role.ADMINISTRATOR, False)
    assert user.check_password(GOOD)
    act = Act.objects.get()
    assert (act.kind, act.by_id, act.subject) == ("create_account", user.pk, f"user:{user.pk}")
    assert not token_file().exists()
    again = client.post(PAGE, typed(token, username="eve"))
    assert (again.status_code, again.url) == (302, reverse("account_login"))
    assert client.get(PAGE).url == reverse("account_login")
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"token": "wrong"}, ["token"]),
        ({"token": "é\u202ewrong"}, ["token"]),
        ({"token": ""}, ["token"]),
        ({"role": ""}, ["role"]),
        ({"role": "staff"}, ["role"]),
        ({"password2": "another one altogether"}, ["password2"]),
        ({"password1": "short", "password2": "short"}, ["password1"]),
        ({"username": ""}, ["username"]),
        ({"full_name": "x" * 10_000}, ["full_name"]),
        ({"full_name": "Ada\x00"}, ["full_name"]),
    ],
)
def test_what_is_wrong_comes_back_at_its_field(client: Client, token: str, changes, wrong) -> None:
    response = client.post(PAGE, typed(token) | changes)
    assert response.status_code == 200
    assert list(response.context["form"].errors) == wrong
    assert User.objects.count() == 0
    assert token_file().exists()


def test_without_a_token_file_no_token_fits(client: Client, token: str) -> None:
    token_file().unlink()
    assert not token_fits("")
    assert not token_fits(token)
    assert client.post(PAGE, typed(token)).status_code == 200
    assert User.objects.count() == 0


def test_guessing_the_token_is_throttled(client: Client) -> None:
    answers = [client.post(PAGE, typed("wrong")).status_code for _attempt in range(11)]
    assert answers == [200] * 10 + [429]


def test_the_token_is_for_its_owner_alone_and_stays_the_same_until_used(token: str) -> None:
    assert stat.S_IMODE(token_file().stat().st_mode) == 0o600
    assert token_for_first_account() == token
    assert len(token) == 24


def test_a_physician_who_began_alone_can_still_open_an_administrator(client: Client, token: str) -> None:
    client.post(PAGE, typed(token, role="physician"))
    assert client.get("/").url != PAGE
    second = token_for_first_account()
    assert second != token
    other = typed(second, username="boss", form_key="0d7a1c0e-8f5b-4a53-9a0d-6d2a3f4b5c6d")
    assert client.post(PAGE, {**other, "role": "physician"}).context["form"].errors.keys() == {"role"}
    assert client.post(PAGE, other).status_code == 302
    assert sorted(User.objects.values_list("role", flat=True)) == ["administrator", "physician"]


def test_no_token_is_made_once_there_is_an_administrator() -> None:
    create_account(by=None, username="a", full_name="A", role=Role.ADMINISTRATOR, password=GOOD)
    assert token_for_first_account() is None
    assert not token_file().exists()
