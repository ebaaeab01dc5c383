"""Receipts of what left the logbook as a file, and limits of reports that somebody keeps under a name."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from clinic.audit.history import History, RecordedQuerySet
from clinic.lib.fields import Code, Line, Prose
from sessions.models.base import Clinical, address, one_of

FORMS = ("csv", "xlsx", "pdf")


class Receipt(Clinical):
    """What left: which report, with which limits and definition, how many rows, and the digest of file and numbers.

    `question` holds the limits as they stand in an address, days written out, so that the report can be run again.
    `content_digest` is over the numbers alone: it stays the same where the record does, whatever the date of the file.
    """

    uid = address()
    report = Line(_("report"), max_length=40)
    part = Line(_("part"), max_length=40, blank=True)
    form = Code(_("format"), max_length=5, choices=[(form, form.upper()) for form in FORMS])
    language = Code(_("language"), max_length=5)
    question = Prose(_("limits"), blank=True)
    identities = models.BooleanField(_("with names"))
    records = models.BooleanField(_("with what records say in words"), default=False)
    definition_version = Line(_("version of the definition"), max_length=40)
    row_count = models.PositiveIntegerField(_("rows"))
    size = models.PositiveBigIntegerField(_("size in bytes"))
    file_digest = Line(_("SHA-256 of the file"), max_length=64)
    content_digest = Line(_("SHA-256 of the numbers"), max_length=64)
    head_number = models.PositiveBigIntegerField(_("last entry of the history"))
    head_code = Line(_("code of the last entry"), max_length=20, blank=True)
    taken_at = models.DateTimeField(_("taken"))
    # The moment that the report was seen from: a file that was made later is of it, too.
    asked_at = models.DateTimeField(_("asked"), null=True)
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("taken by"))

    history = History()

    class Meta(Clinical.Meta):
        verbose_name = _("receipt of an export")
        verbose_name_plural = _("receipts of exports")
        ordering = ["-id"]
        indexes = [models.Index(fields=["taken_by", "-id"], name="receipt_of_person")]
        constraints = [one_of("form", FORMS, name="receipt_form_word", also_empty=False)]

    def __str__(self) -> str:
        return f"{self.report} {self.form}"


class SavedFilterQuerySet(RecordedQuerySet):
    def seen_by(self, user: object) -> SavedFilterQuerySet:
        """Those in use that are this person's own or shared with everybody."""
        return self.filter(Q(owner=user) | Q(shared=True), in_use=True)


class SavedFilter(Clinical):
    """Limits of a report under a name, for one person or for everybody who sees reports. Names no patient."""

    uid = address()
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("owner"))
    name = Line(pgettext_lazy("kept limits", "name"), max_length=80)
    report = Line(_("report"), max_length=40)
    question = Prose(_("limits"), blank=True)
    shared = models.BooleanField(_("everybody who sees reports may use it"))
    in_use = models.BooleanField(_("in use"), default=True, editable=False)

    history = History()
    objects = SavedFilterQuerySet.as_manager()

    class Meta(Clinical.Meta):
        verbose_name = _("saved limits")
        verbose_name_plural = _("saved limits")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "report", "name"],
                condition=Q(in_use=True),
                name="saved_filter_name_once",
                violation_error_message=_("You have kept limits of this report under this name."),
            ),
        ]

    def __str__(self) -> str:
        return self.name
