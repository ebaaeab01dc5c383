"""The samples of diagnostic sessions, put together by the database: those that show the same, with their number."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection

from sessions.measures.sites import Indication
from sessions.measures.words import PERFORMED, SIGNED, Sufficiency
from sessions.reports.session_filter import SessionFilter, counted_within

DAY = Decimal(86_400_000_000)  # in microseconds


class Key(NamedTuple):
    """What samples that count the same have in common; `waited` in microseconds, None where one end is not known."""

    mode: str
    analyte: str
    laboratory: str
    noted: str
    reported: str | None
    repeat: bool
    waited: int | None


@dataclass(frozen=True)
class Alike:
    """Samples that count the same, and how many they are."""

    key: Key
    number: int

    @property
    def sufficiency(self) -> str:
        return sufficiency_of(self.key.noted, self.key.reported)

    @property
    def outstanding(self) -> bool:
        return is_outstanding(self.key.noted, self.key.reported)

    @property
    def days(self) -> Decimal | None:
        return None if self.key.waited is None else Decimal(self.key.waited) / DAY


def sufficiency_of(noted: str, reported: str | None) -> str:
    """What the laboratory says, or, as long as it has not reported, who took the sample."""
    return noted if reported is None else reported


def is_outstanding(noted: str, reported: str | None) -> bool:
    """No result yet, and nothing noted that speaks against one."""
    return reported is None and noted in ("", Sufficiency.SUFFICIENT)


def samples_counted(chosen: SessionFilter) -> list[Alike]:
    """The samples within the limits; analytes are the same whatever the size of their letters."""
    rows = _asked(chosen, ())
    # The database knows small letters its own way: where it takes two words for others than we do, it is told which are
    # the same, and asked once more.
    words = {(analyte, lowered) for _inside, lowered, _mode, analyte, *_others in rows}
    folded = {(lowered, analyte.casefold()) for analyte, lowered in words}
    if not len(folded) == len({one for one, _other in folded}) == len({other for _one, other in folded}):
        rows = _asked(chosen, [analyte for analyte, _lowered in words])
    numbers: dict[Key, int] = defaultdict(int)
    for inside, _lowered, *values, number in rows:
        if inside:
            numbers[Key(*values)] += number
    return [Alike(key, number) for key, number in numbers.items()]


def _asked(chosen: SessionFilter, words: Sequence[str]) -> Iterable[tuple[Any, ...]]:
    """Counted for those within the limits, and for the other tests of the same patients, among which a first one may be."""
    kind, values = _kind(words)
    within, limits = counted_within(chosen).filter(indication=Indication.EXTRACTION).order_by(), list[Any]()
    inside, same = f"CASE WHEN f.indication = '{Indication.EXTRACTION}' THEN 1 ELSE 0 END", ""
    begin = "WITH "
    if chosen.names:
        of_the_limits, said = within.values("session", "patient").query.sql_with_params()
        begin += f"chosen (session_id, patient_id) AS MATERIALIZED ({of_the_limits}), "
        limits += said
        inside = "CASE WHEN m.session_id IN (SELECT session_id FROM chosen) THEN 1 ELSE 0 END"
        same = " AND s.patient_id IN (SELECT patient_id FROM chosen)"
    columns = "lowered, mode, analyte, laboratory, noted, reported, first < day AS again, waited"
    statement = (
        f"{begin}tested AS (SELECT m.id, f.patient_id, f.day, {inside} AS inside, {kind} AS lowered, "  # noqa: S608 -- names of our own tables
        "s.extraction_mode AS mode, s.analyte, m.laboratory, m.sufficiency AS noted, "
        "COALESCE(m.collected_until, m.collected_from, f.started_at) AS taken_at "
        "FROM logbook_sample m JOIN logbook_sessionfigures f ON f.session_id = m.session_id "
        "JOIN logbook_session s ON s.id = m.session_id "
        f"WHERE f.record_status IN {_listed(SIGNED)} AND f.status IN {_listed(PERFORMED)}{same}), "
        f"each AS (SELECT t.*, r.sufficiency AS reported, {_waited()} AS waited, "
        "MIN(t.day) OVER (PARTITION BY t.patient_id, t.mode, t.lowered) AS first "
        "FROM tested t LEFT JOIN logbook_result r ON r.sample_id = t.id AND NOT r.in_error AND NOT EXISTS "
        "(SELECT 1 FROM logbook_result n WHERE n.sample_id = r.sample_id AND NOT n.in_error AND n.id > r.id)) "
        f"SELECT inside, {columns}, COUNT(*) FROM each GROUP BY inside, {columns.replace(' AS again', '')}"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [*limits, *values])
        return cursor.fetchall()


def _kind(words: Sequence[str]) -> tuple[str, list[str]]:
    """SQL: the analyte without regard to the size of its letters; of these `words` as we know it."""
    if not words:
        return "LOWER(s.analyte)", []
    pairs = [one for word in words for one in (word, word.casefold())]
    return f"CASE s.analyte{' WHEN %s THEN %s' * len(words)} END", pairs


def _waited() -> str:
    """SQL: microseconds from the taking of the sample to the report."""
    if connection.vendor == "postgresql":
        return "CAST(EXTRACT(EPOCH FROM r.reported_at - t.taken_at) * 1000000 AS bigint)"
    # A time is text there, with six digits of a second or none.
    ends = (
        f"CAST(strftime('%%s', {end}) AS integer) * 1000000 + CAST(substr({end} || '.000000', 21, 6) AS integer)"
        for end in ("r.reported_at", "t.taken_at")
    )
    return " - ".join(f"({end})" for end in ends)


def _listed(words: Iterable[str]) -> str:
    return "('" + "', '".join(words) + "')"
