"""The page that says whether the audit history is as it was written. It shows no data of a patient."""

from collections import deque
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from clinic.accounts.models import User
from clinic.accounts.roles import Permission
from clinic.audit import anchors
from clinic.audit.chain import head
from clinic.audit.verify import Result, last_result
from clinic.audit.verify.background import how_far, is_running
from clinic.audit.verify.outside import check_typed
from clinic.audit.verify.words import kind_in_words, record_in_words
from clinic.gate import PersonRequest, requires
from clinic.operations.forms import AnchorForm
from clinic.operations.nightly import begin_verification

ANCHORS_SHOWN = 5
# Records whose history has a page of its own, and what is found only where the record is gone.
WITH_HISTORY = frozenset({"patient", "consultation", "course", "session", "device"})
GONE = "row removed"


@dataclass(frozen=True)
class Line:
    """One finding as the page says it; `address` leads to the history of the record, where there is one."""

    kind: str
    record: str
    words: str
    address: str = ""


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.VERIFY_HISTORY)
def verification(request: PersonRequest) -> HttpResponse:
    """What the last verification said, and whether an anchor that somebody typed fits."""
    form = AnchorForm(request.POST or None)
    context = {"form": form, "running": is_running(), "head": head(), **_result(request.user), **_anchors()}
    if context["running"]:
        context["read"] = how_far()
    if request.method == "POST" and form.is_valid():
        context["differs"] = [finding.words for finding in check_typed(form.cleaned_data["anchor"])]
        context["answered"] = True
    return render(request, "audit/verification.html", context)


@require_POST
@requires(Permission.VERIFY_HISTORY)
def verification_start(request: PersonRequest) -> HttpResponse:
    """Verify now, in a program of its own; one at a time."""
    if is_running():
        messages.info(request, _("A verification runs already."))
    else:
        begin_verification()
        messages.success(request, _("The verification has begun. Look again in a moment."))
    return redirect("verification")


def _result(user: User) -> dict[str, Any]:
    result = last_result()
    if result is None:
        return {"result": None}
    found = [(said["alters"] or result.state == "unknown", _line(said, user)) for said in result.said]
    return {
        "result": result,
        "since": max(0, head().number - result.entries),
        "findings": [line for alters, line in found if alters],
        "remarks": [line for alters, line in found if not alters],
        "unsaid": _unsaid(result),
    }


def _unsaid(result: Result) -> int:
    return max(0, result.findings + result.remarks - len(result.said))


def _line(said: dict[str, Any], user: User) -> Line:
    kind, _colon, key = said["record"].partition(":")
    address = "" if said["kind"] == GONE else _address(kind, key, user)
    return Line(kind_in_words(said["kind"]), record_in_words(said["record"]), said["words"], address)


def _address(kind: str, key: str, user: User) -> str:
    if kind == "user" and key.isdigit() and user.may(Permission.MANAGE_ACCOUNTS):
        return reverse("account-history", args=[int(key)])
    if kind not in WITH_HISTORY or not user.may(Permission.SEE_HISTORY):
        return ""
    try:
        return reverse("logbook:history", args=[kind, UUID(key)])
    except ValueError:
        return ""


def _anchors() -> dict[str, Any]:
    try:
        kept = list(deque(anchors.kept(), maxlen=ANCHORS_SHOWN))
    except (OSError, ValueError):
        return {"anchors": None, "anchor_file": anchors.anchor_file()}
    return {"anchors": kept[::-1], "anchor_file": anchors.anchor_file()}
