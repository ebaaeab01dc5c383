"""Every way in which django-simple-history alone would lose, alter or forge a line, one by one: each is shut."""

import re
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core import serializers
from django.core.checks import run_checks
from django.db import connection, migrations, models, transaction
from django.db.migrations.loader import MigrationLoader
from django.test.utils import isolate_apps
from simple_history.utils import bulk_create_with_history, bulk_update_with_history, update_change_reason

from clinic.accounts.models import User
from clinic.audit.act import act
from clinic.audit.history import History, OutsideAnAct, Recorded
from clinic.audit.keys import key_file
from clinic.audit.models import Act, Link
from clinic.audit.stored import history_of, recorded_models
from clinic.audit.verify import verify
from clinic.lib.fields import Line
from clinic.lib.problems import Refused
from clinic.operations.checks import history_is_on, why_not_recorded
from sessions.models import Device, Patient
from tests.audit.raw import refusal
from tests.factories import a_device, a_patient
from tests.operations.running import HERE, environment, manage
from tests.reports.signed import insert

pytestmark = pytest.mark.django_db
LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)


@pytest.fixture
def device(physician: User) -> Device:
    return a_device(by=physician)


@pytest.fixture
def places(settings: Any, tmp_path: Path) -> None:
    """Anchors and results of one test, with the keys that the tests' database was sealed with."""
    kept = key_file().read_text()
    settings.ANCHOR_DIR = settings.KEY_DIR = tmp_path
    key_file().write_text(kept)


def lines() -> list[tuple[str, str]]:
    """The whole history of the devices."""
    return list(Device.history.order_by("history_id").values_list("history_type", "maker"))


AS_WRITTEN = [("+", "Hidrex")]


# --- Writing without history ---------------------------------------------------------------------

WAYS: dict[str, Callable[[Device], Any]] = {
    "save": lambda device: device.save(),
    "save of some fields": lambda device: device.save(update_fields=["maker"]),
    "save of an expression": lambda device: _set(device, maker=models.F("model")).save(),
    "delete": lambda device: device.delete(),
    "create": lambda device: Device.objects.create(maker="x", model="x", serial_number="x"),
    "get or create": lambda device: Device.objects.get_or_create(serial_number="x"),
    "update or create": lambda device: Device.objects.update_or_create(serial_number="x"),
    "update of a queryset": lambda device: Device.objects.filter(pk=device.pk).update(maker="x"),
    "delete of a queryset": lambda device: Device.objects.all().delete(),
    "raw delete of a queryset": lambda device: Device.objects.all()._raw_delete("default"),
    "bulk create": lambda device: Device.objects.bulk_create([Device(maker="x", model="x", serial_number="x")]),
    "bulk update": lambda device: Device.objects.bulk_update([_set(device, maker="x")], ["maker"]),
    "bulk create with history": lambda device: bulk_create_with_history([Device(serial_number="x")], Device),
    "bulk update with history": lambda device: bulk_update_with_history([_set(device, maker="x")], Device, ["maker"]),
    "save without history": lambda device: device.save_without_historical_record(),
    "skip history when saving": lambda device: _set(device, skip_history_when_saving=True).save(),
    "save past our own": lambda device: models.Model.save(_set(device, maker="x")),
    "delete past our own": lambda device: models.Model.delete(device),
    "delete through a collector": lambda device: models.QuerySet(Device).delete(),
    "a file of Django's own": lambda device: _loaded(_set(device, maker="x")),
    "a former version put back": lambda device: device.history.get().instance.save(),
    # history itself
    "a reason put under a line": lambda device: update_change_reason(device, "another"),
    "a line saved": lambda device: device.history.get().save(),
    "a line deleted": lambda device: device.history.get().delete(),
    "a line created": lambda device: Device.history.create(maker="x"),
    "a line created by its model": lambda device: history_of(Device).objects.create(maker="x"),
    "lines created in bulk": lambda device: Device.history.bulk_create([history_of(Device)()]),
    "lines made by the library": lambda device: Device.history.bulk_history_create([device]),
    "lines updated": lambda device: Device.history.all().update(maker="x"),
    "lines updated in bulk": lambda device: Device.history.bulk_update([device.history.get()], ["maker"]),
    "lines deleted": lambda device: Device.history.all().delete(),
    "lines of a record deleted": lambda device: device.history.all().delete(),
}


