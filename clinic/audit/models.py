"""The two things the audit keeps: acts (somebody changed the record) and looks (somebody saw a patient)."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic.lib.fields import Code, Line, Prose


class Act(models.Model):
    """One thing a person did to the record, in one transaction; every history row belongs to one act."""

    at = models.DateTimeField(_("when"), db_index=True)
    kind = Code(_("what"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="acts", verbose_name=_("who"))
    by_name = Line(_("name at the time"))
    reason = Prose(_("why"), blank=True)
    subject = Line(_("record"), blank=True)
    patient_id = models.BigIntegerField(_("patient"), null=True, blank=True, db_index=True)
    # The key of the form that was sent: the same form sent twice is one act.
    key = models.UUIDField(null=True, blank=True, unique=True)

    class Meta:
        default_permissions = ()
        ordering = ["-at", "-id"]
        constraints = [
            models.CheckConstraint(condition=~models.Q(kind="") & ~models.Q(by_name=""), name="act_says_what_and_who"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


class Look(models.Model):
    """One person saw one patient on one page, search, print or export."""

    at = models.DateTimeField(_("when"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="looks", verbose_name=_("who"))
    by_name = Line(_("name at the time"))
    patient_id = models.BigIntegerField(_("patient"))
    kind = Code(_("what was seen"))
    route = Line(_("page"))
    address = models.GenericIPAddressField(_("from where"), null=True, blank=True)

    class Meta:
        default_permissions = ()
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["patient_id", "at"], name="look_patient_at"),
            models.Index(fields=["by", "at"], name="look_by_at"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.patient_id}"
