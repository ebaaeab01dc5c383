"""Every act and every look has its words."""

import ast
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings

from clinic.audit.words import ACTS, LOOKS


@cache
def calls():
    """Every call in the whole program, read once."""
    paths = (path for room in ("clinic", "sessions") for path in (Path(settings.BASE_DIR) / room).rglob("*.py"))
    nodes = (node for path in paths for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    return [node for node in nodes if isinstance(node, ast.Call)]


def texts_of(function, place):
    """Every text given to `function` at this place, in the whole program."""
    for node in calls():
        if getattr(node.func, "id", getattr(node.func, "attr", "")) == function:
            given = [
                *node.args[place : place + 1],
                *(keyword.value for keyword in node.keywords if keyword.arg == "kind"),
            ]
            for value in given:
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    yield value.value


def test_every_act_has_its_words():
    used = set(texts_of("act", 0))
    assert used - set(ACTS) == set()
    assert "sign_session" in used


@pytest.mark.parametrize(
    ("function", "place"), [("record_look", 2), ("patient", 2), ("course", 2), ("session", 2), ("consultation", 2)]
)
def test_every_look_has_its_words(function, place):
    assert set(texts_of(function, place)) - set(LOOKS) == set()