def _set(device: Device, **values: Any) -> Device:
    for name, value in values.items():
        setattr(device, name, value)
    return device


def _loaded(device: Device) -> None:
    for row in serializers.deserialize("json", serializers.serialize("json", [device])):
        row.save()


@pytest.mark.parametrize("way", WAYS)
def test_way_past_the_acts_is_shut(way: str, device: Device) -> None:
    with pytest.raises(OutsideAnAct, match=r"is written by an act only"), transaction.atomic():
        WAYS[way](device)
    assert list(models.QuerySet(Device).values_list("maker")) == [("Hidrex",)]
    assert lines() == AS_WRITTEN


def test_row_written_past_everything_is_found(device: Device, places: None) -> None:
    """Plain SQL and a plain queryset meet no Python of ours: the verifier names the row."""
    assert verify()[1] == []
    models.QuerySet(Device).filter(pk=device.pk).update(maker="x")
    assert [(finding.kind, finding.record) for finding in verify()[1]] == [("row altered", f"device:{device.uid}")]


def test_row_added_past_everything_is_found(device: Device, places: None) -> None:
    insert(Device(maker="x", model="x", serial_number="x"))
    assert [(finding.kind, finding.record.partition(":")[0]) for finding in verify()[1]] == [("row added", "device")]


# --- Lines that say something else ---------------------------------------------------------------


def test_line_says_what_the_act_says_whatever_the_record_carries(physician: User, other_physician: User) -> None:
    device = Device(maker="Hidrex", model="PSP1000", serial_number="1")
    device._history_user = other_physician
    device._history_date = LONG_AGO
    device._change_reason = "another reason"
    device.skip_history_when_saving = True
    with act("register_device", by=physician, reason="bought") as writing:
        writing.create(device)
    line = device.history.get()
    assert (line.history_user_id, line.history_change_reason, line.history_date) == (
        physician.pk,
        "bought",
        line.act.at,
    )
    assert line.history_date.year > LONG_AGO.year


def test_line_has_a_person_outside_a_request(physician: User) -> None:
    device = a_device(by=physician)
    assert device.history.get().history_user == physician
    history = history_of(Device)
    assert [history._meta.get_field(name).null for name in ("act", "history_user_id", "history_date")] == [False] * 3


def test_line_without_a_person_or_an_act_is_refused_by_the_database(device: Device) -> None:
    columns = ", ".join(f'"{field.column}"' for field in Device.history.model.tracked_fields)
    rest = "history_date, history_type, history_change_reason, history_user_id, act_id"
    for person, of_act in (("NULL", "act_id"), ("history_user_id", "NULL")):
        said = refusal(
            f"INSERT INTO logbook_historicaldevice ({columns}, {rest}) SELECT {columns}, history_date, history_type, "
            f"history_change_reason, {person}, {of_act} FROM logbook_historicaldevice"
        )
        assert said != ""


def test_setting_does_not_silence_an_act(settings: Any, physician: User) -> None:
    settings.SIMPLE_HISTORY_ENABLED = False
    a_device(by=physician)
    assert lines() == AS_WRITTEN
    assert [error.id for error in history_is_on(None)] == ["clinic.E001"]
    assert "clinic.E001" in {error.id for error in run_checks()}


def test_act_writes_values_and_no_expressions(device: Device, physician: User) -> None:
    def counted_in_the_database() -> None:
        with act("change_device", by=physician) as writing:
            writing.change(_set(device, maker=models.F("model")), "maker")

    with pytest.raises(TypeError, match="maker: an act writes values, not expressions"):
        counted_in_the_database()
    assert lines() == AS_WRITTEN


def test_nobody_edits_history_on_a_page() -> None:
    assert [app for app in settings.INSTALLED_APPS if "admin" in app] == []
    assert not getattr(settings, "SIMPLE_HISTORY_EDIT", False)
    assert [name for name in settings.MIDDLEWARE if "simple_history" in name] == []


def test_person_with_history_is_never_deleted(device: Device, physician: User) -> None:
    with pytest.raises(OutsideAnAct):
        physician.delete()
    with pytest.raises(models.ProtectedError):
        models.QuerySet(User).filter(pk=physician.pk).delete()
    assert refusal(f"DELETE FROM accounts_user WHERE id = {physician.pk}") == "accounts_user is never deleted from."
    assert device.history.get().history_user == physician


