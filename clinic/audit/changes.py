"""What changed, field by field, in the user's words: read from the history rows of any table."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format, get_format
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from clinic.audit.models import Act
from clinic.audit.rows import stored_together
from clinic.audit.versions import BEFORE, LATEST, OF_ACTS, versions, where
from clinic.audit.words import act_in_words

ADDED, CHANGED, REMOVED = "+", "~", "-"
# A field with its attribute, and what it is called.
Kept = tuple[Any, str, str]


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


def history_of(model: Any, name: str, keys: Collection[int]) -> list[Any]:
    """The versions of `model` whose column `name` holds one of `keys`, oldest first."""
    [found] = versions((model, where(name), keys))
    return found


def touched_by(models: Sequence[Any], act_ids: Collection[int]) -> dict[Any, list[Any]]:
    """The versions that these acts wrote in each of these tables, with the one before each change, oldest first; none of
    tables that they left alone. Two trips to the database.
    """
    found = dict(zip(models, versions(*((model, OF_ACTS, act_ids) for model in models)), strict=True))
    changed = {
        model: keys
        for model, rows in found.items()
        if (keys := [row.history_id for row in rows if row.history_type != ADDED])
    }
    before = versions(*((model, BEFORE, keys) for model, keys in changed.items()))
    for model, rows in zip(changed, before, strict=True):
        both = {row.history_id: row for row in [*found[model], *rows]}
        found[model] = [both[key] for key in sorted(both)]
    return {model: rows for model, rows in found.items() if rows}


def latest_of(wanted: Mapping[Any, Collection[int]]) -> dict[Any, list[Any]]:
    """The last version of each of these rows of each table, whether it still stands or was removed; one trip."""
    return dict(zip(wanted, versions(*((model, LATEST, keys) for model, keys in wanted.items())), strict=True))


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
    columns = _columns_of(strand, words)
    by_row: dict[int, list[Any]] = defaultdict(list)
    for row in strand.rows:
        by_row[row.id].append(row)
    for pk, versions_of_row in by_row.items():
        before = None
        for group in _by_act(versions_of_row):
            first, last = group[0], group[-1]
            sign = ADDED if first.history_type == ADDED else last.history_type
            fields = _fields(columns, before, last, sign, words, names)
            if fields and not (sign == ADDED and last.history_type == REMOVED):
                yield last.act_id, RowChange(strand.names[pk], sign, fields)
            before = last


def _by_act(versions: list[Any]) -> list[list[Any]]:
    groups: dict[int, list[Any]] = {}
    for version in versions:
        groups.setdefault(version.act_id, []).append(version)
    return list(groups.values())


def _fields(
    columns: list[Kept], before: Any, after: Any, sign: str, words: Words, names: dict[Any, str]
) -> list[FieldChange]:
    now = {} if sign == REMOVED else vars(after)
    then = {} if sign == ADDED else vars(before or after) if sign == REMOVED else vars(before) if before else {}
    changes = []
    for kept, attname, name in columns:
        old, new = then.get(attname), now.get(attname)
        if old == new or (new is False and sign == ADDED):  # stands as it stood, or is a box that nobody ticked
            continue
        before_in_words, after_in_words = _in_words(kept, old, words, names), _in_words(kept, new, words, names)
        if before_in_words != after_in_words:
            changes.append(FieldChange(name, before_in_words, after_in_words))
    return changes


@cache
def _kept_fields_of(history: Any) -> list[Any]:
    """The fields a person may know: not keys, addresses, counters and other things that nobody types."""
    return [
        kept
        for kept in history.instance_type._meta.concrete_fields
        if kept in history.tracked_fields and kept.editable and not kept.primary_key
    ]


def _columns_of(strand: Strand, words: Words) -> list[Kept]:
    return _named(strand.rows[0].history, strand.without, words.language) if strand.rows else []


@lru_cache(maxsize=1000)
def _named(history: Any, without: frozenset[str], language: str | None) -> list[Kept]:
    return [
        (kept, kept.attname, capfirst(str(kept.verbose_name)))
        for kept in _kept_fields_of(history)
        if kept.name not in without
    ]


@cache
def labels_of(kept: Any, language: str | None) -> dict[Any, str]:
    """The words of a closed list in this language, by what is stored."""
    return {value: str(label) for value, label in kept.flatchoices}


def _name_in(model: Any, key: str) -> str:
    """The name of a field of `model`; the key itself where it is none."""
    found = next((kept for kept in model._meta.concrete_fields if kept.name == key), None)
    return capfirst(str(found.verbose_name)) if found else key


def _names_pointed_to(strands: list[Strand], words: Words) -> dict[Any, str]:
    """The names of all rows that fields point to; one trip."""
    wanted: dict[Any, set[int]] = defaultdict(set)
    for strand in strands:
        for kept, attname, _name in _columns_of(strand, words):
            if kept.is_relation:
                wanted[kept.related_model] |= {getattr(row, attname) for row in strand.rows} - {None}
    found = stored_together(*((model, model._meta.pk.name, keys) for model, keys in wanted.items()))
    return {(model, row.pk): words.name_of(row) for model, rows in zip(wanted, found, strict=True) for row in rows}


def _in_words(kept: Any, value: Any, words: Words, names: dict[Any, str]) -> str:
    if not value and value != 0:
        return ""
    if kept.is_relation:
        key = (kept.related_model, value)
        return names[key] if key in names else _("no longer known")
    if kept.choices:
        return str(labels_of(kept, words.language).get(value, value))
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
