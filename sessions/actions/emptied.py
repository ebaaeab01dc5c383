"""A tally that came down to nothing goes."""

from functools import lru_cache


@lru_cache(maxsize=200)
def emptied(table: str, key: tuple[str, ...], number: str, rows: int) -> str:
    """SQL: take away those of so many tallies, each by the columns of its key, whose `number` is 0."""
    one = f"({' AND '.join(f'{name} = %s' for name in key)})"
    return f"DELETE FROM {table} WHERE {number} = 0 AND ({' OR '.join([one] * rows)})"  # noqa: S608 -- names of our own tables
