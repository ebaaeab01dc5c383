"""What somebody typed to find a patient, as it can be read: words, and days on which somebody was born.

A figure may be a part of a record number or a year of birth: then there are several readings, and each is looked for.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice, product

from clinic.lib.text import searched

MOST_READINGS = 8
MOST_WORDS = 10
FIRST_YEAR = 1850
# As pages write them, in either language; the first letters will do where they are those of one month alone.
MONTHS = (
    ("january", "janvier"), ("february", "fevrier"), ("march", "mars"), ("april", "avril"), ("may", "mai"), ("june", "juin"),
    ("july", "juillet"), ("august", "aout"), ("september", "septembre"), ("october", "octobre"), ("november", "novembre"),
    ("december", "decembre"),
)  # fmt: skip
# The sign that pages set before a record number.
_SIGN = re.compile(r"(?<!\w)n\s?[°º]\s*(?=\w)", re.IGNORECASE)
_DATE = re.compile(
    r"(?<![\w./-])(?:"
    r"(?P<named>\d{1,2}(?:er)?\s+[^\W\d_]{3,9}\.?\s+\d{4})"
    r"|(?P<ymd>\d{4}[-./]\d{1,2}[-./]\d{1,2})"
    r"|(?P<dmy>\d{1,2}[-./]\d{1,2}[-./](?:\d{4}|\d{2})|\d{1,2} \d{1,2} \d{4})"
    r"|(?P<ym>\d{4}[-./]\d{1,2})"
    r"|(?P<my>\d{1,2}[-./]\d{4})"
    r"|(?P<digits>\d{8})"
    r"|(?P<y>\d{4})"
    r")(?![\w/-]|\.\w)"
)


@dataclass(frozen=True)
class Reading:
    """Every word is a part of a name or of the record number; born from `first` to `last`, where these are said."""

    words: tuple[str, ...]
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True)
class _Part:
    """One piece of what was typed, read in one way."""

    words: str = ""
    first: date = date.min
    last: date = date.max


def readings(typed: str, today: date) -> list[Reading]:
    """Every way to read `typed`; dates as 1985-09-07, 07/09/1985, 7.9.85, 07091985, 7 Sep 1985, 09/1985 or 1985."""
    choices = [ways for piece in _pieces(_SIGN.sub("", typed)) if (ways := _ways(piece, today))]
    found = {_together(parts): None for parts in islice(product(*choices), MOST_READINGS)}
    return [reading for reading in found if reading is not None and (reading.words or reading.first)]


def _pieces(typed: str) -> Iterator[str | re.Match[str]]:
    place = 0
    for match in _DATE.finditer(typed):
        yield typed[place : match.start()]
        yield match
        place = match.end()
    yield typed[place:]


def _ways(piece: str | re.Match[str], today: date) -> list[_Part]:
    if isinstance(piece, str):
        return [_Part(piece)] if piece.strip() else []
    spans = [_Part(first=first, last=last) for first, last in _spans(piece, today) if first <= today]
    written_out = bool(piece["ymd"] or piece["dmy"] or piece["named"])
    if piece["named"] and not spans:  # a name between two figures: the last may be a year
        words, year = piece.group()[:-4], int(piece.group()[-4:])
        return [_Part(piece.group()), *(_Part(words, *span) for span in _year(year, today))]
    # Nobody writes a record number as a whole date; a year, a month or eight figures may be one.
    return spans if spans and written_out else [_Part(piece.group()), *spans]


def _spans(match: re.Match[str], today: date) -> Iterator[tuple[date, date]]:
    figures = [int(text) for text in re.findall(r"\d+", match.group())]
    if match["named"]:
        day, year = figures
        yield from _day(year, _month(match.group()), day)
    elif match["ymd"]:
        yield from _day(*figures)
    elif match["dmy"]:
        day, month, year = figures
        short = len(re.findall(r"\d+", match.group())[2]) == 2
        for whole in (1900 + year, 2000 + year) if short else (year,):
            yield from _day(whole, month, day)
    elif match["digits"]:
        text = match.group()
        yield from _day(int(text[4:]), int(text[2:4]), int(text[:2]))
        yield from _day(int(text[:4]), int(text[4:6]), int(text[6:]))
    elif match["y"]:
        yield from _year(figures[0], today)
    else:
        year, month = sorted(figures, reverse=True)
        if FIRST_YEAR <= year <= today.year and 1 <= month <= 12:
            following = date(year + month // 12, month % 12 + 1, 1)
            yield date(year, month, 1), following - timedelta(days=1)


def _year(year: int, today: date) -> Iterator[tuple[date, date]]:
    if FIRST_YEAR <= year <= today.year:
        yield date(year, 1, 1), date(year, 12, 31)


def _month(text: str) -> int:
    """The month that is named in it; 0 where that is none, or more than one begins so."""
    _day_of, word, _year = searched(text).split()
    found = [number for number, names in enumerate(MONTHS, start=1) if any(name.startswith(word) for name in names)]
    return found[0] if len(found) == 1 else 0


def _day(year: int, month: int, day: int) -> Iterator[tuple[date, date]]:
    try:
        found = date(year, month, day)
    except ValueError:
        return
    yield found, found


def _together(parts: tuple[_Part, ...]) -> Reading | None:
    """All parts at once; nothing where nobody can be born on both of two days."""
    words = searched(" ".join(part.words for part in parts)).split()
    first, last = max((part.first for part in parts), default=date.min), min((p.last for p in parts), default=date.max)
    if first > last:
        return None
    dated = (first, last) if first > date.min else (None, None)
    return Reading(tuple(dict.fromkeys(words))[:MOST_WORDS], *dated)
