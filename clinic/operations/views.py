"""Health, and the pages for a form that came too late and for what the program could not do."""

import sys

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from clinic.audit.keys import KeyMissing
from clinic.gate import open_to_all, requires


@require_safe
@open_to_all
def health(request: HttpRequest) -> HttpResponse:
    """Answers when the program and its database do; shows no data."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})


@require_safe
@requires()
def stay(request: HttpRequest) -> HttpResponse:
    """Somebody who is typing is not idle: the request itself renews the log-in (`clinic.accounts.middleware`)."""
    return HttpResponse(status=204)


def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without a valid token: the person is told what to do, and nothing was written."""
    return render(request, "form_expired.html", status=403)


def broken(request: HttpRequest) -> HttpResponse:
    """The last page. Without the key of the audit nothing can be recorded, so nothing is shown, and it says why."""
    if isinstance(sys.exc_info()[1], KeyMissing):
        return render(None, "503.html", status=503)
    return render(None, "500.html", status=500)
