"""Web sessions of people who are logged in. However one ends, the audit says when and whose it was.

The engine of `SESSION_ENGINE`: Django's own table, swept with `clear_expired` at each log-in and by `clearsessions`.
"""

from datetime import UTC, datetime, timedelta
from secrets import token_hex
from typing import Any

from django.contrib.auth import SESSION_KEY, logout
from django.contrib.sessions.backends import db
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from clinic.accounts.models import User
from clinic.audit.access import record_event
from clinic.audit.queue import one_writer

# In the web session: what the log-in is called in the audit, when it was used last.
MARK, SEEN = "log_in", "seen_at"


class SessionStore(db.SessionStore):
    """As Django's; one that ran out unseen, with a browser closed or left, has its end recorded before it goes."""

    @property
    def key_salt(self) -> str:
        """What is stored is sealed for its own key: a row copied to another one in the database opens nothing."""
        return f"clinic.web_sessions.{self.session_key}"

    @classmethod
    def clear_expired(cls) -> None:
        model, now = cls.get_model_class(), timezone.now()
        for session in model.objects.filter(expire_date__lt=now):
            kept = cls(session.session_key).decode(session.session_data)
            with one_writer(), transaction.atomic():
                gone = model.objects.filter(pk=session.pk, expire_date__lt=now).delete()[0]
                if gone and (user := user_of(kept)):
                    record_event("time_out", by=user, detail=_which(kept))

    @classmethod
    def end_all(cls) -> None:
        """Everybody logs in again; each end is recorded."""
        cls.get_model_class().objects.update(expire_date=timezone.now() - timedelta(seconds=1))
        cls.clear_expired()


def begin(request: HttpRequest, user: User) -> str:
    """Write down a log-in, before there is one; the mark that its end will bear too."""
    SessionStore.clear_expired()
    mark = token_hex(4)
    record_event("log_in", request=request, by=user, detail=mark)
    return mark


def end(request: HttpRequest, kind: str) -> None:
    """Log out; the end is written down once, however many requests notice it at the same time."""
    with one_writer(), transaction.atomic():
        rows = SessionStore.get_model_class().objects.filter(pk=request.session.session_key)
        if rows.delete()[0]:
            record_event(kind, request=request, by=request.user, detail=_which(request.session))
    logout(request)


def note_lost(request: HttpRequest, kept: dict[str, Any]) -> None:
    """The account was closed or got another password meanwhile: its log-in ends here."""
    if user := user_of(kept):
        record_event("log_in_ended", request=request, by=user, detail=_which(kept))
    request.session.flush()


def user_of(kept: Any) -> User | None:
    """Whose web session this is, by what it holds."""
    return User.objects.filter(pk=kept[SESSION_KEY]).first() if kept.get(SESSION_KEY) else None


def _which(kept: Any) -> str:
    """The mark of the log-in and when it was last used, in no language."""
    seen = kept.get(SEEN)
    said = [kept.get(MARK), f"{datetime.fromtimestamp(seen, UTC):%Y-%m-%dT%H:%M:%SZ}" if seen else ""]
    return " ".join(filter(None, said))