def test_former_state_is_read_as_of_a_moment(device: Device, physician: User) -> None:
    before = device.history.get().history_date
    with act("change_device", by=physician, reason="a slip") as writing:
        writing.change(_set(device, maker="Idromed"), "maker")
    after = device.history.order_by("-history_id")[0].history_date
    assert [device.history.as_of(moment).maker for moment in (before, after)] == ["Hidrex", "Idromed"]
    assert [[row.maker for row in Device.history.as_of(moment)] for moment in (before, after)] == [
        ["Hidrex"],
        ["Idromed"],
    ]


# --- What a recorded table may hold --------------------------------------------------------------


def test_every_table_of_the_record_can_be_recorded() -> None:
    assert [error for model in recorded_models() for error in why_not_recorded(model)] == []
    assert [error.id for error in run_checks() if error.id == "clinic.E004"] == []


FIELDS: dict[str, Callable[[], models.Field]] = {
    "M2M rows are written beside the record": lambda: models.ManyToManyField("self"),
    "a generated column changes by itself": lambda: models.GeneratedField(
        expression=models.Value(1), output_field=models.IntegerField(), db_persist=True
    ),
    "a file is changed behind its name": lambda: models.FileField(),
    "an image is changed behind its name": lambda: models.FileField(upload_to="images"),
    "a row goes with another": lambda: models.ForeignKey("audit.Act", models.CASCADE, related_name="+"),
    "a pointer is emptied": lambda: models.ForeignKey("audit.Act", models.SET_NULL, null=True, related_name="+"),
}


@pytest.mark.parametrize("why", FIELDS)
@isolate_apps("tests", "clinic.audit")
def test_field_that_history_cannot_keep_is_refused_by_a_check(why: str) -> None:
    kept = {"__module__": __name__, "Meta": type("Meta", (), {"app_label": "tests"}), "history": "kept"}
    model = type("Thing", (Recorded,), kept | {"field": FIELDS[why]()})
    found = why_not_recorded(model)
    assert [(error.id, error.msg.partition(":")[0]) for error in found] == [("clinic.E004", "Thing cannot be recorded")]


@isolate_apps("tests", "clinic.audit")
def test_table_without_history_and_table_above_another_are_refused_by_a_check() -> None:
    class Plain(Recorded):
        name = Line()

        class Meta:
            app_label = "tests"

    assert [error.msg for error in why_not_recorded(Plain)] == ["Plain cannot be recorded: it has no history."]

    class Above(Plain):
        history = "kept"

        class Meta:
            app_label = "tests"

    assert "Above cannot be recorded: it shares its rows with another table." in [
        error.msg for error in why_not_recorded(Above)
    ]


def test_history_follows_no_many_to_many_and_goes_with_no_record() -> None:
    assert {bool(model._meta.many_to_many) for model in apps.get_models() if issubclass(model, Recorded)} == {False}
    assert History().m2m_fields == ()
    assert History().cascade_delete_history is False
    assert {history_of(model)._meta.get_field("act").remote_field.on_delete for model in recorded_models()} == {
        models.PROTECT
    }


# Steps that write data past the acts, each with the reason why it may.
MAY_WRITE = {
    "logbook.0007_fill_stored_figures": "figures are no part of the record: worked out from it, checked by check_figures",
    "logbook.0008_orders_of_the_session_list": "one more of these figures",
    "logbook.0014_what_reports_ask_of_years": "more of these figures",
    "logbook.0015_tallies_of_years": "tallies of these figures",
    "logbook.0016_tallies_of_courses": "more tallies of these figures",
}
FIGURES = {
    "logbook_sessionfigures", "logbook_tally", "logbook_coursefigures", "logbook_outcome", "logbook_periodtally",
    "logbook_coursetally", "logbook_outcometally",
}  # fmt: skip


def test_no_migration_changes_recorded_data_past_the_acts() -> None:
    """RunPython knows no acts and no signals. What must change is changed by an act, in a command run after migrating."""
    loader = MigrationLoader(None)
    labels = {"audit"} | {model._meta.app_label for model in recorded_models()}
    kinds = (migrations.RunPython, migrations.RunSQL)
    found = {
        f"{label}.{name}"
        for (label, name), migration in loader.disk_migrations.items()
        if label in labels and any(isinstance(operation, kinds) for operation in migration.operations)
    }
    assert found == set(MAY_WRITE)


