"""Acts on accounts. There is no act that deletes one."""

from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.accounts.models import SecondFactor, User, plain_username
from clinic.accounts.passwords import mark_of_code, one_time_password
from clinic.accounts.roles import Permission
from clinic.accounts.rules import why_not_change, why_not_emergency, why_not_first, why_not_may
from clinic.audit.access import record_event
from clinic.audit.act import act
from clinic.audit.keys import ring
from clinic.lib.problems import Problem, Refused, Unchanged, refuse

NUMBER_OF_CODES = 10


def create_account(
    *,
    by: User | None,
    username: str,
    full_name: str,
    role: str,
    password: str,
    language: str = "",
    must_change_password: bool = True,
    reason: str = "",
    key: UUID | None = None,
) -> User:
    """A new account. `by=None` only where nobody is there yet: the account stands for itself, or is `Refused`."""
    if by:
        refuse(why_not_may(by, Permission.MANAGE_ACCOUNTS))
    user = User(
        username=plain_username(username),
        full_name=full_name,
        role=role,
        language=language,
        must_change_password=must_change_password,
    )
    user.set_password(password)
    user.password_mark = ring().mark(user.password)
    with act("create_account", by=by or user, reason=reason, key=key) as writing:
        if not by:
            refuse(why_not_first(role, User.objects.roles_in_use()))
        writing.create(user)
        writing.about(f"user:{user.pk}", None)
        record_event("account_opened", by=by or user, detail=f"{user.username}: {user.role}")
    return user


def change_account(*, by: User, user: User, reason: str, key: UUID | None = None, **values: object) -> User:
    """Change name, role, language or whether the account is in use. Raises `Refused` where nothing changes."""
    refuse(why_not_may(by, Permission.MANAGE_ACCOUNTS))
    with act("change_account", by=by, reason=reason, key=key) as writing:
        administrators = User.objects.administrators_locked()
        stored = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        changed = {name: value for name, value in values.items() if getattr(stored, name) != value}
        if not changed:
            raise Unchanged
        refuse(why_not_change(stored, changed, others=sum(one.pk != stored.pk for one in administrators)))
        for kind, detail in _events(stored, changed):
            record_event(kind, by=by, detail=f"{stored.username}: {detail}")
        for name, value in changed.items():
            setattr(stored, name, value)
        writing.change(stored, *changed)
        writing.about(f"user:{stored.pk}", None)
    return stored


def _events(before: User, changed: dict[str, object]) -> list[tuple[str, str]]:
    """What a change of an account means for who may come near the record."""
    events = [("role_change", f"{before.role} → {changed['role']}")] if "role" in changed else []
    if "is_active" in changed:
        role = str(changed.get("role", before.role))
        events.append(("account_reopened" if changed["is_active"] else "account_closed", role))
    return events


def set_password(*, by: User, user: User, password: str, reason: str = "", key: UUID | None = None) -> User:
    """A new password, one's own or by an administrator; one that somebody else set must be changed at the next log-in."""
    if by.pk != user.pk:
        refuse(why_not_may(by, Permission.MANAGE_ACCOUNTS))
    with act("set_password", by=by, reason=reason, key=key) as writing:
        stored = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        stored.set_password(password)
        stored.password_mark = ring().mark(stored.password)
        stored.must_change_password = by.pk != user.pk
        writing.change(stored, "password", "password_mark", "must_change_password")
        if by.pk != user.pk:
            record_event("password_set", by=by, detail=stored.username)
        writing.about(f"user:{stored.pk}", None)
    return stored


def choose_language(*, user: User, language: str) -> User:
    """The language in which this person reads the logbook."""
    with act("choose_language", by=user) as writing:
        stored = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        stored.language = language
        writing.change(stored, "language")
        writing.about(f"user:{stored.pk}", None)
    return stored


def open_emergency(*, by: User, reason: str, key: UUID | None = None) -> None:
    """Read treatment records for a short time, with a reason (45 CFR 164.312(a)(2)(ii))."""
    refuse(why_not_may(by, Permission.OPEN_EMERGENCY))
    refuse(why_not_emergency(settings.EMERGENCY_MINUTES))
    with act("open_emergency", by=by, reason=reason, key=key) as writing:
        writing.about(f"user:{by.pk}", None)


def add_second_factor(*, user: User, secret: str, key: UUID | None = None) -> list[str]:
    """Ask this person for the code of an app from now on; `secret` as it is stored. The recovery codes, shown once."""
    codes, marks = _new_codes(user)
    with act("add_second_factor", by=user, key=key) as writing:
        writing.create(SecondFactor(user=user, secret=secret, codes=marks, added_at=timezone.now()))
        writing.about(f"user:{user.pk}", None)
        record_event("second_factor_added", by=user, detail=user.username)
    return codes


def renew_recovery_codes(*, user: User, key: UUID | None = None) -> list[str]:
    """New recovery codes, shown once; the former ones are worth nothing from now on."""
    codes, marks = _new_codes(user)
    with act("renew_recovery_codes", by=user, key=key) as writing:
        stored = _second_factor_of(user)
        stored.codes = marks
        writing.change(stored, "codes")
        writing.about(f"user:{user.pk}", None)
        record_event("second_factor_codes", by=user, detail=user.username)
    return codes


def use_recovery_code(*, user: User, mark: str) -> bool:
    """Take one recovery code out; False where somebody was quicker."""
    try:
        with act("use_recovery_code", by=user) as writing:
            stored = _second_factor_of(user)
            left = stored.codes.split()
            refuse([] if mark in left else [Problem("code", _("This code was used already."), "used")])
            stored.codes = "\n".join(other for other in left if other != mark)
            writing.change(stored, "codes")
            writing.about(f"user:{user.pk}", None)
    except Refused:
        return False
    return True


def remove_second_factor(*, by: User, user: User, reason: str = "", key: UUID | None = None) -> None:
    """From now on the password is enough; one's own, or taken away by an administrator with a reason."""
    if by.pk != user.pk:
        refuse(why_not_may(by, Permission.MANAGE_ACCOUNTS))
    with act("remove_second_factor", by=by, reason=reason, key=key) as writing:
        writing.remove(_second_factor_of(user))
        writing.about(f"user:{user.pk}", None)
        record_event("second_factor_removed", by=by, detail=user.username)


def _second_factor_of(user: User) -> SecondFactor:
    found = SecondFactor.objects.select_for_update(no_key=True).filter(user=user).first()
    if found is None:
        raise Refused([Problem("", _("This account has no second factor."), "none")])
    return found


def _new_codes(user: User) -> tuple[list[str], str]:
    codes = [one_time_password() for _code in range(NUMBER_OF_CODES)]
    return codes, "\n".join(mark_of_code(user.pk, code) for code in codes)
