"""The one place that calls the typesetter: source and data in, a PDF for the archive out.

The typesetter keeps what it has laid out for as long as its process lives, about a gigabyte after the largest table:
large documents are set in a process of their own (this file, started as a program), which gives everything back.
"""

import json
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import typst

FONTS = Path(__file__).resolve().parent.parent / "fonts"
LONGEST_SECONDS = 180


class NotSet(Exception):
    """The typesetter made no document; says nothing of what stands in it."""


def set_here(source: str, data: str, moment: int) -> bytes:
    """The PDF of `source`, which reads `data` (JSON); the same three give the same bytes."""
    with tempfile.TemporaryDirectory() as nothing:
        try:
            return typst.compile(  # type: ignore[type-var]  # the stubs want source and root of one type
                source.encode(),
                root=nothing,
                font_paths=_fonts(),
                ignore_system_fonts=True,
                sys_inputs={"data": data},
                pdf_standards=["a-2a", "ua-1"],
                timestamp=moment,
            )
        except typst.TypstError:
            # Its words may quote what a person typed, and an error ends in the log.
            raise NotSet("the typesetter refused") from None


def set_apart(source: str, data: str, moment: int) -> bytes:
    """The same PDF, set by another process."""
    done = subprocess.run(  # noqa: S603 - our own program, and nothing that was typed is among its words
        [sys.executable, "-I", __file__],
        input=json.dumps([source, data, moment]).encode(),
        capture_output=True,
        timeout=LONGEST_SECONDS,
        check=False,
    )
    if done.returncode:
        raise NotSet(f"the typesetter ended with {done.returncode}")
    return done.stdout


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])


if __name__ == "__main__":
    sys.stdout.buffer.write(set_here(*json.load(sys.stdin.buffer)))
