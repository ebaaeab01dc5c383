"""Rows that are fetched while they are written, and never all there at once."""

from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice, repeat
from typing import Any, overload

from clinic.lib.table import Row


@dataclass(frozen=True)
class Batch:
    """Some rows, column by column, which is how they are written quickest.

    A moment may stand as the text in UTC in which the database keeps it. `people` says of each row whom it shows,
    `struck` whether it is struck out; empty for nobody, and none.
    """

    columns: Sequence[Sequence[Any]]
    people: Sequence[int | None] = ()
    struck: Sequence[bool] = ()

    def __len__(self) -> int:
        return len(self.columns[0]) if self.columns else 0

    def rows(self, moments: Sequence[int]) -> Iterator[Row]:
        """The same as rows; `moments` are the places of the columns that hold moments."""
        columns = list(self.columns)
        for place in moments:
            columns[place] = [as_moment(value) for value in columns[place]]
        struck, people = self.struck or repeat(False), self.people or repeat(None)
        for values, is_struck, person in zip(zip(*columns, strict=True), struck, people, strict=False):
            yield Row(values, struck=is_struck, person=person)


@dataclass(frozen=True)
class Piece:
    """Some rows as they stand in a CSV file, how many they are, and whom they show."""

    text: bytes
    rows: int
    people: Set[int | None] = frozenset()


class Fetched(Sequence[Row]):
    """The rows of a table too large to be held: `fetch` gives them in batches, anew each time it is called.

    `number` is how many there were when they were counted; `kinds` are those of the columns, in their order. `written`,
    where there is a quicker way to it, gives the same rows as CSV in a language: byte for byte what the batches come to.
    """

    def __init__(
        self,
        number: int,
        kinds: Sequence[str],
        fetch: Callable[[], Iterator[Batch]],
        written: Callable[[str], Iterator[Piece]] | None = None,
    ) -> None:
        self.number, self.fetch, self.written = number, fetch, written
        self.moments = [place for place, kind in enumerate(kinds) if kind == "moment"]

    def __len__(self) -> int:
        return self.number

    def __iter__(self) -> Iterator[Row]:
        for batch in self.batches():
            yield from batch.rows(self.moments)

    @overload
    def __getitem__(self, place: int) -> Row: ...
    @overload
    def __getitem__(self, place: slice) -> list[Row]: ...
    def __getitem__(self, place: int | slice) -> Row | list[Row]:
        """The first rows, for a page; they are read from the start each time."""
        if isinstance(place, slice):
            return list(islice(self, place.start, place.stop, place.step))
        return next(islice(self, place, None))

    def batches(self) -> Iterator[Batch]:
        return self.fetch()


def batches_of(rows: Iterable[Row], size: int) -> Iterator[Batch]:
    """Any rows in batches of `size`; those that come in batches already keep theirs."""
    if isinstance(rows, Fetched):
        yield from rows.batches()
        return
    left = iter(rows)
    while some := list(islice(left, size)):
        yield Batch(
            list(zip(*(row.values for row in some), strict=True)),
            [row.person for row in some],
            [row.struck for row in some],
        )


def as_moment(value: Any) -> Any:
    """The moment that a text of SQLite stands for; anything else as it is."""
    if not isinstance(value, str):
        return value
    try:
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    except ValueError:
        return value
