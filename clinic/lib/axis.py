"""The axis of a chart: round steps around the figures, and how its figures are written."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from django.utils.formats import get_format

from clinic.lib.figures import figure_text

Figure = Decimal | int
MOST_STEPS = 5


@dataclass(frozen=True)
class Axis:
    """From `low` to `high` in steps of `step`."""

    low: Decimal
    high: Decimal
    step: Decimal

    @property
    def ticks(self) -> list[Decimal]:
        count = int((self.high - self.low) / self.step)
        return [self.low + self.step * number for number in range(count + 1)]

    def share(self, value: Figure) -> float:
        """How far up the axis `value` lies: 0 at its low end, 1 at its high end."""
        return float((Decimal(value) - self.low) / (self.high - self.low))


def axis_of(
    figures: Sequence[Figure],
    *,
    whole: bool = False,
    from_zero: bool = True,
    least: Figure | None = None,
    most: Figure | None = None,
) -> Axis:
    """The axis on which all `figures` have room. `whole`: whole steps alone; `least` and `most`: ends of a scale."""
    numbers = [Decimal(figure) for figure in figures]
    ends = [Decimal(end) for end in (least, most) if end is not None]
    numbers += ends or ([Decimal(0)] if from_zero or not numbers else [])
    low, high = min(numbers), max(numbers)
    step = _step(high - low if high > low else max(abs(high), Decimal(1)), whole=whole)
    # A scale begins at its own least grade, whatever the step.
    bottom = low if least is not None and low == least else _floor(low, step)
    top = bottom + _ceiling(high - bottom, step)
    return Axis(bottom, top if top > bottom else bottom + max(step, Decimal(1)), step)


def axis_text(value: Figure) -> str:
    """`value` as the reader's language writes it, in groups of three: 12500 -> "12 500" in French."""
    text = figure_text(value)
    separator = str(get_format("DECIMAL_SEPARATOR"))
    sign, digits = ("−", text[1:]) if text.startswith("-") else ("", text)
    whole, dot, rest = digits.partition(separator)
    whole = f"{int(whole):,}".replace(",", str(get_format("THOUSAND_SEPARATOR")))
    return f"{sign}{whole}{dot}{rest}"


def _step(span: Decimal, *, whole: bool) -> Decimal:
    rough = span / MOST_STEPS
    power = Decimal(10) ** rough.adjusted()
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
    return max(step, Decimal(1)) if whole else step


def _floor(value: Decimal, step: Decimal) -> Decimal:
    return (value / step).to_integral_value(ROUND_FLOOR) * step


def _ceiling(value: Decimal, step: Decimal) -> Decimal:
    return (value / step).to_integral_value(ROUND_CEILING) * step
