"""The clinic's own definitions of a response: each version is a row of its own, and the old ones stay."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from clinic.audit.history import History
from clinic.lib.fields import Code, Line, Prose
from sessions.measures.outcomes import BY_CODE, MEASURES
from sessions.measures.responses import WITHOUT_AMOUNT, Response, Rule
from sessions.models.base import Clinical, address, one_of
from sessions.models.observation import UNITS

Q = models.Q


class ResponseDefinition(Clinical):
    """One version of what the clinic calls a response, with the source that it rests on."""

    uid = address()
    code = Code(_("code"), editable=False)
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    name = Line(pgettext_lazy("definition", "name"), max_length=120)
    measure = Code(_("measure"), choices=[(measure.code, measure.name) for measure in MEASURES])
    unit = Code(
        _("unit"),
        choices=UNITS,
        blank=True,
        help_text=_("Only values in this unit are judged. Needed where the measure has several."),
    )
    rule = Code(_("rule"), choices=Rule.choices)
    amount = models.DecimalField(
        _("amount"),
        max_digits=8,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("Blank where the rule needs none."),
    )
    source = Prose(
        _("source"), help_text=_("Who says so, and where: author, year, title, or the clinic's own decision.")
    )
    in_use = models.BooleanField(_("in use"), default=True, editable=False)

    history = History()

    class Meta(Clinical.Meta):
        verbose_name = _("definition of a response")
        verbose_name_plural = _("definitions of a response")
        ordering = ["name", "code", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="response_version_once"),
            models.UniqueConstraint(fields=["code"], condition=Q(in_use=True), name="response_in_use_once"),
            one_of("measure", BY_CODE, name="response_measure_word", also_empty=False),
            one_of("rule", Rule.values, name="response_rule_word", also_empty=False),
            models.CheckConstraint(condition=~Q(source=""), name="response_has_source", violation_error_code="source"),
            models.CheckConstraint(
                condition=Q(rule__in=WITHOUT_AMOUNT, amount__isnull=True)
                | (~Q(rule__in=WITHOUT_AMOUNT) & Q(amount__isnull=False, amount__gte=0)),
                name="response_amount_where_needed",
                violation_error_code="amount",
                violation_error_message=_("Write the amount, unless the rule is that a value fell or rose at all."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def as_response(self) -> Response:
        """As reports take it, beside the published ones."""
        return Response(
            self.code,
            self.version,
            self.name,
            self.measure,
            self.rule,
            self.source,
            self.amount,
            self.unit,
            self.in_use,
        )
