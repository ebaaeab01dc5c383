"""Signatures and addenda. What was signed is kept as it was signed and never written again from the tables."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic.audit.history import History
from clinic.lib.fields import Code, Count, Line, Prose
from sessions.measures.words import Meaning
from sessions.models.base import Clinical, one_of
from sessions.models.session import Session


class Addendum(Clinical):
    """Something added to a signed record, which itself stays as it is."""

    session = models.ForeignKey(Session, models.PROTECT, related_name="addenda", verbose_name=_("session"))
    text = Prose(_("addendum"))

    history = History()

    class Meta(Clinical.Meta):
        verbose_name = _("addendum")
        verbose_name_plural = _("addenda")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=~models.Q(text=""), name="addendum_has_text", violation_error_code="text"),
        ]

    def __str__(self) -> str:
        return self.text[:60]


class Signature(Clinical):
    """One person's signature under one revision of one session: name, time, meaning, and the very text signed."""

    session = models.ForeignKey(Session, models.PROTECT, related_name="signatures", verbose_name=_("session"))
    revision = Count(_("revision"))
    meaning = Code(_("meaning"), choices=Meaning.choices)
    signer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("signed by"))
    signer_name = Line(_("printed name"), max_length=120)
    signed_at = models.DateTimeField(_("signed"))
    time_zone = Line(_("time zone"), max_length=60)
    addendum = models.OneToOneField(
        Addendum, models.PROTECT, null=True, blank=True, related_name="signature", verbose_name=_("addendum")
    )
    content = models.TextField(_("what was signed"))
    digest = Line(_("SHA-256 of what was signed"), max_length=64)

    # What was signed stands once, in this row that nothing changes; the history holds its digest.
    history = History(excluded_fields=["content"])

    class Meta(Clinical.Meta):
        verbose_name = _("signature")
        verbose_name_plural = _("signatures")
        ordering = ["signed_at", "id"]
        constraints = [
            one_of("meaning", Meaning.values, name="signature_meaning_word", also_empty=False),
            models.CheckConstraint(
                condition=models.Q(addendum__isnull=False, meaning=Meaning.ADDENDUM)
                | (models.Q(addendum__isnull=True) & ~models.Q(meaning=Meaning.ADDENDUM)),
                name="signature_of_addendum",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.signer_name}, {self.get_meaning_display()}"
