"""On which days a device stood still, from its log and its registration."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sessions.measures.words import DeviceEntryKind
from sessions.models import Device, DeviceEntry

DAY = timedelta(days=1)
Span = tuple[date, date | None]


@dataclass(frozen=True)
class Standstill:
    """From `start` on; `end` is the day from which the device could be used again, None where there is none yet."""

    start: date
    end: date | None


def standstills(device: Device, entries: Sequence[DeviceEntry]) -> list[Standstill]:
    """The times of one device, none touching another, from its standing entries with the oldest first.

    What was taken out of service stays so until it is put back; of entries of one day, the one written later is later.
    """
    spans: list[Span] = [(entry.happened_date, entry.ended_date) for entry in entries if entry.ended_date]
    open_since: list[date] = []
    for entry in entries:
        if entry.kind == DeviceEntryKind.OUT and entry.ended_date is None:
            open_since.append(entry.happened_date)
        elif entry.kind == DeviceEntryKind.BACK:
            spans += [(start, entry.happened_date) for start in open_since]
            open_since = []
    spans += [(start, None) for start in open_since]
    if device.out_of_service_date:
        spans.append((device.out_of_service_date, None))
    return list(_joined(spans))


def days_within(times: Iterable[Standstill], first: date | None, last: date) -> int:
    """The days from `first` to `last`, both included, on which the device stood still."""
    days = 0
    for time in times:
        start, following = max(time.start, first or time.start), min(time.end or date.max, last + DAY)
        days += max((following - start).days, 0)
    return days


def still_since(times: Iterable[Standstill], day: date) -> date | None:
    """Since when the device stands still on `day`; None where it does not."""
    return next((time.start for time in times if time.start <= day and (time.end is None or day < time.end)), None)


def _joined(spans: Iterable[Span]) -> Iterable[Standstill]:
    """Times that touch or overlap count once."""
    joined: list[Standstill] = []
    for start, end in sorted(spans, key=lambda span: (span[0], span[1] or date.max)):
        before = joined[-1] if joined else None
        if before and (before.end is None or start <= before.end):
            last = None if before.end is None or end is None else max(before.end, end)
            joined[-1] = Standstill(before.start, last)
        else:
            joined.append(Standstill(start, end))
    return joined
