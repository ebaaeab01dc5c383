"""The step of a log-in between the password and the first page, for those who set up a second factor."""

from allauth.account.stages import LoginStage, LoginStageController
from allauth.core import ratelimit
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from clinic.accounts.middleware import note_throttled
from clinic.accounts.second_factor import accepts
from clinic.audit.access import record_event
from clinic.lib.problems import Problem


class SecondFactorStage(LoginStage):
    """Nobody is logged in before the code fits."""

    key = "second_factor"
    urlname = "login-code"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        return (redirect(self.urlname) if self.login.user.has_second_factor else None), True


def waiting_stage(request: HttpRequest) -> SecondFactorStage | None:
    """The log-in of this browser that waits for its code, if the account is still in use."""
    stage = LoginStageController.enter(request, SecondFactorStage.key)
    return stage if stage and stage.login.user and stage.login.user.is_active else None


def why_not_in(request: HttpRequest, stage: SecondFactorStage, typed: str) -> list[Problem]:
    """Nothing where the code fits; wrong ones are counted and recorded."""
    user = stage.login.user
    if not ratelimit.consume(request, action="login_code", user=user, dry_run=True):
        note_throttled(request, user)
        return [Problem("code", _("Too many wrong codes. Wait five minutes, then try again."), "throttled")]
    if not accepts(user, typed):
        ratelimit.consume(request, action="login_code", user=user)
        record_event("log_in_failed", request=request, by=user, detail="code")
        return [Problem("code", _("This is not the code of your app, or it was used before."), "code")]
    return []
