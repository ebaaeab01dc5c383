"""Indications, body sites and sides (domain 1.2 to 1.4)."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Indication(TextChoices):
    HYPERHIDROSIS = "hyperhidrosis", _("hyperhidrosis")
    # French "cellulite" is never English "cellulitis", which is an infection.
    CELLULITE = "cellulite", _("cellulite and slimming")
    EXTRACTION = "extraction", _("diagnostic extraction")


class Site(TextChoices):
    PALM = "palm", _("palm (hand)")
    SOLE = "sole", _("sole (foot)")
    AXILLA = "axilla", _("axilla")
    BUTTOCK = "buttock", _("buttock")
    THIGH_ANTERIOR = "thigh-anterior", _("thigh, anterior")
    THIGH_POSTERIOR = "thigh-posterior", _("thigh, posterior")
    THIGH_LATERAL = "thigh-lateral", _("thigh, lateral")
    THIGH_MEDIAL = "thigh-medial", _("thigh, medial")
    TROCHANTER = "trochanter", _("trochanteric area")
    HIP = "hip", _("hip or flank")
    ABDOMEN = "abdomen", _("abdomen")
    KNEE = "knee", _("knee")
    ARM = "arm", _("arm")
    FOREARM = "forearm", _("flexor forearm")
    WRIST = "wrist", _("wrist")
    THIGH = "thigh", _("thigh")
    OTHER = "other", pgettext_lazy("body site", "other site")


SITES_OF: dict[str, tuple[Site, ...]] = {
    Indication.HYPERHIDROSIS: (Site.PALM, Site.SOLE, Site.AXILLA),
    Indication.CELLULITE: (
        Site.BUTTOCK,
        Site.THIGH_ANTERIOR,
        Site.THIGH_POSTERIOR,
        Site.THIGH_LATERAL,
        Site.THIGH_MEDIAL,
        Site.TROCHANTER,
        Site.HIP,
        Site.ABDOMEN,
        Site.KNEE,
        Site.ARM,
    ),
    Indication.EXTRACTION: (Site.FOREARM, Site.WRIST, Site.ARM, Site.THIGH, Site.OTHER),
}


class Side(TextChoices):
    LEFT = "left", pgettext_lazy("body side", "left")
    RIGHT = "right", pgettext_lazy("body side", "right")
    BILATERAL = "bilateral", pgettext_lazy("body side", "both sides")
    MIDLINE = "midline", pgettext_lazy("body side", "midline")


# A pole lies on a site of the session or under a return electrode somewhere else.
POLE_SITES = [*Site.choices, ("return", _("return electrode"))]


def site_choices(indication: str) -> list[tuple[str, object]]:
    """The sites that this indication is treated or sampled at."""
    return [(site.value, site.label) for site in SITES_OF[indication]]


def pole_choices(indication: str) -> list[tuple[str, object]]:
    """Where a pole may lie: the indication's sites and a return electrode."""
    sites = site_choices(indication)
    if Site.OTHER not in SITES_OF[indication]:
        sites.append((Site.OTHER.value, Site.OTHER.label))
    return [*sites, ("return", _("return electrode"))]
