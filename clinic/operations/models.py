"""Jobs: large files that the logbook makes while nobody waits. No record: what leaves is kept by the act of the export."""

from datetime import datetime
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from clinic.lib.fields import Code, Line, Prose


class State(models.TextChoices):
    WAITING = "waiting", pgettext_lazy("job", "waiting")
    RUNNING = "running", pgettext_lazy("job", "being made")
    DONE = "done", pgettext_lazy("job", "ready")
    FAILED = "failed", pgettext_lazy("job", "not made")
    CANCELLED = "cancelled", pgettext_lazy("job", "cancelled")
    EXPIRED = "expired", pgettext_lazy("job", "expired")


ACTIVE = (State.WAITING, State.RUNNING)


class JobQuerySet(models.QuerySet["Job"]):
    def active(self) -> "JobQuerySet":
        """Waiting, or being made."""
        return self.filter(state__in=ACTIVE)

    def ready(self, now: datetime) -> "JobQuerySet":
        """Files that can be fetched."""
        return self.filter(state=State.DONE, expires_at__gt=now)


class Job(models.Model):
    """One file that somebody asked for: by whom, what, how far it is, and where it lies until it expires."""

    uid = models.UUIDField(default=uuid4, unique=True, editable=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("who"))
    kind = Code()
    title = Line(_("file"))
    form = Code(max_length=5)
    language = Code(max_length=5)
    # What the kind needs to build it again from nothing; it names nobody.
    question = models.JSONField()
    # The permissions without which nobody may have it: asked for when it is asked, made and fetched.
    needs = models.JSONField(default=list)
    state = Code(choices=State.choices, default=State.WAITING)
    done_rows = models.PositiveBigIntegerField(default=0)
    all_rows = models.PositiveBigIntegerField(null=True)
    message = Prose(blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    asked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    # Who makes it says every few seconds that it is still being made. Each run has a name that nobody can guess: it is
    # that of its folder, too.
    beat_at = models.DateTimeField(null=True)
    run = Code(max_length=32, blank=True)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    # What the person gets it as.
    name = Line(blank=True)
    size = models.PositiveBigIntegerField(null=True)
    sha256 = Code(max_length=64, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        ordering = ["-asked_at", "-id"]
        indexes = [
            models.Index(fields=["state", "asked_at"], name="job_state"),
            models.Index(fields=["by", "-asked_at"], name="job_of_person"),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=State.values), name="job_state_word"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE
