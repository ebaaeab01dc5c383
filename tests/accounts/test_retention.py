"""Months of accesses that the clinic no longer keeps: deleted whole, by an act, and the rest still verifies."""

import io
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from clinic.accounts.models import User
from clinic.accounts.retention import Month, months_to_purge, oldest_kept, purge_accesses
from clinic.audit import anchors, guard
from clinic.audit.access import record_event
from clinic.audit.chain import head
from clinic.audit.keys import key_file
from clinic.audit.models import Access, Act, Seal
from clinic.audit.verify import verify
from clinic.lib.problems import Refused
from tests.audit.raw import refusal, run

REASON = "CNIL: kept for one month"


@pytest.fixture(autouse=True)
def places(settings, tmp_path: Path) -> None:
    settings.ANCHOR_DIR = tmp_path
    kept = key_file()
    settings.KEY_DIR = tmp_path
    (tmp_path / "audit_key.json").write_text(kept.read_text())


@pytest.fixture
def later(administrator: User, physician: User):
    """Four months with accesses in each, as the middle of the next one finds them."""
    start = datetime.now(UTC).replace(day=1) + timedelta(days=1)
    for month in range(1, 4):
        with time_machine.travel(start + timedelta(days=31 * month), tick=True):
            record_event("log_in", by=physician)
            record_event("log_out", by=physician)
    with time_machine.travel(start + timedelta(days=31 * 4), tick=True):
        record_event("log_in", by=physician)
        yield timezone.now()


def named(kind: str = "") -> list[tuple[str, str]]:
    _result, found = verify()
    return [(finding.kind, finding.record) for finding in found if finding.alters]


@pytest.mark.parametrize(
    ("now", "months", "first"),
    [
        (datetime(2026, 11, 22, tzinfo=UTC), 6, "2026-05"),
        (datetime(2026, 11, 22, tzinfo=UTC), 11, "2025-12"),
        (datetime(2026, 11, 22, tzinfo=UTC), 12, "2025-11"),
        (datetime(2026, 1, 1, tzinfo=UTC), 1, "2025-12"),
        (datetime(2026, 12, 31, tzinfo=UTC), 36, "2023-12"),
        (datetime(2026, 11, 22, tzinfo=UTC), None, ""),
    ],
)
def test_whole_months_are_kept(now: datetime, months: int | None, first: str) -> None:
    assert oldest_kept(now, months) == first


def test_old_months_are_deleted_and_the_rest_is_intact(administrator, later) -> None:
    seals = list(Seal.objects.order_by("first"))
    assert len(seals) == 4
    there = Access.objects.count()
    anchors.write("hour")
    found = months_to_purge(later, 2)
    assert [(month.name, month.first, month.last) for month in found] == [
        (seal.month, seal.first, seal.last) for seal in seals[:2]
    ]
    deleted = sum(purge_accesses(by=administrator, month=month, reason=REASON, now=later, months=2) for month in found)
    assert deleted == sum(month.accesses for month in found) == there - Access.objects.count()
    assert Access.objects.order_by("number").values_list("number", flat=True)[0] == seals[1].last + 1
    assert named() == []
    assert months_to_purge(later, 2) == []
    acts = Act.objects.filter(kind="purge_accesses").order_by("pk").values_list("subject", "by_name", "reason")
    assert list(acts) == [(f"month:{seal.month}", administrator.full_name, REASON) for seal in seals[:2]]


def test_month_in_the_middle_and_every_month_verify(administrator, later, unguarded) -> None:
    guard.install()
    for month in months_to_purge(later, 1)[::-1]:
        purge_accesses(by=administrator, month=month, reason=REASON, now=later, months=1)
        assert named() == []
    assert Access.objects.order_by("number").values_list("number", flat=True)[0] == Seal.objects.latest("last").first


def test_deletion_of_a_month_that_was_not_purged_is_found(administrator, later, unguarded) -> None:
    first, second, third, _last = Seal.objects.order_by("first")
    guard.install()
    month = months_to_purge(later, 3)[0]
    purge_accesses(by=administrator, month=month, reason=REASON, now=later, months=3)
    guard.remove()
    Access.objects.filter(number__range=(second.first, second.last))._raw_delete("default")
    guard.install()
    assert named() == [("access missing", f"access:{third.first}")]
    guard.remove()
    Access.objects.filter(number__gt=first.last)._raw_delete("default")
    guard.install()
    assert ("access missing", f"access:{second.first}") in named()


def test_purge_that_was_broken_off_verifies_and_is_finished(administrator, later) -> None:
    month = months_to_purge(later, 3)[0]
    assert month.accesses > 1
    purge_accesses(
        by=administrator, month=Month(month.name, month.first, month.first - 1, 0), reason=REASON, now=later, months=3
    )
    assert Access.objects.filter(number=month.first).exists()
    assert named() == []
    again = months_to_purge(later, 3)[0]
    assert (again.name, again.accesses) == (month.name, month.accesses)
    assert purge_accesses(by=administrator, month=again, reason=REASON, now=later, months=3) == again.accesses
    assert named() == []
    assert Act.objects.filter(kind="purge_accesses").count() == 1


