"""The password once more, before something is signed or opened; wrong tries are counted by the account library."""

from allauth.core import ratelimit
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.audit.access import record_event
from clinic.lib.problems import Problem

WRONG = {
    "sign": gettext_lazy("This is not your password. Nothing was signed."),
    "emergency": gettext_lazy("This is not your password. Nothing was opened."),
}


def why_not_confirmed(request: HttpRequest, password: str, purpose: str = "sign") -> list[Problem]:
    """Nothing where the person who is logged in gave the right password; it is asked for each signature anew.

    A wrong one is recorded; all purposes share one count of tries.
    """
    if not ratelimit.consume(request, action="sign", user=request.user, dry_run=True):
        record_event(f"{purpose}_throttled", request=request, by=request.user)
        return [Problem("password", _("Too many wrong passwords. Wait five minutes, then try again."), "throttled")]
    if not request.user.check_password(password):
        ratelimit.consume(request, action="sign", user=request.user)
        record_event(f"{purpose}_failed", request=request, by=request.user)
        return [Problem("password", WRONG[purpose], "password")]
    return []
