"""Imports point down the stair: a file may import lower levels, and its own folder (docs/architecture.md)."""

import ast
from pathlib import Path

import pytest

from tests.architecture.code import HERE, files, imported, tree

# The first prefix that fits a file gives its level.
LEVELS: list[tuple[str, int]] = [
    ("clinic/lib", 0),
    ("sessions/measures", 0),
    ("clinic/__init__.py", 0),
    ("sessions/__init__.py", 0),
    ("sessions/apps.py", 12),  # sets up what the folders below it bring
    ("clinic/audit/apps.py", 1),
    ("clinic/audit", 1),
    ("clinic/accounts/forms", 10),
    ("clinic/accounts/views", 11),
    ("clinic/accounts/views_second_factor", 11),
    ("clinic/accounts/history.py", 11),  # a page
    ("clinic/accounts", 2),
    ("clinic/gate.py", 3),
    ("sessions/models", 4),
    ("sessions/rules", 5),
    ("sessions/imports", 6),
    ("sessions/actions", 7),
    ("sessions/reports", 8),
    ("sessions/exports", 9),
    ("sessions/charts", 9),
    ("sessions/forms", 10),
    ("clinic/formats", 0),
    ("clinic/operations/models.py", 4),
    ("clinic/operations/programs.py", 10),
    ("clinic/operations/jobs.py", 10),  # pages of both rooms ask for a file, and say how far it is
    ("clinic/operations/making.py", 10),
    ("clinic/operations/worker.py", 10),
    ("clinic/operations/nightly.py", 10),
    ("clinic/operations/database_role.py", 10),
    ("clinic/operations/server.py", 10),
    ("clinic/operations/timestamp.py", 10),
    ("clinic/operations/files.py", 10),  # pages of both rooms answer with it
    ("clinic/operations", 11),
    ("sessions/views", 11),
    ("sessions/templatetags", 11),
    ("sessions/management", 11),
    ("sessions/urls.py", 12),
    ("clinic/urls.py", 12),
    ("clinic/wsgi.py", 12),
    ("clinic/settings.py", 12),
]
# Acts and reports stand on one step: neither knows the other.
STRANGERS = [("sessions/actions", "sessions/reports"), ("sessions/reports", "sessions/actions")]
# settings.py asks the lowest level alone for its secret; nothing imports settings.py but through django.conf.


def level(path: str) -> int:
    for prefix, number in LEVELS:
        if path == prefix or path.startswith((prefix + "/", prefix + ".py")):
            return number
    pytest.fail(f"{path} has no step on the stair: add it to LEVELS and to docs/architecture.md")


def file_of(module: str) -> str:
    """The file that an imported name stands in: a module, a package, or a name within one of them."""
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        base = Path(*parts[:length])
        if (HERE / base).with_suffix(".py").exists():
            return str(base.with_suffix(".py"))
        if (HERE / base / "__init__.py").exists():
            return str(base / "__init__.py")
    pytest.fail(f"{module} is imported and does not exist")


def folder(path: str) -> str:
    """The folder that counts as "its own": clinic/accounts, sessions/actions, ..."""
    return "/".join(Path(path).parts[:2])


def test_every_file_has_a_step() -> None:
    assert [str(path) for path in files() if level(str(path)) < 0] == []


def test_imports_point_down() -> None:
    upward = []
    for path in map(str, files()):
        for line, module in imported(Path(path)):
            target = file_of(module)
            if folder(path) == folder(target) and "/" in target and level(target) <= level(path):
                continue
            if level(target) >= level(path):
                upward.append(f"{path}:{line} (step {level(path)}) imports {module} (step {level(target)})")
    assert upward == []


def test_acts_and_reports_do_not_know_each_other() -> None:
    found = [
        f"{path}:{line} imports {module}"
        for path in map(str, files())
        for line, module in imported(Path(path))
        for room, stranger in STRANGERS
        if path.startswith(room + "/") and file_of(module).startswith(stranger + "/")
    ]
    assert found == []


def test_clinic_knows_no_patients_but_for_its_addresses() -> None:
    found = {
        path
        for path in map(str, files())
        for _line, module in imported(Path(path))
        if path.startswith("clinic/") and module.startswith("sessions")
    }
    assert found == {"clinic/urls.py"}


def test_rules_neither_query_nor_raise() -> None:
    found = []
    for path in files():
        if path.parts[:2] != ("sessions", "rules"):
            continue
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Attribute) and node.attr == "objects":
                found.append(f"{path}:{node.lineno} queries")
            if isinstance(node, ast.Raise) or (isinstance(node, ast.Name) and node.id == "refuse"):
                found.append(f"{path}:{node.lineno} raises")
    assert found == []


def test_only_settings_and_operations_read_the_environment() -> None:
    allowed = {"clinic/settings.py", "clinic/wsgi.py", "sessions/management/commands/demo.py"}
    allowed.add("sessions/exports/verify_evidence.py")  # a program of its own, for machines without the logbook
    found = []
    for path in files():
        if str(path) in allowed or path.parts[:2] == ("clinic", "operations"):
            continue
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}:
                found.append(f"{path}:{node.lineno}")
    assert found == []
