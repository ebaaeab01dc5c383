"""No English word stands on a French page: every page, what it says after an act, and the files that it hands out."""

import html
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import openpyxl
import polib
import pyotp
import pytest
from django.conf import settings as program
from django.db import connection
from django.test import Client
from django.urls import reverse

from clinic.accounts.models import User
from clinic.audit import anchors, guard
from clinic.audit.keys import key_file
from clinic.audit.verify import verify
from clinic.operations.catalogue import PLACE
from sessions.models import Patient, Session
from tests.browser.conftest import people
from tests.browser.test_every_page import PAGES, addresses_of
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")
ATTRIBUTES = re.compile(r'(?:aria-label|title|alt|placeholder|content)="([^"]+)"')
LETTERS = re.compile(r"[^\W\d_]")
# The other language is offered in its own words; what somebody typed is in their own.
OWN_WORDS = {"English", "chloride"}


@pytest.fixture(scope="module")
def english() -> tuple[set[str], list[re.Pattern[str]]]:
    """The sentences of the program that French says otherwise: those that stand alone, and those with something in them."""
    catalogue = polib.pofile(str(Path(program.BASE_DIR) / PLACE))
    french = {text.casefold() for entry in catalogue for text in (entry.msgstr, *entry.msgstr_plural.values()) if text}
    plain, patterns = set(), []
    for entry in catalogue:
        for text in filter(None, (entry.msgid, entry.msgid_plural)):
            pieces = PLACEHOLDER.split(text)
            if len(pieces) == 1:
                plain.add(_even(text).casefold())
            elif len(LETTERS.findall("".join(pieces))) >= 5 and text.casefold() not in french:
                patterns.append(re.compile(".+".join(re.escape(_even(piece)) for piece in pieces), re.IGNORECASE))
    return plain - french - {word.casefold() for word in OWN_WORDS}, patterns


def _even(text: str) -> str:
    return re.sub(r"[ \t\n]+", " ", html.unescape(text))


def said_on(page: str) -> Iterator[str]:
    """Every piece of text that a reader sees or hears."""
    page = re.sub(r"<(script|style|svg|textarea)\b.*?</\1>", "", page, flags=re.DOTALL)
    pieces = [*re.split(r"<[^>]*>", page), *ATTRIBUTES.findall(page)]
    return (_even(piece).strip() for piece in pieces if LETTERS.search(piece))


def english_in(pieces: Iterator[str], english: tuple[set[str], list[re.Pattern[str]]]) -> list[str]:
    plain, patterns = english
    found = []
    for piece in dict.fromkeys(pieces):
        bare = piece.removesuffix(":").strip().casefold()
        if piece.casefold() in plain or bare in plain or any(pattern.fullmatch(piece) for pattern in patterns):
            found.append(piece)
    return found


@pytest.fixture
def users() -> dict[str, User]:
    return people("fr")


@pytest.fixture
def addresses(users: dict[str, User]) -> dict[str, list[str]]:
    return addresses_of(users["physician"], users["staff"])


def page_of(client: Client, address: str) -> str:
    response = client.get(address)
    page = response.content.decode()
    assert (address, re.findall(r'<html[^>]* lang="(\w+)"', page)) == (address, ["fr"])
    return page


def test_english_page_is_found_out(client: Client, users: dict[str, User], english) -> None:
    client.cookies["django_language"] = "en"
    found = english_in(said_on(client.get(reverse("account_login")).content.decode()), english)
    assert {"Log in", "User name", "Password"} - set(found) == set()


def test_no_english_word_stands_on_a_french_page(
    users: dict[str, User], addresses: dict[str, list[str]], client_of: Callable[[User], Client], english
) -> None:
    wrong = {}
    for role, user in users.items():
        client = client_of(user)
        for name in (name for name, roles in PAGES.items() if role in roles.split()):
            for address in addresses[name]:
                wrong[role, address] = english_in(said_on(page_of(client, address)), english)
    assert len(wrong) > 60
    assert {where: what for where, what in wrong.items() if what} == {}


