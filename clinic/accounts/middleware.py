"""Idle limit, longest log-in, language: what holds for every request of somebody who is logged in."""

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation

from clinic.accounts.models import User

Answer = Callable[[HttpRequest], HttpResponse]


def idle_limit(get_response: Answer) -> Answer:
    """After the clinic's idle minutes, or twelve hours at most, the person logs in again.

    The cookie alone would be the browser's word; the times stand in the session on the server.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = time.time()
            seen = request.session.get("seen_at", now)
            began = request.session.setdefault("logged_in_at", now)
            if now - seen > settings.IDLE_MINUTES * 60 or now - began > settings.LONGEST_LOGIN_HOURS * 3600:
                logout(request)
            elif "seen_at" not in request.session or now - seen > 20:
                request.session["seen_at"] = now
        if request.user.is_authenticated and request.user.must_change_password:
            allowed = {reverse("account_change_password"), reverse("account_logout"), reverse("language")}
            if request.path not in allowed and not request.path.startswith(f"/{settings.STATIC_URL.strip('/')}/"):
                return redirect("account_change_password")
        return get_response(request)

    return middleware


def first_account_first(get_response: Answer) -> Answer:
    """While there is no account at all, every page leads to the one that opens the first."""

    def middleware(request: HttpRequest) -> HttpResponse:
        open_pages = {reverse("first-account"), reverse("language"), reverse("health")}
        if (
            not request.user.is_authenticated
            and request.path not in open_pages
            and not request.path.startswith(f"/{settings.STATIC_URL.strip('/')}/")
            and not User.objects.exists()
        ):
            return redirect("first-account")
        return get_response(request)

    return middleware


def language_of_user(get_response: Answer) -> Answer:
    """The person's own language, then what this browser chose before logging in, then the clinic's."""

    def middleware(request: HttpRequest) -> HttpResponse:
        chosen = getattr(request.user, "language", "") or request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        language = chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = get_response(request)
            response.headers.setdefault("Content-Language", language)
            return response

    return middleware
