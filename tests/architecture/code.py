"""The code as a tree: which files there are, what each imports, what each calls."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent.parent
ROOMS = ("clinic", "sessions")


def files() -> Iterator[Path]:
    """Every Python file of the program, by path from the top; migrations are Django's own writing."""
    for room in ROOMS:
        for path in sorted((HERE / room).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path.relative_to(HERE)


@cache
def tree(path: Path) -> ast.Module:
    """The file as a tree, read once for all tests."""
    return ast.parse((HERE / path).read_text(encoding="utf-8"), filename=str(path))


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """The modules of the two rooms that a file imports anywhere in it, with the line."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            if name.split(".")[0] in ROOMS:
                yield node.lineno, name
