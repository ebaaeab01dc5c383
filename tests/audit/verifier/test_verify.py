"""The verifier: nothing to say of an untouched logbook, and every alteration named by kind and record."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from clinic.audit import anchors, guard
from clinic.audit.access import record_event
from clinic.audit.chain import head
from clinic.audit.keys import key_file, ring
from clinic.audit.models import Access, Link, Seal
from clinic.audit.verify import last_result, verify
from sessions.models import Patient, Session
from tests.audit.raw import alterations, sql
from tests.factories import a_patient

pytestmark = pytest.mark.usefixtures("broken_on_purpose", "places")


def test_untouched_logbook_is_intact(logbook):
    result, found = verify()
    assert (result.state, found) == ("intact", [])
    assert (result.entries, result.code) == (head().number, head().code)
    assert last_result() == result


def test_untouched_logbook_is_intact_in_several_batches(logbook, monkeypatch):
    monkeypatch.setattr("clinic.audit.verify.chain.ENTRIES_AT_ONCE", 3)
    monkeypatch.setattr("clinic.audit.verify.accesses.AT_ONCE", 1)
    assert verify()[1] == []


LAST_LINK = "(SELECT MAX(number) FROM audit_link)"
SIGNED = "(SELECT MIN(session_id) FROM logbook_signature)"

# What somebody does to the database, and of which kind and table or record it must be named.
TAMPERINGS: dict[str, tuple[list[str], str]] = {
    "a live figure": (["UPDATE logbook_phase SET current_ma = 20 WHERE id = (SELECT MIN(id) FROM logbook_phase)"], "row altered phase:"),
    "a live note": ([f"UPDATE logbook_session SET notes = 'x' WHERE id = {SIGNED}"], "row altered session:"),
    "a live date of birth": (["UPDATE logbook_patient SET birth_date = '1984-01-01' WHERE family_name = 'Çelik'"], "row altered patient:"),
    "text moved between columns": (["UPDATE logbook_patient SET family_name = family_name || given_names, given_names = '-'"], "row altered patient:"),
    "a row moved to another patient": (
        ["UPDATE logbook_session SET patient_id = (SELECT id FROM logbook_patient WHERE family_name <> 'Çelik')"], "row altered session:",
    ),
    "a live row deleted": (["DELETE FROM logbook_observation"], "row removed observation:"),
    "a live row added": (
        ["INSERT INTO logbook_coursesite (course_id, site) SELECT id, 'axilla' FROM logbook_course"], "row added coursesite:",
    ),
    "a user renamed": (["UPDATE accounts_user SET full_name = 'Dr Other' WHERE username = 'morel'"], "row altered user:"),
    "a role changed": (["UPDATE accounts_user SET role = 'administrator' WHERE username = 'morel'"], "row altered user:"),
    "a closed account opened": (["UPDATE accounts_user SET is_active = FALSE WHERE username = 'morel'"], "row altered user:"),
    "a history row edited": (["UPDATE logbook_historicalphase SET current_ma = 20"], "history altered session:"),
    "a history row and the live row edited": (
        ["UPDATE logbook_historicalphase SET current_ma = 20", "UPDATE logbook_phase SET current_ma = 20"], "history altered session:",
    ),
    "a history row deleted": (
        ["DELETE FROM logbook_historicalsession WHERE history_id = (SELECT MIN(history_id) FROM logbook_historicalsession)"],
        "history altered session:",
    ),
    "a history row copied": (
        [
            ("INSERT INTO logbook_historicalcoursesite (id, site, course_id, history_date, history_user_id, history_change_reason, "
            "history_type, act_id) SELECT id, site, course_id, history_date, history_user_id, history_change_reason, history_type, "
            "act_id FROM logbook_historicalcoursesite")
        ],
        "history altered course:",
    ),
    "a history row given to another act": (
        ["UPDATE logbook_historicalpatient SET act_id = (SELECT MIN(id) FROM audit_act)"], "history altered patient:",
    ),
    "a reason changed": (["UPDATE audit_act SET reason = 'none' WHERE kind = 'change_patient'"], "history altered patient:"),
    "another person": (
        ["UPDATE audit_act SET by_id = (SELECT id FROM accounts_user WHERE username = 'admin') WHERE kind = 'sign_session'"],
        "history altered session:",
    ),
    "another name": (["UPDATE audit_act SET by_name = 'Dr Other' WHERE kind = 'sign_session'"], "history altered session:"),
    "another time": (["UPDATE audit_act SET at = '2026-01-01 10:00:00+00' WHERE kind = 'sign_session'"], "history altered session:"),
    "an act added": (
        [("INSERT INTO audit_act (at, kind, by_id, by_name, reason, subject) SELECT at, 'sign_session', by_id, by_name, '', 'session:x' "
         "FROM audit_act WHERE id = (SELECT MIN(id) FROM audit_act)")], "act added session:x",
    ),
    "an entry deleted in the middle": (["DELETE FROM audit_link WHERE number = 3"], "entry missing entry:4"),
    "an entry's time": (["UPDATE audit_link SET at = '2026-01-01 10:00:00+00' WHERE number = 3"], "entry altered entry:3"),
    "an entry's digest": (["UPDATE audit_link SET digest = mac WHERE number = 3"], "entry altered entry:3"),
    "an entry's code": (["UPDATE audit_link SET mac = digest WHERE number = 3"], "entry altered entry:3"),
    "entries that changed places": (
        ["UPDATE audit_link SET number = -3 WHERE number = 3", "UPDATE audit_link SET number = 3 WHERE number = 4",
         "UPDATE audit_link SET number = 4 WHERE number = -3"], "entry altered entry:3",
    ),
    "entries renumbered over a gap": (
        ["DELETE FROM audit_link WHERE number = 3", "UPDATE audit_link SET number = 3 WHERE number = 4"], "entry altered entry:3",
    ),
    "an entry given to another act": (
        ["UPDATE audit_link SET act_id = -1 WHERE number = 3", ("UPDATE audit_link SET act_id = (SELECT MIN(id) FROM audit_act WHERE "
         "kind = 'log_session') WHERE number = -9")], "act missing entry:3",
    ),
    "an entry played again": (
        [(f"INSERT INTO audit_link (number, act_id, at, shape_id, digest, key_id, mac) SELECT {LAST_LINK} + 1, -5, at, shape_id, digest, key_id, mac "
         "FROM audit_link WHERE number = 3")], "entry altered entry:",
    ),
    "the list of sealed columns": (["UPDATE audit_shape SET columns = '{}'"], "shape altered shape:"),
    "an access deleted": (["DELETE FROM audit_access WHERE number = 1"], "access missing access:2"),
    "an access of another patient": (["UPDATE audit_access SET patient_id = 99 WHERE number = 1"], "access altered access:1"),
    "an access of another person": (["UPDATE audit_access SET by_name = 'Other' WHERE number = 1"], "access altered access:1"),
    "an access added": (
        [("INSERT INTO audit_access (number, at, by_name, kind, route, detail, mac) SELECT 1 + MAX(number), MAX(at), 'x', 'log_in', '', '', "
         "(SELECT mac FROM audit_access WHERE number = 1) FROM audit_access")], "access altered access:",
    ),
    "an access outside the chain": (
        ["INSERT INTO audit_access (at, by_name, kind, route, detail) SELECT MAX(at), 'x', 'log_in', '', '' FROM audit_access"],
        "access added access",
    ),
    "a password's hash": (["UPDATE accounts_user SET password = 'argon2$x' WHERE username = 'morel'"], "password altered user:"),
    "a signature's words": (["UPDATE logbook_signature SET content = REPLACE(content, '15', '16')"], "session:"),
    "a signature's name": (["UPDATE logbook_signature SET signer_name = 'Dr Other'"], "row altered signature:"),
    "a signature's meaning": (["UPDATE logbook_signature SET meaning = 'review'"], "row altered signature:"),
    "a signature copied to another session": (
        ["UPDATE logbook_signature SET session_id = (SELECT MAX(id) FROM logbook_session)"], "row altered signature:",
    ),
    "a signature deleted": (["DELETE FROM logbook_signature"], "row removed signature:"),
    "everything wiped": (
        ["DELETE FROM audit_link"], "act added ",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TAMPERINGS)
def test_alteration_is_named_by_kind_and_record(name, logbook, unguarded, unchecked):
    statements, expected = TAMPERINGS[name]
    unchecked()
    sql(*statements)
    named = [f"{kind} {record}" for kind, record in alterations()]
    assert [said for said in named if expected in said], named


def test_guard_that_was_dropped_is_named(logbook):
    name = guard.rules()[0].trigger
    on = "" if connection.vendor == "sqlite" else f' ON "{guard.rules()[0].table}"'
    sql(f'DROP TRIGGER "{name}"{on}')
    assert alterations() == [("guard missing", f"trigger:{name}")]


def test_trigger_of_somebody_else_is_named(logbook):
    if connection.vendor == "sqlite":
        sql("CREATE TRIGGER stranger AFTER INSERT ON logbook_phase BEGIN UPDATE logbook_phase SET current_ma = 1; END")
    else:
        sql(
            "CREATE FUNCTION stranger() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
            "CREATE TRIGGER stranger BEFORE INSERT ON logbook_phase FOR EACH ROW WHEN (NEW.number > 1) EXECUTE FUNCTION stranger()",
        )
    assert alterations() == [("trigger added", "trigger:stranger")]


def the_end_cut_off(number: int) -> None:
    """The last acts with all they wrote, as if they had never been."""
    acts = f"(SELECT act_id FROM audit_link WHERE number > {number})"
    sql(
        f"DELETE FROM logbook_patient WHERE id IN (SELECT id FROM logbook_historicalpatient WHERE act_id IN {acts})",
        f"DELETE FROM logbook_historicalpatient WHERE act_id IN {acts}",
        f"CREATE TEMPORARY TABLE cut AS SELECT act_id FROM audit_link WHERE number > {number}",
        f"DELETE FROM audit_link WHERE number > {number}",
        "DELETE FROM audit_act WHERE id IN (SELECT act_id FROM cut)",
    )


def test_older_copy_put_back_is_told_by_the_anchors(physician, unguarded):
    before = head().number
    a_patient(by=physician)
    anchors.write("export")
    now = head()
    assert [kind for kind, _record in alterations() if kind != "guard missing"] == []
    the_end_cut_off(before)
    guard.install()
    result_of_before = alterations()
    assert set(result_of_before) == {("anchor differs", f"entry:{now.number}")}


def test_older_copy_put_back_is_told_by_a_printed_foot(physician, unguarded, settings, tmp_path):
    before = head().number
    a_patient(by=physician)
    now = head()
    the_end_cut_off(before)
    guard.install()
    assert alterations() == []
    assert alterations(f"{now.number} {now.code}") == [("anchor differs", f"entry:{now.number}")]
    there = head()
    assert alterations(f"{there.number}: {there.code.lower()}") == []
    assert alterations(f"{there.number} 0000-0000-0000") == [("anchor differs", f"entry:{there.number}")]


def test_history_begun_anew_with_another_key_cannot_be_verified(logbook, settings, tmp_path):
    kept = json.loads(key_file().read_text())
    key_file().write_text(json.dumps(kept | {"key": "00" * 32}))
    ring.cache_clear()
    result, found = verify()
    ring.cache_clear()
    assert (result.state, [finding.kind for finding in found]) == ("unknown", ["cannot verify"])


def test_recomputed_with_the_public_algorithm_is_told(logbook, unguarded, settings, monkeypatch):
    """Somebody who has the program and the database, and not the key, seals anew what was edited."""
    from clinic.audit.chain import contents, mac_of, moment_text

    keys, forged = ring(), bytes(32)
    object.__setattr__(keys, "key", b"guessed")
    sql("UPDATE logbook_historicalphase SET current_ma = 20", "UPDATE logbook_phase SET current_ma = 20")
    with connection.cursor() as cursor:
        for content in contents(list(Link.objects.values_list("pk", flat=True))):
            digest = __import__("hashlib").sha256(content.text.encode()).digest()
            link = content.link
            forged = mac_of(keys, link.number, forged, moment_text(link.at), digest)
            cursor.execute(
                "UPDATE audit_link SET digest = %s, mac = %s WHERE number = %s", [digest, forged, link.number]
            )
    ring.cache_clear()
    assert ("entry altered", "entry:1") in alterations()


def test_result_file_of_somebody_else_is_no_result(logbook, settings):
    verify()
    file = Path(settings.KEY_DIR) / "verified.json"
    file.write_text(file.read_text().replace('"findings":0', '"findings":1'))
    assert last_result() is None


def test_interrupted_run_goes_on_and_finds_the_same(logbook, monkeypatch, unguarded):
    sql("UPDATE audit_act SET reason = 'x' WHERE id = (SELECT act_id FROM audit_link WHERE number = 2)")
    guard.install()
    whole = alterations()
    monkeypatch.setattr("clinic.audit.verify.chain.ENTRIES_AT_ONCE", 3)
    monkeypatch.setattr("clinic.audit.verify.run.SECONDS_BETWEEN", 0.0)

    class PulledOut(RuntimeError):
        pass

    def stop(number: int) -> None:
        if number > 6:
            raise PulledOut

    with pytest.raises(PulledOut):
        verify(progress=stop)
    _result, found = verify(resume=True)
    assert [(finding.kind, finding.record) for finding in found] == whole


def test_clock_set_back_is_a_remark_and_no_alteration(physician):
    with time_machine.travel(timezone.now() - timedelta(hours=1), tick=True):
        a_patient(by=physician)
    result, found = verify()
    assert (result.state, [(finding.kind, finding.alters) for finding in found]) == ("intact", [("clock", False)])


def test_months_are_sealed_and_a_purged_one_still_verifies(physician, unguarded):
    record_event("log_in", by=physician)
    day = timezone.localtime().replace(day=15)
    for _month in range(3):
        day = (day + timedelta(days=31)).replace(day=15)
        with time_machine.travel(day, tick=True):
            record_event("log_in", by=physician)
            record_event("log_out", by=physician)
    assert Seal.objects.count() == 3
    guard.install()
    assert alterations() == []
    first = Seal.objects.earliest("first")
    guard.remove()
    Access.objects.filter(number__lte=first.last)._raw_delete("default")
    guard.install()
    assert alterations() == [("access missing", f"access:{first.last + 1}")]


@pytest.mark.parametrize(("anchor", "code"), [("", 0), ("12", 2), ("one 3F2A", 2)])
def test_command_answers_with_its_exit_code(logbook, anchor, code, capsys):
    with pytest.raises(SystemExit) as ended:
        call_command("verify_audit", "--json", f"--anchor={anchor}")
    assert ended.value.code == code
    if code == 0:
        said = json.loads(capsys.readouterr().out)
        assert (said["state"], said["findings"], said["entries"]) == ("intact", 0, Link.objects.count())


def test_command_names_what_was_altered_and_exits_one(logbook, unguarded, capsys):
    patient, _signed = logbook
    sql("UPDATE logbook_historicalpatient SET sex = 'male'", "UPDATE logbook_patient SET sex = 'male'")
    guard.install()
    with pytest.raises(SystemExit) as ended:
        call_command("verify_audit")
    assert ended.value.code == 1
    assert f"patient:{patient.uid}" in capsys.readouterr().out


def test_command_without_the_key_cannot_verify(logbook, capsys):
    key_file().unlink()
    ring.cache_clear()
    with pytest.raises(SystemExit) as ended:
        call_command("verify_audit")
    ring.cache_clear()
    assert ended.value.code == 2


def test_sessions_and_patients_are_what_the_fixture_says(logbook):
    assert (Session.objects.count(), Patient.objects.count()) == (3, 2)
