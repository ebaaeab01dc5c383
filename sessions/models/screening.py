"""Consultations, what was asked and answered, and what a physician decided on it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic.audit.history import History, RecordedQuerySet
from clinic.lib.fields import Code, Line, Prose
from sessions.measures.answers import ASKED_OF_ALL, BY_CODE, DecisionWord, Item, Reply
from sessions.models.base import Clinical, address, one_of
from sessions.models.patient import Patient


class Consultation(Clinical):
    """The prior consultation that everybody needs, with its physician and date."""

    uid = address()
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="consultations", verbose_name=_("patient"))
    held_date = models.DateField(_("date of the consultation"))
    physician = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("physician")
    )
    complaint = Prose(_("reason for coming"), blank=True)
    findings = Prose(_("findings"), blank=True)
    information_given = Prose(_("information given"), blank=True)

    history = History()

    class Meta(Clinical.Meta):
        verbose_name = _("consultation")
        verbose_name_plural = _("consultations")
        ordering = ["-held_date", "-id"]

    def __str__(self) -> str:
        return f"{self.held_date}"


class Screening(Clinical):
    """One time that questions were asked: at a consultation, or at a session ("changed since last time?")."""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="screenings", verbose_name=_("patient"))
    consultation = models.OneToOneField(Consultation, models.PROTECT, null=True, blank=True, related_name="screening")
    session = models.OneToOneField("logbook.Session", models.PROTECT, null=True, blank=True, related_name="screening")
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    form_version = Line(_("version of the questions"), max_length=20)
    language = Code(_("language of the questions"), max_length=5)
    # Asked at every session, of everybody (domain A.2.6).
    changed = Code(_("changed since last time"), choices=[(r.value, r.label) for r in ASKED_OF_ALL], blank=True)
    changed_note = Line(_("what changed"), blank=True)

    history = History()

    class Meta(Clinical.Meta):
        verbose_name = _("screening")
        verbose_name_plural = _("screenings")
        ordering = ["-answered_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(consultation__isnull=False, session__isnull=True)
                | models.Q(consultation__isnull=True, session__isnull=False),
                name="screening_has_one_occasion",
            ),
            one_of("changed", ASKED_OF_ALL, name="screening_changed_word"),
        ]

    def __str__(self) -> str:
        return f"{self.answered_at}"


class AnswerQuerySet(RecordedQuerySet):
    def of(self, patient: Patient) -> AnswerQuerySet:
        """Every given answer of this patient, oldest first, but those of sessions entered in error."""
        return (
            self.filter(screening__patient=patient, screening__answered_at__isnull=False)
            .exclude(reply="")
            .exclude(screening__session__record_status="entered-in-error")
            .select_related("screening")
            .order_by("screening__answered_at", "id")
        )


class Answer(Clinical):
    """One answer to one question. An empty one is not "no"."""

    screening = models.ForeignKey(Screening, models.PROTECT, related_name="answers", verbose_name=_("screening"))
    item = Code(_("question"), choices=[(item.code, item.short) for item in BY_CODE.values()])
    reply = Code(_("answer"), choices=Reply.choices, blank=True)
    detail = Line(_("detail"), blank=True)

    history = History()
    objects = AnswerQuerySet.as_manager()

    class Meta(Clinical.Meta):
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        ordering = ["id"]
        indexes = [
            # Nearly every answer is no: a report over years reads the others alone.
            models.Index(
                fields=["reply", "item", "screening"],
                condition=~models.Q(reply=Reply.NO) & ~models.Q(reply=Reply.NOT_APPLICABLE) & ~models.Q(reply=""),
                name="answer_not_no",
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=["screening", "item"], name="answer_once_per_screening"),
            one_of("reply", Reply.values, name="answer_reply_word"),
            models.CheckConstraint(
                condition=~models.Q(reply="not-applicable")
                | models.Q(item__in=[item.code for item in BY_CODE.values() if item.may_not_apply]),
                name="answer_applies",
                violation_error_code="reply",
                violation_error_message=_("This question applies to everybody."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item}: {self.reply}"

    @property
    def question(self) -> Item:
        return BY_CODE[self.item]


class Decision(Clinical):
    """A physician's documented decision on one answer, with its reason."""

    answer = models.ForeignKey(Answer, models.PROTECT, related_name="decisions", verbose_name=_("answer"))
    word = Code(_("decision"), choices=DecisionWord.choices)
    reason = Prose(_("reason for the decision"))
    decided_date = models.DateField(_("date of the decision"))
    physician = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("physician")
    )

    history = History()

    class Meta(Clinical.Meta):
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        ordering = ["decided_date", "id"]
        constraints = [
            one_of("word", DecisionWord.values, name="decision_word", also_empty=False),
            models.CheckConstraint(
                condition=~models.Q(reason=""),
                name="decision_has_reason",
                violation_error_code="reason",
                violation_error_message=_("Write the reason for the decision."),
            ),
        ]

    def __str__(self) -> str:
        return self.get_word_display()
