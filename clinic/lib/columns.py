"""How wide the columns of a printed table are: so that no word runs into its neighbour, and few lines are needed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

UPRIGHT_MM, WIDE_MM = 178.0, 265.0
GAP_MM = 3.3
MM_OF_A_POINT = 0.3528
# How wide a sign is for its height: a little more than the average of our font.
SIGN = 0.58
# Size of the type, and the longest word that is not broken: the first pair with which every word has room.
TRIED = ((8.0, 28), (7.0, 28), (7.0, 20), (6.5, 20), (6.5, 14), (6.0, 14), (6.0, 10))
LARGEST, LONGEST_WORD = TRIED[0]
LONGEST_LINE = 60
LONG_TEXT = 200
MOST_LINES_TOGETHER = 20
# A line may end at a blank, and after a hyphen that no digit follows.
_WORDS = re.compile(r"(?:[^ \n\t-]|-(?=\d))+-*")


@dataclass(frozen=True)
class Layout:
    """Size of the type in points, widths in millimetres (none where each column has all it wants), and what may break."""

    size: float
    widths: tuple[float, ...] | None
    longest_word: int
    rows_may_break: bool


def layout(lines: Sequence[Sequence[str]], *, whole: Sequence[bool], wide: bool) -> Layout:
    """The layout of a table whose `lines` (headings first) hold these texts; columns that are `whole` never break."""
    if not lines or not lines[0]:
        return Layout(LARGEST, None, LONGEST_WORD, False)
    space = (WIDE_MM if wide else UPRIGHT_MM) - GAP_MM * len(lines[0])
    wanted = [min(max(_longest_line(text) for text in column), LONGEST_LINE) for column in zip(*lines, strict=True)]
    words = [
        wish if unbroken else max(_longest_word(text) for text in column)
        for column, unbroken, wish in zip(zip(*lines, strict=True), whole, wanted, strict=True)
    ]
    if sum(wanted) * LARGEST * MM_OF_A_POINT * SIGN <= space:
        return Layout(LARGEST, None, LONGEST_WORD, _tall(lines, wanted))
    longest_texts = [min(max(map(len, column)), LONG_TEXT) for column in zip(*lines, strict=True)]
    # Prose wants more room than its longest word: a part of the page is kept for it, as long as there is one.
    shares = (0.75, 0.87, 1.0) if LONG_TEXT in longest_texts else (1.0,)
    for share, (size, longest) in product(shares, TRIED):
        least = [word if unbroken else min(word, longest) for word, unbroken in zip(words, whole, strict=True)]
        sign = size * MM_OF_A_POINT * SIGN
        if sum(least) * sign <= space * share:
            return _spread(lines, least, longest_texts, space / sign, size, longest)
    size, longest = TRIED[-1]
    shrunk = space / sum(least)
    return Layout(size, tuple(round(signs * shrunk + GAP_MM, 2) for signs in least), longest, True)


def breakable(text: str, longest: int) -> str:
    """`text` with places to break in each word longer than `longest`; they are not seen."""
    if len(text) <= longest:
        return text
    return _WORDS.sub(lambda found: "\u200b".join(re.findall(f".{{1,{longest}}}", found[0])), text)


def _spread(
    lines: Sequence[Sequence[str]], least: list[int], wanted: list[int], signs: float, size: float, longest: int
) -> Layout:
    """What is left over goes to the columns that want it, as they want it."""
    over, wishes = signs - sum(least), [max(wish - low, 0) for wish, low in zip(wanted, least, strict=True)]
    share = min(over / sum(wishes), 1) if any(wishes) else 0
    given = [low + wish * share for low, wish in zip(least, wishes, strict=True)]
    sign = size * MM_OF_A_POINT * SIGN
    return Layout(size, tuple(round(width * sign + GAP_MM, 2) for width in given), longest, _tall(lines, given))


def _tall(lines: Sequence[Sequence[str]], signs: Sequence[float]) -> bool:
    """Whether a row is so tall that it should go on over the end of a page."""
    return any(
        len(text) / width + text.count("\n") > MOST_LINES_TOGETHER
        for line in lines
        for text, width in zip(line, signs, strict=True)
    )


def _longest_line(text: str) -> int:
    return max(map(len, text.split("\n")))


def _longest_word(text: str) -> int:
    return max(map(len, _WORDS.findall(text)), default=0)
