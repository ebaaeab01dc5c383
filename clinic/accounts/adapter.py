"""What this clinic asks of the account library."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from clinic.accounts.actions import set_password
from clinic.accounts.middleware import note_throttled
from clinic.accounts.models import User, plain_username
from clinic.accounts.web_sessions import MARK, begin, end
from clinic.audit.access import record_event


class ClinicAdapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": _("The user name or the password is wrong."),
        "too_many_login_attempts": _("Too many failed log-ins. Wait five minutes, then try again."),
        "enter_current_password": _("This is not your current password."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts are opened by an administrator."""
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """One spelling per name; a closed account gets the same answer as a wrong password."""
        if "username" in credentials:
            credentials["username"] = plain_username(credentials["username"])
        user = super().authenticate(request, **credentials)
        if user is not None and not user.is_active:
            self.authentication_failed(request, **credentials)
            return None
        return user

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            note_throttled(request, _account(credentials))
            raise

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """What was typed is not kept: people type passwords where the name belongs."""
        record_event("log_in_failed", request=request, by=_account(credentials))

    def login(self, request: HttpRequest, user: User) -> None:
        """Nobody is logged in whose log-in could not be written down."""
        mark = begin(request, user)
        super().login(request, user)
        request.session[MARK] = mark

    def get_login_stages(self) -> list[str]:
        return [*super().get_login_stages(), "clinic.accounts.stage.SecondFactorStage"]

    def logout(self, request: HttpRequest) -> None:
        end(request, "log_out")

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        return redirect("account_login")

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("home")

    def set_password(self, user: User, password: str) -> None:
        """A change of password is an act. The session of this browser goes on with the new one."""
        user.password = set_password(by=user, user=user, password=password).password


def _account(credentials: dict[str, Any]) -> User | None:
    """The account whose name was typed, if it is one."""
    return User.objects.filter(username=plain_username(credentials.get("username") or "")).first()
