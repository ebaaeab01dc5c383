"""A letter for the patient's own eyes: who has seen the record, when, what, and who wrote in it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Case, Count, Max, Min, Q, Value, When
from django.db.models.functions import TruncDate
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from clinic.accounts.models import User
from clinic.accounts.roles import Role
from clinic.audit.models import Access, Act
from clinic.audit.words import act_in_words, look_in_words
from clinic.lib.table import Column, Row, Table
from sessions.models import Patient
from sessions.reports.session_filter import start_of

# What left the logbook, on paper or as a file, and not only a screen.
TAKEN_OUT = Q(kind__startswith="export") | Q(kind__startswith="print")
# Somebody without the role for it looked, for a short time and with a reason.
IN_EMERGENCY = Q(detail__startswith="emergency")


@dataclass(frozen=True)
class Letter:
    """The letter in the language of its reader: paragraphs and three tables, the latest day first."""

    language: str
    title: str
    under_title: tuple[str, ...]
    paragraphs: tuple[str, ...]
    tables: tuple[Table, ...]
    closing: str
    counts: dict[str, int]


@dataclass(frozen=True)
class _Group:
    """What one person did on one day, in words, and how often."""

    day: date
    person: str
    role: str
    what: str
    times: int


def build(
    patient: Patient, *, language: str, today: date, from_date: date | None = None, to_date: date | None = None
) -> Letter:
    """The letter on the days from `from_date` to `to_date`, both included, in a constant number of queries."""
    period = _period(from_date, to_date)
    accesses, acts = (
        Access.objects.filter(period, patient_id=patient.pk),
        Act.objects.filter(period, patient_id=patient.pk),
    )
    accesses = accesses.annotate(urgent=Case(When(IN_EMERGENCY, then=True), default=False))
    acts = acts.annotate(urgent=Value(False))
    looked, taken = _counted(accesses.exclude(TAKEN_OUT)), _counted(accesses.filter(TAKEN_OUT))
    wrote, exported = _counted(acts.exclude(TAKEN_OUT)), _counted(acts.filter(TAKEN_OUT))
    roles = _Roles(row["by_id"] for rows in (looked, taken, wrote, exported) for row in rows)
    with translation.override(language):
        seen = _grouped(looked, look_in_words, roles)
        out = _grouped(taken, look_in_words, roles) + _grouped(exported, act_in_words, roles)
        changed = _grouped(wrote, act_in_words, roles)
        return Letter(
            language=language,
            title=_("Who has seen your record"),
            under_title=tuple(_about(patient, today, from_date, to_date)),
            paragraphs=tuple(_paragraphs(seen, out, changed)),
            tables=(
                _table("seen", _("Who was shown your record"), _("What was shown"), seen, _("Nobody in this period.")),
                _table(
                    "taken",
                    _("What was taken out as a file or on paper"),
                    pgettext("letter", "What was taken out"),
                    out,
                    _("Nothing in this period."),
                ),
                _table(
                    "changed",
                    _("Who wrote in your record"),
                    pgettext("letter", "What was done"),
                    changed,
                    _("Nobody in this period."),
                ),
            ),
            closing=_(
                "If you do not know one of these persons, or would like an entry explained, please ask the clinic."
            ),
            counts={"seen": _times(seen), "taken": _times(out), "changed": _times(changed)},
        )


def _period(from_date: date | None, to_date: date | None) -> Q:
    period = Q()
    if from_date:
        period &= Q(at__gte=start_of(from_date))
    if to_date:
        period &= Q(at__lt=start_of(to_date + timedelta(days=1)))
    return period


def _counted(found: Any) -> list[dict[str, Any]]:
    """How often each person did each kind of thing on each clinic day."""
    grouped = found.order_by().annotate(day=TruncDate("at")).values("day", "by_id", "by_name", "kind", "urgent")
    return list(grouped.annotate(times=Count("pk"), first=Min("at"), last=Max("at")))


class _Roles:
    """Which role each person had at a moment; read from the history of the accounts."""

    def __init__(self, people: Iterable[int | None]) -> None:
        self._versions: dict[int, list[tuple[datetime, str]]] = defaultdict(list)
        rows = User.history.model.objects.filter(id__in={pk for pk in people if pk is not None}).order_by("history_id")
        for pk, at, role in rows.values_list("id", "act__at", "role"):
            self._versions[pk].append((at, role))

    def between(self, pk: int | None, first: datetime, last: datetime) -> list[str]:
        """The role at the first moment, and those given up to the last one."""
        versions = self._versions.get(pk or 0, [])
        # Older than the history of the account: the first role that is known.
        before = [role for at, role in versions if at <= first][-1:] or [role for _at, role in versions][:1]
        return list(dict.fromkeys(before + [role for at, role in versions if first < at <= last]))


def _grouped(rows: Iterable[dict[str, Any]], in_words: Any, roles: _Roles) -> list[_Group]:
    """One line per day and person, the latest day first; what was done with how often, the most frequent first."""
    groups: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[row["day"], row["by_name"], row["by_id"]].append(row)
    lines = []
    for (day, name, pk), kinds in sorted(
        groups.items(), key=lambda item: (-item[0][0].toordinal(), item[0][1], item[0][2] or 0)
    ):
        kinds.sort(key=lambda row: (-row["times"], row["kind"], row["urgent"]))
        held = roles.between(pk, min(row["first"] for row in kinds), max(row["last"] for row in kinds))
        lines.append(
            _Group(
                day=day,
                person=name or _("not known"),
                role=", ".join(str(Role(role).label) for role in held if role in Role.values),
                what=", ".join(_how_often(in_words(row["kind"]), row["times"], row["urgent"]) for row in kinds),
                times=sum(row["times"] for row in kinds),
            )
        )
    return lines


def _how_often(what: str, times: int, urgent: bool) -> str:
    what = _("%(what)s in an emergency") % {"what": what} if urgent else what
    return what if times == 1 else f"{what} (×\u00a0{times})"


def _times(groups: Iterable[_Group]) -> int:
    return sum(group.times for group in groups)


def _table(name: str, title: str, what: str, groups: Iterable[_Group], empty: str) -> Table:
    columns = (
        Column("day", pgettext("letter", "Day"), "date"),
        Column("person", _("Person")),
        Column("role", _("Role at the time")),
        Column("what", what),
        Column("times", pgettext("letter", "Times"), "number"),
    )
    rows = [Row((group.day, group.person, group.role, group.what, group.times)) for group in groups]
    return Table(name, title, columns, rows, empty=empty)


def _about(patient: Patient, today: date, from_date: date | None, to_date: date | None) -> Iterable[str]:
    born = date_format(patient.birth_date, "DATE_FORMAT")
    said = {"patient": patient, "born": born, "number": patient.record_number}
    yield _("For %(patient)s, born on %(born)s, record number %(number)s") % said
    first, last = _day(from_date), _day(to_date or today)
    period = (
        _("from %(first)s to %(last)s") % {"first": first, "last": last}
        if first
        else _("from the beginning to %(last)s") % {"last": last}
    )
    yield _("Letter of %(day)s; period: %(period)s") % {"day": _day(today), "period": period}


def _paragraphs(seen: list[_Group], out: list[_Group], changed: list[_Group]) -> Iterable[str]:
    yield _(
        "The clinic keeps your treatment in an electronic logbook. The logbook writes down by itself who is shown your record. "
        "This letter says what it wrote down in this period."
    )
    people, shown, taken, wrote = len({group.person for group in seen}), _times(seen), _times(out), _times(changed)
    to = ngettext("to %(n)s person", "to %(n)s persons", people) % {"n": people}
    said = [
        ngettext("Your record was shown %(n)s time %(to)s.", "Your record was shown %(n)s times %(to)s.", shown)
        if shown
        else _("Your record was shown to nobody."),
        ngettext(
            "It left the logbook %(n)s time as a file or on paper.",
            "It left the logbook %(n)s times as a file or on paper.",
            taken,
        )
        if taken
        else _("It did not leave the logbook as a file or on paper."),
        ngettext("Something was written in it %(n)s time.", "Something was written in it %(n)s times.", wrote)
        if wrote
        else _("Nothing was written in it."),
    ]
    yield " ".join(text % {"n": n, "to": to} for text, n in zip(said, (shown, taken, wrote), strict=True))
    yield _(
        "Written down is every page, list and file of the logbook that showed your name or your record, also where it was only a line "
        "of a list; not written down is what people told each other, read on somebody else's screen, or did with a page on paper or a "
        "file after it had left the logbook."
    )
    gone = _no_longer_kept()
    if gone:
        yield _("What was shown before %(day)s is no longer kept.") % {"day": _day(timezone.localdate(gone))}


def _no_longer_kept() -> datetime | None:
    """Where old months of looks were given up, the moment of the first that is kept."""
    first = Access.objects.filter(number__isnull=False).order_by("number").values_list("number", "at").first()
    return first[1] if first and (first[0] or 0) > 1 else None


def _day(day: date | None) -> str:
    return date_format(day, "DATE_FORMAT") if day else ""
