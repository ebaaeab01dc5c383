"""What waits for a person at the start of the day, by role."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, F, Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from clinic.accounts.models import User
from clinic.audit.chain import head
from clinic.audit.models import Access, Act
from clinic.audit.verify import last_result
from clinic.audit.verify.result import UNKNOWN
from clinic.audit.verify.words import kind_in_words, record_in_words
from clinic.audit.words import act_in_words, look_in_words
from sessions.models import Device, Patient, Receipt, Session
from sessions.reports.session_filter import SessionFilter, start_of
from sessions.reports.sessions import counted

LATEST = 10
FEW = 5
MOST_COUNTED = 99
# One list or file may show many patients; its looks are read together as far as this.
LOOKS_READ = 500


@dataclass(frozen=True)
class Unsigned:
    """A draft, and how many days ago its session began."""

    session: Session
    days: int | None


@dataclass(frozen=True)
class Latest:
    """One line of the trail: who, what, when, and the address of the record, without a name of a patient."""

    at: datetime
    by_name: str
    what: str
    kind: str = ""
    uid: str = ""


@dataclass(frozen=True)
class Unusual:
    """One kind of access that is worth a look: how often since a day, and who was the last."""

    title: str
    kinds: tuple[str, ...]
    since: date
    number: int
    and_more: bool
    last_at: datetime | None
    last_by: str


@dataclass(frozen=True)
class Verified:
    """How far the audit history was verified, when, what was found (kind, record, words), and how far it reaches now."""

    state: str
    entries: int
    at: datetime
    findings: int
    said: list[tuple[str, str, str]]
    now: int

    @property
    def since(self) -> int:
        """How many entries were written after the verification."""
        return max(0, self.now - self.entries)


# What is counted, and over how many days: today's attempts, and what gives somebody more than before.
UNUSUAL: tuple[tuple[Promise, tuple[str, ...], int], ...] = (
    (_("Failed or throttled log-ins, last 24 hours"), ("log_in_failed", "throttled"), 1),
    (
        _("Wrong passwords at signing and the like, last 24 hours"),
        (
            "sign_failed",
            "sign_throttled",
            "password_failed",
            "emergency_failed",
            "emergency_throttled",
            "account_failed",
            "account_throttled",
        ),
        1,
    ),
    (_("Emergency accesses, last 30 days"), ("emergency",), 30),
    (
        _("Accounts opened, closed or given other rights, last 30 days"),
        (
            "account_opened",
            "account_closed",
            "account_reopened",
            "role_change",
            "password_set",
            "second_factor_added",
            "second_factor_removed",
        ),
        30,
    ),
)


def unsigned_of(physician: User, *, now: datetime, most: int | None = None) -> tuple[list[Unsigned], int]:
    """The physician's own drafts, oldest first (those without a start before all), and how many there are."""
    found = Session.objects.drafts().of_physician(physician)
    rows = list(found.select_related("patient", "course").order_by(F("started_at").asc(nulls_first=True), "pk")[:most])
    today = timezone.localdate(now)
    lines = [
        Unsigned(row, (today - timezone.localdate(row.started_at)).days if row.started_at else None) for row in rows
    ]
    return lines, (len(rows) if most is None or len(rows) < most else found.count())


def sessions_on(day: date, physician: User) -> list[Session]:
    """The physician's sessions that began on `day`, in order; none that was entered in error."""
    begins, ends = start_of(day), start_of(day + timedelta(days=1))
    found = Session.objects.standing().of_physician(physician).filter(started_at__gte=begins, started_at__lt=ends)
    return list(found.select_related("patient", "course").order_by("started_at", "pk"))


def verified() -> Verified | None:
    """What the last verification of the audit history said; None where there was none."""
    result = last_result()
    if result is None:
        return None
    said = [
        (kind_in_words(finding["kind"]), record_in_words(finding["record"]), finding["words"])
        for finding in result.said
        if finding["alters"] or result.state == UNKNOWN
    ]
    return Verified(result.state, result.entries, result.when, result.findings, said, head().number)


