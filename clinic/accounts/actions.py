"""Acts on accounts. There is no act that deletes one."""

from uuid import UUID

from clinic.accounts.models import User, plain_username
from clinic.audit.act import act


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
    """A new account. `by=None` only for the first one, which stands for itself."""
    user = User(
        username=plain_username(username),
        full_name=full_name,
        role=role,
        language=language,
        must_change_password=must_change_password,
    )
    user.set_password(password)
    with act("create_account", by=by or user, reason=reason, key=key) as writing:
        writing.create(user)
        writing.about(f"user:{user.pk}", None)
    return user


def change_account(*, by: User, user: User, reason: str, key: UUID | None = None, **values: object) -> User:
    """Change name, role, language or whether the account is in use."""
    for name, value in values.items():
        setattr(user, name, value)
    with act("change_account", by=by, reason=reason, key=key) as writing:
        writing.change(user, *values)
        writing.about(f"user:{user.pk}", None)
    return user


def set_password(*, by: User, user: User, password: str, reason: str = "", key: UUID | None = None) -> User:
    """A new password; one that somebody else set must be changed at the next log-in."""
    user.set_password(password)
    user.must_change_password = by.pk != user.pk
    with act("set_password", by=by, reason=reason, key=key) as writing:
        writing.change(user, "password", "must_change_password")
        writing.about(f"user:{user.pk}", None)
    return user


def choose_language(*, user: User, language: str) -> User:
    """The language in which this person reads the logbook."""
    user.language = language
    with act("choose_language", by=user) as writing:
        writing.change(user, "language")
        writing.about(f"user:{user.pk}", None)
    return user
