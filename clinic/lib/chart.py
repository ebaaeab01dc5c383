"""What a report hands over to be looked at: labels, series of plain values, units. Drawn by `clinic/lib/as_svg.py`."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from django.utils.translation import gettext_lazy as _

from clinic.lib.table import Column, Row, Table, Text

Figure = Decimal | int | None
Label = Text | date


@dataclass(frozen=True)
class Series:
    """One figure for each label; None where there is none, which is a gap and never zero."""

    name: Text
    values: tuple[Figure, ...]


@dataclass(frozen=True)
class Chart:
    """`name` goes into ids and addresses: small letters, digits, hyphens, and once on a page.

    `labels` are as the reader reads them, or dates with `label_kind` "month" or "date". `unit` is that of every figure.
    An axis begins at zero, unless `from_zero` is off (lines only) or the scale has ends of its own: `least`, `most`.
    `bridged` (lines only): a thin line passes over labels without a figure, and equal points of two lines stand side by
    side.
    """

    name: str
    title: Text
    kind: Literal["bars", "stacked", "lines"]
    labels: tuple[Label, ...]
    series: tuple[Series, ...]
    unit: Text = ""
    x_title: Text = ""
    y_title: Text = ""
    note: Text = ""
    empty: Text = ""
    label_kind: Literal["text", "month", "date"] = "text"
    from_zero: bool = True
    least: Decimal | int | None = None
    most: Decimal | int | None = None
    bridged: bool = False

    def __post_init__(self) -> None:
        for one in self.series:
            if len(one.values) != len(self.labels):
                raise ValueError(f"chart {self.name}: {len(one.values)} values for {len(self.labels)} labels")

    @property
    def figures(self) -> list[Decimal | int]:
        """Every figure there is."""
        return [value for one in self.series for value in one.values if value is not None]

    @property
    def counts(self) -> bool:
        """Whether all figures are whole numbers by kind: then the axis has whole steps alone."""
        return all(isinstance(value, int) for value in self.figures)

    @property
    def table(self) -> Table:
        """The same numbers, to be read."""
        kind = self.label_kind
        columns = (
            Column("label", self.x_title or {"month": _("month"), "date": _("date")}.get(kind, ""), kind),
            *(Column(f"s{place}", one.name, "number", self.unit) for place, one in enumerate(self.series)),
        )
        values = zip(self.labels, *(one.values for one in self.series), strict=True)
        return Table(self.name, self.title, columns, [Row(line) for line in values])
