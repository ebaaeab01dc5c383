"""Set-up of the audit history, after every migration: its keys, the columns it covers, the guards of the database."""

from typing import Any

from django.db import connections, transaction

from clinic.audit import guard
from clinic.audit.chain import add_link, contents_of_acts, keep_shape
from clinic.audit.keys import KeyMissing, key_file, make_keys, ring
from clinic.audit.models import Access, Act, Link
from clinic.audit.queue import one_writer

AT_ONCE = 200


def before_migration(sender: Any, *, plan: list[Any], using: str, **kwargs: Any) -> None:
    """Take the guards away where tables are about to be remade."""
    if plan:
        guard.remove(using)


def after_migration(sender: Any, *, using: str, **kwargs: Any) -> None:
    """Make what is missing. A key that was lost is not made again: see `clinic.audit.keys`."""
    there = set(connections[using].introspection.table_names())
    if {"audit_link", "audit_shape", "audit_seal"} <= there:
        keep_shape()
        _begin()
        guard.install(using)


def _begin() -> None:
    """The keys of a new record. What was written before there was a chain is sealed as it is found, once."""
    if not key_file().exists():
        if Link.objects.exists():
            return
        make_keys(acts_before=Act.objects.count(), accesses_before=Access.objects.count())
    try:
        keys = ring()
    except KeyMissing:
        return
    if keys.acts_before and not Link.objects.exists() and Act.objects.count() == keys.acts_before:
        with one_writer(), transaction.atomic():
            _seal_all()


def _seal_all() -> None:
    ids = list(Act.objects.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(ids), AT_ONCE):
        for act_id, row, rows in contents_of_acts(ids[start : start + AT_ONCE]):
            add_link(act_id, row, rows)
