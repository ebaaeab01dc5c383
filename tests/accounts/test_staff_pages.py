"""The administrator's pages: who there is, new, changed, closed, a new one-time password."""

import uuid

import pytest
from django.test import Client
from django.urls import reverse

from clinic.accounts.actions import change_account
from clinic.accounts.models import User
from clinic.accounts.roles import Role
from clinic.audit.models import Act
from clinic.lib.problems import Refused

LAST = "This is the only administrator. Make somebody else administrator first."


@pytest.fixture(autouse=True)
def _english(settings) -> None:
    settings.LANGUAGE_CODE = "en"


@pytest.fixture
def desk(client_of, administrator) -> Client:
    return client_of(administrator)


def new_account(**changes: str) -> dict[str, str]:
    values = {"full_name": "Nina New", "username": "Nina", "role": "staff", "language": "", **changes}
    return {"form_key": str(uuid.uuid4()), **values}


def edited(user: User, **changes: str) -> dict[str, str]:
    values = {"full_name": user.full_name, "role": user.role, "language": user.language, "is_active": "on"}
    values |= {"reason": "as agreed", "form_key": str(uuid.uuid4()), **changes}
    return {name: value for name, value in values.items() if value is not None}


def test_the_list_names_everybody_in_use_first(desk, administrator, physician, staff) -> None:
    change_account(by=administrator, user=physician, reason="left", is_active=False)
    shown = list(desk.get(reverse("accounts")).context["accounts"])
    assert shown == [administrator, staff, physician]


@pytest.mark.parametrize("name", ["accounts", "account-new", "account-edit", "account-password"])
def test_the_pages_are_for_the_administrator(client, client_of, physician, staff, auditor, name) -> None:
    address = reverse(name, args=[staff.pk] if name in {"account-edit", "account-password"} else [])
    for user in (physician, staff, auditor):
        assert client_of(user).get(address).status_code == 403
        assert client_of(user).post(address, {}).status_code == (405 if name == "accounts" else 403)
    assert client.get(address).url == f"{reverse('account_login')}?next={address}"


def test_a_new_account_shows_its_one_time_password_once(desk, administrator, client) -> None:
    typed = new_account()
    response = desk.post(reverse("account-new"), typed)
    assert response.status_code == 200
    password = response.context["password"]
    assert password in response.content.decode()
    user = User.objects.get(username="nina")
    assert (user.full_name, user.role, user.must_change_password) == ("Nina New", Role.STAFF, True)
    act = Act.objects.latest("id")
    assert (act.kind, act.by_id, act.subject) == ("create_account", administrator.pk, f"user:{user.pk}")
    again = desk.post(reverse("account-new"), typed)
    assert again.url == reverse("account-password", args=[user.pk])
    assert password not in desk.get(reverse("accounts")).content.decode()
    assert User.objects.filter(username="nina").count() == 1
    logged_in = client.post(reverse("account_login"), {"login": "nina", "password": password})
    assert logged_in.status_code == 302


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"username": "ADMIN"}, ["username"]),
        ({"username": ""}, ["username"]),
        ({"username": "x" * 10_000}, ["username"]),
        ({"full_name": "Nina\u202eNew"}, ["full_name"]),
        ({"role": "king"}, ["role"]),
        ({"language": "de"}, ["language"]),
        ({"form_key": "no key"}, ["form_key"]),
    ],
)
def test_a_new_account_that_cannot_be_comes_back_with_its_reason(desk, changes, wrong) -> None:
    response = desk.post(reverse("account-new"), new_account() | changes)
    assert response.status_code == 200
    assert list(response.context["form"].errors) == wrong
    assert User.objects.count() == 1


def test_a_name_stays_taken_when_its_account_is_closed(desk, administrator, staff) -> None:
    change_account(by=administrator, user=staff, reason="left", is_active=False)
    response = desk.post(reverse("account-new"), new_account(username="LEROY"))
    assert response.context["form"].errors["username"] == [
        "This user name is taken, now or in the past. Choose another."
    ]


def test_a_change_is_kept_with_who_and_why(desk, administrator, staff) -> None:
    address = reverse("account-edit", args=[staff.pk])
    response = desk.post(address, edited(staff, full_name="Lou Leroy-Petit", role="auditor", language="en"))
    assert (response.status_code, response.url) == (302, reverse("accounts"))
    changed = User.objects.get(pk=staff.pk)
    assert (changed.full_name, changed.role, changed.language) == ("Lou Leroy-Petit", Role.AUDITOR, "en")
    row = staff.history.first()
    assert (row.history_user_id, row.history_change_reason, row.full_name) == (
        administrator.pk,
        "as agreed",
        "Lou Leroy-Petit",
    )


def test_a_change_needs_a_reason_and_something_to_change(desk, staff) -> None:
    address = reverse("account-edit", args=[staff.pk])
    without = desk.post(address, edited(staff, full_name="Other", reason=""))
    assert list(without.context["form"].errors) == ["reason"]
    assert without.context["form"]["full_name"].value() == "Other"
    same = desk.post(address, edited(staff))
    assert list(same.context["form"].errors) == ["__all__"]
    assert Act.objects.filter(kind="change_account").count() == 0


@pytest.mark.parametrize(("changes", "field"), [({"role": "physician"}, "role"), ({"is_active": None}, "is_active")])
def test_the_last_administrator_stays_one(desk, administrator, physician, changes, field) -> None:
    response = desk.post(reverse("account-edit", args=[administrator.pk]), edited(administrator, **changes))
    assert response.status_code == 200
    assert response.context["form"].errors == {field: [LAST]}
    stored = User.objects.get(pk=administrator.pk)
    assert (stored.role, stored.is_active) == (Role.ADMINISTRATOR, True)


def test_one_of_two_administrators_can_go_and_then_no_more(desk, administrator, staff) -> None:
    change_account(by=administrator, user=staff, reason="helps", role=Role.ADMINISTRATOR)
    change_account(by=administrator, user=staff, reason="left", is_active=False)
    with pytest.raises(Refused, match=LAST):
        change_account(by=administrator, user=administrator, reason="left", is_active=False)


def test_a_new_one_time_password_is_shown_once_and_must_be_changed(desk, administrator, staff, password) -> None:
    address = reverse("account-password", args=[staff.pk])
    typed = {"reason": "forgotten", "form_key": str(uuid.uuid4())}
    response = desk.post(address, typed)
    changed = User.objects.get(pk=staff.pk)
    assert changed.check_password(response.context["password"])
    assert not changed.check_password(password)
    assert changed.must_change_password is True
    assert desk.post(address, typed).url == address
    assert User.objects.get(pk=staff.pk).password == changed.password


def test_ones_own_password_is_changed_on_the_page_for_it(desk, administrator) -> None:
    response = desk.post(reverse("account-password", args=[administrator.pk]), {"reason": "x"})
    assert response.url == reverse("account_change_password")


def test_an_account_that_is_not_there_is_not_found(desk) -> None:
    assert desk.get(reverse("account-edit", args=[999_999])).status_code == 404


@pytest.mark.parametrize("name", ["LEROY", "le\u200broy", "\u00adleroy", "ｌｅｒｏｙ"])
def test_a_name_that_reads_the_same_is_taken(desk, staff, name) -> None:
    response = desk.post(reverse("account-new"), new_account(username=name))
    assert (response.status_code, list(response.context["form"].errors)) == (200, ["username"])
