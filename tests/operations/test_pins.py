"""What is installed is what pyproject.toml asks for, each package by its hash."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.code import HERE

FILES = {
    "requirements.txt": (),
    "requirements-postgres.txt": ("postgres",),
    "requirements-timestamp.txt": ("timestamp",),
    "requirements-encryption.txt": ("encryption",),
    "requirements-dev.txt": ("postgres", "timestamp", "encryption", "dev"),
}


def asked_for(extras: tuple[str, ...]) -> list[Requirement]:
    project = tomllib.loads((HERE / "pyproject.toml").read_text("utf-8"))["project"]
    lines = [*project["dependencies"], *(line for extra in extras for line in project["optional-dependencies"][extra])]
    return [Requirement(line) for line in lines]


def pinned(file: str) -> dict[str, set[str]]:
    """The versions of each package: several where some machines need an older one."""
    found = re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", (HERE / file).read_text("utf-8"), re.MULTILINE)
    pins: dict[str, set[str]] = {}
    for name, version in found:
        pins.setdefault(canonicalize_name(name), set()).add(version)
    return pins


@pytest.mark.parametrize(("file", "extras"), FILES.items())
def test_pins_are_what_the_project_asks_for(file: str, extras: tuple[str, ...]) -> None:
    pins = pinned(file)
    unmet = [
        str(wanted)
        for wanted in asked_for(extras)
        if not any(wanted.specifier.contains(version) for version in pins.get(canonicalize_name(wanted.name), set()))
    ]
    assert unmet == []


def test_the_same_package_has_the_same_version_in_every_file() -> None:
    everything = pinned("requirements-dev.txt")
    apart = {
        (file, name, *versions)
        for file in FILES
        for name, versions in pinned(file).items()
        if everything.get(name) != versions
    }
    assert apart == set()


@pytest.mark.parametrize("file", FILES)
def test_every_pin_has_a_hash_and_names_no_registry(file: str) -> None:
    text = (HERE / file).read_text("utf-8")
    assert [pin for pin in re.split(r"\n(?=\S)", text.strip()) if "--hash=sha256:" not in pin] == []
    assert "://" not in text
