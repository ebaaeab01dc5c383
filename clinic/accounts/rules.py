"""May this person do this, may this account be changed so, and may a first account still be opened?"""

from collections.abc import Collection, Mapping

from django.utils.translation import gettext as _

from clinic.accounts.models import User
from clinic.accounts.roles import Permission, Role
from clinic.lib.problems import Problem


def why_not_may(by: User, permission: Permission) -> list[Problem]:
    """Whether the role of `by` grants what an act needs; every act asks first, whoever called it."""
    if by.may(permission):
        return []
    return [Problem("", _("Your role does not allow this. Nothing was done."), "not-allowed")]


def why_not_change(user: User, values: Mapping[str, object], *, others: int) -> list[Problem]:
    """Somebody must always be able to open accounts: `others` is how many other administrators are in use."""
    if user.role != Role.ADMINISTRATOR or not user.is_active or others:
        return []
    problems = []
    sentence = _("This is the only administrator. Make somebody else administrator first.")
    if values.get("role", user.role) != Role.ADMINISTRATOR:
        problems.append(Problem("role", sentence, "last-administrator"))
    if not values.get("is_active", True):
        problems.append(Problem("is_active", sentence, "last-administrator"))
    return problems


def why_not_first(role: str, in_use: Collection[str]) -> list[Problem]:
    """An account that nobody opens for somebody else: only while its role is still open to that."""
    if role in roles_still_open(in_use):
        return []
    return [Problem("", _("The first account exists already. Please log in."), "first")]


def roles_still_open(in_use: Collection[str]) -> list[Role]:
    """Which roles the page of the first account may give: none as soon as there is an administrator.

    A physician who began alone can so still open the administrator's account, with a new token.
    """
    if not in_use:
        return [Role.ADMINISTRATOR, Role.PHYSICIAN]
    return [] if Role.ADMINISTRATOR in in_use else [Role.ADMINISTRATOR]


def why_not_emergency(minutes: int) -> list[Problem]:
    """A clinic may have decided against emergency access: it lasts no minute then."""
    if minutes:
        return []
    return [Problem("", _("This clinic has no emergency access. Nothing was opened."), "no-emergency")]


def why_not_purge(month: str, oldest_kept: str, reason: str) -> list[Problem]:
    """Accesses are deleted where the clinic decided how long it keeps them, of older months alone, with a reason."""
    problems = []
    if not oldest_kept:
        words = _("This clinic keeps accesses for ever: CLINIC_ACCESS_MONTHS is not set. Nothing was deleted.")
        problems.append(Problem("", words, "kept-for-ever"))
    elif month >= oldest_kept:
        words = _("The accesses of %(month)s are still to be kept. Nothing was deleted.") % {"month": month}
        problems.append(Problem("", words, "kept"))
    if not reason.strip():
        problems.append(Problem("reason", _("Write the reason. Nothing was deleted."), "reason"))
    return problems
