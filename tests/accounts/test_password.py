"""One's own password, and the first change after a one-time password."""

import pytest
from django.test import Client
from django.urls import reverse

from clinic.accounts.actions import create_account
from clinic.accounts.models import User
from clinic.accounts.passwords import one_time_password
from clinic.accounts.roles import Role
from clinic.audit.models import Act

NEW = "nine green kettles on a roof"


@pytest.fixture(autouse=True)
def _english(settings) -> None:
    settings.LANGUAGE_CODE = "en"


def change(client: Client, old: str, new: str, again: str | None = None):
    typed = {"oldpassword": old, "password1": new, "password2": new if again is None else again}
    return client.post(reverse("account_change_password"), typed)


def test_changing_the_password_is_an_act_and_ends_the_other_sessions(client_of, physician, password) -> None:
    here, elsewhere = client_of(physician), client_of(physician)
    response = change(here, password, NEW)
    assert (response.status_code, response.url) == (302, reverse("home"))
    assert here.get(reverse("account_change_password")).status_code == 200
    assert elsewhere.get(reverse("account_change_password")).status_code == 302
    act = Act.objects.latest("id")
    assert (act.kind, act.by_id, act.subject) == ("set_password", physician.pk, f"user:{physician.pk}")
    assert User.objects.get(pk=physician.pk).check_password(NEW)


@pytest.mark.parametrize(
    ("old", "new", "again", "wrong"),
    [
        ("not mine", NEW, NEW, ["oldpassword"]),
        (None, "too short", "too short", ["password1"]),
        (None, "clinique2026", "clinique2026", ["password1"]),
        (None, "jeanne morel jeanne", "jeanne morel jeanne", ["password1"]),
        (None, None, None, ["password1"]),
        (None, NEW, "another one altogether", ["password2"]),
        (None, "x" * 300, "x" * 300, ["password1", "password2"]),
    ],
)
def test_a_password_that_cannot_be_taken_comes_back_at_its_field(
    client_of, physician, password, old, new, again, wrong
) -> None:
    response = change(client_of(physician), old or password, new or password, again or password)
    assert response.status_code == 200
    assert sorted(response.context["form"].errors) == wrong
    assert User.objects.get(pk=physician.pk).check_password(password)


def test_guessing_the_current_password_is_throttled(client_of, physician, password) -> None:
    client = client_of(physician)
    for _attempt in range(5):
        assert change(client, "not mine", NEW).status_code == 200
    assert change(client, password, NEW).status_code == 429
    assert User.objects.get(pk=physician.pk).check_password(password)


def test_with_a_one_time_password_every_page_leads_to_the_change(client, administrator) -> None:
    once = one_time_password()
    user = create_account(by=administrator, username="new", full_name="Nina New", role=Role.STAFF, password=once)
    client.post(reverse("account_login"), {"login": "new", "password": once})
    for address in (reverse("home"), reverse("accounts"), "/no/such/page/"):
        response = client.get(address)
        assert (response.status_code, response.url) == (302, reverse("account_change_password"))
    assert "given to you by somebody else" in client.get(reverse("account_change_password")).content.decode()
    assert change(client, once, once).context["form"].errors["password1"]
    assert change(client, once, NEW).status_code == 302
    assert User.objects.get(pk=user.pk).must_change_password is False
    assert client.get(reverse("accounts")).status_code == 403


def test_one_time_passwords_are_long_readable_and_never_the_same() -> None:
    made = {one_time_password() for _time in range(200)}
    assert len(made) == 200
    assert {len(password) for password in made} == {19}
    assert not set("01oli") & set("".join(made))
