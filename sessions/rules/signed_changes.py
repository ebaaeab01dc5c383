"""Where a stored record differs from what was signed, and how that place is called."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from django.db import models
from django.utils.translation import gettext as _

from sessions.measures.answers import BY_CODE
from sessions.models import (
    AdverseEvent,
    Answer,
    Application,
    Course,
    Decision,
    Device,
    Observation,
    Patient,
    Phase,
    Sample,
    Screening,
    Session,
)

SECTIONS: dict[str, type[models.Model]] = {
    "patient": Patient,
    "course": Course,
    "session": Session,
    "device": Device,
    "screening": Screening,
    "answers": Answer,
    "decisions": Decision,
    "applications": Application,
    "phases": Phase,
    "observations": Observation,
    "events": AdverseEvent,
    "samples": Sample,
}
LISTS = {"answers", "applications", "phases", "observations", "events", "samples"}
Path = tuple[str, ...]


@dataclass(frozen=True)
class Change:
    """One place of the record: another value, a row added, a row taken away."""

    path: Path
    sign: Literal["+", "~", "-"]


def changes(signed: dict[str, Any], stored: dict[str, Any], path: Path = ()) -> Iterator[Change]:
    """Where `stored` differs from `signed`, both plain data; what `signed` does not name was not signed."""
    for name, after in stored.items():
        before = signed.get(name, after)
        if name == "decisions":
            yield from _decisions(before, after, (*path, name))
        elif before != after:
            yield from _within((*path, name), before, after)


def _within(path: Path, before: Any, after: Any) -> Iterator[Change]:
    known = path[-1] in SECTIONS
    if known and isinstance(before, dict) and isinstance(after, dict):
        yield from changes(before, after, path)
    elif known and isinstance(before, list) and isinstance(after, list):
        yield from _rows(path, _by_key(before), _by_key(after))
    else:
        yield Change(path, "+" if known and before is None else "-" if known and after is None else "~")


def _rows(path: Path, before: dict[str, Any], after: dict[str, Any]) -> Iterator[Change]:
    for key in dict.fromkeys([*before, *after]):
        if key not in after:
            yield Change((*path, key), "-")
        elif key not in before:
            yield Change((*path, key), "+")
        else:
            yield from changes(before[key], after[key], (*path, key))


def _decisions(signed: list[dict[str, Any]], stored: list[dict[str, Any]], path: Path) -> Iterator[Change]:
    """A decision that was signed must still stand; one that came later is no edit of what was signed."""
    left = list(stored)
    for decision in signed:
        same = next((row for row in left if not any(changes(decision, row))), None)
        if same is None:
            yield Change(path, "~")
        else:
            left.remove(same)


def _by_key(rows: list[Any]) -> dict[str, Any]:
    """Rows by their own number or question; by their place where two have the same."""
    keys = [str(row.get("number") or row.get("item") or "") for row in rows]
    if len(set(keys)) < len(keys) or "" in keys:
        keys = [str(place) for place in range(1, len(rows) + 1)]
    return dict(zip(keys, rows, strict=True))


def in_words(change: Change) -> str:
    """The place as a person calls it: "application 1, phase 2, current"."""
    place: list[str] = []
    model: type[models.Model] = Session
    parts = iter(change.path)
    for part in parts:
        if part not in SECTIONS:
            place.append(_label(model, part))
            continue
        model = SECTIONS[part]
        key = next(parts, "") if part in LISTS else ""
        if key in BY_CODE:
            place.append(str(BY_CODE[key].short))
        elif model is not Session:
            place.append(f"{model._meta.verbose_name} {key}".strip())
    said = ", ".join(place)
    if change.sign == "~":
        return said
    return (_("%(row)s (added)") if change.sign == "+" else _("%(row)s (taken away)")) % {"row": said}


def _label(model: type[models.Model], name: str) -> str:
    labels = {field.name: str(field.verbose_name) for field in model._meta.concrete_fields}
    return labels.get(name) or labels.get(name.removesuffix("_name"), name)
