"""Accounts. An account is never deleted, only deactivated; its name is never given to somebody else."""

import unicodedata
from datetime import datetime

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import check_password
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.accounts.roles import EMERGENCY_GRANTS, GRANTS, Permission, Role
from clinic.audit.history import History, Recorded, RecordedQuerySet
from clinic.lib.fields import Code, Line, Prose


def plain_username(text: str) -> str:
    """One spelling per account: "Morel", "MOREL" and "ｍｏｒｅｌ" are the same name, invisible signs or not."""
    seen = "".join(sign for sign in unicodedata.normalize("NFKC", text) if unicodedata.category(sign) != "Cf")
    return unicodedata.normalize("NFKC", seen.casefold()).strip()


class Accounts(BaseUserManager.from_queryset(RecordedQuerySet)):
    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(username=plain_username(username or ""))

    def by_name(self) -> "models.QuerySet[User]":
        """Accounts in use first, then those that were closed."""
        return self.order_by("-is_active", "full_name", "id")

    def roles_in_use(self) -> set[str]:
        """The roles of all accounts, closed ones too: an account once opened counts for ever."""
        return set(self.order_by().values_list("role", flat=True).distinct())

    def administrators_locked(self) -> "list[User]":
        """The administrators in use, held until the act is over: two at once cannot close each other.

        Without the key, so that an access by one of them can be written meanwhile.
        """
        return list(self.select_for_update(no_key=True).filter(role=Role.ADMINISTRATOR, is_active=True).order_by("id"))


class User(Recorded, AbstractBaseUser):
    """A person who logs in."""

    username = Line(_("user name"), max_length=60)
    full_name = Line(_("full name"), max_length=120, help_text=_("As it shall stand under a signature."))
    role = Code(_("role"), choices=Role.choices)
    language = Code(_("language"), choices=[("fr", _("French")), ("en", _("English"))], blank=True)
    is_active = models.BooleanField(_("may log in"), default=True)
    must_change_password = models.BooleanField(_("must choose a new password"), default=False)
    # The password's hash, under the key of the chain: in the history in its place, and useless to guess it from.
    password_mark = Line(max_length=64, blank=True, editable=False)
    last_login = None  # the audit keeps log-ins; a second place would only disagree with it

    # Set for the length of a request by `clinic.accounts.middleware`; no column.
    emergency_until: datetime | None = None

    history = History(excluded_fields=["password"])
    objects = Accounts()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["full_name", "role"]

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        default_permissions = ()
        ordering = ["full_name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["username"],
                name="user_one_account_per_name",
                violation_error_message=_("This user name is taken, now or in the past. Choose another."),
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="user_has_a_role", violation_error_code="role"
            ),
        ]

    def __str__(self) -> str:
        return self.full_name

    def get_full_name(self) -> str:
        return self.full_name

    def check_password(self, raw_password: str | None) -> bool:
        """As Django's, but without rewriting the stored hash on the way: a log-in is no act."""
        return check_password(raw_password, self.password)

    def may(self, permission: Permission) -> bool:
        """Whether the account is in use and its role, or an emergency access that lasts, grants `permission`."""
        granted = GRANTS.get(self.role, frozenset())
        if Permission.OPEN_EMERGENCY in granted and self.emergency_until and timezone.now() < self.emergency_until:
            granted |= EMERGENCY_GRANTS
        return self.is_active and permission in granted

    @property
    def has_second_factor(self) -> bool:
        """Whether a code is asked for beside the password, at the log-in and at each signature."""
        return SecondFactor.objects.filter(user=self).exists()

    @property
    def is_physician(self) -> bool:
        return self.role == Role.PHYSICIAN


class SecondFactor(Recorded):
    """The authenticator app of one account, and what is left of its recovery codes."""

    user = models.OneToOneField(User, models.PROTECT, related_name="second_factor", verbose_name=_("account"))
    # Both are useless without the key file: the one is encrypted, the others are marks (clinic.accounts.second_factor).
    secret = Line(editable=False)
    codes = Prose(blank=True, editable=False)
    added_at = models.DateTimeField(_("set up"))

    history = History()

    class Meta:
        verbose_name = _("second factor")
        verbose_name_plural = _("second factors")
        default_permissions = ()

    def __str__(self) -> str:
        return str(_("second factor"))
