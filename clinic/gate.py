"""May this person open this page, and was the look recorded? Every view carries one of these marks."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.cache import add_never_cache_headers

from clinic.accounts.models import User
from clinic.accounts.roles import Permission
from clinic.audit.access import forget_waiting, write_before_answer


class PersonRequest(HttpRequest):
    """A request that passed the gate: somebody is logged in."""

    user: User


View = Callable[..., HttpResponseBase]
MARK = "policy"
METHODS = ("GET", "HEAD", "POST")  # no page knows another one
LIBRARY_VIEWS = {"account_login", "account_logout", "account_change_password"}


class LookNotRecorded(RuntimeError):
    """A view meant to show a patient and did not write the look down: nothing is shown."""


def requires(*permissions: Permission, shows_patient: bool = False) -> Callable[[View], View]:
    """The view is for people whose role grants every one of `permissions`.

    With `shows_patient` an answer of 200 leaves only when `record_look` was called for this request; no answer
    leaves before the looks are written.
    """

    def mark(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                # After an expired form the person comes back to a page, never to a POST address.
                target = request.get_full_path() if request.method == "GET" else reverse("home")
                return redirect_to_login(target)
            if not all(request.user.may(permission) for permission in permissions):
                raise PermissionDenied
            forget_waiting()
            try:
                response = view(request, *args, **kwargs)
                if shows_patient and response.status_code == 200 and not hasattr(request, "patients_seen"):
                    raise LookNotRecorded(view.__name__)
                write_before_answer()
            finally:
                forget_waiting()
            add_never_cache_headers(response)
            response.headers["Cache-Control"] = "no-store, private"
            return response

        setattr(guarded, MARK, frozenset(permissions))
        return guarded

    return mark


def open_to_all(view: View) -> View:
    """The view is for anybody, logged in or not: log-in, language, health, the first account."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        response.headers["Cache-Control"] = "no-store, private"
        return response

    setattr(guarded, MARK, None)
    return guarded


def refuse_unmarked_views(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Deny by default: a view without a mark answers 403, but for the account library's few that are listed."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        return get_response(request)

    def process_view(request: HttpRequest, view: View, args: Any, kwargs: Any) -> HttpResponseBase | None:
        if request.method not in METHODS:
            return HttpResponseNotAllowed(METHODS)
        name = request.resolver_match.view_name if request.resolver_match else ""
        if not hasattr(view, MARK) and name not in LIBRARY_VIEWS:
            raise PermissionDenied
        if name in LIBRARY_VIEWS and name != "account_login" and not request.user.is_authenticated:
            return redirect_to_login(reverse("home"))
        return None

    middleware.process_view = process_view  # type: ignore[attr-defined]
    return middleware