def test_access_put_into_a_purged_month_is_named(administrator, later) -> None:
    month = months_to_purge(later, 3)[0]
    (kept,) = Access.objects.filter(number=month.last).values()
    purge_accesses(by=administrator, month=month, reason=REASON, now=later, months=3)
    Access.objects.bulk_create([Access(**kept | {"by_name": "Somebody else"})])
    assert named() == [("access added", f"access:{month.last}")]


def test_database_lets_go_of_no_other_access(administrator, later) -> None:
    month = months_to_purge(later, 3)[0]
    said = "An access is deleted with its sealed month only, by a purge."
    assert said in refusal('DELETE FROM "audit_access" WHERE "number" = %s', month.first)
    purge_accesses(by=administrator, month=month, reason=REASON, now=later, months=3)
    assert said in refusal('DELETE FROM "audit_access" WHERE "number" = %s', month.last + 1)
    assert run('DELETE FROM "audit_access" WHERE "number" <= %s', month.last) == 0


@pytest.mark.parametrize(
    ("months", "which", "reason", "code"),
    [(None, 0, REASON, "kept-for-ever"), (3, 1, REASON, "kept"), (3, 0, "  ", "reason")],
)
def test_purge_is_refused(administrator, later, months: int | None, which: int, reason: str, code: str) -> None:
    month = months_to_purge(later, 1)[which]
    before = Access.objects.count(), head().number
    with pytest.raises(Refused) as refused:
        purge_accesses(by=administrator, month=month, reason=reason, now=later, months=months)
    assert [problem.code for problem in refused.value.problems] == [code]
    assert (Access.objects.count(), head().number) == before


def test_guard_finds_the_act_by_its_index(administrator, later) -> None:
    """Else each access deleted would read every act there is."""
    question = 'SELECT 1 FROM "audit_act" WHERE "subject" = \'month:2026-01\' AND "kind" = \'purge_accesses\''
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {'' if connection.vendor == 'postgresql' else 'QUERY PLAN '}{question}")
        assert "act_purged_month" in str(cursor.fetchall())


# --- The command ---------------------------------------------------------------------------------


def purge(*words: str, capsys: Any) -> tuple[int, str, str]:
    code = 0
    try:
        call_command("purge_accesses", *words)
    except SystemExit as ended:
        code = int(ended.code or 0)
    said = capsys.readouterr()
    return code, said.out, said.err


@pytest.fixture
def english(settings) -> None:
    settings.LANGUAGE_CODE = "en"


def test_command_says_what_goes_and_deletes_it_with_yes(administrator, later, settings, capsys, english) -> None:
    settings.ACCESS_MONTHS = 2
    months = months_to_purge(later, 2)
    code, out, err = purge("--by", "ADMIN", "--reason", REASON, "--yes", capsys=capsys)
    lines = [f"{m.name}: {m.accesses} accesses, numbers {m.first} to {m.last}" for m in months]
    assert (code, err) == (0, "")
    assert out.splitlines() == [*lines, f"{sum(m.accesses for m in months)} accesses were deleted."]
    assert purge("--by", "admin", "--reason", REASON, capsys=capsys) == (
        0,
        "No sealed month is older than those that are kept.\n",
        "",
    )
    assert [anchor.why for anchor in anchors.kept()] == ["purge"]


@pytest.mark.parametrize(("answer", "goes"), [("yes\n", True), ("no\n", False), ("", False)])
def test_command_asks(administrator, later, settings, capsys, monkeypatch, english, answer: str, goes: bool) -> None:
    settings.ACCESS_MONTHS = 2
    there = Access.objects.count()
    monkeypatch.setattr(sys, "stdin", io.StringIO(answer))
    code, out, err = purge("--by", "admin", "--reason", REASON, capsys=capsys)
    assert out.splitlines()[2] == "Nothing brings them back. Delete them? Write yes:"
    assert (code, err) == ((0, "") if goes else (2, "Nothing was deleted.\n"))
    assert (Access.objects.count() < there) is goes


def test_command_as_json_deletes_only_with_yes(administrator, later, settings, capsys) -> None:
    settings.ACCESS_MONTHS = 3
    there = Access.objects.count()
    _code, out, _err = purge("--by", "admin", "--reason", REASON, "--json", capsys=capsys)
    planned = json.loads(out)
    assert (planned["deleted"], Access.objects.count()) == (0, there)
    code, out, _err = purge("--by", "admin", "--reason", REASON, "--json", "--yes", capsys=capsys)
    said = json.loads(out)
    assert (code, said["months"]) == (0, planned["months"])
    assert said["deleted"] == planned["months"][0]["accesses"] == there - Access.objects.count()


@pytest.mark.parametrize(
    ("months", "by", "reason", "said"),
    [
        (None, "admin", REASON, "This clinic keeps accesses for ever: CLINIC_ACCESS_MONTHS is not set. Nothing was deleted."),
        (2, "morel", REASON, "Your role does not allow this. Nothing was done."),
        (2, "nobody", REASON, "Your role does not allow this. Nothing was done."),
        (2, "admin", " ", "Write the reason. Nothing was deleted."),
    ],
)  # fmt: skip
def test_command_refuses(later, settings, capsys, english, months, by: str, reason: str, said: str) -> None:
    settings.ACCESS_MONTHS = months
    there = Access.objects.count()
    assert purge("--by", by, "--reason", reason, "--yes", capsys=capsys) == (2, "", f"{said}\n")
    assert Access.objects.count() == there
