"""The page Verification: what was found, where the chain stands, whether a print fits. No patient is named."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from clinic.accounts.models import User
from clinic.audit import anchors, guard
from clinic.audit.chain import head
from clinic.audit.keys import key_file
from clinic.audit.models import Access
from clinic.audit.verify import verify
from clinic.audit.verify.background import lock_file
from clinic.audit.verify.result import progress_file, write_sealed
from clinic.audit.verify.words import KINDS
from clinic.lib.alone import alone
from tests.architecture.code import HERE
from tests.factories import a_patient


@pytest.fixture(autouse=True)
def places(settings, tmp_path: Path) -> None:
    settings.LANGUAGE_CODE = "en"
    settings.ANCHOR_DIR = tmp_path
    kept = key_file()
    settings.KEY_DIR = tmp_path
    (tmp_path / "audit_key.json").write_text(kept.read_text())


@pytest.fixture
def page(auditor: User, client_of: Callable[[User], Client]) -> Callable[..., str]:
    client = client_of(auditor)
    client.cookies["django_language"] = "en"

    def asked(typed: str | None = None) -> str:
        where = reverse("verification")
        response = client.get(where) if typed is None else client.post(where, {"anchor": typed})
        assert response.status_code == 200
        return response.content.decode()

    return asked


def test_page_before_the_first_verification(page) -> None:
    said = page()
    assert "Nothing was verified yet." in said
    assert "Verify now" in said
    assert "There is none yet." in said


def test_page_says_up_to_where_it_is_intact_and_what_came_since(page, physician) -> None:
    verify()
    then = head()
    a_patient(by=physician)
    said = page()
    assert f"Verified up to entry {then.number} (code {then.code}) at " in said
    assert ": intact.</strong>" in said
    assert "<dt>Entries since the verification</dt><dd>1</dd>" in said
    assert head().code in said


def test_page_names_findings_and_leads_to_the_record_but_shows_no_patient(page, physician, unguarded) -> None:
    patient = a_patient(by=physician, family_name="Sömmerring")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE logbook_patient SET sex = 'male'")
    guard.install()
    verify()
    said = page()
    assert ": altered, 1 finding</h2>" in said
    assert "Row altered" in said
    assert f'<a href="{reverse("logbook:history", args=["patient", patient.uid])}">Patient {patient.uid}</a>' in said
    assert "ömmerring" not in said.lower()


def test_page_leads_an_administrator_to_no_record(administrator, physician, client_of, unguarded) -> None:
    a_patient(by=physician)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE logbook_patient SET sex = 'male'")
        cursor.execute("UPDATE accounts_user SET full_name = 'Dr Other' WHERE username = 'morel'")
    guard.install()
    verify()
    said = client_of(administrator).get(reverse("verification")).content.decode()
    assert "/history/patient/" not in said
    assert f'href="{reverse("account-history", args=[physician.pk])}"' in said


def test_record_that_is_gone_has_no_address(page, physician, unguarded) -> None:
    a_patient(by=physician)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM logbook_patient")
    guard.install()
    verify()
    said = page()
    assert "Row removed" in said
    assert "/history/patient/" not in said


def test_running_verification_shows_how_far_it_is(page) -> None:
    write_sealed(progress_file(), {"number": 4711})
    with alone(lock_file()):
        said = page()
    assert "It has read up to entry 4711." in said
    assert "Verify now" not in said
    assert "A verification is running." not in page()


def test_last_anchors_are_listed_newest_first_with_their_file(page, physician) -> None:
    for _ in range(6):
        a_patient(by=physician)
        anchors.write("hour")
    said = page()
    assert str(anchors.anchor_file()) in said
    numbers = [f'<td class="number">{head().number - back}</td>' for back in range(6)]
    assert [number in said for number in numbers] == [True] * 5 + [False]
    assert said.index(numbers[0]) < said.index(numbers[4])


def test_file_of_the_anchors_that_cannot_be_read_is_said(page) -> None:
    anchors.anchor_file().write_text("nothing\n")
    assert "The file of the anchors cannot be read." in page()


def test_typed_anchor_fits(page, physician) -> None:
    then = head()
    a_patient(by=physician)
    for typed in (f"{then.number} {then.code}", f"Audit history: entry {then.number}, code {then.code}"):
        said = page(typed)
        assert "<strong>Fits.</strong>" in said
        assert f'value="{typed}"' in said


def test_typed_anchor_does_not_fit(page, physician) -> None:
    other = f"{head().number} 0000-0000-0000"
    later = f"{head().number + 9} {head().code}"
    for typed in (other, later):
        said = page(typed)
        assert "Does not fit</h3>" in said
        assert "<strong>Fits.</strong>" not in said
        assert f'value="{typed}"' in said


@pytest.mark.parametrize("typed", ["", "12", "<b>", "one 3F2A", "9" * 300])
def test_what_is_no_anchor_is_said_and_kept(page, typed: str) -> None:
    said = page(typed)
    assert 'class="error"' in said
    assert "Fits." not in said
    assert "Does not fit" not in said
    assert "one 3F2A" not in typed or 'value="one 3F2A"' in said


def test_verify_now_starts_one_and_leads_back(auditor, client_of) -> None:
    client = client_of(auditor)
    before = Access.objects.count()
    assert client.post(reverse("verification-start"))["Location"] == reverse("verification")
    with alone(lock_file(), seconds=30):
        assert client.post(reverse("verification-start"))["Location"] == reverse("verification")
    assert Access.objects.count() == before


def test_auditor_finds_it_first_on_the_start_page_and_in_the_menu(auditor, client_of) -> None:
    verify()
    said = client_of(auditor).get(reverse("home")).content.decode()
    assert said.index('class="message message-success"') < said.index('class="block"')
    assert said.count(f'href="{reverse("verification")}"') == 2


def test_every_kind_that_was_found_has_its_place_among_the_lines_kept(page, physician, unguarded, monkeypatch) -> None:
    """With every guard gone, what was altered behind them is still named."""
    monkeypatch.setattr("clinic.audit.verify.run.MOST_KEPT", 20)
    patient = a_patient(by=physician)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE logbook_patient SET sex = 'male'")
    _result, found = verify()
    assert [line.kind for line in found if line.kind != "guard missing"] == ["row altered"]
    said = page()
    assert str(patient.uid) in said
    assert f"{len(found) - 20} more are listed by the command verify_audit." in said


def test_every_kind_of_finding_has_words() -> None:
    """As the code of the checks names them."""
    import re

    files = [
        *(HERE / "clinic/audit/verify").glob("*.py"),
        HERE / "sessions/rules/signature.py",
        HERE / "sessions/reports/figures.py",
    ]
    named = {
        kind
        for file in files
        for kind in re.findall(r'(?:(?:Finding|Alteration)\(\s*|yield )"([a-z ]+)"', file.read_text("utf-8"))
    }
    assert set(KINDS) == named


def test_auditor_goes_back_to_the_trail_and_an_administrator_is_not_led_there(
    client_of, auditor, administrator
) -> None:
    trail = f'href="{reverse("logbook:trail")}"'
    pages = [client_of(user).get(reverse("verification")).content.decode() for user in (auditor, administrator)]
    assert [page.count(trail) for page in pages] == [2, 0]
    assert [page.count('aria-current="page"') for page in pages] == [2, 0]
