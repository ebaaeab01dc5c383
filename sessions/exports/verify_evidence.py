#!/usr/bin/env python3
"""Says of an evidence pack of the logbook that it is intact, or names what differs.

    python verify.py pack.zip               the ZIP as it was handed over
    python verify.py folder                 the same, unpacked
    python verify.py                        the folder that this file lies in
    python verify.py pack.zip --fingerprint "3F2A 91BC ..."     as the clinic published it
    python verify.py pack.zip --anchor 123:3F2A-91BC-07DE       as an older print-out shows it
    python verify.py pack.zip --language fr

It answers 0: intact, 1: something differs, 2: it could not be checked. It needs Python 3.8 or later and nothing else.
It writes nothing and unpacks nothing. It belongs to every pack, so it knows nothing of the logbook's own code; but
whoever can alter a pack can alter this file in it too: use a copy that you had before, or compare its SHA-256.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import locale
import os
import re
import stat
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import Any

PACK, RECORD = "logbook-evidence-1", "logbook-evidence-record-1"
MANIFEST, SEAL, KEY = "manifest.json", "manifest.sig", "public_key.txt"
RECORD_FILE, ENTRIES, SHAPES, ANCHORS = "record.json", "chain/entries.jsonl", "chain/shapes.json", "chain/anchors.jsonl"
NEEDED = (KEY, RECORD_FILE, ENTRIES, SHAPES, ANCHORS, "README.txt", "verify.py")

# What is bigger than this is not read: an honest pack is far below.
LARGEST_FILE, LARGEST_PACK, MOST_FILES = 32 * 2**20, 256 * 2**20, 5000
LARGEST_LIST_OF_FILES = 4 * 2**20
MOST_LINES = 200  # of findings printed
NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
# What a desktop leaves in a folder by itself.
LEFT_BY_DESKTOPS = {".DS_Store", "Thumbs.db", "desktop.ini"}

Row = dict  # one stored row: {column: value}


# --- Words ------------------------------------------------------------------------------------------------------

WORDS = {
    "intact": (
        (
            "INTACT. {files} files, {entries} entries of the chain, {signatures} signatures and {fields} fields that were "
            "signed agree with each other and with the seal."
        ),
        (
            "INTACT. {files} fichiers, {entries} entrées de la chaîne, {signatures} signatures et {fields} champs signés "
            "concordent entre eux et avec le sceau."
        ),
    ),
    "differs": ("DIFFERS: {count}.", "DIFFÉRENCES : {count}."),
    "cannot": ("CANNOT BE VERIFIED: {why}", "VÉRIFICATION IMPOSSIBLE : {why}"),
    "more": ("… and {count} more.", "… et {count} autres."),
    "note": ("Note: {what}", "À savoir : {what}"),
    "sealed-by": (
        "Sealed with the key whose SHA-256 fingerprint is\n  {fingerprint}",
        "Scellé avec la clé dont l'empreinte SHA-256 est\n  {fingerprint}",
    ),
    "compare": (
        "Compare this fingerprint with the one that the clinic published: anybody can seal a pack with a key of their own.",
        (
            "Comparez cette empreinte avec celle que la clinique a publiée : n'importe qui peut sceller un dossier avec sa "
            "propre clé."
        ),
    ),
    "compared": ("It is the fingerprint that you gave.", "C'est l'empreinte que vous avez donnée."),
    "made": ("Made on {at} (UTC) by {by}. Why: {why}", "Établi le {at} (UTC) par {by}. Motif : {why}"),
    "head": (
        "The chain then ended at entry {number}, code {code}.",
        "La chaîne s'arrêtait alors à l'entrée {number}, code {code}.",
    ),
    "anchor-good": ("Entry {number} has the code {code}.", "L'entrée {number} porte bien le code {code}."),
    # why it cannot be verified
    "no-pack": (
        "{path} is neither a ZIP file nor a folder with manifest.json.",
        "{path} n'est ni un fichier ZIP ni un dossier contenant manifest.json.",
    ),
    "no-zip": ("{path} cannot be read as a ZIP file.", "{path} n'est pas lisible comme fichier ZIP."),
    "too-big": (
        "{what} is larger than an evidence pack ever is; it was not opened.",
        "{what} est plus grand qu'un dossier de preuve ne peut l'être ; il n'a pas été ouvert.",
    ),
    "locked": (
        "{file} is encrypted or packed in an unknown way.",
        "{file} est chiffré ou compressé d'une façon inconnue.",
    ),
    "unreadable": ("{path} cannot be read ({why}).", "{path} ne peut pas être lu ({why})."),
    "format": (
        "this pack has the form {format}, which this program does not know.",
        "ce dossier a la forme {format}, que ce programme ne connaît pas.",
    ),
    "fingerprint-form": (
        "the fingerprint given has not 64 hexadecimal digits.",
        "l'empreinte donnée n'a pas 64 chiffres hexadécimaux.",
    ),
    "anchor-form": (
        "write an anchor as number:code, for example 123:3F2A-91BC-07DE.",
        "écrivez un repère sous la forme numéro:code, par exemple 123:3F2A-91BC-07DE.",
    ),
    "anchor-absent": (
        "the pack does not hold entry {number}; ask the clinic for that anchor.",
        "le dossier ne contient pas l'entrée {number} ; demandez ce repère à la clinique.",
    ),
    # what differs: files
    "missing": ("{file} is missing.", "{file} manque."),
    "extra": (
        "{file} is in the pack, and the manifest does not name it.",
        "{file} est dans le dossier sans être dans le manifeste.",
    ),
    "twice": ("{file} is in the pack more than once.", "{file} figure plusieurs fois dans le dossier."),
    "bad-name": (
        "A file has the name {file}, which no pack has.",
        "Un fichier porte le nom {file}, qu'aucun dossier ne porte.",
    ),
    "no-file": ("{file} is not an ordinary file.", "{file} n'est pas un fichier ordinaire."),
    "broken": ("{file} is damaged within the ZIP file.", "{file} est endommagé dans le fichier ZIP."),
    "foreign-bytes": (
        "The ZIP file holds bytes that belong to no file, near {file}.",
        "Le fichier ZIP contient des octets qui n'appartiennent à aucun fichier, près de {file}.",
    ),
    "not-named": ("manifest.json does not name {file}.", "manifest.json ne nomme pas {file}."),
    "file-differs": (
        "{file} is not the file that was sealed: its SHA-256 is {found}, the manifest says {said}.",
        "{file} n'est pas le fichier scellé : son SHA-256 est {found}, le manifeste indique {said}.",
    ),
    "form": ("{file} has not the form that it should have.", "{file} n'a pas la forme attendue."),
    "not-canonical": (
        "{file} is not written in the one form that the logbook writes.",
        "{file} n'est pas écrit sous la forme unique qu'emploie le carnet.",
    ),
    # what differs: the seal
    "key-form": ("public_key.txt has not the form that it should have.", "public_key.txt n'a pas la forme attendue."),
    "seal": (
        (
            "manifest.sig: the seal does not fit manifest.json and public_key.txt. One of the three was altered, or sealed "
            "with another key."
        ),
        (
            "manifest.sig : le sceau ne correspond pas à manifest.json et public_key.txt. L'un des trois a été modifié, ou "
            "scellé avec une autre clé."
        ),
    ),
    "key-not-named": (
        "public_key.txt is not the key that manifest.json names.",
        "public_key.txt n'est pas la clé que nomme manifest.json.",
    ),
    "other-key": (
        "public_key.txt: the key has another fingerprint than the one you gave. The pack was not sealed by that clinic.",
        (
            "public_key.txt : la clé a une autre empreinte que celle que vous avez donnée. Ce n'est pas cette clinique qui a "
            "scellé le dossier."
        ),
    ),
    # what differs: the chain
    "entry-digest": (
        "Entry {number}: its content is not the one that its digest was taken of.",
        "Entrée {number} : son contenu n'est pas celui dont l'empreinte a été prise.",
    ),
    "entry-form": (
        "Entry {number} has not the form that it should have.",
        "L'entrée {number} n'a pas la forme attendue.",
    ),
    "entry-shape": (
        "Entry {number}: the columns that its digest covers are not those of {file}.",
        "Entrée {number} : les colonnes que couvre son empreinte ne sont pas celles de {file}.",
    ),
    "shape": (
        "{file}: the columns {shape} have another digest.",
        "{file} : les colonnes {shape} ont une autre empreinte.",
    ),
    "order": (
        "Entry {number} does not come after entry {before}.",
        "L'entrée {number} ne vient pas après l'entrée {before}.",
    ),
    "link": (
        "Entry {number} does not join on to entry {before}: it names another code.",
        "L'entrée {number} ne se rattache pas à l'entrée {before} : elle nomme un autre code.",
    ),
    "other-head": (
        "manifest.json says that the chain ended at entry {number}, code {code}; {file} says otherwise.",
        "manifest.json dit que la chaîne s'arrêtait à l'entrée {number}, code {code} ; {file} dit autre chose.",
    ),
    "other-anchor": (
        "{file}: entry {number} was anchored with the code {said}; in the chain it has {found}.",
        "{file} : l'entrée {number} a été notée comme repère avec le code {said} ; dans la chaîne, elle porte {found}.",
    ),
    "act-of-export": (
        "manifest.json: the chain holds no act that made this pack as the manifest says (who, when, why, of what).",
        (
            "manifest.json : la chaîne ne contient aucune opération ayant établi ce dossier comme le dit le manifeste (qui, quand, "
            "pourquoi, sur quoi)."
        ),
    ),
    # what differs: the record
    "other-subject": (
        "record.json is of another record than manifest.json says.",
        "record.json porte sur un autre enregistrement que celui de manifest.json.",
    ),
    "no-history": (
        "record.json: {row} is not in any entry of the chain.",
        "record.json : {row} ne figure dans aucune entrée de la chaîne.",
    ),
    "row-differs": (
        "record.json: {row}, field {field}: the record says {said}; entry {number} of the chain says {found}.",
        "record.json : {row}, champ {field} : l'enregistrement dit {said} ; l'entrée {number} de la chaîne dit {found}.",
    ),
    "row-removed": (
        "record.json: {row} stands in the record; entry {number} of the chain took it away.",
        "record.json : {row} figure dans l'enregistrement ; l'entrée {number} de la chaîne l'a supprimé.",
    ),
    "row-missing": (
        "record.json: {row} is missing; entry {number} of the chain wrote it.",
        "record.json : {row} manque ; l'entrée {number} de la chaîne l'a écrit.",
    ),
    # what differs: signatures
    "signature-digest": (
        "record.json: {row} ({who}): what was signed has another SHA-256 than the signature says.",
        "record.json : {row} ({who}) : le texte signé a un autre SHA-256 que celui de la signature.",
    ),
    "signature-file": (
        "{file}: this is not what was signed; its SHA-256 is not that of {row} ({who}).",
        "{file} : ce n'est pas le texte signé ; son SHA-256 n'est pas celui de {row} ({who}).",
    ),
    "signature-stray": (
        "{file} belongs to no signature of record.json.",
        "{file} n'appartient à aucune signature de record.json.",
    ),
    "signature-says": (
        "{row} ({who}): the signature says {field} {said}; the text signed says {found}.",
        "{row} ({who}) : la signature indique {field} {said} ; le texte signé indique {found}.",
    ),
    "signed-differs": (
        "{row} ({who}): signed was {field} {said}; {where} says {found}.",
        "{row} ({who}) : a été signé {field} {said} ; {where} indique {found}.",
    ),
    "signed-count": (
        "{row} ({who}): signed were {said} rows in {field}; {where} has {found}.",
        "{row} ({who}) : ont été signées {said} lignes dans {field} ; {where} en a {found}.",
    ),
    "unsigned": (
        "record.json: {row} is called signed, and no signature is under its revision {revision}.",
        "record.json : {row} est dite signée, sans signature sous sa révision {revision}.",
    ),
    "in-chain": ("entry {number} of the chain", "l'entrée {number} de la chaîne"),
    "in-record": ("record.json", "record.json"),
    # notes
    "since-changed": (
        "{row} ({who}): signed was {field} {said}; the record says {found} since then (the chain says when and by whom).",
        "{row} ({who}) : a été signé {field} {said} ; l'enregistrement indique {found} depuis (la chaîne dit quand et par qui).",
    ),
    "withheld": (
        "Entry {number}: its content is not in the pack, because it is of other patients too; the clinic can show it.",
        (
            "Entrée {number} : son contenu n'est pas dans le dossier, car il concerne aussi d'autres patients ; la clinique "
            "peut le montrer."
        ),
    ),
    "older": (
        "{row} was written in an entry whose content is not in the pack: only the seal covers it.",
        "{row} : écrit dans une entrée dont le contenu n'est pas dans le dossier ; seul le sceau le couvre.",
    ),
}
TABLES = {
    "patient": ("patient", "patient"),
    "course": ("course", "cure"),
    "coursesite": ("site of the course", "zone de la cure"),
    "consultation": ("consultation", "consultation"),
    "session": ("session", "séance"),
    "device": ("device", "appareil"),
    "application": ("application", "application"),
    "phase": ("phase", "phase"),
    "observation": ("observation", "observation"),
    "adverseevent": ("adverse event", "événement indésirable"),
    "sample": ("sample", "prélèvement"),
    "result": ("result", "résultat"),
    "screening": ("answers", "réponses"),
    "answer": ("answer", "réponse"),
    "decision": ("decision", "décision"),
    "addendum": ("addendum", "addendum"),
    "signature": ("signature", "signature"),
}


class Said(str):
    """A sentence of this program, already fit to be shown."""


def plainly(value: Any) -> str:
    """A value as a terminal may show it: no control signs, not endless."""
    if isinstance(value, Said):
        return value
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=True, default=repr)
    shown = "".join(sign if sign.isprintable() else f"\\u{ord(sign):04x}" for sign in text[:160])
    return shown + ("…" if len(text) > 160 else "")


class CannotVerify(Exception):
    """The pack cannot be checked at all; the key of the sentence that says why."""

    def __init__(self, key: str, **values: Any) -> None:
        super().__init__(key)
        self.key, self.values = key, values


class Report:
    """What was found, in the reader's language."""

    def __init__(self, language: str) -> None:
        self.place = 1 if language == "fr" else 0
        self.findings: dict[str, None] = {}  # each once, in the order of being found
        self.notes: dict[str, None] = {}
        self.fingerprint = ""
        self.compared = False
        self.manifest: dict | None = None
        self.files = self.entries = self.signatures = self.fields = 0

    def say(self, key: str, **values: Any) -> Said:
        return Said(WORDS[key][self.place].format(**{name: plainly(value) for name, value in values.items()}))

    def differs(self, key: str, **values: Any) -> None:
        self.findings[self.say(key, **values)] = None

    def note(self, key: str, **values: Any) -> None:
        self.notes[self.say("note", what=self.say(key, **values))] = None

    def row(self, table: str, row: Row) -> str:
        """What a row is called: "phase 12"."""
        return "{} {}".format(TABLES.get(table, (table, table))[self.place], row.get("id"))


