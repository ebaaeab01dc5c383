"""A wrong value in the environment stops the start with one sentence, and what is right passes every check."""

from pathlib import Path

import pytest

from tests.operations.running import manage

WRONG = [
    ("CLINIC_PORT", "abc", "write a whole number from 1 to 65535, not 'abc'."),
    ("CLINIC_PORT", "70000", "write a whole number from 1 to 65535, not '70000'."),
    ("CLINIC_HTTPS", "maybe", "write 1 for yes or 0 for no, not 'maybe'."),
    ("CLINIC_LANGUAGE", "de", "write fr or en, not 'de'."),
    ("CLINIC_TIME_ZONE", "Mars", "write a time zone such as Europe/Paris, not 'Mars'."),
    ("CLINIC_IDLE_MINUTES", "0", "write a whole number from 1 to 120, not '0'."),
    ("CLINIC_HOST", "a b", "write a host name or an address such as 127.0.0.1, not 'a b'."),
    ("CLINIC_TIMESTAMP_URL", "file:///x", "write the address of a time-stamping authority, not 'file:///x'."),
    ("CLINIC_ACCESS_MONTHS", "six", "write a whole number from 0 to 600, not 'six'."),
    ("CLINIC_ALLOWED_HOSTS", "*", "write a host name or an address such as 127.0.0.1, not '*'."),
    (
        "CLINIC_DATABASE_URL",
        "mysql://u:secret@h/n",
        "write postgres://user:password@host:port/name, or leave it empty for SQLite.",
    ),
    ("CLINIC_DATABASE_URL", "postgres://u:secret@h", "the name of the database is missing at the end."),
    ("CLINIC_DATABASE_OWNER_URL", "postgres://u:secret@h/n", "it goes with CLINIC_DATABASE_URL; SQLite has no owner."),
]


@pytest.mark.parametrize(("name", "value", "sentence"), WRONG)
def test_wrong_value_stops_the_start_with_one_sentence(name: str, value: str, sentence: str, tmp_path: Path) -> None:
    done = manage(tmp_path, "check", **{name: value})
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == f"The logbook cannot start. {name}: {sentence}\n"
    assert "secret" not in done.stderr


def test_data_folder_that_cannot_be_made_stops_the_start(tmp_path: Path) -> None:
    taken = tmp_path / "file"
    taken.write_text("")
    done = manage(taken / "data", "check")
    assert done.returncode == 2
    assert done.stderr.startswith("The logbook cannot start. CLINIC_DATA_DIR: the folder cannot be made or opened (")
    assert len(done.stderr.splitlines()) == 1


def deployment_check(folder: Path, https: str) -> str:
    done = manage(folder, "check", "--deploy", "--fail-level", "WARNING", CLINIC_HTTPS=https)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_deployment_check_finds_nothing(tmp_path: Path) -> None:
    assert deployment_check(tmp_path / "data", "0").startswith("System check identified no issues")


def test_deployment_check_with_tls_finds_nothing_and_silences_nothing(tmp_path: Path) -> None:
    assert deployment_check(tmp_path / "data", "1") == "System check identified no issues (0 silenced).\n"


def test_secret_is_made_once_and_closed_to_others(tmp_path: Path) -> None:
    first = manage(tmp_path / "data", "help")
    secret = tmp_path / "data-keys" / "secret_key"
    kept = secret.read_text()
    second = manage(tmp_path / "data", "help")
    assert (first.returncode, second.returncode) == (0, 0)
    assert secret.read_text() == kept
    assert len(kept) >= 50
    assert secret.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
    assert secret.parent.stat().st_mode & 0o777 == 0o700
