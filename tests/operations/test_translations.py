"""French is complete: every sentence of the program has one, none is a guess, and what is compiled is what is written."""

import re
from pathlib import Path

import polib
import pytest
from django.conf import settings

from clinic.operations.catalogue import PLACE, sentences

PO = Path(settings.BASE_DIR) / PLACE


@pytest.fixture(scope="module")
def catalogue() -> polib.POFile:
    return polib.pofile(str(PO))


def test_every_sentence_of_the_program_is_in_the_catalogue(catalogue: polib.POFile) -> None:
    known = {(entry.msgctxt or "", entry.msgid) for entry in catalogue if not entry.obsolete}
    missing = {(context, text) for context, text, _path in sentences() if (context, text) not in known and text}
    assert sorted(missing) == []


def test_catalogue_holds_no_sentence_that_nobody_says(catalogue: polib.POFile) -> None:
    said = {(context, text) for context, text, _path in sentences()}
    # Django's blocktranslate with variables is read by gettext itself; everything else must be found in the code.
    unsaid = {(entry.msgctxt or "", entry.msgid) for entry in catalogue} - said
    assert sorted(unsaid) == []


def test_every_sentence_is_translated(catalogue: polib.POFile) -> None:
    empty = [
        entry.msgid
        for entry in catalogue
        if not (all(entry.msgstr_plural.values()) if entry.msgid_plural else entry.msgstr.strip())
    ]
    assert empty == []


def test_no_translation_is_a_guess(catalogue: polib.POFile) -> None:
    assert [entry.msgid for entry in catalogue.fuzzy_entries()] == []
    assert [entry.msgid for entry in catalogue.obsolete_entries()] == []


def test_translation_keeps_every_placeholder(catalogue: polib.POFile) -> None:
    placeholder = re.compile(r"%\(\w+\)[sd]|\{\w*\}|%[sd]")
    wrong = []
    for entry in catalogue:
        for text in entry.msgstr_plural.values() if entry.msgid_plural else [entry.msgstr]:
            wanted = set(placeholder.findall(entry.msgid)) | set(placeholder.findall(entry.msgid_plural or ""))
            found = set(placeholder.findall(text))
            if (not entry.msgid_plural and found != wanted) or not found <= wanted:
                wrong.append(entry.msgid)
    assert wrong == []


def test_translation_brings_no_percent_sign_that_would_be_read_as_a_placeholder(catalogue: polib.POFile) -> None:
    assert [entry.msgid for entry in catalogue if "%" in entry.msgstr and "%" not in entry.msgid] == []


def test_compiled_catalogue_is_the_written_one(catalogue: polib.POFile) -> None:
    assert PO.with_suffix(".mo").read_bytes() == catalogue.to_binary()