# --- Ed25519 (RFC 8032), verification alone ----------------------------------------------------------------------

PRIME = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
CURVE = -121665 * pow(121666, PRIME - 2, PRIME) % PRIME
ROOT = pow(2, (PRIME - 1) // 4, PRIME)  # a square root of -1

# A point is (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z.
Point = tuple
NEUTRAL = (0, 1, 1, 0)


def point_from(encoded: bytes) -> Point | None:
    """The point that 32 bytes name (section 5.1.3); None where they name none, or not in their one form."""
    if len(encoded) != 32:
        return None
    whole = int.from_bytes(encoded, "little")
    sign, y = whole >> 255, whole & (2**255 - 1)
    if y >= PRIME:
        return None
    square = (y * y - 1) * pow(CURVE * y * y + 1, PRIME - 2, PRIME) % PRIME
    x = pow(square, (PRIME + 3) // 8, PRIME)
    if (x * x - square) % PRIME:
        x = x * ROOT % PRIME
    if (x * x - square) % PRIME or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = PRIME - x
    return x, y, 1, x * y % PRIME


def plus(one: Point, other: Point) -> Point:
    """The sum of two points, equal ones included (section 5.1.4)."""
    a = (one[1] - one[0]) * (other[1] - other[0])
    b = (one[1] + one[0]) * (other[1] + other[0])
    c = 2 * one[3] * other[3] * CURVE
    d = 2 * one[2] * other[2]
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % PRIME, g * h % PRIME, f * g % PRIME, e * h % PRIME


def times(factor: int, point: Point) -> Point:
    """`point` added to itself, by doubling."""
    found = NEUTRAL
    while factor:
        if factor & 1:
            found = plus(found, point)
        point = plus(point, point)
        factor >>= 1
    return found


def same_point(one: Point, other: Point) -> bool:
    return not ((one[0] * other[2] - other[0] * one[2]) % PRIME or (one[1] * other[2] - other[1] * one[2]) % PRIME)


# The base point: y = 4/5, x even.
BASE = point_from((4 * pow(5, PRIME - 2, PRIME) % PRIME).to_bytes(32, "little"))


def signature_is_good(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` is the Ed25519 signature of `message` by the key (section 5.1.7); keys of small order are not."""
    key, point = point_from(public_key), point_from(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or key is None or point is None or BASE is None or scalar >= ORDER:
        return False
    if same_point(times(8, key), NEUTRAL):
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + public_key + message).digest(), "little") % ORDER
    return same_point(times(scalar, BASE), plus(point, times(challenge, key)))


# --- Files ------------------------------------------------------------------------------------------------------


def read_pack(path: str, report: Report) -> dict[str, bytes]:
    """The files of the pack by name; nothing is written anywhere."""
    try:
        kind = os.stat(path).st_mode
        if stat.S_ISDIR(kind):
            return read_folder(path, report)
        if stat.S_ISREG(kind):
            return read_zip(path, report)
    except OSError as error:
        raise CannotVerify("unreadable", path=path, why=error.strerror or type(error).__name__) from error
    raise CannotVerify("no-pack", path=path)


def read_folder(path: str, report: Report) -> dict[str, bytes]:
    """Every ordinary file below `path`; links are not followed."""
    found: dict[str, bytes] = {}
    room = LARGEST_PACK
    if not os.path.lexists(os.path.join(path, MANIFEST)) and not os.path.lexists(os.path.join(path, RECORD_FILE)):
        raise CannotVerify("no-pack", path=path)
    for where, folders, names in os.walk(path, followlinks=False):
        below = os.path.relpath(where, path).replace(os.sep, "/")
        for name in sorted([*names, *(name for name in folders if os.path.islink(os.path.join(where, name)))]):
            if name in LEFT_BY_DESKTOPS:
                continue
            place, known = os.path.join(where, name), name if below == "." else below + "/" + name
            kind = os.lstat(place)
            if not stat.S_ISREG(kind.st_mode):
                report.differs("no-file", file=known)
                continue
            if len(found) >= MOST_FILES or kind.st_size > min(LARGEST_FILE, room):
                raise CannotVerify("too-big", what=known)
            with open(place, "rb") as opened:
                found[known] = opened.read(LARGEST_FILE + 1)
            room -= len(found[known])
            if not NAME.fullmatch(known):
                report.differs("bad-name", file=known)
    return found


def read_zip(path: str, report: Report) -> dict[str, bytes]:
    """Every file of the ZIP, read in memory within limits. Names are only names here: no file is made of them."""
    try:
        count = files_in_zip(path)
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if len(members) != count:
                raise CannotVerify("no-zip", path=path)
            refuse_bombs(members)
            with open(path, "rb") as raw:
                report_foreign_bytes(raw, members, archive.start_dir, report)
            return read_members(archive, members, report)
    except (*DAMAGED, MemoryError) as error:
        raise CannotVerify("no-zip", path=path) from error


DAMAGED = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError, ValueError)
END = struct.Struct("<4s4H2LH")


def files_in_zip(path: str) -> int:
    """How many files the ZIP says it holds, from its last 22 bytes; so that no endless list is ever read."""
    size = os.path.getsize(path)
    if size > LARGEST_PACK:
        raise CannotVerify("too-big", what=path)
    with open(path, "rb") as opened:
        opened.seek(max(size - END.size, 0))
        sign, disk, first_disk, here, count, length, start, comment = END.unpack(opened.read())
    if sign != b"PK\5\6" or disk or first_disk or here != count or comment or start + length + END.size != size:
        raise CannotVerify("no-zip", path=path)
    if count > MOST_FILES or length > LARGEST_LIST_OF_FILES:
        raise CannotVerify("too-big", what=path)
    return int(count)


def refuse_bombs(members: list[zipfile.ZipInfo]) -> None:
    for member in members:
        if member.file_size > LARGEST_FILE:
            raise CannotVerify("too-big", what=member.orig_filename)
        if member.flag_bits & 0x2041 or member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise CannotVerify("locked", file=member.orig_filename)
    if sum(member.file_size for member in members) > LARGEST_PACK:
        raise CannotVerify("too-big", what="ZIP")


def report_foreign_bytes(raw: Any, members: list[zipfile.ZipInfo], end: int, report: Report) -> None:
    """The files lie one behind the other, without overlap and with nothing between them that another program might read."""
    expected = 0
    between: tuple[int, ...] = (0,)
    name = MANIFEST
    for member in sorted(members, key=lambda member: member.header_offset):
        name = member.orig_filename
        if member.header_offset - expected not in between:
            report.differs("foreign-bytes", file=name)
        raw.seek(member.header_offset + 26)
        expected = member.header_offset + 30 + sum(struct.unpack("<2H", raw.read(4))) + member.compress_size
        # Other programs write the size once more behind the file.
        between = (0, 12, 16, 20, 24) if member.flag_bits & 8 else (0,)
    if end - expected not in between:
        report.differs("foreign-bytes", file=name)


def read_members(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], report: Report) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for member in members:
        name = member.orig_filename
        if not NAME.fullmatch(name) or name != member.filename:
            report.differs("bad-name", file=name)
            continue
        if name in found:
            report.differs("twice", file=name)
            continue
        if stat.S_IFMT(member.external_attr >> 16) not in (0, stat.S_IFREG):
            report.differs("no-file", file=name)
            continue
        try:
            with archive.open(member) as opened:
                found[name] = opened.read(LARGEST_FILE + 1)
        except DAMAGED:
            report.differs("broken", file=name)
            found[name] = b""
    return found


# --- JSON -------------------------------------------------------------------------------------------------------

# What strange data in a file may raise where it is taken for what it should be.
MALFORMED = (AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError)


def parsed(text: str) -> Any:
    """JSON without names that stand twice, endless figures or figures that are none."""
    return json.loads(
        text, object_pairs_hook=_once, parse_int=_short, parse_float=_no_figure, parse_constant=_no_figure
    )


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("twice")
    return found


def _short(digits: str) -> int:
    if len(digits) > 20:
        raise ValueError("endless")
    return int(digits)


def _no_figure(text: str) -> Any:
    raise ValueError(text)


def canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def canonical_file(files: dict[str, bytes], name: str, report: Report) -> dict | None:
    """The JSON object of a file, which is written in its one form; None where it is missing or malformed, as reported."""
    if name not in files:
        report.differs("missing", file=name)
        return None
    try:
        text = files[name].decode("utf-8")
        value = parsed(text)
        if canonical(value) != text:
            report.differs("not-canonical", file=name)
        if isinstance(value, dict):
            return value
    except MALFORMED:
        pass
    report.differs("form", file=name)
    return None


def lines_of(files: dict[str, bytes], name: str, report: Report) -> list[dict]:
    """The objects of a file that holds one on each line."""
    if name not in files:
        report.differs("missing", file=name)
        return []
    try:
        text = files[name].decode("utf-8")
        if text and not text.endswith("\n"):
            report.differs("form", file=name)
        found = [parsed(line) for line in text.split("\n") if line]
        if all(isinstance(value, dict) for value in found):
            return found
    except MALFORMED:
        pass
    report.differs("form", file=name)
    return []


# --- The seal and the files that it covers -----------------------------------------------------------------------


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def in_groups(digest: str) -> str:
    """A fingerprint as people compare it: in groups of four."""
    return " ".join(digest[start : start + 4] for start in range(0, len(digest), 4)).upper()


def key_text(key: bytes) -> str:
    """The whole of public_key.txt for this key; other programs read the part between the dashed lines."""
    plain = base64.b64encode(bytes.fromhex("302a300506032b6570032100") + key).decode("ascii")
    return (
        f"Ed25519 {key.hex()}\nSHA-256 {in_groups(sha256(key))}\n"
        f"-----BEGIN PUBLIC KEY-----\n{plain}\n-----END PUBLIC KEY-----\n"
    )


def check_seal(files: dict[str, bytes], wanted: str, report: Report) -> None:
    """The manifest is the one that the owner of the key sealed."""
    key = b""
    if KEY in files:
        found = re.match(rb"Ed25519 ([0-9a-f]{64})\n", files[KEY])
        key = bytes.fromhex(found.group(1).decode("ascii")) if found else b""
        if not key or key_text(key).encode("ascii") != files[KEY]:
            report.differs("key-form")
    if key:
        report.fingerprint = sha256(key)
        report.compared = bool(wanted) and wanted == report.fingerprint
        if wanted and not report.compared:
            report.differs("other-key")
    sealed = False
    if SEAL not in files:
        report.differs("missing", file=SEAL)
    elif MANIFEST in files and key:
        sealed = signature_is_good(key, files[MANIFEST], files[SEAL])
        if not sealed:
            report.differs("seal")
    manifest = canonical_file(files, MANIFEST, report)
    if manifest is None:
        return
    kind = manifest.get("format")
    if kind != PACK:
        if sealed and isinstance(kind, str) and kind.startswith(PACK.rstrip("0123456789")):
            raise CannotVerify("format", format=kind)
        report.differs("form", file=MANIFEST)
        return
    if key and manifest.get("public_key") != sha256(key):
        report.differs("key-not-named")
    report.manifest = manifest


def check_files(files: dict[str, bytes], report: Report) -> None:
    """Every file is named in the manifest, is there, and is the one that was sealed."""
    if report.manifest is None:
        return
    named: set[str] = set()
    for line in report.manifest["files"]:
        name, digest, size = line["name"], line["sha256"], line["size"]
        if name in named or not NAME.fullmatch(name) or name in (MANIFEST, SEAL):
            report.differs("form", file=MANIFEST)
        named.add(name)
        if name not in files:
            report.differs("missing", file=name)
        elif sha256(files[name]) != digest or len(files[name]) != size:
            report.differs("file-differs", file=name, found=sha256(files[name]), said=digest)
    for name in files:
        if name not in named and name not in (MANIFEST, SEAL):
            report.differs("extra", file=name)
    for name in NEEDED:
        if name not in named:
            report.differs("not-named", file=name)
    if not any(name.endswith(".pdf") for name in named):
        report.differs("not-named", file="record.pdf")
    report.files = len(files)


# --- The chain ---------------------------------------------------------------------------------------------------


class Entry:
    """One entry of the chain, with its act and history rows where its content is in the pack."""

    def __init__(self, said: dict) -> None:
        self.number, self.at = int(said["number"]), str(said["at"])
        self.mac, self.previous = str(said["mac"]), str(said["previous"])
        self.shape, self.digest = str(said["shape"]), str(said["digest"])
        self.text: str | None = said["content"]
        self.touches: bool = bool(said["touches"])
        self.act: Row = {}
        self.rows: list[tuple[str, Row]] = []
        if not (re.fullmatch("[0-9a-f]{64}", self.mac) and re.fullmatch("[0-9a-f]{64}", self.previous)):
            raise ValueError("code")


def code_of(mac: str) -> str:
    """The first twelve digits of an entry's code, as people note it."""
    return "-".join(mac[start : start + 4] for start in (0, 4, 8)).upper()


def check_chain(files: dict[str, bytes], report: Report) -> list[Entry]:
    """Each content fits its digest, and the entries join on to each other."""
    shapes = canonical_file(files, SHAPES, report) or {}
    columns: dict[str, dict[str, list[str]]] = {}
    for digest, text in shapes.items():
        try:
            if sha256(text.encode("utf-8")) != digest:
                report.differs("shape", file=SHAPES, shape=digest)
            columns[digest] = parsed(text)
        except MALFORMED:
            report.differs("shape", file=SHAPES, shape=digest)
    entries: list[Entry] = []
    for said in lines_of(files, ENTRIES, report):
        try:
            entry = Entry(said)
            read_content(entry, columns, report)
            entries.append(entry)
        except MALFORMED:
            report.differs("entry-form", number=said.get("number"))
    check_order(entries, report)
    report.entries = len(entries)
    return entries


def read_content(entry: Entry, columns: dict[str, dict[str, list[str]]], report: Report) -> None:
    if entry.shape not in columns:
        report.differs("entry-shape", number=entry.number, file=SHAPES)
    if entry.text is None:
        if entry.touches:
            report.note("withheld", number=entry.number)
        return
    if sha256(entry.text.encode("utf-8", "surrogatepass")) != entry.digest:
        report.differs("entry-digest", number=entry.number)
    shape, act, rows = parsed(entry.text)
    if shape != entry.shape or shape not in columns:
        report.differs("entry-shape", number=entry.number, file=SHAPES)
        return
    tables = columns[shape]
    entry.act = as_row(tables["audit_act"], act)
    entry.rows = [(line[0], as_row(tables[line[0]], line[1:])) for line in rows]


def as_row(columns: list[str], values: list[Any]) -> Row:
    if len(columns) != len(values):
        raise ValueError("columns")
    return {column.partition(":")[0]: value for column, value in zip(columns, values)}  # noqa: B905 -- not in Python 3.8


def check_order(entries: list[Entry], report: Report) -> None:
    before: Entry | None = None
    for entry in entries:
        if before and entry.number <= before.number:
            report.differs("order", number=entry.number, before=before.number)
        elif before and entry.number == before.number + 1 and entry.previous != before.mac:
            report.differs("link", number=entry.number, before=before.number)
        if entry.number < 1 or (entry.number == 1 and set(entry.previous) != {"0"}):
            report.differs("entry-form", number=entry.number)
        before = entry


def check_head(entries: list[Entry], report: Report) -> None:
    """The manifest's head and the act that made the pack stand in the chain."""
    manifest = report.manifest
    if manifest is None:
        return
    head = manifest["head"]
    last = entries[-1] if entries else None
    if last is None or last.number != head["number"] or code_of(last.mac) != head["code"]:
        report.differs("other-head", number=head["number"], code=head["code"], file=ENTRIES)
    subject = "{}:{}".format(manifest["subject"]["kind"], manifest["subject"]["uid"])
    said = ("export_evidence", subject, manifest["made_by"], manifest["reason"], as_stored(manifest["made_at"]))
    acts = [entry.act for entry in entries if entry.act]
    if said not in [(act["kind"], act["subject"], act["by_name"], act["reason"], act["at"]) for act in acts]:
        report.differs("act-of-export")


def as_stored(moment: str) -> str:
    """A moment of canonical JSON as the chain writes it."""
    return moment.replace("T", " ").replace("Z", "")


def check_anchors(files: dict[str, bytes], entries: list[Entry], report: Report) -> None:
    """What was noted outside the database agrees with the chain."""
    known = {entry.number: entry for entry in entries}
    for anchor in lines_of(files, ANCHORS, report):
        entry = known.get(anchor["number"])
        if entry and entry.mac != anchor["mac"]:
            said, found = code_of(anchor["mac"]), code_of(entry.mac)
            report.differs("other-anchor", file=ANCHORS, number=entry.number, said=said, found=found)


# --- The record --------------------------------------------------------------------------------------------------

# Which column of a table names the row that it belongs to, and of which table.
BELONGS = {
    "coursesite": {"course_id": "course"},
    "application": {"session_id": "session"},
    "phase": {"application_id": "application"},
    "observation": {"session_id": "session"},
    "adverseevent": {"session_id": "session"},
    "sample": {"session_id": "session"},
    "result": {"sample_id": "sample"},
    "screening": {"session_id": "session", "consultation_id": "consultation"},
    "answer": {"screening_id": "screening"},
    "decision": {"answer_id": "answer"},
    "addendum": {"session_id": "session"},
    "signature": {"session_id": "session"},
}


class Rows:
    """Rows by table and key: the record as it is now, or as the chain had it at one entry."""

    def __init__(self) -> None:
        self.kind = ""
        self.tables: dict[str, dict[Any, Row]] = {}
        self.entry: dict[tuple[str, Any], int] = {}
        self.kinds: dict[str, dict[str, str]] = {}

    def under(self, table: str, column: str, key: Any) -> list[Row]:
        found = [row for row in self.tables.get(table, {}).values() if row.get(column) == key]
        return sorted(found, key=lambda row: (row.get("number") or 0, row["id"]))

    def one(self, table: str, key: Any) -> Row | None:
        return self.tables.get(table, {}).get(key)


def read_record(files: dict[str, bytes], report: Report) -> Rows:
    """record.json as rows by table and key."""
    found = Rows()
    record = canonical_file(files, RECORD_FILE, report)
    if record is None:  # which is a finding already
        return found
    if record["format"] != RECORD:
        raise ValueError("format")
    if report.manifest and record["subject"] != report.manifest["subject"]:
        report.differs("other-subject")
    for table, said in record["tables"].items():
        found.kinds[table] = dict(column.split(":") for column in said["columns"])
        for row in said["rows"]:
            if set(row) != set(found.kinds[table]) or row["id"] in found.tables.setdefault(table, {}):
                raise ValueError("row")
            found.tables[table][row["id"]] = row
    subject = record["subject"]
    found.kind = subject["kind"]
    roots = found.tables.get(subject["kind"], {}).values()
    if subject["uid"].replace("-", "") not in [row["uid"] for row in roots]:
        report.differs("other-subject")
    return found


def replay(entries: list[Entry]) -> Iterator[tuple[Entry, Rows]]:
    """The rows as the chain had them after each entry in turn."""
    rows = Rows()
    for entry in entries:
        for table, row in entry.rows:
            name = table.replace("logbook_historical", "", 1)
            rows.entry[name, row["id"]] = entry.number
            if row["history_type"] == "-":
                rows.tables.setdefault(name, {}).pop(row["id"], None)
            else:
                rows.tables.setdefault(name, {})[row["id"]] = row
        yield entry, rows


def check_record(record: Rows, entries: list[Entry], report: Report) -> None:
    """Each row of the record is what the chain wrote last, field by field, and none is missing."""
    chain = Rows()
    for _entry, rows in replay(entries):
        chain = rows
    gaps = withheld(entries)
    for table, rows_now in record.tables.items():
        for key, row in rows_now.items():
            check_row(table, row, chain, chain.entry.get((table, key)), gaps, report)
    for table, rows_then in chain.tables.items():
        for key, row in rows_then.items():
            if key not in record.tables.get(table, {}) and belongs(table, row, record):
                report.differs("row-missing", row=report.row(table, row), number=chain.entry[table, key])


def check_row(table: str, row: Row, chain: Rows, number: int | None, gaps: list[int], report: Report) -> None:
    """One row of the record against what the chain wrote last; a gap after that is noted instead of held against it."""
    called, last = report.row(table, row), chain.one(table, row["id"])
    if number is None:
        if gaps:
            report.note("older", row=called)
        else:
            report.differs("no-history", row=called)
        return
    other = [field for field in row if last and field in last and not alike(row[field], last[field])]
    if any(gap > number for gap in gaps):
        if other or last is None:
            report.note("older", row=called)
    elif last is None:
        report.differs("row-removed", row=called, number=number)
    else:
        for field in other:
            report.differs("row-differs", row=called, field=field, said=row[field], number=number, found=last[field])


def alike(one: Any, other: Any) -> bool:
    return bool(one == other) and type(one) is type(other)


def withheld(entries: list[Entry]) -> list[int]:
    """The entries whose content is not in the pack, because it is of other patients too."""
    return [entry.number for entry in entries if entry.touches and entry.text is None]


def belongs(table: str, row: Row, record: Rows) -> bool:
    """Whether this row is part of the record: one of the rows in it is the one that it belongs to."""
    if table == "session":
        return record.kind == "course" and record.one("course", row.get("course_id")) is not None
    return any(
        row.get(column) is not None and record.one(parent, row[column]) is not None
        for column, parent in BELONGS.get(table, {}).items()
    )


# --- Signatures --------------------------------------------------------------------------------------------------


def check_signatures(files: dict[str, bytes], record: Rows, report: Report) -> None:
    """What was signed is kept byte by byte: in the record, in a file of its own, under one digest."""
    known = set()
    for key, row in record.tables.get("signature", {}).items():
        name = f"signatures/{key}.json"
        known.add(name)
        called = {"row": report.row("signature", row), "who": row["signer_name"]}
        if sha256(row["content"].encode("utf-8", "surrogatepass")) != row["digest"]:
            report.differs("signature-digest", **called)
        if name not in files:
            report.differs("missing", file=name)
        elif sha256(files[name]) != row["digest"]:
            report.differs("signature-file", file=name, **called)
        report.signatures += 1
    for name in files:
        if name.startswith("signatures/") and name not in known:
            report.differs("signature-stray", file=name)
    for key, row in record.tables.get("session", {}).items():
        if row["record_status"] in ("final", "amended") and not signatures_of(record, key, row["revision"]):
            report.differs("unsigned", row=report.row("session", row), revision=row["revision"])


def signatures_of(record: Rows, session: Any, revision: Any) -> list[Row]:
    """The signatures under one revision of a session, those of addenda left out, the last one last."""
    rows = record.under("signature", "session_id", session)
    return [row for row in rows if row["revision"] == revision and row["addendum_id"] is None]


def check_signed(record: Rows, entries: list[Entry], report: Report) -> None:
    """What was signed is what the chain had at that moment; and the last signature covers the record as it is now."""
    contents = record.tables.get("signature", {})
    gaps = withheld(entries)
    for entry, rows in replay(entries):
        for table, row in entry.rows:
            if table == "logbook_historicalsignature" and row["history_type"] == "+" and row["id"] in contents:
                rows.kinds = record.kinds
                where = report.say("in-chain", number=entry.number)
                signed = Signed(contents[row["id"]], rows, report, where, gaps=bool(gaps))
                guarded(report, "signatures/{}.json".format(row["id"]), signed.check)
    for key, row in record.tables.get("session", {}).items():
        for signature in signatures_of(record, key, row["revision"])[-1:]:
            signed = Signed(signature, record, report, report.say("in-record"), later=True)
            guarded(report, "signatures/{}.json".format(signature["id"]), signed.check)


class Signed:
    """One signed text, held against rows."""

    # What may rightly be changed after the signature: it is noted, not held against the record.
    LATER = ("patient", "course", "device", "decisions")
    PARTS = {"observations": "observation", "events": "adverseevent", "samples": "sample"}

    def __init__(
        self, signature: Row, rows: Rows, report: Report, where: str, *, gaps: bool = False, later: bool = False
    ) -> None:
        self.signature, self.rows, self.report = signature, rows, report
        self.where, self.gaps, self.later = where, gaps, later
        self.called = {"row": report.row("signature", signature), "who": signature["signer_name"]}

    def check(self) -> None:
        content = parsed(self.signature["content"])
        self.says("signer_name", content["signer"], self.signature["signer_name"])
        self.says("meaning", content["meaning"], self.signature["meaning"])
        self.says("revision", content["revision"], self.signature["revision"])
        if "time_zone" in content:
            self.says("time_zone", content["time_zone"], self.signature["time_zone"])
        self.says("signed_at", as_stored(content["signed_at"]), self.signature["signed_at"])
        session = self.rows.one("session", self.signature["session_id"])
        self.fields("session", content["session"], "session", session)
        if session is None:
            return
        for part in ("patient", "course", "device"):
            self.fields(part, content[part], part, self.rows.one(part, session[part + "_id"]))
        for part, table in self.PARTS.items():
            self.several(part, content[part], table, self.rows.under(table, "session_id", session["id"]))
        for said, row in self.several(
            "applications",
            content["applications"],
            "application",
            self.rows.under("application", "session_id", session["id"]),
        ):
            self.several("phases", said["phases"], "phase", self.rows.under("phase", "application_id", row["id"]))
        self.screening(content["screening"], session)

    def screening(self, said: Any, session: Row) -> None:
        found = self.rows.under("screening", "session_id", session["id"])
        self.fields("screening", said, "screening", found[0] if found else None)
        if not said or not found:
            return
        answers = self.rows.under("answer", "screening_id", found[0]["id"])
        for one, row in self.several("answers", said["answers"], "answer", answers):
            decisions = self.rows.under("decision", "answer_id", row["id"])
            decisions.sort(key=lambda decision: (decision["decided_date"], decision["id"]))
            self.several("decisions", one["decisions"], "decision", decisions)

    def says(self, column: str, said: Any, stored: Any) -> None:
        if said != stored:
            self.report.differs("signature-says", field=column, said=stored, found=said, **self.called)

    def several(self, part: str, said: list[dict], table: str, rows: list[Row]) -> list[tuple[dict, Row]]:
        """Rows in their order, each with what was signed of it."""
        if len(said) != len(rows) and not (self.gaps and len(rows) < len(said)):
            self.differs(part, "signed-count", field=part, said=len(said), found=len(rows))
        pairs = list(zip(said, rows))  # noqa: B905 -- not in Python 3.8
        for one, row in pairs:
            self.fields(part, one, table, row)
        return pairs

    def fields(self, part: str, said: Any, table: str, row: Row | None) -> None:
        if said is None or row is None:
            if (said is None) != (row is None) and not self.gaps:
                self.differs(part, "signed-differs", field=part, said="…" if said else "—", found="…" if row else "—")
            return
        kinds = self.rows.kinds.get(table, {})
        for name, value in said.items():
            column = name if name in row else name + "_id"
            if column not in row:  # a name beside a number, or the rows below
                continue
            found = in_signed_form(row[column], kinds.get(column, "plain"))
            self.report.fields += 1
            if canonical(found) != canonical(value):
                self.differs(part, "signed-differs", field=f"{part}.{name}", said=value, found=found)

    def differs(self, part: str, key: str, **values: Any) -> None:
        if self.later and part in self.LATER:
            self.report.note("since-changed", **values, **self.called)
        else:
            self.report.differs(key, where=self.where, **values, **self.called)


def in_signed_form(value: Any, kind: str) -> Any:
    """A stored value as a signed text writes it."""
    if value is None or kind == "plain":
        return value
    if kind == "moment":
        return value.replace(" ", "T") + "Z"
    if kind == "flag":
        return bool(value)
    if kind == "uuid":
        return "-".join((value[:8], value[8:12], value[12:16], value[16:20], value[20:]))
    if kind == "json":
        return parsed(value)
    if kind.startswith("decimal"):
        figure = value.rstrip("0").rstrip(".") if "." in value else value
        return "0" if figure in ("-0", "") else figure
    return value


# --- All together ------------------------------------------------------------------------------------------------


def guarded(report: Report, file: str, step: Callable[[], Any]) -> Any:
    """What a step gives; where the data has another form than it should, that is the finding."""
    try:
        return step()
    except MALFORMED:
        report.differs("form", file=file)
        return None


def check(path: str, report: Report, *, fingerprint: str = "", anchors: list[str] | None = None) -> None:
    """Check the pack at `path`; what differs stands in `report`. Raises `CannotVerify`."""
    wanted = fingerprint_given(fingerprint)
    noted = [anchor_given(text) for text in anchors or []]
    files = read_pack(path, report)
    check_seal(files, wanted, report)
    guarded(report, MANIFEST, lambda: check_files(files, report))
    entries = check_chain(files, report)
    guarded(report, MANIFEST, lambda: check_head(entries, report))
    guarded(report, ANCHORS, lambda: check_anchors(files, entries, report))
    record = guarded(report, RECORD_FILE, lambda: read_record(files, report))
    if record is not None:
        guarded(report, RECORD_FILE, lambda: check_signatures(files, record, report))
        guarded(report, RECORD_FILE, lambda: check_record(record, entries, report))
        guarded(report, RECORD_FILE, lambda: check_signed(record, entries, report))
    check_noted(noted, entries, report)
    if report.manifest is None and not report.findings:  # nothing is intact without its list
        report.differs("form", file=MANIFEST)


def fingerprint_given(text: str) -> str:
    digits = re.sub(r"[\s:-]", "", text).lower()
    if text and not re.fullmatch("[0-9a-f]{64}", digits):
        raise CannotVerify("fingerprint-form")
    return digits


def anchor_given(text: str) -> tuple[int, str]:
    found = re.fullmatch(r"\s*(\d{1,18})\s*:\s*([0-9A-Fa-f]{4})-?([0-9A-Fa-f]{4})-?([0-9A-Fa-f]{4})\s*", text)
    if not found:
        raise CannotVerify("anchor-form")
    return int(found.group(1)), "-".join(found.group(2, 3, 4)).upper()


def check_noted(noted: list[tuple[int, str]], entries: list[Entry], report: Report) -> None:
    """Anchors that somebody typed from a print-out."""
    known = {entry.number: code_of(entry.mac) for entry in entries}
    for number, code in noted:
        if number not in known:
            if not report.findings:
                raise CannotVerify("anchor-absent", number=number)
        elif known[number] != code:
            report.differs("other-anchor", file="--anchor", number=number, said=code, found=known[number])
        else:
            report.notes[report.say("anchor-good", number=number, code=code)] = None


def conclusion(report: Report) -> Iterator[str]:
    """What is printed, line by line."""
    if report.findings:
        yield report.say("differs", count=len(report.findings))
        yield from ("  - " + finding for finding in list(report.findings)[:MOST_LINES])
        if len(report.findings) > MOST_LINES:
            yield report.say("more", count=len(report.findings) - MOST_LINES)
    else:
        yield report.say(
            "intact",
            files=report.files,
            entries=report.entries,
            signatures=report.signatures,
            fields=report.fields,
        )
        manifest = report.manifest or {}
        yield report.say("made", at=as_stored(manifest["made_at"]), by=manifest["made_by"], why=manifest["reason"])
        yield report.say("head", number=manifest["head"]["number"], code=manifest["head"]["code"])
    if report.fingerprint:
        yield report.say("sealed-by", fingerprint=in_groups(report.fingerprint))
        yield report.say("compared" if report.compared else "compare")
    yield from list(report.notes)[:MOST_LINES]


def language_here() -> str:
    """The reader's language, as this machine has it."""
    names = [os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE")]
    try:
        locale.setlocale(locale.LC_ALL, "")
        names.append(locale.getlocale()[0] or "")
    except (locale.Error, ValueError):
        pass
    first = next((name for name in names if name and not name.upper().startswith(("C.", "POSIX")) and name != "C"), "")
    return "fr" if first.lower().startswith("fr") else "en"


def main(arguments: list[str] | None = None) -> int:
    """Check one pack, say what was found, and answer 0, 1 or 2."""
    options = argparse.ArgumentParser(
        prog="verify.py", description="Checks an evidence pack of the logbook / Vérifie un dossier de preuve du carnet"
    )
    options.add_argument(
        "pack", nargs="?", default=os.path.dirname(os.path.abspath(__file__)), help="ZIP / folder, dossier"
    )
    options.add_argument("--fingerprint", default="", help="as published by the clinic / publiée par la clinique")
    options.add_argument("--anchor", action="append", help="number:code of a print-out / numéro:code d'un imprimé")
    options.add_argument("--language", choices=("en", "fr"), default="", help="en, fr")
    given = options.parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    report = Report(given.language or language_here())
    try:
        check(given.pack, report, fingerprint=given.fingerprint, anchors=given.anchor)
    except CannotVerify as refusal:
        sys.stdout.write(report.say("cannot", why=report.say(refusal.key, **refusal.values)) + "\n")
        return 2
    sys.stdout.write("\n".join(conclusion(report)) + "\n")
    return 1 if report.findings else 0


if __name__ == "__main__":
    sys.exit(main())
