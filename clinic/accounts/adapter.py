"""What this clinic asks of the account library."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from clinic.accounts.actions import set_password
from clinic.accounts.models import User, plain_username


class ClinicAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts are opened by an administrator."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: str) -> None:
        if "username" in credentials:
            credentials["username"] = plain_username(credentials["username"])
        super().pre_authenticate(request, **credentials)

    def set_password(self, user: User, password: str) -> None:
        """A change of password is an act."""
        set_password(by=user, user=user, password=password)
