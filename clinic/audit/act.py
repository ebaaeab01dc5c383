"""One act = one transaction = one line of who, what, when and why, with the history rows of all it changed."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache, lru_cache
from typing import Any
from uuid import UUID

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, connection, connections, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.audit.access import looks_kept_if_undone, write_waiting
from clinic.audit.chain import add_link
from clinic.audit.models import Act
from clinic.audit.queue import one_writer
from clinic.audit.rows import columns_to_write, delete, insert, update, values_of
from clinic.audit.statements import run
from clinic.audit.stored import Told, columns, history_of, telling, told
from clinic.lib.problems import AlreadyDone, Problem, Refused
from clinic.lib.text import readable_text


class Writing:
    """What one act writes: rows in batches, and the history of each at the end, in batches too."""

    def __init__(self, kind: str, by: Any, reason: str, at: datetime) -> None:
        self.kind, self.by, self.reason, self.at = kind, by, reason, at
        self.subject = ""
        self.patient_id: int | None = None
        # One history row per record and act, whatever the act did to it in between: its sign, by model and key.
        self._written: dict[type[models.Model], dict[Any, str]] = {}
        self._removed: list[models.Model] = []

    def create(self, *rows: models.Model) -> None:
        """Check and insert `rows`; their history follows at the end of the act."""
        for model, group in _by_model(rows):
            _checked(group)
            with _constraints_in_words():
                insert(model, group)
            self._written.setdefault(model, {}).update((row.pk, "+") for row in group)

    def change(self, row: models.Model, *fields: str) -> None:
        """Check `row` and write the named fields (all where none is named)."""
        _checked([row])
        with _constraints_in_words():
            update(row, fields)
        self._written.setdefault(type(row), {}).setdefault(row.pk, "~")

    def remove(self, *rows: models.Model) -> None:
        """Take rows of a draft away; what they held stays readable in the history."""
        for model, group in _by_model(rows):
            delete(model, [row.pk for row in group])
            self._removed += group

    @property
    def rows(self) -> int:
        """How many rows were written or taken away so far."""
        return sum(map(len, self._written.values())) + len(self._removed)

    def about(self, subject: str, patient_id: int | None) -> None:
        """Say which record the act is about, for the trail and for a form that is sent twice."""
        self.subject, self.patient_id = subject, patient_id

    def close(self, key: UUID | None) -> Act:
        """Write the act, the history of all it touched, the looks that wait, and the entry that seals the act."""
        act = Act(
            at=self.at,
            kind=self.kind,
            by=self.by,
            by_name=self.by.get_full_name(),
            reason=self.reason,
            subject=self.subject,
            patient_id=self.patient_id,
            key=key,
        )
        said = _insert_act(act)
        rows: dict[str, list[Told]] = {}
        for model, signs in self._written.items():
            for sign in ("+", "~"):
                _copy_to_history(model, [pk for pk, given in signs.items() if given == sign], sign, act, rows)
        for model, group in _by_model(self._removed):
            _keep_removed(model, group, act, rows)
        write_waiting()
        add_link(act.pk, said, rows)
        return act


@contextmanager
def act(
    kind: str, *, by: Any, reason: str = "", at: datetime | None = None, key: UUID | None = None
) -> Iterator[Writing]:
    """Open an act: everything written through it stands together with its history, or nothing does.

    Raises `AlreadyDone` where this person sent the same form before (its `key`), `Refused` where a rule or a
    constraint says no, or the key belongs to another act.
    """
    with one_writer(), looks_kept_if_undone():
        try:
            with transaction.atomic():
                writing = Writing(kind, by, _readable(reason.strip()), at or timezone.now())
                yield writing
                writing.close(key)
        except (Refused, IntegrityError):
            _refuse_if_done(key, kind, by)
            raise
        except DataError as error:  # the checks of each field hold this back; if one has a gap, nothing is written
            raise Refused([Problem("", _("The database could not store this."))]) from error


def _readable(reason: str) -> str:
    try:
        readable_text(reason)
    except ValidationError as error:
        raise Refused([Problem("reason", message, "invalid") for message in error.messages]) from error
    return reason


def _refuse_if_done(key: UUID | None, kind: str, by: Any) -> None:
    before = Act.objects.filter(key=key).first() if key else None
    if before is None:
        return
    if before.kind == kind and by.pk in (before.by_id, None):  # None: an account that stands for itself
        raise AlreadyDone(before.subject)
    said = _("This form was used before for something else, so nothing was stored. Please open the page again.")
    raise Refused([Problem("", said, "used")])


def _by_model(rows: Iterable[models.Model]) -> list[tuple[type[models.Model], list[models.Model]]]:
    groups: dict[type[models.Model], list[models.Model]] = {}
    for row in rows:
        groups.setdefault(type(row), []).append(row)
    return list(groups.items())


def _checked(rows: list[models.Model]) -> None:
    """Each field's own check. Foreign keys and constraints are the database's, answered in words below."""
    columns = _columns_to_check(type(rows[0]))
    problems = []
    for row in rows:
        for field, words in columns:
            value = getattr(row, field.attname)
            if (field.blank and value in field.empty_values) or (words and value in words):
                continue
            if hasattr(value, "resolve_expression"):
                raise TypeError(f"{field.name}: an act writes values, not expressions, so that they can be checked.")
            try:
                setattr(row, field.attname, field.clean(value, row))
            except ValidationError as error:
                problems += [Problem(field.name, message, "invalid") for message in error.messages]
    if problems:
        raise Refused(problems)


@cache
def _columns_to_check(model: type[models.Model]) -> list[tuple[models.Field, frozenset[Any] | None]]:
    """The columns with a check of their own; with a closed list, the words that need no second look."""
    return [
        (field, frozenset(word for word, _label in field.flatchoices if word != "") if field.choices else None)
        for field in model._meta.concrete_fields
        if not field.is_relation and not field.primary_key
    ]


@contextmanager
def _constraints_in_words() -> Iterator[None]:
    """A constraint that said no, in the words that its model gave it.

    The constraint's `violation_error_code` names the field to show them at.
    """
    try:
        yield
    except IntegrityError as error:
        for model, constraint in _constraints():
            if _said_no(model, constraint, str(error)):
                fields = getattr(constraint, "fields", ())
                field = constraint.violation_error_code or (fields[-1] if fields else "")
                raise Refused([Problem(field, constraint.violation_error_message, "constraint")]) from error  # type: ignore[arg-type]
        raise


def _constraints() -> Iterator[tuple[type[models.Model], models.BaseConstraint]]:
    for model in apps.get_models():
        for constraint in model._meta.constraints:
            yield model, constraint


def _said_no(model: type[models.Model], constraint: models.BaseConstraint, message: str) -> bool:
    if re.search(rf"\b{constraint.name}\b", message):
        return True
    columns = [model._meta.get_field(field).column for field in getattr(constraint, "fields", ())]  # type: ignore[union-attr]
    return (
        bool(columns)
        and "UNIQUE" in message
        and message.endswith(", ".join(f"{model._meta.db_table}.{column}" for column in columns))
    )


def _insert_act(act: Act) -> str:
    """Insert the act; its row as the database stored it."""
    database = connections[connection.alias]
    stored = run(_inserting_act(database.vendor), list(values_of(act, columns_to_write(Act), database)))
    ((key, text),) = told(stored, columns(Act), database.vendor)
    act.pk, act._state.adding, act._state.db = key, False, connection.alias
    return text


@cache
def _inserting_act(vendor: str) -> str:
    names = [f'"{field.column}"' for field in Act._meta.local_concrete_fields if not field.primary_key]
    places = ", ".join(["%s"] * len(names))
    back = telling(columns(Act), vendor).replace("%", "%%")
    return f'INSERT INTO "audit_act" ({", ".join(names)}) VALUES ({places}) RETURNING {back}'  # noqa: S608 -- names of our own table


def _copy_to_history(
    model: type[models.Model], pks: list[Any], sign: str, act: Act, rows: dict[str, list[Told]]
) -> None:
    """The rows as the database has stored them now, copied by the database; into `rows`, as the history has them."""
    if not pks:
        return
    history = history_of(model)
    stored = run(_copying(model, len(pks), connection.vendor), [*_added(act, sign), *pks])
    rows.setdefault(history._meta.db_table, []).extend(told(stored, columns(history), connection.vendor))


# What a history row says beside the row itself.
ADDED = ("history_date", "history_user_id", "history_change_reason", "history_type", "act_id")


def _added(act: Act, sign: str) -> list[Any]:
    return [connection.ops.adapt_datetimefield_value(act.at), act.by_id, act.reason or act.kind, sign, act.pk]


@lru_cache(maxsize=500)
def _copying(model: type[models.Model], rows: int, vendor: str) -> str:
    """The statement that copies so many rows of `model` into its history and reads back what the history has."""
    history = history_of(model)
    quote = connection.ops.quote_name
    tracked = [field.column for field in history.tracked_fields]
    into = _listed([*tracked, *ADDED])
    taken = ", ".join([_listed(tracked), *["%s"] * len(ADDED)])
    which = ", ".join(["%s"] * rows)
    back = telling(columns(history), vendor).replace("%", "%%")
    return (
        f"INSERT INTO {quote(history._meta.db_table)} ({into}) SELECT {taken} "  # noqa: S608 -- names of our own tables
        f"FROM {quote(model._meta.db_table)} WHERE id IN ({which}) ORDER BY id RETURNING {back}"
    )


def _keep_removed(
    model: type[models.Model], removed: list[models.Model], act: Act, rows: dict[str, list[Told]]
) -> None:
    """What rows held that are gone now, as it was last read."""
    history, database = history_of(model), connections[connection.alias]
    tracked, added = columns_to_write(model, _tracked(history)), _added(act, "-")
    values = [value for row in removed for value in (*values_of(row, tracked, database), *added)]
    stored = run(_keeping(model, len(removed), database.vendor), values)
    rows.setdefault(history._meta.db_table, []).extend(told(stored, columns(history), database.vendor))


@lru_cache(maxsize=500)
def _keeping(model: type[models.Model], rows: int, vendor: str) -> str:
    """The statement that writes so many rows into the history of `model` and reads back what the history has."""
    history = history_of(model)
    tracked = [str(field.column) for field, *_rest in columns_to_write(model, _tracked(history))]
    names = [*tracked, *ADDED]
    one = f"({', '.join(['%s'] * len(names))})"
    back = telling(columns(history), vendor).replace("%", "%%")
    return (
        f'INSERT INTO "{history._meta.db_table}" ({_listed(names)}) VALUES {", ".join([one] * rows)} RETURNING {back}'  # noqa: S608 -- names of our own tables
    )


@cache
def _tracked(history: Any) -> frozenset[str]:
    return frozenset(field.name for field in history.tracked_fields)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(connection.ops.quote_name, names))
