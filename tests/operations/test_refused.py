"""Stock commands that would erase the history, or write around it, are refused with a reason."""

from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import ManagementUtility, call_command, get_commands, load_command_class
from django.core.management.base import CommandError
from django.core.management.sql import emit_pre_migrate_signal
from django.db.migrations.loader import MigrationLoader

from clinic.accounts.models import User
from clinic.audit.models import Act
from clinic.operations.refused import EXIT, REASONS, Refusing
from tests.factories import a_patient
from tests.operations.running import manage

# What each of them must be given before it begins.
GIVEN = {"loaddata": ["nothing.json"], "testserver": ["nothing.json"]}
# Every command that somebody has judged. A new one of the framework or of a library fails here until it is.
HARMLESS = {
    "account_unsetmultipleprimaryemails", "check", "clearsessions", "collectstatic", "compilemessages",
    "createcachetable", "dbshell", "diffsettings", "dumpdata", "findstatic", "inspectdb", "makemessages",
    "makemigrations", "optimizemigration", "remove_stale_contenttypes", "runserver", "sendtestemail", "shell",
    "showmigrations", "sqlflush", "sqlmigrate", "sqlsequencereset", "squashmigrations", "startapp", "startproject", "test",
}  # fmt: skip
OURS = {"clinic.operations", "sessions", "tests"}


@pytest.mark.parametrize("name", ["flush", "loaddata"])  # the tests have a `flush` of their own
def test_command_is_refused_with_its_reason(name: str, tmp_path: Path) -> None:
    done = manage(tmp_path / "data", name, *GIVEN.get(name, []))
    assert (done.returncode, done.stdout, done.stderr) == (EXIT, "", f"CommandError: {REASONS[name]}\n")


@pytest.mark.parametrize("name", sorted(set(REASONS) - {"flush", "loaddata"}))
def test_command_is_refused_with_its_reason_here(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """As `manage.py` runs it, without a process of its own for each."""
    command = ManagementUtility(["manage.py", name]).fetch_command(name)
    with pytest.raises(SystemExit) as ended:
        command.run_from_argv(["manage.py", name, *GIVEN.get(name, [])])
    out, err = capsys.readouterr()
    assert (ended.value.code, out, err) == (EXIT, "", f"CommandError: {REASONS[name]}\n")


@pytest.mark.parametrize("name", sorted(set(REASONS) - {"flush"}))  # the tests have a `flush` of their own
@pytest.mark.django_db
def test_command_called_by_a_program_is_refused_too(name: str, physician: User) -> None:
    acts = Act.objects.count()
    with pytest.raises(CommandError, match="^" + REASONS[name].replace(".", r"\.") + "$"):
        call_command(name, *GIVEN.get(name, []))
    assert Act.objects.count() == acts


def test_flush_of_the_logbook_refuses() -> None:
    assert isinstance(load_command_class("clinic.operations", "flush"), Refusing)


def test_help_says_that_it_is_refused(tmp_path: Path) -> None:
    done = manage(tmp_path / "data", "flush", "--help")
    assert "Refused. It would delete every record" in " ".join(done.stdout.split())


def test_every_stock_command_was_judged() -> None:
    stock = {name for name, app in get_commands().items() if app not in OURS}
    assert stock == HARMLESS


@pytest.mark.parametrize("label", ["audit", "accounts", "logbook"])
@pytest.mark.django_db
def test_migrations_of_the_record_are_not_taken_back(label: str, physician: User) -> None:
    patient = a_patient(by=physician)
    with pytest.raises(CommandError, match=r"^Migrations are not taken back: it would delete what is recorded"):
        call_command("migrate", label, "zero", verbosity=0)
    patient.refresh_from_db()
    assert Act.objects.filter(kind="register_patient").count() == 1


@pytest.mark.django_db
def test_migrations_of_the_framework_may_be_taken_back() -> None:
    loader = MigrationLoader(None)
    plan = [(loader.graph.nodes["sessions", "0001_initial"], True)]
    emit_pre_migrate_signal(verbosity=0, interactive=False, db="default", apps=apps, plan=plan)


@pytest.mark.slow
def test_migration_on_the_command_line_puts_guards_back(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    assert manage(folder, "migrate", "-v", "0").stderr == ""
    script = "from clinic.audit import guard; guard.remove()"
    assert manage(folder, "shell", "-v", "0", "-c", script).returncode == 0
    done = manage(folder, "migrate", "-v", "0")
    assert done.returncode == 0
    assert "Guards of the database were missing or changed, and are put back: " in done.stderr
