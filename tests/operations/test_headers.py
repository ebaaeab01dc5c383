"""Headers on every answer: pages, redirects, errors, static files."""

import pytest
from django.test import Client

EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "object-src 'none'",
}
STATIC = "/static/logbook/logbook.css"


def policy(response) -> set[str]:
    return {part.strip() for part in response.headers["Content-Security-Policy"].split(";") if part.strip()}


def answers() -> dict[str, tuple[str, str, int]]:
    return {
        "log-in": ("get", "/login/", 200),
        "failed log-in": ("post", "/login/", 200),
        "to the log-in": ("get", "/accounts/", 302),
        "not found": ("get", "/no/such/page/", 404),
        "wrong method": ("get", "/language/", 405),
        "health": ("get", "/healthz", 200),
        "style sheet": ("get", STATIC, 200),
    }


@pytest.mark.parametrize("name", answers())
def test_every_answer_carries_the_headers(client, administrator, name) -> None:
    method, address, status = answers()[name]
    response = getattr(client, method)(address)
    response.close()
    assert response.status_code == status
    assert {header: response.headers[header] for header in EVERYWHERE} == EVERYWHERE
    assert policy(response) == POLICY
    assert response.headers["Permissions-Policy"].startswith("accelerometer=()")


@pytest.mark.parametrize("name", [name for name in answers() if name != "style sheet"])
def test_no_page_is_kept_by_a_browser(client, administrator, name) -> None:
    method, address, _status = answers()[name]
    assert "no-store" in getattr(client, method)(address).headers["Cache-Control"]


def test_static_files_have_their_own_cache_header(client, administrator) -> None:
    response = client.get(STATIC)
    response.close()
    kept = response.headers["Cache-Control"]
    assert "no-store" not in kept
    assert "max-age" in kept


def test_the_pages_of_somebody_logged_in_are_not_kept(client_of, administrator) -> None:
    for address in ("/accounts/", "/password/", "/logout/"):
        assert "no-store" in client_of(administrator).get(address).headers["Cache-Control"]


def test_a_form_without_its_token_is_refused_with_a_page(administrator, settings) -> None:
    settings.LANGUAGE_CODE = "en"
    strict = Client(enforce_csrf_checks=True)
    response = strict.post("/login/", {"login": "admin", "password": "typed-in-secret"})
    assert response.status_code == 403
    assert "This form is too old" in response.content.decode()
    assert "typed-in-secret" not in response.content.decode()
    assert policy(response) == POLICY


def test_a_host_that_is_not_ours_gets_a_bare_page(administrator, settings) -> None:
    settings.LANGUAGE_CODE = "en"
    response = Client(headers={"host": "evil.example"}).get("/login/")
    assert response.status_code == 400
    assert "evil.example" not in response.content.decode()
    assert {header: response.headers[header] for header in EVERYWHERE} == EVERYWHERE
