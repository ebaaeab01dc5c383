"""What is observed and scored (domain 2): names, units, what a scale can hold, and the version that was used.

A scale that changes gets a new version here; old values keep theirs.
"""

from dataclasses import dataclass
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from sessions.measures.sites import Indication

SCORE = ("{score}", "")
HYPERHIDROSIS, CELLULITE, EXTRACTION = Indication.HYPERHIDROSIS, Indication.CELLULITE, Indication.EXTRACTION


@dataclass(frozen=True)
class Measure:
    """`units`: UCUM code and familiar form. `least`/`most` are the ends of a scale, never of a treatment.

    `whole`: whole numbers only. `person`: scored for the person, not for a site and side.
    `timed`: a mass needs its collection time. `named_scale`: no single scale exists, so it is named with its maximum.
    """

    code: str
    version: str
    name: str | Promise
    units: tuple[tuple[str, str | Promise], ...]
    indications: tuple[str, ...]
    places: int = 0
    least: Decimal | None = None
    most: Decimal | None = None
    whole: bool = False
    person: bool = False
    timed: bool = False
    named_scale: bool = False
    lower_is_better: bool | None = True
    note: str | Promise = ""


def _scale(
    code: str, name: Promise, least: int, most: int, indications: tuple[str, ...], version: str = "1", **more: object
) -> Measure:
    return Measure(
        code,
        version,
        name,
        (SCORE,),
        indications,
        least=Decimal(least),
        most=Decimal(most),
        whole=True,
        **more,  # type: ignore[arg-type]
    )


