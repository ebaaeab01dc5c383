"""What this clinic asks of the account library."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from clinic.accounts.actions import set_password
from clinic.accounts.models import User, plain_username


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
        return user if user is not None and user.is_active else None

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        return redirect("account_login")

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("home")

    def set_password(self, user: User, password: str) -> None:
        """A change of password is an act. The session of this browser goes on with the new one."""
        user.password = set_password(by=user, user=user, password=password).password