def test_no_english_word_stands_on_what_follows_an_act(
    users: dict[str, User],
    addresses: dict[str, list[str]],
    client_of: Callable[[User], Client],
    english,
    settings,
    tmp_path: Path,
) -> None:
    # No anchors and no verification of other tests, and none for them.
    key = key_file().read_text()
    settings.ANCHOR_DIR = settings.KEY_DIR = tmp_path
    key_file().write_text(key)
    pages: dict[str, str] = {}
    desk, physician, auditor = client_of(users["staff"]), client_of(users["physician"]), client_of(users["auditor"])
    typed = {"reason": "Malaise en salle d’attente.", "password": PASSWORD, "form_key": uuid4()}
    pages["refused emergency"] = desk.post(reverse("emergency"), typed | {"password": "faux"}).content.decode()
    desk.post(reverse("emergency"), typed)
    session = Session.objects.get(record_status="final")
    pages["in an emergency"] = page_of(desk, reverse("logbook:session", args=[session.uid]))
    key = pyotp.TOTP(re.search(r'class="secret">(\w+)', page_of(physician, reverse("second-factor")))[1])  # type: ignore[index]
    wrong_code = {"code": "000000", "password": PASSWORD, "form_key": uuid4()}
    pages["wrong code"] = physician.post(reverse("second-factor"), wrong_code).content.decode()
    right_code = {"code": key.now(), "password": PASSWORD, "form_key": uuid4()}
    pages["codes"] = physician.post(reverse("second-factor"), right_code, follow=True).content.decode()
    for name in ("second-factor", "second-factor-codes", "second-factor-remove"):
        pages[name] = page_of(physician, reverse(name))
    pages["sign"] = page_of(physician, addresses["logbook:session-sign"][0])
    pages["take away"] = page_of(
        client_of(users["administrator"]), reverse("account-second-factor", args=[users["physician"].pk])
    )
    for question in ("logbook:trail", "logbook:trail-looks", "logbook:patient-looks", "logbook:patient-letter"):
        pages[question] = page_of(auditor, addresses[question][0])
        pages[f"{question} refused"] = auditor.get(f"{addresses[question][0]}?from_date=demain&x=1").content.decode()
    anchors.write("start")
    verify()
    pages["intact"] = page_of(auditor, reverse("verification")) + page_of(auditor, "/")
    for typed_anchor in ("12", "9999 3F2A-91BC-07DE", "1 3F2A-91BC-07DE"):
        answer = auditor.post(reverse("verification"), {"anchor": typed_anchor})
        pages[f"anchor {typed_anchor}"] = answer.content.decode()
    guard.remove()
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {Patient._meta.db_table} SET given_names = 'Zoé'")
        cursor.execute(f"UPDATE {Session._meta.db_table} SET pain_nrs = 9 WHERE id = %s", [session.pk])
    verify()
    pages["altered"] = page_of(auditor, reverse("verification")) + page_of(auditor, "/")
    wrong = {where: english_in(said_on(page), english) for where, page in pages.items()}
    assert {where: what for where, what in wrong.items() if what} == {}


@pytest.mark.parametrize("name", ["trail", "trail-looks", "patient-timeline", "report"])
def test_no_english_word_stands_in_a_french_spreadsheet(
    name: str, users: dict[str, User], addresses: dict[str, list[str]], client_of: Callable[[User], Client], english
) -> None:
    whose = ["sessions"] if name == "report" else re.findall(r"[0-9a-f-]{36}", addresses[f"logbook:{name}"][0])
    file = client_of(users["auditor"]).get(reverse(f"logbook:{name}-xlsx", args=whose))
    book = openpyxl.load_workbook(io.BytesIO(file.getvalue()))
    cells = [str(value) for sheet in book for row in sheet.iter_rows(values_only=True) for value in row if value]
    cells += [book.properties.title, *book.sheetnames, *(sheet.oddFooter.left.text for sheet in book)]
    assert english_in(iter(cells), english) == []
