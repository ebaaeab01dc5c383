"""Which acts and which looks an auditor asks for: the limits, the order, and the place where a page begins."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Case, CharField, F, IntegerField, OuterRef, Q, QuerySet, Subquery, TextField, Value, When
from django.db.models.functions import Cast, Coalesce
from django.utils.functional import Promise

from clinic.audit.models import Access, Act
from clinic.audit.words import ACTS, LOOKS
from clinic.lib.text import folded
from sessions.models import Patient
from sessions.reports.page_words import pages_in_words
from sessions.reports.session_filter import start_of

PAGE_SIZE = 50
# By what a column sorts; every order ends in the key of the row, so that no two rows share a place.
ACT_ORDERS = ("at", "who", "what", "record", "patient", "why", "number")
LOOK_ORDERS = ("at", "who", "patient", "what", "record", "address", "route")


class NoSuchPlace(LookupError):
    """The row after which a page should begin is not among those asked for."""


@dataclass(frozen=True)
class TrailFilter:
    """Which lines; None or empty is no limit. Dates are days in the clinic's time zone, both included."""

    from_date: date | None = None
    to_date: date | None = None
    person: int | None = None
    patient: int | None = None
    kinds: tuple[str, ...] = ()
    record: str = ""  # "session:uid", as an act names what it is about

    def in_words(self) -> str:
        """The limits that were set, as they are kept with an export; names nobody."""
        limits = [(field.name, getattr(self, field.name)) for field in fields(self)]
        said = [(name, ", ".join(value) if isinstance(value, tuple) else value) for name, value in limits]
        return "; ".join(f"{name} = {value}" for name, value in said if value not in (None, "")) or "all"


@dataclass(frozen=True)
class Sorting:
    """By which column, and which way."""

    name: str = "at"
    descending: bool = True

    @classmethod
    def read(cls, text: str) -> "Sorting":
        """From an address: "who", or "-who" for the other way round."""
        return cls(text.removeprefix("-"), text.startswith("-")) if text else cls()

    def __str__(self) -> str:
        return f"-{self.name}" if self.descending else self.name


def acts_within(chosen: TrailFilter) -> QuerySet[Act]:
    """The acts that these limits leave."""
    limits = _limits(chosen)
    if chosen.record:
        limits &= Q(subject=chosen.record)
    return Act.objects.filter(limits).select_related("link").order_by()


def looks_within(chosen: TrailFilter) -> QuerySet[Access]:
    """The looks, log-ins and other events that these limits leave."""
    limits = _limits(chosen)
    if chosen.record:
        limits &= Q(record=UUID(chosen.record.partition(":")[2]))
    return Access.objects.filter(limits).order_by()


def _limits(chosen: TrailFilter) -> Q:
    limits = Q()
    if chosen.from_date:
        limits &= Q(at__gte=start_of(chosen.from_date))
    if chosen.to_date:
        limits &= Q(at__lt=start_of(chosen.to_date + timedelta(days=1)))
    if chosen.person is not None:
        limits &= Q(by=chosen.person)
    if chosen.patient is not None:
        limits &= Q(patient_id=chosen.patient)
    if chosen.kinds:
        limits &= Q(kind__in=chosen.kinds)
    return limits


def act_places() -> dict[str, Any]:
    """What each column of the acts sorts by; never NULL, so that both databases agree on the place."""
    return {
        "at": F("at"),
        "who": F("by_name"),
        "what": _in_order_of_words(ACTS),
        "record": F("subject"),
        "patient": _name_of_patient(),
        "why": F("reason"),
        "number": Coalesce(F("link__number"), Value(0)),
    }


def look_places() -> dict[str, Any]:
    """What each column of the looks sorts by; never NULL."""
    return {
        "at": F("at"),
        "who": F("by_name"),
        "patient": _name_of_patient(),
        "what": _in_order_of_words(LOOKS),
        "record": _text_of("record"),
        "address": _text_of("address"),
        "route": _in_order_of_words(pages_in_words(), "route"),
    }


def in_order(found: Any, places: dict[str, Any], sorting: Sorting) -> Any:
    """The rows, each with its place, in the order asked for; the key of the row decides between equals."""
    sign = "-" if sorting.descending else ""
    return found.annotate(place=places[sorting.name]).order_by(f"{sign}place", f"{sign}pk")


def behind(ordered: Any, sorting: Sorting, after: int) -> Any:
    """What comes after the row with this key. Raises `NoSuchPlace`."""
    place = ordered.order_by().filter(pk=after).values_list("place", flat=True).first()
    if place is None:
        raise NoSuchPlace
    way = "lt" if sorting.descending else "gt"
    # The first limit lets an index be used, the second makes it exact.
    return ordered.filter(**{f"place__{way}e": place}).filter(
        Q(**{f"place__{way}": place}) | Q(place=place, **{f"pk__{way}": after})
    )


def _name_of_patient() -> Coalesce:
    name = Patient.objects.filter(pk=OuterRef("patient_id")).order_by().values("folded_name")
    return Coalesce(Subquery(name[:1]), Value(""), output_field=CharField())


def _in_order_of_words(words: Mapping[str, str | Promise], column: str = "kind") -> Case:
    """By what the reader sees, not by the word that is stored."""
    known = sorted(words, key=lambda word: (folded(str(words[word])), word))
    ranks = [When(**{column: word}, then=Value(rank)) for rank, word in enumerate(known)]
    return Case(*ranks, default=Value(len(known)), output_field=IntegerField())


def _text_of(name: str) -> Coalesce:
    return Coalesce(Cast(F(name), TextField()), Value(""), output_field=TextField())
