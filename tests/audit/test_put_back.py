"""A backup that was put back is told as what it is, and the line that says so hides nothing."""

import json

import pytest
from django.utils import translation

from clinic.audit import anchors, guard
from clinic.audit.anchors import Anchor, append, kept
from clinic.audit.chain import head
from clinic.audit.verify import verify
from tests.audit.raw import alterations, sql
from tests.audit.verifier.test_verify import the_end_cut_off
from tests.factories import a_patient

pytestmark = pytest.mark.usefixtures("places", "unguarded")


def restored(at: Anchor | None = None) -> Anchor:
    """What a restore writes that keeps what `at` knows; as things stand now without it."""
    if at is None:
        anchors.write("restore")
    else:
        append(Anchor(**at.__dict__ | {"why": "restore"}))
    return list(kept())[-1]


def gone_after(number: int) -> None:
    """The chain as it was at this entry, put back."""
    the_end_cut_off(number)
    sql("DROP TABLE cut")
    guard.install()


@pytest.fixture
def earlier(physician):
    """An entry, and two that came after it and were anchored."""
    a_patient(by=physician)
    before = head().number
    for _each in range(2):
        a_patient(by=physician)
        anchors.write("export")
    return before


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


def test_backup_put_back_is_one_finding_with_what_is_gone(earlier):
    gone_after(earlier)
    at = restored().at
    result, found = verify()
    assert [(finding.kind, finding.record, finding.alters) for finding in found] == [
        ("copy put back", f"entry:{earlier}", True)
    ]
    assert found[0].words == (
        f"The file of the anchors says that a backup was put back ({at}): entries {earlier + 1} to {earlier + 2}, which "
        "stood in the chain before, are gone."
    )
    assert result.state == "altered"


def test_it_is_told_again_by_each_verification(earlier, physician):
    gone_after(earlier)
    restored()
    first = alterations()
    guard.remove()
    a_patient(by=physician)
    guard.install()
    anchors.write("hour")
    assert alterations() == first == [("copy put back", f"entry:{earlier}")]


def test_older_copy_without_such_a_line_is_told_as_before(earlier):
    gone_after(earlier)
    found = alterations()
    assert found == [("anchor differs", f"entry:{earlier + 1}"), ("anchor differs", f"entry:{earlier + 2}")]


def test_older_copy_put_back_after_a_restore_is_told_beside_it(earlier, physician):
    gone_after(earlier)
    restored()
    guard.remove()
    a_patient(by=physician)
    anchors.write("hour")
    gone_after(earlier)
    assert alterations() == [("anchor differs", f"entry:{earlier + 1}"), ("copy put back", f"entry:{earlier}")]


def test_copy_that_is_older_than_the_restore_itself_is_told(earlier):
    gone_after(earlier)
    restored()
    guard.remove()
    gone_after(earlier - 1)
    assert sorted(alterations()) == [
        ("anchor differs", f"entry:{earlier}"), ("copy put back", f"entry:{earlier}")
    ]  # fmt: skip


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("number", ["nought", "kept", "last"])
def test_line_of_a_restore_makes_no_finding_go_wherever_somebody_writes_it(earlier, place, number):
    lines = anchors.anchor_file().read_text().splitlines()
    last = list(kept())[-1]
    wanted = {"nought": 0, "kept": earlier, "last": last.number}[number]
    gone_after(earlier)
    before = alterations()
    said = json.dumps(last.__dict__ | {"why": "restore", "number": wanted})
    lines.insert(min(place, len(lines)), said)
    anchors.anchor_file().write_text("\n".join(lines) + "\n")
    assert before != []
    assert alterations() != []


def test_restore_that_lost_nothing_says_nothing(earlier):
    restored()
    guard.install()
    assert alterations() == []


def test_entries_that_are_back_are_no_longer_told(earlier):
    at_first = next(kept())
    guard.install()
    restored(Anchor(**at_first.__dict__))
    assert alterations() == []


def test_last_verification_knows_what_a_restore_took(physician):
    before = head().number
    a_patient(by=physician)
    guard.install()
    assert alterations() == []
    guard.remove()
    gone_after(before)
    restored()
    assert alterations() == [("copy put back", f"entry:{before}")]


@pytest.mark.parametrize(
    "wrong",
    [
        {"at": "2026-11-22T21:30:19"},
        {"number": "12"},
        {"number": -1},
        {"number": 2**63},
        {"access_number": 1.5},
        {"access_number": None},
        {"why": ["restore"]},
        {"mac": "zz"},
    ],
)
def test_line_that_is_no_anchor_is_told_and_hides_no_other_check(earlier, wrong):
    last = list(kept())[-1]
    with anchors.anchor_file().open("a") as file:
        file.write(json.dumps(last.__dict__ | wrong) + "\n")
    guard.install()
    result, found = verify()
    assert [(finding.kind, finding.record) for finding in found] == [("anchor altered", "anchors")]
    assert result.state == "altered"
