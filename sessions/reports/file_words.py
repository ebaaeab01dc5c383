"""Why a file left the logbook, in the reader's language: the act keeps limits, rows and receipt in words of no language."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date
from functools import cache
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from django.conf import settings
from django.db import models
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from clinic.accounts.models import User
from clinic.audit.changes import plainly
from clinic.audit.models import Act
from clinic.audit.words import ACTS, LOOKS
from sessions.measures.ages import BANDS
from sessions.models import Application, Course, Device, Patient, Session
from sessions.reports.page_words import FORMS
from sessions.reports.parts import table_called
from sessions.reports.registry import REPORTS
from sessions.reports.responses import limit_choices
from sessions.reports.trail_records import subjects_in_words

# The acts whose reason the program writes; that of an evidence pack a person types.
KINDS = frozenset({"export_report", "export_record", "export_letter", "export_timeline", "export_trail"})
LIMITS: dict[str, Promise] = {
    "from_date": gettext_lazy("From"),
    "to_date": gettext_lazy("To"),
    "person": gettext_lazy("Person"),
    "patient": gettext_lazy("Patient"),
    "kinds": gettext_lazy("Kinds"),
    "record": pgettext_lazy("audit", "Record"),
    "age": gettext_lazy("Age at the session"),
    "response": gettext_lazy("Response of the course"),
    "definition": gettext_lazy("Definition"),
}
# "sessions/list: site=palm&physician=3": which report, which of its tables, and the limits as an address holds them.
_REPORT = re.compile(r"([a-z][a-z-]*)(?:/([a-z0-9-]+))?: (all|[^ ]+=[^ ]*)")
_ROWS = re.compile(r"(\d+) rows")
_RECEIPT = re.compile(r"(csv|xlsx|pdf), (\d+) bytes, SHA-256 ([0-9a-f]{64})")
_LIMIT = re.compile(r"([a-z_]+) = (.*)", re.DOTALL)
Names = Mapping[tuple[Any, str], str]


def whys_of(acts: Iterable[Act]) -> dict[int, str]:
    """The reason of each act that took out a file, by the act's key; at most one query for each table it names."""
    pieces = {act.pk: _pieces(act.reason) for act in acts if act.kind in KINDS}
    names = _names_in(piece for each in pieces.values() for piece in each)
    return {pk: _("; ").join(_in_words(piece, names) for piece in each) for pk, each in pieces.items()}


def _pieces(reason: str) -> list[str]:
    first, *others = reason.split("; ")
    found = _REPORT.fullmatch(first)
    if not found:
        return [first, *others]
    report, part, question = found.groups()
    limits = [f"{name} = {value}" for name, value in parse_qsl(question)] or [question]
    return [*([str(table_called(report, part))] if part else []), *limits, *others]


def _in_words(piece: str, names: Names) -> str:
    """A piece of the reason in words; as it was kept where it is none of those that the program writes."""
    if piece == "all":
        return _("No limits")
    if found := _LIMIT.fullmatch(piece):
        return _limit(found[1], found[2], names)
    if found := _ROWS.fullmatch(piece):
        return ngettext("%(number)d row", "%(number)d rows", int(found[1])) % {"number": int(found[1])}
    if found := _RECEIPT.fullmatch(piece):
        said = {"form": FORMS[found[1]], "bytes": found[2], "code": found[3]}
        return _("%(form)s file of %(bytes)s bytes, SHA-256 %(code)s") % said
    return str(dict(settings.LANGUAGES).get(piece) or piece)


def _limit(name: str, value: str, names: Names) -> str:
    field = _field(name)
    label = LIMITS.get(name) or (field.verbose_name if field is not None else None)
    if label is None:
        return f"{name} = {value}"
    return _("%(row)s: %(words)s") % {"row": capfirst(str(label)), "words": _value(name, value, field, names)}


def _value(name: str, value: str, field: Any, names: Names) -> str:
    if name.endswith("_date"):
        return plainly(date.fromisoformat(value))
    if name == "kinds":
        return ", ".join(str(ACTS.get(kind) or LOOKS.get(kind) or kind) for kind in value.split(", "))
    words = _closed_list(name, field)
    if words:
        return str(words.get(value, value))
    return names.get((_table_of(name), value), value)


def _closed_list(name: str, field: Any) -> dict[str, Any]:
    """What each value of this limit is called, where it is one of a list."""
    if name == "age":
        return {band.code: band.label for band in BANDS}
    if name == "response":
        return dict(limit_choices())
    if name == "definition":
        return {code: word for report in REPORTS if report.definitions for code, word in report.definitions()}
    return dict(field.flatchoices) if field is not None and field.choices else {}


@cache
def _field(name: str) -> models.Field | None:
    """The field of a record that a limit is named after."""
    for model in (Session, Course, Application, Patient):
        for field in model._meta.concrete_fields:
            if field.name == name:
                return field
    return None


def _table_of(name: str) -> Any:
    """Where the name of a limit's value stands: "record" for anything that an act may be about. A patient keeps its key,
    so that a line shows nobody beside the one whom it is about.
    """
    if name in {"record", "patient"}:
        return "record" if name == "record" else None
    field = _field(name)
    return User if name == "person" else field.related_model if field is not None else None


def _names_in(pieces: Iterable[str]) -> Names:
    """What the rows are called that the limits name."""
    wanted: dict[Any, set[str]] = defaultdict(set)
    for piece in pieces:
        if found := _LIMIT.fullmatch(piece):
            wanted[_table_of(found[1])].add(found[2])
    names: dict[tuple[Any, str], str] = {
        ("record", subject): named.words for subject, named in subjects_in_words(wanted.pop("record", ())).items()
    }
    for table, keys in wanted.items():
        if table is Device:  # an address names it as its page does
            names |= {(table, str(row.uid)): str(row) for row in table._base_manager.filter(uid__in=_addresses(keys))}
        elif table is not None:
            rows = table._base_manager.in_bulk([int(key) for key in keys if key.isdigit()])
            names |= {(table, str(pk)): str(row) for pk, row in rows.items()}
    return names


def _addresses(keys: Iterable[str]) -> list[UUID]:
    found = []
    for key in keys:
        with suppress(ValueError):
            found.append(UUID(key))
    return found
