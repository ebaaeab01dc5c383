"""What an upgrade does to the chain: older entries still verify, new columns are covered, nothing slips in between."""

import json
from collections.abc import Iterator

import pytest
from django.db import connection

from clinic.audit import act, chain, guard, rows, setup, stored
from clinic.audit.keys import key_file, ring
from clinic.audit.models import Act, Link, Shape
from clinic.audit.verify import verify
from clinic.lib.canonical import digest
from clinic.lib.fields import Line
from sessions.actions.device import change_device
from sessions.models import Device
from tests.audit.raw import alterations, sql
from tests.factories import a_device, a_patient

CACHED = [
    one
    for module in (act, rows, stored)
    for name, one in vars(module).items()
    if hasattr(one, "cache_clear") and name != "history_of"
]
HISTORY = stored.history_of(Device)


def forget() -> None:
    for cached in CACHED:
        cached.cache_clear()


@pytest.fixture
def colour(db, places) -> Iterator[Line]:
    """A column that a later version of the program adds to devices, by the migrations' own editor."""
    field, kept = Line(blank=True, default="", max_length=20), Line(blank=True, default="", max_length=20)
    yield field
    guard.remove()
    with connection.schema_editor() as editor:
        if field.model:
            editor.remove_field(Device, field)
            editor.remove_field(HISTORY, kept_of())
    for model in (Device, HISTORY):
        model._meta.local_fields[:] = [one for one in model._meta.local_fields if one.name != "colour"]
        model._meta._expire_cache()
    HISTORY.tracked_fields[:] = [one for one in HISTORY.tracked_fields if one.name != "colour"]
    forget()
    guard.install()
    assert kept is not field


def kept_of():
    return HISTORY._meta.get_field("colour")


def upgraded(field: Line) -> None:
    """What `migrate` does: guards away, columns added, guards and shape back."""
    setup.before_migration(None, plan=[], using="default")
    guard.remove()
    field.contribute_to_class(Device, "colour")
    twin = field.clone()
    twin.contribute_to_class(HISTORY, "colour")
    HISTORY.tracked_fields.append(field)
    with connection.schema_editor() as editor:
        editor.add_field(Device, field)
        editor.add_field(HISTORY, twin)
    forget()
    setup.after_migration(None, using="default")


@pytest.mark.django_db(transaction=True)
def test_older_entries_verify_after_a_column_was_added(colour, physician):
    before = a_device(by=physician, serial_number="1")
    upgraded(colour)
    assert Shape.objects.count() == 2
    assert alterations() == []
    change_device(by=physician, device=before, values={"location": "room 2"}, reason="moved", version=before.version)
    a_device(by=physician, serial_number="2")
    assert alterations() == []
    assert Link.objects.values_list("shape_id", flat=True).distinct().order_by().count() == 2


@pytest.mark.django_db(transaction=True)
def test_new_column_of_an_older_row_is_covered(colour, physician):
    device = a_device(by=physician, serial_number="1")
    upgraded(colour)
    guard.remove()
    sql(
        f"UPDATE logbook_device SET colour = 'red' WHERE id = {device.pk}",
        f"UPDATE logbook_historicaldevice SET colour = 'red' WHERE id = {device.pk}",
    )
    guard.install()
    assert alterations() == [("history altered", "table:logbook_historicaldevice.colour")]


@pytest.mark.usefixtures("broken_on_purpose", "places", "unguarded")
def test_row_of_a_younger_table_under_an_older_entry_is_named(physician, monkeypatch):
    """An act of before the table was made wrote nothing into it."""
    whole = stored.shape_now()[0]
    fewer = {table: specs for table, specs in json.loads(whole).items() if "device" not in table}
    text = stored.canonical_json(fewer)
    monkeypatch.setattr(chain, "shape_now", lambda: (text, stored.digest(text)))
    chain.keep_shape()
    a_patient(by=physician)
    old = Act.objects.latest("pk")
    monkeypatch.undo()
    a_device(by=physician)
    guard.install()
    names = ", ".join(
        f'"{spec.partition(":")[0]}"' for spec in stored.columns(HISTORY)[1:] if not spec.startswith("act_id")
    )
    guard.remove()
    sql(
        f"INSERT INTO logbook_historicaldevice ({names}, act_id) SELECT {names}, {old.pk} FROM logbook_historicaldevice"
    )
    guard.install()
    assert "history added" in [kind for kind, _record in alterations()]


@pytest.mark.usefixtures("broken_on_purpose", "places", "unguarded")
def test_what_an_older_version_wrote_is_sealed_once(physician):
    a_patient(by=physician)
    sql(
        "DELETE FROM audit_link",
        "DELETE FROM audit_access",
        "UPDATE accounts_user SET password_mark = ''",
        "UPDATE accounts_historicaluser SET password_mark = ''",
    )
    key_file().unlink()
    ring.cache_clear()
    setup.after_migration(None, using="default")
    kept = key_file().read_text()
    assert (Link.objects.count(), alterations()) == (Act.objects.count(), [])
    guard.remove()
    sql("DELETE FROM audit_link", "UPDATE audit_act SET reason = 'forged'")
    setup.after_migration(None, using="default")
    result, found = verify()
    assert (Link.objects.count(), key_file().read_text(), result.state) == (0, kept, "altered")
    assert "act added" in {finding.kind for finding in found}
    ring.cache_clear()


@pytest.mark.usefixtures("places")
def test_list_of_columns_that_no_entry_has_yet_is_read_without_a_word(physician):
    """As after an upgrade, before the first act: on PostgreSQL too, which knows no empty list."""
    columns = json.dumps({name: specs[:-1] for name, specs in json.loads(stored.shape_now()[0]).items()})
    Shape.objects.bulk_create([Shape(name=digest(columns)[: chain.SHAPE_DIGITS], columns=columns)])
    a_patient(by=physician)
    assert alterations() == []
    result, _found = verify()
    assert result.state == "intact"