def unusual(now: datetime) -> list[Unusual]:
    """What an auditor looks at first: refused log-ins and signatures of a day, emergencies and changed rights of a month."""
    return [_unusual(title, kinds, now - timedelta(days=days)) for title, kinds, days in UNUSUAL]


def _unusual(title: str | Promise, kinds: tuple[str, ...], since: datetime) -> Unusual:
    found = Access.objects.filter(kind__in=kinds, at__gte=since)
    events = list(found.order_by("-pk").values_list("at", "by_name")[: MOST_COUNTED + 1])
    last_at, last_by = events[0] if events else (None, "")
    number = min(len(events), MOST_COUNTED)
    return Unusual(str(title), kinds, timezone.localdate(since), number, len(events) > MOST_COUNTED, last_at, last_by)


def latest_emergencies(now: datetime) -> list[Latest]:
    """The emergency accesses of the last month, each with its reason."""
    acts = Act.objects.filter(kind="open_emergency", at__gte=now - timedelta(days=30)).order_by("-at", "-pk")
    return [Latest(act.at, act.by_name, act.reason) for act in acts[:FEW]]


def latest_exports() -> list[Latest]:
    """The last files that left the logbook."""
    acts = Act.objects.filter(kind__startswith="export_").order_by("-at", "-pk")[:FEW]
    return [Latest(act.at, act.by_name, act_in_words(act.kind)) for act in acts]


def latest_receipts(user: User) -> list[Receipt]:
    """The last files of reports that this person took out."""
    return list(Receipt.objects.filter(taken_by=user).order_by("-id")[:FEW])


def drafts_in_all() -> int:
    """How many sessions wait for a signature."""
    return Session.objects.drafts().count()


def latest_acts() -> list[Latest]:
    """The last acts of everybody."""
    acts = Act.objects.order_by("-at", "-pk")[:LATEST]
    return [Latest(act.at, act.by_name, act_in_words(act.kind), *_record(act.subject)) for act in acts]


def latest_looks() -> list[Latest]:
    """The last looks of everybody; a list that showed many patients is one line, a look at one leads to that one's looks."""
    views: dict[tuple[Any, ...], list[Access]] = {}
    for look in Access.objects.exclude(patient_id=None).order_by("-pk")[:LOOKS_READ]:
        views.setdefault((look.at, look.by_id, look.kind, look.route), []).append(look)
    latest = list(views.values())[:LATEST]
    alone = {looks[0].patient_id for looks in latest if len(looks) == 1} - {None}
    uids: dict[int | None, Any] = dict(Patient.objects.filter(pk__in=alone).values_list("pk", "uid"))  # type: ignore[misc]
    return [_looks_line(looks, str(uids.get(looks[0].patient_id, "")) if len(looks) == 1 else "") for looks in latest]


def _looks_line(looks: list[Access], uid: str) -> Latest:
    look, number = looks[0], len(looks)
    patients = ngettext("%(number)s patient", "%(number)s patients", number) % {"number": number}
    return Latest(look.at, look.by_name, f"{look_in_words(look.kind)} ({patients})", "patient", uid)


def numbers(today: date) -> dict[str, Any]:
    """What an administrator keeps an eye on: accounts, devices, and how many sessions this month."""
    accounts = User.objects.aggregate(all=Count("pk"), in_use=Count("pk", filter=Q(is_active=True)))
    month = counted(SessionFilter(from_date=today.replace(day=1), to_date=today)).total()
    return {
        "accounts": accounts["in_use"],
        "closed_accounts": accounts["all"] - accounts["in_use"],
        "devices": Device.objects.in_service().count(),
        "sessions": month.performed,
        "drafts": month.drafts,
    }


def _record(subject: str) -> tuple[str, str]:
    kind, _colon, uid = subject.partition(":")
    return (kind, uid) if kind in {"patient", "consultation", "course", "session", "device"} else ("", "")
