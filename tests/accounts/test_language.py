"""The language of a person, of a browser, of the clinic."""

import pytest
from django.urls import reverse

from clinic.accounts.models import User
from clinic.audit.models import Act


@pytest.fixture(autouse=True)
def _french_clinic(settings) -> None:
    settings.LANGUAGE_CODE = "fr"


def language_of(client) -> str:
    return client.get(reverse("account_login"), follow=True).headers["Content-Language"]


def test_the_clinics_language_is_the_first(client, administrator) -> None:
    assert language_of(client) == "fr"


def test_before_the_log_in_the_browser_remembers(client, administrator) -> None:
    response = client.post(reverse("language"), {"language": "en", "next": "/login/"})
    assert (response.status_code, response.url) == (302, "/login/")
    assert response.cookies["django_language"]["httponly"] is True
    assert language_of(client) == "en"
    assert Act.objects.filter(kind="choose_language").count() == 0


def test_a_person_keeps_the_language_as_an_act(client_of, physician) -> None:
    client = client_of(physician)
    for _time in range(2):
        client.post(reverse("language"), {"language": "en", "next": "/password/"})
    assert User.objects.get(pk=physician.pk).language == "en"
    assert [act.by_id for act in Act.objects.filter(kind="choose_language")] == [physician.pk]
    assert client_of(physician).get("/password/").headers["Content-Language"] == "en"


@pytest.mark.parametrize("language", ["", "de", "../x", "en\x00"])
def test_a_language_that_is_not_there_changes_nothing(client, administrator, language) -> None:
    response = client.post(reverse("language"), {"language": language, "next": "/login/"})
    assert (response.status_code, response.url) == (302, "/login/")
    assert language_of(client) == "fr"


@pytest.mark.parametrize(
    "target", ["", "https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "http:///x"]
)
def test_a_hostile_target_leads_home(client, administrator, target) -> None:
    response = client.post(reverse("language"), {"language": "en", "next": target})
    assert (response.status_code, response.url) == (302, reverse("home"))


def test_a_link_cannot_switch(client, administrator) -> None:
    assert client.get(reverse("language"), {"language": "en"}).status_code == 405
