"""Live rows against the last row of their history: what stands in the tables is what the last act left there."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection, models
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from clinic.audit.keys import Ring
from clinic.audit.models import Act, Link
from clinic.audit.stored import history_of, recorded_models
from clinic.audit.verify.findings import Finding


def check_rows(keys: Ring) -> Iterator[Finding]:
    """Every table whose changes are history, in two questions each that the database answers by itself."""
    with _uncompiled():
        for model in recorded_models():
            yield from _differing(model)
            yield from _gone(model)
        for kept in (Act, Link, *recorded_models(), *map(history_of, recorded_models())):
            yield from _doubled(kept)
    yield from _passwords(keys)


def check_new_rows(number: int) -> Iterator[Finding]:
    """The live rows that acts after this entry wrote."""
    acts = f'(SELECT "act_id" FROM "audit_link" WHERE "number" > {int(number)})'  # noqa: S608 -- names of our own tables
    with _uncompiled():
        for model in recorded_models():
            yield from _differing(model, acts)
            yield from _gone(model, acts)


@contextmanager
def _uncompiled() -> Iterator[None]:
    """PostgreSQL would spend more on compiling these long questions than on answering them."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET jit = off")
    yield
    with connection.cursor() as cursor:
        cursor.execute("RESET jit")


def _last_of(history: str, row: str) -> str:
    return f'(SELECT MAX("history_id") FROM "{history}" x WHERE x."id" = {row}."id")'  # noqa: S608 -- names of our own tables


def _with_last(history: str, acts: str) -> str:
    """SQL: joins live rows `l` to the last history `h` of each. PostgreSQL is quicker with all than with one by one."""
    if acts or connection.vendor == "sqlite":
        return f'LEFT JOIN "{history}" h ON h."history_id" = {_last_of(history, "l")}'
    last = f'SELECT "id", MAX("history_id") AS "last" FROM "{history}" GROUP BY "id"'  # noqa: S608 -- names of our own tables
    return f'LEFT JOIN ({last}) m ON m."id" = l."id" LEFT JOIN "{history}" h ON h."history_id" = m."last"'


def _columns(model: type[models.Model]) -> list[str]:
    return [str(field.column) for field in history_of(model).tracked_fields if not field.primary_key]


def _differing(model: type[models.Model], acts: str = "") -> Iterator[Finding]:
    """Live rows that are not as their history ends; with `acts` those alone that one of these wrote."""
    live, history = model._meta.db_table, history_of(model)._meta.db_table
    names = _columns(model)
    each = [_other(name) for name in names]
    said, any_differs = ", ".join(each), " OR ".join(each)
    among = f'l."id" IN (SELECT "id" FROM "{history}" WHERE "act_id" IN {acts}) AND' if acts else ""  # noqa: S608 -- names of our own tables
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT l."id", h."history_type", {said} FROM "{live}" l {_with_last(history, acts)} '  # noqa: S608 -- names of our own tables
            f'WHERE {among} (h."history_id" IS NULL OR h."history_type" = \'-\' OR {any_differs})'
        )
        rows = cursor.fetchall()
    for pk, sign, *flags in rows:
        if sign is None or sign == "-":
            words = _("%(row)s stands in the table, and the history knows of no act that wrote it.")
            yield Finding("row added", name_of(model, pk), words % {"row": _called(model, pk)})
        else:
            wrong = [name for name, flag in zip(names, flags, strict=True) if flag]
            words = _("%(row)s is not as its last act left it: %(fields)s.")
            fields = ", ".join(_field_name(model, name) for name in wrong)
            yield Finding("row altered", name_of(model, pk), words % {"row": _called(model, pk), "fields": fields})


def _other(name: str) -> str:
    """SQL: live row and history differ, sign by sign, whatever order of signs the column was given."""
    if connection.vendor == "sqlite":
        return f'(l."{name}" COLLATE BINARY IS NOT h."{name}" OR typeof(l."{name}") <> typeof(h."{name}"))'
    return f'l."{name}"::text COLLATE "C" IS DISTINCT FROM h."{name}"::text COLLATE "C"'


def _doubled(model: type[models.Model]) -> Iterator[Finding]:
    """Two rows of one key: the engine refuses them, unless its index was taken away."""
    table, key = model._meta.db_table, model._meta.pk.column
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT "{key}" FROM "{table}" GROUP BY "{key}" HAVING COUNT(*) > 1')  # noqa: S608 -- names of our own tables
        rows = cursor.fetchall()
    for (pk,) in rows:
        words = _("%(row)s stands twice in its table.") % {"row": _called(model, pk)}
        yield Finding("row doubled", f"{model._meta.model_name}:{pk}", words)


def _gone(model: type[models.Model], acts: str = "") -> Iterator[Finding]:
    among = f'AND h."act_id" IN {acts}' if acts else ""
    live, history = model._meta.db_table, history_of(model)._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f'WITH gone AS MATERIALIZED (SELECT h."id", h."history_id", h."history_type" FROM "{history}" h '  # noqa: S608 -- names of our own tables
            f'LEFT JOIN "{live}" l ON l."id" = h."id" WHERE l."id" IS NULL {among}) SELECT h."id" FROM gone h '
            f'WHERE h."history_type" <> \'-\' AND h."history_id" = {_last_of(history, "h")}'
        )
        rows = cursor.fetchall()
    for (pk,) in rows:
        words = _("%(row)s is gone, and the history knows of no act that removed it.")
        yield Finding("row removed", name_of(model, pk), words % {"row": _called(model, pk)})


def _passwords(keys: Ring) -> Iterator[Finding]:
    """A password's hash is in no history; its mark is, and cannot be made without the key."""
    users = get_user_model()
    for user in users._default_manager.exclude(password_mark="").order_by("pk").iterator():
        if user.password_mark != keys.mark(user.password):
            words = _("The password of %(row)s was changed beside the program.")
            yield Finding("password altered", f"user:{user.pk}", words % {"row": _called(users, user.pk)})


def name_of(model: type[models.Model], pk: Any) -> str:
    """A row as "kind:uid" where it has an address, else as "table:key"."""
    if any(field.name == "uid" for field in model._meta.concrete_fields):
        with suppress(ValueError, TypeError):  # an altered uid names no page
            for table in (history_of(model), model):  # one that was put in has no history
                if uid := table._default_manager.filter(id=pk).values_list("uid", flat=True).first():
                    return f"{model._meta.model_name}:{uid}"
    return f"{model._meta.model_name}:{pk}"


def _called(model: type[models.Model], pk: Any) -> str:
    return f"{capfirst(str(model._meta.verbose_name))} {pk}"


def _field_name(model: type[models.Model], column: str) -> str:
    field = next(field for field in model._meta.concrete_fields if field.column == column)
    return str(field.verbose_name)
