"""Bands of age in completed years, for counting; they say nothing of who may be treated."""

from dataclasses import dataclass

from django.utils.translation import gettext as _


@dataclass(frozen=True)
class Band:
    """From `least` to `most` completed years, both included; no end where `most` is None."""

    least: int
    most: int | None

    @property
    def code(self) -> str:
        return f"{self.least}-{self.most}" if self.most is not None else f"{self.least}-"

    @property
    def label(self) -> str:
        if self.most is None:
            return _("%(years)s years and older") % {"years": self.least}
        if not self.least:
            return _("under %(years)s years") % {"years": self.most + 1}
        return _("%(first)s to %(last)s years") % {"first": self.least, "last": self.most}


BANDS = (Band(0, 17), Band(18, 29), Band(30, 44), Band(45, 59), Band(60, 74), Band(75, None))
BY_CODE = {band.code: band for band in BANDS}


def band_of(age: int | None) -> Band | None:
    """The band that holds this age, None where the age is not known."""
    if age is None:
        return None
    return next(band for band in BANDS if band.most is None or age <= band.most)
