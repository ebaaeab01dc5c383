"""The auditor's two questions: who changed what, and who looked. A page at a time, or all of it for a file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from clinic.audit.changes import Entry, RowChange
from clinic.audit.models import Access, Act
from clinic.audit.words import look_in_words
from sessions.models import Patient
from sessions.reports.changes import history_of_acts
from sessions.reports.page_words import pages_in_words
from sessions.reports.trail_filter import (
    PAGE_SIZE,
    Sorting,
    TrailFilter,
    act_places,
    acts_within,
    behind,
    in_order,
    look_places,
    looks_within,
)
from sessions.reports.trail_records import (
    NOTHING,
    Named,
    detail_in_words,
    patients_in_words,
    records_in_words,
    subjects_in_words,
)


@dataclass(frozen=True)
class ActLine:
    """One act: what was done, to which record of whom, with every field that it changed."""

    act: Act
    what: str
    why: str
    record: Named
    patient: Patient | None
    rows: list[RowChange]

    @property
    def number(self) -> int | None:
        """The entry of the chain that seals this act; acts from before the chain have none."""
        link = getattr(self.act, "link", None)
        return link.number if link else None

    @property
    def fields(self) -> int:
        return sum(len(row.fields) for row in self.rows)


@dataclass(frozen=True)
class LookLine:
    """One look or log-in: who, at whom, what of them, on which page and from where."""

    look: Access
    what: str
    page: str
    record: Named
    patient: Patient | None

    @property
    def detail(self) -> str:
        return detail_in_words(self.look.detail)


@dataclass(frozen=True)
class Page:
    """One page of lines, whom it shows, and the key after which the next page begins."""

    lines: list[Any]
    patient_ids: tuple[int, ...]
    following: int | None


def changes(chosen: TrailFilter, sorting: Sorting, *, after: int | None = None, size: int = PAGE_SIZE) -> Page:
    """One page of acts with what they changed. Raises `NoSuchPlace`."""
    ordered = in_order(acts_within(chosen), act_places(), sorting)
    acts, following = _page_of(ordered, sorting, after, size)
    return Page(act_lines(acts), _patients_of(acts), following)


def looks(chosen: TrailFilter, sorting: Sorting, *, after: int | None = None, size: int = PAGE_SIZE) -> Page:
    """One page of looks. Raises `NoSuchPlace`."""
    ordered = in_order(looks_within(chosen), look_places(), sorting)
    found, following = _page_of(ordered, sorting, after, size)
    return Page(look_lines(found), _patients_of(found), following)


def act_lines(acts: Sequence[Act]) -> list[ActLine]:
    """Each act in words, in as many queries for one as for fifty."""
    records = subjects_in_words({act.subject for act in acts})
    patients = patients_in_words(act.patient_id for act in acts)
    return [_act_line(entry, records, patients) for entry in history_of_acts(acts)]


def look_lines(found: Sequence[Access]) -> list[LookLine]:
    """Each look in words."""
    records = records_in_words({look.record for look in found if look.record})
    patients = patients_in_words(look.patient_id for look in found)
    pages = pages_in_words()
    return [
        LookLine(
            look,
            look_in_words(look.kind),
            pages.get(look.route, look.route),
            records.get(look.record, NOTHING) if look.record else NOTHING,
            patients.get(look.patient_id) if look.patient_id else None,
        )
        for look in found
    ]


def all_in_order(ordered: Any, sorting: Sorting, size: int) -> Iterator[list[Any]]:
    """All rows, `size` at a time; what is written meanwhile is not among them."""
    newest = ordered.order_by("-pk").values_list("pk", flat=True).first()
    after = None
    while newest is not None:
        rows, after = _page_of(ordered.filter(pk__lte=newest), sorting, after, size)
        yield rows
        if after is None:
            return


def patients_within(found: Any) -> list[int]:
    """Every patient whom these acts or looks name, for the looks that a file leaves behind."""
    return sorted(found.exclude(patient_id=None).values_list("patient_id", flat=True).distinct())


def _page_of(ordered: Any, sorting: Sorting, after: int | None, size: int) -> tuple[list[Any], int | None]:
    if after is not None:
        ordered = behind(ordered, sorting, after)
    rows = list(ordered[: size + 1])
    return rows[:size], (rows[size - 1].pk if len(rows) > size else None)


def _patients_of(rows: Sequence[Any]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(row.patient_id for row in rows if row.patient_id is not None))


def _act_line(entry: Entry, records: dict[str, Named], patients: dict[int, Patient]) -> ActLine:
    act = entry.act
    patient = patients.get(act.patient_id) if act.patient_id else None
    return ActLine(act, entry.what, entry.why, records.get(act.subject, Named(act.subject)), patient, entry.rows)
