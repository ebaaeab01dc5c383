"""Idle limit, longest log-in, throttle, language: what holds for every request."""

import time
from collections.abc import Callable

from allauth.core import ratelimit
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation

from clinic.accounts import emergency
from clinic.accounts.models import User
from clinic.accounts.web_sessions import SEEN, SessionStore, end, note_lost
from clinic.audit.access import record_event

Answer = Callable[[HttpRequest], HttpResponse]
TOO_MANY = 429
# A page asks for it by itself while nobody may be there: it keeps no log-in alive.
UNATTENDED = "downloads-progress"


def idle_limit(get_response: Answer) -> Answer:
    """After the clinic's idle minutes, or twelve hours at most, the person logs in again.

    The cookie alone would be the browser's word; the times stand in the session on the server. A log-in that is
    found to be over has its end recorded, whichever way it ended.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        # Before the person is asked for: Django throws a session away whose password is not the account's any more.
        kept = dict(request.session.items()) if SESSION_KEY in request.session else {}
        if request.user.is_authenticated:
            now = time.time()
            seen = request.session.get(SEEN, now)
            began = request.session.setdefault("logged_in_at", now)
            if now - seen > settings.IDLE_MINUTES * 60 or now - began > settings.LONGEST_LOGIN_HOURS * 3600:
                end(request, "time_out")
            elif SEEN not in request.session or (now - seen > 20 and request.path != reverse(UNATTENDED)):
                request.session[SEEN] = now
        elif kept:
            note_lost(request, kept)
        elif settings.SESSION_COOKIE_NAME in request.COOKIES and not request.session.session_key:
            SessionStore.clear_expired()
        if request.user.is_authenticated and request.user.must_change_password:
            allowed = {reverse("account_change_password"), reverse("account_logout"), reverse("language")}
            if request.path not in allowed and not request.path.startswith(f"/{settings.STATIC_URL.strip('/')}/"):
                return redirect("account_change_password")
        return get_response(request)

    return middleware


def emergency_access(get_response: Answer) -> Answer:
    """While an emergency access lasts the account may read records, and every look says that it was under one."""

    def middleware(request: HttpRequest) -> HttpResponse:
        emergency.resume(request)
        return get_response(request)

    return middleware


def throttle_is_recorded(get_response: Answer) -> Answer:
    """Somebody tried too often, wherever it was."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code == TOO_MANY:
            note_throttled(request, request.user if request.user.is_authenticated else None)
        return response

    return middleware


def note_throttled(request: HttpRequest, by: User | None) -> None:
    """Once a minute for an account and an address: who hammers at the door must not fill the audit."""
    key = f"{by.pk if by else ''} {request.META.get('REMOTE_ADDR', '')}"
    if ratelimit.consume(request, action="note_throttled", key=key):
        record_event("throttled", request=request, by=by)


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
