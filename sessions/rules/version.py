"""Was a record changed since its form was shown?"""

from django.utils.translation import gettext as _

from clinic.lib.problems import Problem

CHANGED = "changed"


def why_not_over(stored: int, shown: int) -> list[Problem]:
    """What was typed over version `shown` is not written over a later one; nothing typed is lost."""
    if stored == shown:
        return []
    sentence = _(
        "This record was changed meanwhile. Nothing you typed is lost: compare it with what is stored now, then save again."
    )
    return [Problem("", sentence, CHANGED)]
