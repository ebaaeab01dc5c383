"""What the audit keeps: acts, the chain that seals them, and the accesses with a chain of their own.

Nothing in these tables is ever changed: the database refuses it (`clinic.audit.guard`).
"""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic.lib.fields import Code, Line, Prose

DIGEST_BYTES = 32


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
        indexes = [
            models.Index(fields=["by", "at"], name="act_by_at"),
            # The guard of the accesses asks for it with each one that a purge deletes.
            models.Index(fields=["subject"], name="act_purged_month", condition=models.Q(kind="purge_accesses")),
        ]
        constraints = [
            models.CheckConstraint(condition=~models.Q(kind="") & ~models.Q(by_name=""), name="act_says_what_and_who"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


class Shape(models.Model):
    """Which columns of which tables a digest covers: a later version of the program may know more of them."""

    # The beginning of the digest of `columns`.
    name = Code(max_length=16, primary_key=True)
    columns = models.TextField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.name


class Link(models.Model):
    """One entry of the record's chain: it seals one act with every history row of it, and the entry before."""

    number = models.BigIntegerField(_("entry"), primary_key=True)
    act = models.OneToOneField(Act, models.PROTECT, related_name="link")
    at = models.DateTimeField()
    shape = models.ForeignKey(Shape, models.PROTECT, related_name="+", db_index=False)
    digest = models.BinaryField(max_length=DIGEST_BYTES)
    key_id = Code(max_length=8)
    mac = models.BinaryField(max_length=DIGEST_BYTES)

    class Meta:
        default_permissions = ()
        ordering = ["number"]

    def __str__(self) -> str:
        return f"{self.number}"


class Access(models.Model):
    """One time that somebody came near the record: a patient seen on a page, a log-in, a log-in that failed.

    Those from before the chain have neither number nor code.
    """

    number = models.BigIntegerField(null=True, unique=True)
    at = models.DateTimeField(_("when"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="accesses",
        verbose_name=_("who"),
        null=True,
        db_index=False,
    )
    by_name = Line(_("name at the time"), blank=True)
    patient_id = models.BigIntegerField(_("patient"), null=True)
    kind = Code(_("what was seen"))
    route = Line(_("page"), blank=True)
    # The part of the address that names the record.
    record = models.UUIDField(_("record"), null=True)
    address = models.GenericIPAddressField(_("from where"), null=True, blank=True)
    detail = Line(_("detail"), blank=True)
    mac = models.BinaryField(max_length=DIGEST_BYTES, null=True)

    class Meta:
        default_permissions = ()
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["patient_id", "at"], name="look_patient_at"),
            models.Index(fields=["by", "at"], name="look_by_at"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(number__isnull=True, mac__isnull=True)
                | models.Q(number__isnull=False, mac__isnull=False),
                name="access_number_has_code",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.patient_id or ''}"


class Seal(models.Model):
    """A finished month of the chain of accesses: what a purge of the month leaves, so that the rest still verifies."""

    month = Code(max_length=7, primary_key=True)
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    before = models.BinaryField(max_length=DIGEST_BYTES)
    after = models.BinaryField(max_length=DIGEST_BYTES)
    at = models.DateTimeField()
    key_id = Code(max_length=8)
    mac = models.BinaryField(max_length=DIGEST_BYTES)

    class Meta:
        default_permissions = ()
        ordering = ["month"]

    def __str__(self) -> str:
        return self.month
