"""A kind of job for tests: as many rows as asked for, as slowly as asked for, about nobody or about patients."""

import time
from collections.abc import Iterator
from pathlib import Path

from clinic.lib.fetched import Batch, Fetched
from clinic.lib.outgoing import Outgoing, Wanted, Written
from clinic.lib.problems import Problem, Refused
from clinic.lib.table import Column, Table
from clinic.operations.jobs import kind

COLUMNS = (Column("n", "N", "number"), Column("text", "Text"))
AT_ONCE = 100
# What was recorded, in the order in which it was.
recorded: list[tuple[str, int]] = []


@kind("test")
def rows_of(wanted: Wanted) -> Outgoing:
    question = wanted.question
    people = question.get("people", [])

    def fetch() -> Iterator[Batch]:
        for start in range(0, question["rows"], AT_ONCE):
            if start >= question.get("fails_at", question["rows"]):
                raise ValueError("a word that must not stand in the log")
            numbers = list(range(start, min(start + AT_ONCE, question["rows"])))
            shown = [people[number % len(people)] for number in numbers] if people else []
            yield Batch([numbers, [f"row {number}" for number in numbers]], shown)
            time.sleep(question.get("pause", 0))
            if note := question.get("note"):
                with Path(note).open("a") as file:
                    file.write(f"{start}\n")

    if question.get("refuse"):
        raise Refused([Problem("", question["refuse"])])
    table = Table("rows", "Rows", COLUMNS, Fetched(question["rows"], ["number", "text"], fetch))
    return Outgoing(table, "rows", "Rows", "entry 7", _record)


def _record(written: Written) -> None:
    recorded.append((written.sha256, written.rows))


def whole_file(rows: int) -> bytes:
    """What the CSV file of so many rows must hold."""
    lines = ["\ufeffN,Text", *(f"{number},row {number}" for number in range(rows)), "", "entry 7"]
    return "".join(f"{line}\r\n" for line in lines).encode()
