"""Set-up of the audit history, after every migration: its keys, the columns it covers, the guards of the database."""

import logging
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.db import connections, transaction

from clinic.audit import guard, tables
from clinic.audit.access import record_event
from clinic.audit.chain import add_link, contents_of_acts, keep_shape
from clinic.audit.keys import KeyMissing, key_file, make_keys, ring
from clinic.audit.models import Access, Act, Link
from clinic.audit.queue import one_writer
from clinic.audit.sealed import write_sealed
from clinic.audit.stored import recorded_models

logger = logging.getLogger(__name__)

AT_ONCE = 200
CHAIN = {"audit_link", "audit_shape", "audit_seal"}
LONGEST = 200
# Between the two signals of one migration: the guards that were not there before it, by database.
_lost: dict[str, list[str]] = {}


def before_migration(sender: Any, *, plan: list[Any], using: str, **kwargs: Any) -> None:
    """Note which guards somebody took away, then take all away where tables are about to be remade.

    Raises `CommandError` where a step back would take tables or columns of the record away.
    """
    back = sorted(
        f"{step.app_label}.{step.name}" for step, backwards in plan if backwards and step.app_label in _ours()
    )
    if back:
        raise CommandError(
            f"Migrations are not taken back: it would delete what is recorded ({', '.join(back)}).", returncode=2
        )
    _lost[using] = _altered(using) if _tables(using) >= CHAIN else []
    if plan:
        guard.remove(using)


def after_migration(sender: Any, *, using: str, **kwargs: Any) -> None:
    """Make what is missing. A key that was lost is not made again: see `clinic.audit.keys`."""
    if _tables(using) >= CHAIN:
        keep_shape()
        _begin()
        guard.install(using)
        _tell(_lost.pop(using, []))
        with suppress(KeyMissing, OSError):
            tables.keep(using)


def _altered(using: str) -> list[str]:
    return [*guard.missing(using), *(f"table {name}" for name in tables.altered(using))]


def _ours() -> set[str]:
    """The apps whose tables are the record."""
    return {Act._meta.app_label, *(model._meta.app_label for model in recorded_models())}


def _tables(using: str) -> set[str]:
    return set(connections[using].introspection.table_names())


def _tell(lost: list[str]) -> None:
    """Say on the terminal and in the record that guards were not there: nobody takes one away unnoticed."""
    if not lost:
        return
    said = f"{len(lost)}: {', '.join(lost)}"
    logger.warning("Guards of the database were missing or changed, and are put back: %s", said)
    with suppress(KeyMissing):  # without the key nothing is recorded, and the start stops (`why_no_key`)
        record_event("guards_restored", detail=said[:LONGEST])


def why_no_key() -> str:
    """One sentence where the key of this record is gone or is another one, else nothing."""
    last = Link.objects.order_by("-number").values_list("key_id", flat=True).first()
    try:
        own = ring().key_id
    except KeyMissing as error:
        return str(error)
    if last in (None, own):
        return ""
    return f"The key in {key_file()} is not the one of this audit history ({own}, not {last}). Put the right one back from its copy."


def _begin() -> None:
    """The keys of a new record. What was written before there was a chain is sealed as it is found, once."""
    if not key_file().exists():
        if Link.objects.exists():
            return
        make_keys(acts_before=Act.objects.count(), accesses_before=Access.objects.filter(number__isnull=True).count())
    try:
        keys = ring()
    except KeyMissing:
        return
    # Once: who empties the chain later, and leaves as many acts as there were, does not have the program seal them anew.
    begun = Path(settings.KEY_DIR) / "begun.json"
    if begun.exists():
        return
    if keys.acts_before and not Link.objects.exists() and Act.objects.count() == keys.acts_before:
        with one_writer(), transaction.atomic():
            _seal_all()
    with suppress(OSError):
        write_sealed(begun, {"acts": keys.acts_before})


def _seal_all() -> None:
    ids = list(Act.objects.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(ids), AT_ONCE):
        for act_id, row, rows in contents_of_acts(ids[start : start + AT_ONCE]):
            add_link(act_id, row, rows)
