"""Every sentence that the program can show, read from its own files: what a translation must cover."""

import re
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.utils.translation.template import templatize

PLACE = Path("clinic/locale/fr/LC_MESSAGES/django.po")
_PYTHON = ("clinic", "sessions")
_TEXT = r"""((?:\s*(?:[rbu]?"(?:[^"\\]|\\.)*"|[rbu]?'(?:[^'\\]|\\.)*'))+)\s*"""
_SIMPLE = re.compile(r"(?<![\w.])(?:_|gettext|gettext_lazy|gettext_noop)\(" + _TEXT + r"[,)]", re.DOTALL)
_CONTEXT = re.compile(r"(?<![\w.])pgettext(?:_lazy)?\(" + _TEXT + "," + _TEXT + r"[,)]", re.DOTALL)
_PLURAL = re.compile(r"(?<![\w.])ngettext(?:_lazy)?\(" + _TEXT + "," + _TEXT + r"[,)]", re.DOTALL)
_BOTH = re.compile(r"(?<![\w.])npgettext(?:_lazy)?\(" + _TEXT + "," + _TEXT + "," + _TEXT + r"[,)]", re.DOTALL)
_PIECE = re.compile(r"""[rbu]?("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""", re.DOTALL)


def source_files() -> Iterator[Path]:
    """The files that hold sentences, by path from the top of the program."""
    top = Path(settings.BASE_DIR)
    for room in _PYTHON:
        yield from sorted(path for path in (top / room).rglob("*.py") if "migrations" not in path.parts)
    yield from sorted((top / "templates").rglob("*.*"))


def sentences() -> Iterator[tuple[str, str, Path]]:
    """(context, sentence, file) of everything that goes through gettext."""
    for path in source_files():
        text = path.read_text(encoding="utf-8")
        code = text if path.suffix == ".py" else templatize(text, origin=str(path))
        for found in _SIMPLE.finditer(code):
            yield "", _joined(found[1]), path
        for found in _CONTEXT.finditer(code):
            yield _joined(found[1]), _joined(found[2]), path
        for found in _PLURAL.finditer(code):
            yield "", _joined(found[1]), path
        for found in _BOTH.finditer(code):
            yield _joined(found[1]), _joined(found[2]), path


def _joined(literal: str) -> str:
    """The text that neighbouring string literals make together."""
    pieces = [piece[1][1:-1] for piece in _PIECE.finditer(literal)]
    return "".join(
        re.sub(r"\\(.)", lambda sign: {"n": "\n", "t": "\t"}.get(sign[1], sign[1]), piece) for piece in pieces
    )
