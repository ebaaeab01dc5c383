"""What changed, field by field, in the user's words: read from the history rows of any table."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

from django.db import models
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.formats import date_format, get_format
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from clinic.audit.models import Act
from clinic.audit.words import act_in_words

ADDED, CHANGED, REMOVED = "+", "~", "-"


@dataclass(frozen=True)
class FieldChange:
    name: str
    old: str
    new: str


@dataclass(frozen=True)
class RowChange:
    """One row of the record in one act: what it is called, whether it was added, changed or removed, and its fields."""

    name: str
    sign: str
    fields: list[FieldChange]


@dataclass(frozen=True)
class Entry:
    """One act, with all it changed and why."""

    act: Act
    what: str
    why: str
    rows: list[RowChange]


@dataclass
class Strand:
    """The history rows of one table that belong to the record, oldest first, and the name of each row."""

    rows: list[Any]
    names: dict[int, str]
    without: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True)
class Words:
    """How values are said: the unit of a figure, the name of a row that a field points to, and the reason of an act
    by its key where it was not a person who wrote it. All in one language: to ask for it at each value takes long.
    """

    unit_of: Callable[[models.Field], str] = lambda field: ""
    name_of: Callable[[Any], str] = str
    whys_of: Callable[[Iterable[Act]], Mapping[int, str]] = lambda acts: {}
    language: str | None = field(default_factory=get_language)


@cache
def _versions_of(model: Any) -> Any:
    """The model of the versions of `model`: what leads there is made anew each time it is asked for."""
    return model.history.model


def history_of(model: Any, **limits: Any) -> list[Any]:
    """The history rows of `model` within `limits`, oldest first."""
    return list(_versions_of(model).objects.filter(**limits).order_by("history_id"))


def touched_by(model: Any, act_ids: Collection[int]) -> list[Any]:
    """The history rows of `model` that these acts wrote, each with the version before it, oldest first; one query."""
    history, acts = _versions_of(model), list(act_ids)
    if not acts:
        return []
    among = ", ".join(["%s"] * len(acts))
    found = history._base_manager.raw(_touched(history).format(among=among), [*acts, *acts])
    return sorted({row.pk: row for row in found}.values(), key=lambda row: row.pk)


@cache
def _touched(history: Any) -> str:
    """Two questions in one statement, so that each finds its index. Written down: to have it put together anew for every
    table took half the time of the auditor's page.
    """
    table = history._meta.db_table
    columns = ", ".join(f'"{kept.column}"' for kept in history._meta.concrete_fields)
    before = (
        f'SELECT (SELECT e."history_id" FROM "{table}" e WHERE e."id" = w."id" AND e."history_id" < w."history_id" '  # noqa: S608 -- names of our own tables
        f'ORDER BY e."history_id" DESC LIMIT 1) FROM "{table}" w WHERE w."act_id" IN ({{among}})'
    )
    return (
        f'SELECT {columns} FROM "{table}" WHERE "act_id" IN ({{among}}) '  # noqa: S608 -- as above
        f'UNION ALL SELECT {columns} FROM "{table}" WHERE "history_id" IN ({before})'
    )


def latest_of(model: Any, ids: Collection[int]) -> list[Any]:
    """The last version of each of these rows, whether it still stands or was removed."""
    history = _versions_of(model)
    latest = history.objects.order_by().filter(id__in=ids).values("id").annotate(latest=Max("history_id"))
    return list(history.objects.filter(history_id__in=latest.values("latest")).order_by("history_id"))


def entries(subject: str, strands: Iterable[Strand], words: Words | None = None) -> list[Entry]:
    """Every act that touched these rows or was about `subject`, newest first."""
    strands = list(strands)
    acts = {row.act_id for strand in strands for row in strand.rows}
    found = Act.objects.filter(Q(pk__in=acts) | Q(subject=subject)).order_by("-at", "-pk")
    return entries_of(found, strands, words)


def entries_of(acts: Iterable[Act], strands: Iterable[Strand], words: Words | None = None) -> list[Entry]:
    """These acts in their order, each with what it changed in the rows of `strands`."""
    words = words or Words()
    acts = list(acts)
    whys = words.whys_of(acts)
    strands = list(strands)
    names = _names_pointed_to(strands, words)
    changed: dict[int, list[RowChange]] = defaultdict(list)
    for strand in strands:
        for act_id, change in _changes(strand, words, names):
            changed[act_id].append(change)
    return [Entry(act, act_in_words(act.kind), whys.get(act.pk, act.reason), changed.get(act.pk, [])) for act in acts]


def _changes(strand: Strand, words: Words, names: dict[Any, str]) -> Iterable[tuple[int, RowChange]]:
    by_row: dict[int, list[Any]] = defaultdict(list)
    for row in strand.rows:
        by_row[row.id].append(row)
    for pk, versions in by_row.items():
        before = None
        for group in _by_act(versions):
            first, last = group[0], group[-1]
            sign = ADDED if first.history_type == ADDED else last.history_type
            change = RowChange(strand.names[pk], sign, _fields(strand, before, last, sign, words, names))
            if change.fields and not (sign == ADDED and last.history_type == REMOVED):
                yield last.act_id, change
            before = last


def _by_act(versions: list[Any]) -> list[list[Any]]:
    groups: dict[int, list[Any]] = {}
    for version in versions:
        groups.setdefault(version.act_id, []).append(version)
    return list(groups.values())


def _fields(
    strand: Strand, before: Any, after: Any, sign: str, words: Words, names: dict[Any, str]
) -> list[FieldChange]:
    changes = []
    for kept in _kept_fields(after):
        if kept.name in strand.without:
            continue
        if before is not None and sign == CHANGED and getattr(before, kept.attname) == getattr(after, kept.attname):
            continue  # most fields of a change stand as they stood: no words for them
        old = "" if before is None or sign == ADDED else _in_words(kept, getattr(before, kept.attname), words, names)
        new = "" if sign == REMOVED else _in_words(kept, getattr(after, kept.attname), words, names)
        if sign == REMOVED and before is None:
            old = _in_words(kept, getattr(after, kept.attname), words, names)
        unsaid = sign == ADDED and getattr(after, kept.attname) is False  # a box that nobody ticked
        if old != new and not unsaid:
            changes.append(FieldChange(_field_name(kept, words.language), old, new))
    return changes


def _kept_fields(row: Any) -> list[Any]:
    """The fields a person may know: not keys, addresses, counters and other things that nobody types."""
    history: Any = type(row)
    return _kept_fields_of(history)


@cache
def _kept_fields_of(history: Any) -> list[Any]:
    return [
        kept
        for kept in history.instance_type._meta.concrete_fields
        if kept in history.tracked_fields and kept.editable and not kept.primary_key
    ]


@cache
def labels_of(kept: Any) -> dict[Any, Any]:
    """The words of a closed list, by what is stored; each is said in the language of the moment."""
    return dict(kept.flatchoices)


@cache
def _field_name(kept: Any, language: str | None) -> str:
    return capfirst(str(kept.verbose_name))


@lru_cache(maxsize=10_000)
def _word_in(kept: Any, value: Any, language: str | None) -> str:
    return str(labels_of(kept).get(value, value))


def _name_in(model: Any, key: str) -> str:
    """The name of a field of `model`; the key itself where it is none."""
    found = next((kept for kept in model._meta.concrete_fields if kept.name == key), None)
    return _field_name(found, get_language()) if found else key


def _names_pointed_to(strands: list[Strand], words: Words) -> dict[Any, str]:
    """The names of all rows that fields point to: one query per table."""
    wanted: dict[Any, set[int]] = defaultdict(set)
    for strand in strands:
        for kept in _kept_fields(strand.rows[0]) if strand.rows else []:
            if kept.is_relation and kept.name not in strand.without:
                wanted[kept.related_model] |= {getattr(row, kept.attname) for row in strand.rows} - {None}
    found: dict[Any, str] = {}
    for model, keys in wanted.items():
        for pk, row in model._base_manager.in_bulk(keys).items() if keys else ():
            found[model, pk] = words.name_of(row)
    return found


def _in_words(kept: Any, value: Any, words: Words, names: dict[Any, str]) -> str:
    if value in (None, "", {}, []):
        return ""
    if kept.is_relation:
        return names.get((kept.related_model, value), _("no longer known"))
    if kept.choices:
        return _word_in(kept, value, words.language)
    if isinstance(value, dict):
        said = _("%(row)s: %(words)s")
        return _("; ").join(
            said % {"row": _name_in(kept.model, key), "words": plainly(item)} for key, item in value.items()
        )
    if isinstance(value, list):
        return ", ".join(_name_in(kept.model, key) for key in value)
    text = plainly(value)
    unit = words.unit_of(kept)
    return f"{text} {unit}" if unit else text


def plainly(value: Any) -> str:
    """A value as the user's language writes it."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value), "SHORT_DATETIME_FORMAT")
    if isinstance(value, date):
        return date_format(value, "SHORT_DATE_FORMAT")
    if isinstance(value, Decimal):
        return format(value.normalize(), "f").replace(".", str(get_format("DECIMAL_SEPARATOR")))
    return str(value)