MEASURES = (
    # Hyperhidrosis (domain 2.1)
    _scale("HDSS", _("HDSS severity scale (1–4)"), 1, 4, (HYPERHIDROSIS,)),
    Measure(
        "GRAV",
        "1",
        _("gravimetry"),
        (("mg", "mg"), ("mg/min", "mg/min"), ("mg/(5.min)", "mg/5 min")),
        (HYPERHIDROSIS,),
        places=1,
        timed=True,
        note=_("A mass in mg needs its collection time."),
    ),
    Measure(
        "GRAV_BSA", "1", _("gravimetry per body surface"), (("mg/min/m2", "mg/min/m²"),), (HYPERHIDROSIS,), places=1
    ),
    Measure(
        "MINOR",
        "1",
        _("Minor starch-iodine test"),
        (SCORE, ("cm2", "cm²")),
        (HYPERHIDROSIS,),
        places=1,
        named_scale=True,
        note=_("There is no single grading: name the scale and its highest grade."),
    ),
    Measure("STAIN", "1", _("axillary sweat-stain diameter"), (("cm", "cm"),), (HYPERHIDROSIS,), places=1),
    _scale("CLIN_GRADE", _("clinical grade (German S1, 1–3)"), 1, 3, (HYPERHIDROSIS,), "S1-2017"),
    _scale(
        "DLQI",
        _("DLQI, total (0–30)"),
        0,
        30,
        (HYPERHIDROSIS,),
        person=True,
        note=_("The total only; from 16 years, last week."),
    ),
    _scale("HIDROQOL", _("HidroQoL, total (0–36)"), 0, 36, (HYPERHIDROSIS,), person=True, note=_("The total only.")),
    Measure(
        "HDSM_AX",
        "1",
        _("HDSM-Ax, mean (0–4)"),
        (SCORE,),
        (HYPERHIDROSIS,),
        places=2,
        least=Decimal(0),
        most=Decimal(4),
    ),
    _scale("ASDD2", _("ASDD item 2, last 24 h (0–10)"), 0, 10, (HYPERHIDROSIS,)),
    Measure(
        "SWEAT_VAS",
        "1",
        _("sweating, VAS"),
        (("mm", "mm"),),
        (HYPERHIDROSIS,),
        places=0,
        least=Decimal(0),
        most=Decimal(100),
    ),
    _scale("SWEAT_NRS", _("sweating, NRS (0–10)"), 0, 10, (HYPERHIDROSIS,)),
    Measure(
        "DRY_DAYS",
        "1",
        _("dry days since the last session"),
        (("d", pgettext_lazy("unit of days", "d")),),
        (HYPERHIDROSIS,),
        places=0,
        whole=True,
        lower_is_better=False,
    ),
    # Cellulite and slimming (domain 2.2)
    _scale("NM", _("Nürnberger–Müller grade (0–3)"), 0, 3, (CELLULITE,)),
    _scale("CSS", _("Hexsel cellulite severity scale (0–15)"), 0, 15, (CELLULITE,)),
    _scale("CSS_A", _("Hexsel item: number of depressions (0–3)"), 0, 3, (CELLULITE,)),
    _scale("CSS_B", _("Hexsel item: depth (0–3)"), 0, 3, (CELLULITE,)),
    _scale("CSS_C", _("Hexsel item: raised appearance (0–3)"), 0, 3, (CELLULITE,)),
    _scale("CSS_D", _("Hexsel item: laxity (0–3)"), 0, 3, (CELLULITE,)),
    _scale("CSS_E", _("Hexsel item: Nürnberger–Müller grade (0–3)"), 0, 3, (CELLULITE,)),
    _scale("CR_PCSS", _("clinician photonumeric scale (0–4)"), 0, 4, (CELLULITE,)),
    _scale("PR_PCSS", _("patient photonumeric scale (0–4)"), 0, 4, (CELLULITE,)),
    Measure(
        "CIRC",
        "1",
        _("circumference"),
        (("cm", "cm"),),
        (CELLULITE,),
        places=1,
        lower_is_better=None,
        note=_("Say the landmark under method."),
    ),
    Measure("SKINFOLD", "1", _("skinfold"), (("mm", "mm"),), (CELLULITE,), places=1),
    Measure("US_FAT", "1", _("subcutaneous thickness, ultrasound"), (("mm", "mm"),), (CELLULITE,), places=1),
    Measure("WEIGHT", "1", _("weight"), (("kg", "kg"),), (CELLULITE,), places=2, person=True, lower_is_better=None),
    Measure("HEIGHT", "1", _("height"), (("cm", "cm"),), (CELLULITE,), places=1, person=True, lower_is_better=None),
    Measure(
        "BMI",
        "1",
        _("body mass index"),
        (("kg/m2", "kg/m²"),),
        (CELLULITE,),
        places=1,
        person=True,
        lower_is_better=None,
    ),
    Measure(
        "GAIS",
        "1",
        _("global aesthetic improvement"),
        (SCORE,),
        (CELLULITE,),
        places=0,
        named_scale=True,
        lower_is_better=False,
        note=_("Name the scale and its highest grade."),
    ),
    # All three
    _scale("SATISF", _("satisfaction (0–10)"), 0, 10, (HYPERHIDROSIS, CELLULITE), person=True, lower_is_better=False),
    # Diagnostic extraction (domain 2.3): what is seen at the session; the laboratory's result is kept with its sample.
    Measure(
        "SKIN_TEMP",
        "1",
        _("skin temperature at the site"),
        (("Cel", "°C"),),
        (EXTRACTION,),
        places=1,
        lower_is_better=None,
    ),
    Measure(
        "ISF_GLUC",
        "1",
        _("glucose in extracted fluid, as displayed"),
        (("mmol/L", "mmol/L"), ("mg/dL", "mg/dL")),
        (EXTRACTION,),
        places=1,
        lower_is_better=None,
    ),
)
BY_CODE = {measure.code: measure for measure in MEASURES}


def measures_of(indication: str) -> list[Measure]:
    """The measures that a session of this indication may hold."""
    return [measure for measure in MEASURES if indication in measure.indications]


def unit_shown(ucum: str) -> str:
    """The familiar form of a UCUM code, empty for a score."""
    for measure in MEASURES:
        for code, shown in measure.units:
            if code == ucum:
                return str(shown)
    return ucum
