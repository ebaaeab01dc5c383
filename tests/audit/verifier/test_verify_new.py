"""Reading what is new alone: it goes on from the last full reading, and names what happened to what was written since."""

import pytest
from django.core.management import CommandError, call_command

from clinic.audit import anchors, guard
from clinic.audit.access import record_event
from clinic.audit.chain import head
from clinic.audit.verify import last_result, verify, verify_new
from tests.audit.raw import sql
from tests.factories import a_patient

pytestmark = pytest.mark.usefixtures("broken_on_purpose", "places")
LAST_ACT = "(SELECT act_id FROM audit_link WHERE number = (SELECT MAX(number) FROM audit_link))"
LAST_PATIENT = "(SELECT MAX(id) FROM logbook_patient)"


@pytest.fixture
def read(logbook, physician):
    """A logbook that was read in full, and a patient and a log-in since."""
    result, _found = verify()
    patient = a_patient(by=physician)
    record_event("log_in", by=physician)
    return result, patient


def named() -> list[tuple[str, str]]:
    result, found = verify_new()
    assert (result.state == "altered") == bool(found)
    return [(finding.kind, finding.record) for finding in found]


def test_untouched_news_are_intact_and_the_last_full_result_stays(read):
    before, _patient = read
    result, found = verify_new()
    assert (result.state, found) == ("intact", [])
    assert (result.entries, result.code) == (head().number, head().code)
    assert result.entries > before.entries
    assert last_result() == before


def test_nothing_new_is_intact(logbook):
    full, _found = verify()
    result, found = verify_new()
    assert (result.state, result.entries, result.code, found) == ("intact", full.entries, full.code, [])


@pytest.mark.parametrize(
    ("statement", "kind", "record"),
    [
        (f"UPDATE audit_act SET reason = 'none' WHERE id = {LAST_ACT}", "history altered", "patient:{uid}"),
        (f"UPDATE logbook_patient SET sex = 'male' WHERE id = {LAST_PATIENT}", "row altered", "patient:{uid}"),
        (f"UPDATE logbook_historicalpatient SET sex = 'male' WHERE act_id = {LAST_ACT}", "history altered", "patient:{uid}"),
        (f"DELETE FROM logbook_patient WHERE id = {LAST_PATIENT}", "row removed", "patient:{uid}"),
        ("UPDATE audit_link SET mac = digest WHERE number = {number}", "entry altered", "entry:{number}"),
        ("UPDATE audit_link SET mac = digest WHERE number = {before}", "anchor differs", "entry:{before}"),
        ("UPDATE audit_access SET by_name = 'Other' WHERE number = {access}", "access altered", "access:{access}"),
        ("DELETE FROM audit_access WHERE number = {read}", "anchor differs", "access:{read}"),
    ],
)  # fmt: skip
def test_what_was_altered_since_is_named(read, unguarded, unchecked, statement, kind, record):
    before, patient = read
    words = {
        "uid": patient.uid,
        "number": head().number,
        "before": before.entries,
        "read": before.access_number,
        "access": before.access_number + 1,
    }
    unchecked()
    sql(statement.format(**words))
    guard.install()
    assert (kind, record.format(**words)) in named()


def test_end_that_was_cut_off_is_named(read, unguarded, unchecked):
    anchors.write("export")
    number = head().number
    unchecked()
    sql(f"DELETE FROM audit_link WHERE number = {number}")
    guard.install()
    assert ("anchor differs", f"entry:{number}") in named()


def test_without_a_full_reading_before_everything_is_read_and_kept(logbook):
    assert last_result() is None
    result, _found = verify_new()
    assert last_result() == result


def test_after_a_full_reading_that_found_something_everything_is_read(read, unguarded):
    sql("UPDATE logbook_historicalphase SET current_ma = 20")
    guard.install()
    verify()
    result, found = verify_new()
    assert (result.state, last_result()) == ("altered", result)
    assert "history altered" in [finding.kind for finding in found]


def test_command_reads_what_is_new(read, capsys):
    before, _patient = read
    with pytest.raises(SystemExit) as ended:
        call_command("verify_audit", "--new")
    assert (ended.value.code, last_result()) == (0, before)
    assert str(head().number) in capsys.readouterr().out
    with pytest.raises(CommandError):
        call_command("verify_audit", "--new", "--resume")
