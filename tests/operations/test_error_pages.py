"""The pages for what went wrong: in both languages, without data, the last one without anything at all."""

import pytest
from django.template.loader import get_template
from django.utils import translation
from django.views.defaults import bad_request, server_error

ALL = ["400.html", "403.html", "404.html", "429.html", "500.html", "form_expired.html"]


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("name", ["400.html", "500.html"])
def test_the_bare_pages_need_no_request_and_no_database(name, language) -> None:
    with translation.override(language):
        page = get_template(name).render()
    assert f'<html lang="{language}">' in page
    assert page.count("<h1>") == 1


def test_the_defaults_use_them(rf) -> None:
    assert server_error(rf.get("/")).status_code == 500
    assert b"<h1>" in server_error(rf.get("/")).content
    assert bad_request(rf.get("/"), ValueError("secret")).status_code == 400
    assert b"secret" not in bad_request(rf.get("/"), ValueError("secret")).content


@pytest.mark.parametrize("name", ALL)
def test_each_page_has_one_heading_and_a_way_on(client, administrator, name) -> None:
    request = client.get("/login/").wsgi_request
    page = get_template(name).render({}, request)
    assert page.count("<h1>") == 1
    assert 'class="button button-primary"' in page


def test_a_page_that_is_not_there_does_not_repeat_the_address(client_of, administrator, settings) -> None:
    settings.LANGUAGE_CODE = "en"
    response = client_of(administrator).get("/no/such/place/")
    assert response.status_code == 404
    assert "Nothing here" in response.content.decode()
