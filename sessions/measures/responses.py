"""What counts as a response: which change of which measure, who said so, and in which version.

Those that stand here were published and read in print; the clinic adds its own, each with its source
(`sessions/models/response.py`). A published one that is corrected gets a new version; the old one stays.
"""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, pgettext_lazy

# What separates the parts of a key: code, version, and what a limit asks for.
POINT = "."


class Rule(TextChoices):
    FALL = "fall", gettext_lazy("fell by at least (in the measure's unit)")
    FALL_PERCENT = "fall-percent", gettext_lazy("fell by at least (percent of the first value)")
    RISE = "rise", gettext_lazy("rose by at least (in the measure's unit)")
    ANY_FALL = "any-fall", gettext_lazy("fell at all")
    ANY_RISE = "any-rise", gettext_lazy("rose at all")
    END_AT_MOST = "end-at-most", gettext_lazy("last value at most")


WITHOUT_AMOUNT = (Rule.ANY_FALL, Rule.ANY_RISE)


class Reached(TextChoices):
    """How a course stands to a definition."""

    REACHED = "reached", pgettext_lazy("response", "reached at one site at least")
    NOT_REACHED = "not-reached", pgettext_lazy("response", "reached at no site")
    UNKNOWN = "unknown", pgettext_lazy("response", "not known: first and last value are not both there")


@dataclass(frozen=True)
class Response:
    """One definition in one version. `unit` (UCUM): only values in it are judged; empty: in whichever they stand."""

    code: str
    version: int
    name: str | Promise
    measure: str
    rule: str
    source: str | Promise
    amount: Decimal | None = None
    unit: str = ""
    in_use: bool = True

    @property
    def key(self) -> str:
        """How an address and a receipt name it."""
        return f"{self.code}{POINT}{self.version}"

    def reached(self, first: Decimal, last: Decimal | None) -> bool | None:
        """Whether the change from `first` to `last` is a response; None where nobody can tell."""
        if last is None or (self.rule == Rule.FALL_PERCENT and first <= 0):
            return None
        amount = self.amount or Decimal(0)
        return {
            Rule.FALL: first - last >= amount,
            Rule.FALL_PERCENT: (first - last) * 100 >= first * amount,
            Rule.RISE: last - first >= amount,
            Rule.ANY_FALL: last < first,
            Rule.ANY_RISE: last > first,
            Rule.END_AT_MOST: last <= amount,
        }[Rule(self.rule)]


def _levels(code: str, measure: str, amount: int, name: Promise) -> Response:
    source = gettext_lazy("Bass et al. 2022, PMC9132528: one level, or strictly two levels, by clinician and patient.")
    return Response(code, 1, name, measure, Rule.FALL, source, Decimal(amount))


PUBLISHED = (
    Response(
        "minor-improved",
        1,
        gettext_lazy("Starch-iodine test improved: last grade below the first"),
        "MINOR",
        Rule.ANY_FALL,
        gettext_lazy("Kim DH et al. 2017, Ann Dermatol 29(6):728: improved on the starch-iodine test after ten sessions."),
        unit="{score}",
    ),
    Response(
        "dlqi-4",
        1,
        gettext_lazy("DLQI: fall of 4 points or more"),
        "DLQI",
        Rule.FALL,
        gettext_lazy("Basra et al. 2015: a change of at least 4, advised for inflammatory skin disease."),
        Decimal(4),
    ),
    Response(
        "hidroqol-4",
        1,
        gettext_lazy("HidroQoL: fall of 4 points or more"),
        "HIDROQOL",
        Rule.FALL,
        gettext_lazy("Gabes et al. 2021: a change of at least 4 in axillary hyperhidrosis."),
        Decimal(4),
    ),
    Response(
        "hdsm-ax-1",
        1,
        gettext_lazy("HDSM-Ax: fall of 1 point or more"),
        "HDSM_AX",
        Rule.FALL,
        gettext_lazy("Kirsch et al. 2020, sofpironium bromide gel, phase II: a fall of at least 1."),
        Decimal(1),
    ),
    Response(
        "css-1",
        1,
        gettext_lazy("Hexsel cellulite severity scale: fall of 1 point or more"),
        "CSS",
        Rule.FALL,
        gettext_lazy("Trial of a subcision device, PMC9342681: a mean fall of at least 1 was its endpoint."),
        Decimal(1),
    ),
    _levels("cr-pcss-1", "CR_PCSS", 1, gettext_lazy("Photonumeric scale by the clinician: 1 level or more")),
    _levels("cr-pcss-2", "CR_PCSS", 2, gettext_lazy("Photonumeric scale by the clinician: 2 levels or more")),
    _levels("pr-pcss-1", "PR_PCSS", 1, gettext_lazy("Photonumeric scale by the patient: 1 level or more")),
    _levels("pr-pcss-2", "PR_PCSS", 2, gettext_lazy("Photonumeric scale by the patient: 2 levels or more")),
)  # fmt: skip
