"""What a kind of finding is called on a page."""

from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from clinic.audit.stored import recorded_models

KINDS: dict[str, Promise] = {
    "cannot verify": _("Could not be verified"),
    "entry missing": _("Entry of the chain missing"),
    "entry added": _("Entry of the chain put in"),
    "entry altered": _("Entry of the chain altered"),
    "shape altered": _("List of sealed columns altered"),
    "act missing": _("Act missing"),
    "act added": _("Act put in"),
    "history altered": _("History altered"),
    "history added": _("Row of the history put in"),
    "row altered": _("Row altered"),
    "row added": _("Row put in"),
    "row doubled": _("Row stands twice"),
    "table altered": _("Table of the database altered"),
    "row removed": _("Row removed"),
    "password altered": _("Password altered"),
    "access missing": _("Access missing"),
    "access altered": _("Access altered"),
    "access added": _("Access put in"),
    "seal altered": _("Seal of a month altered"),
    "anchor altered": _("File of the anchors altered"),
    "anchor differs": _("Differs from an anchor"),
    "copy put back": _("Backup put back"),
    "guard missing": _("Guard of the database missing"),
    "trigger added": _("Strange trigger in the database"),
    "file damaged": _("File of the database damaged"),
    "clock": _("Clock"),
    "content altered": _("Signed content altered"),
    "changed after signature": _("Record changed after it was signed"),
    "signature altered": _("Signature altered"),
    "signature copied": _("Signature copied"),
    "signature missing": _("Signature missing"),
    "signer renamed": _("Signer renamed"),
    "session altered": _("Session altered"),
    "figure": _("Stored figure differs from the record"),
}
# What a finding names that is no record of a table.
THINGS: dict[str, Promise] = {
    "entry": _("Entry"),
    "act": _("Act"),
    "access": _("Access"),
    "month": _("Month"),
    "shape": _("List of columns"),
    "trigger": _("Trigger"),
    "table": _("Table"),
    "anchors": _("File of the anchors"),
    "database": _("Database"),
    "demo": _("Demonstration"),
}


def kind_in_words(kind: str) -> str:
    """What was found, in short; the bare word where none is known."""
    return str(KINDS.get(kind, kind))


def record_in_words(record: str) -> str:
    """What a finding is about: a thing of the audit's own, or what its table calls a row, and its key."""
    kind, _colon, key = record.partition(":")
    called = THINGS | {str(model._meta.model_name): model._meta.verbose_name for model in recorded_models()}
    return f"{capfirst(str(called.get(kind, kind)))} {key}".strip()
