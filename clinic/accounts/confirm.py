"""The password once more, before something is signed or opened; wrong tries are counted by the account library."""

from typing import cast

from allauth.core import ratelimit
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.accounts.models import User
from clinic.accounts.second_factor import accepts
from clinic.audit.access import record_event
from clinic.lib.problems import Problem

WRONG = {
    "sign": gettext_lazy("This is not your password. Nothing was signed."),
    "emergency": gettext_lazy("This is not your password. Nothing was opened."),
    "account": gettext_lazy("This is not your password. Nothing was changed."),
}


def why_not_confirmed(request: HttpRequest, password: str, purpose: str = "sign") -> list[Problem]:
    """Nothing where the person who is logged in gave the right password; it is asked for each signature anew.

    Where a second factor is set up, the code stands beside the password in the same form (`parts/_confirm.html`).
    A wrong one is recorded; all purposes share one count of tries.
    """
    if not ratelimit.consume(request, action="sign", user=request.user, dry_run=True):
        record_event(f"{purpose}_throttled", request=request, by=request.user)
        return [Problem("password", _("Too many wrong passwords. Wait five minutes, then try again."), "throttled")]
    if not request.user.check_password(password):
        ratelimit.consume(request, action="sign", user=request.user)
        record_event(f"{purpose}_failed", request=request, by=request.user)
        return [Problem("password", WRONG[purpose], "password")]
    if not accepts(cast(User, request.user), request.POST.get("code", "")):
        ratelimit.consume(request, action="sign", user=request.user)
        record_event(f"{purpose}_failed", request=request, by=request.user, detail="code")
        said = _("This is not the code of your app, or it was used before. Wait for the next one. Nothing was done.")
        return [Problem("code", said, "code")]
    return []