def test_migrations_that_may_write_write_figures_alone() -> None:
    for name in MAY_WRITE:
        label, _dot, step = name.partition(".")
        text = Path(apps.get_app_config(label).path, "migrations", f"{step}.py")
        written = set(re.findall(r"(?:INSERT INTO|UPDATE|DELETE FROM) (\w+|\{table\})", text.read_text()))
        assert written - FIGURES <= {"{table}"}, name
        assert written & FIGURES != set(), name


# --- One transaction -----------------------------------------------------------------------------


class BreaksAt:
    """Lets the statements of one table through or not, as a database does that has gone."""

    def __init__(self, table: str) -> None:
        self.table = f'"{table}"'

    def __call__(self, execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if sql.startswith("INSERT") and self.table in sql.partition("(")[0]:
            raise ConnectionError("the database has gone")
        return execute(sql, *rest)


@pytest.mark.parametrize("table", ["logbook_patient", "logbook_historicalpatient", "audit_act", "audit_link"])
def test_record_history_act_and_entry_stand_together_or_not_at_all(table: str, physician: User) -> None:
    before = (Act.objects.count(), Link.objects.count())
    with connection.execute_wrapper(BreaksAt(table)), pytest.raises(ConnectionError):
        a_patient(by=physician)
    assert (Patient.objects.count(), Patient.history.count()) == (0, 0)
    assert (Act.objects.count(), Link.objects.count()) == before


def test_act_whose_rule_says_no_leaves_nothing(physician: User) -> None:
    a_device(by=physician, serial_number="77")
    before = (Act.objects.count(), Link.objects.count())
    with pytest.raises(Refused):
        a_device(by=physician, serial_number="77")
    assert lines() == AS_WRITTEN
    assert (Act.objects.count(), Link.objects.count()) == before


WRITER = """
import itertools
from clinic.accounts.models import User
from sessions.actions.device import register_device, change_device
by = User.objects.get()
print("begin", flush=True)
for number in itertools.count():
    device = register_device(by=by, values={"maker": "Hidrex", "model": "PSP1000", "serial_number": str(number)})
    change_device(by=by, device=device, values={"location": "room 2"}, version=1, reason="moved")
    print(number, flush=True)
"""
COUNTED = """
from clinic.audit.keys import key_file
from clinic.audit.models import Act, Link
from clinic.audit.verify import verify
from sessions.models import Device
from django.db.models import Max
print(Device.objects.count(), Device.history.filter(history_type="+").count(), Act.objects.count(),
      Link.objects.count(), Link.objects.aggregate(last=Max("number"))["last"], len(verify()[1]))
"""
OPENED = (
    "from clinic.accounts.actions import create_account; create_account(by=None, username='ada', full_name='Ada', "
    "role='administrator', password='seven brown lamps under water')"
)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kills a process as only some systems can")
def test_writer_that_is_killed_leaves_no_record_without_its_history(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    assert manage(folder, "migrate", "-v", "0").stderr == ""
    assert manage(folder, "shell", "-v", "0", "-c", OPENED).stderr == ""
    acknowledged = 0
    for kill in range(3):
        program = subprocess.Popen(
            [
                sys.executable,
                "manage.py",
                "shell",
                "-v",
                "0",
                "-c",
                WRITER.replace("count()", f"count({kill * 10_000})"),
            ],
            cwd=HERE,
            env=environment(folder),
            stdout=subprocess.PIPE,
            text=True,
        )
        assert program.stdout
        for line in program.stdout:
            acknowledged += line.strip().isdigit()
            if line.strip().endswith("7"):
                program.kill()
                break
        acknowledged += sum(line.strip().isdigit() for line in program.stdout)
        program.wait()
        program.stdout.close()
    counted = manage(folder, "shell", "-v", "0", "-c", COUNTED)
    devices, histories, acts, entries, last, found = map(int, counted.stdout.split())
    assert devices >= acknowledged >= 24
    assert (histories, entries, last, found) == (devices, acts, acts, 0)
