"""The session form: six sections as a physician works through them. Settings are blank text fields."""

from typing import Any

from django import forms
from django.utils.translation import get_language, gettext_lazy

from clinic.accounts.models import User
from clinic.accounts.roles import Role
from clinic.lib.problems import Problem
from sessions.actions.session_rows import Entry
from sessions.forms.base import LogbookModelForm, form_field
from sessions.forms.people import people
from sessions.forms.session_rows import applications_of, events_of, observations_of, rows_in, samples_of
from sessions.measures.answers import ASKED_OF_ALL, EACH_SESSION
from sessions.measures.sites import Indication
from sessions.models import Course, Device, Session
from sessions.rules.plausible import UNLIKELY

OF_INDICATION = {
    Indication.HYPERHIDROSIS: ("course_phase", "dominant_hand", "dryness_before"),
    Indication.CELLULITE: ("combined_procedures", "combined_procedures_note", "position"),
    Indication.EXTRACTION: ("extraction_mode", "analyte", "clinical_question"),
}
AS_BUTTONS = (
    "status",
    "metal_removed",
    "events_answer",
    "course_phase",
    "combined_procedures",
    "extraction_mode",
    "dominant_hand",
)


class SessionForm(LogbookModelForm):
    """The session's own fields and what was asked at it; `rows` hold applications, observations, events, samples."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Session
        fields = [
            "number",
            "started_at",
            "ended_at",
            "device",
            "device_program",
            "operator",
            "physician",
            "status",
            "outcome_reason",
            "outcome_note",
            "skin_before",
            "skin_before_note",
            "skin_after",
            "skin_after_note",
            "metal_removed",
            "sensation",
            "sensation_note",
            "pain_nrs",
            "events_answer",
            "notes",
            "late_record",
            "late_reason",
            "incident_note",
            *(name for names in OF_INDICATION.values() for name in names),
        ]
        formfield_callback = form_field

    def __init__(self, *args: Any, course: Course, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.course = course
        for indication, names in OF_INDICATION.items():
            if indication != course.indication:
                for name in names:
                    del self.fields[name]
        for name in AS_BUTTONS:
            if name in self.fields:
                as_buttons(self.fields[name])
        self._people(user)
        self._questions()
        self.fields["number"].required = False
        self.fields["number"].help_text = gettext_lazy("Left empty: the next number of the course.")

    def _people(self, user: User) -> None:
        """Those in use, and those whom the record names already: who left the clinic treated all the same."""
        self.fields["physician"].queryset = people(Role.PHYSICIAN, also=self.instance.physician_id)  # type: ignore[attr-defined]
        operators = people(Role.PHYSICIAN, Role.STAFF, also=self.instance.operator_id)
        self.fields["operator"].queryset = operators  # type: ignore[attr-defined]
        self.fields["device"].queryset = Device.objects.all()  # type: ignore[attr-defined]
        if self.instance._state.adding:
            self.fields["physician"].initial = user.pk

    def _questions(self) -> None:
        self.fields["changed"] = forms.ChoiceField(
            label=gettext_lazy("Has anything changed since last time?"),
            choices=[(reply.value, reply.label) for reply in ASKED_OF_ALL],
            widget=forms.RadioSelect,
            required=False,
        )
        self.fields["changed_note"] = forms.CharField(
            label=gettext_lazy("What changed"), max_length=200, required=False
        )
        for item in EACH_SESSION:
            self.fields[f"reply_{item.code}"] = forms.ChoiceField(
                label=item.question,  # type: ignore[arg-type]
                choices=item.replies,
                widget=forms.RadioSelect,
                required=False,
            )
            self.fields[f"detail_{item.code}"] = forms.CharField(
                label=gettext_lazy("Detail"), max_length=200, required=False
            )

    def questions(self) -> list[tuple[Any, forms.BoundField, forms.BoundField]]:
        """The questions of every session with their two fields."""
        return [(item, self[f"reply_{item.code}"], self[f"detail_{item.code}"]) for item in EACH_SESSION]

    def of_indication(self) -> list[forms.BoundField]:
        """The fields that only this indication has."""
        return [self[name] for name in OF_INDICATION[Indication(self.course.indication)] if name in self.fields]


class SessionEntry:
    """The session form with all its rows: built blank, from a stored session, or from what was posted."""

    def __init__(self, data: Any = None, *, course: Course, user: User, session: Session | None = None) -> None:
        self.course = course
        initial = _answers(session) if session else {}
        if session:
            initial["version"] = session.version
        self.form = SessionForm(data, instance=session, course=course, user=user, initial=initial)
        self.applications = applications_of(data, course.indication, session)
        self.observations = observations_of(data, course.indication, session)
        self.events = events_of(data, course.indication, session)
        self.samples = (
            samples_of(data, course.indication, session) if course.indication == Indication.EXTRACTION else None
        )

    @property
    def formsets(self) -> list[Any]:
        return [
            formset
            for formset in (self.applications, self.observations, self.events, self.samples)
            if formset is not None
        ]

    def quieten(self) -> None:
        """Show what was typed without judging it (a row was asked for, nothing was saved)."""
        for form in self.forms():
            form.quiet = True

    def forms(self) -> list[Any]:
        """Every form on the page."""
        found = [self.form]
        for formset in self.formsets:
            for form in formset.forms:
                found += [form, *getattr(getattr(form, "phases", None), "forms", [])]
        return found

    def is_valid(self) -> bool:
        """Whether every form on the page has a storable shape; all of them are checked, so that all errors show."""
        if not self.form.is_bound:  # sent with nothing in it
            return False
        shapes = [self.form.is_valid(), *(formset.is_valid() for formset in self.formsets)]
        kept = [form for form in self.applications.forms if not form.cleaned_data.get("DELETE")]
        shapes += [form.phases.is_valid() for form in kept]
        return all(shapes)

    def entry(self) -> Entry:
        """What was typed, for the act."""
        typed = self.form.cleaned_data
        replies = {item.code: (typed[f"reply_{item.code}"], typed[f"detail_{item.code}"]) for item in EACH_SESSION}
        return Entry(
            values=self.form.values(),
            replies=replies,
            changed=typed["changed"],
            changed_note=typed["changed_note"],
            language=get_language() or "fr",
            applications=rows_in(self.applications),
            observations=rows_in(self.observations),
            events=rows_in(self.events),
            samples=rows_in(self.samples) if self.samples is not None else (),
        )

    def add_problems(self, problems: list[Problem]) -> None:
        """Show each problem at its field in whichever form it stands, else above the page."""
        forms_by_prefix = {f"{form.prefix}-": form for form in self.forms() if form.prefix}
        for problem in problems:
            prefix = next((prefix for prefix in forms_by_prefix if problem.field.startswith(prefix)), "")
            form = forms_by_prefix.get(prefix, self.form)
            name = problem.field.removeprefix(prefix)
            if name in form.fields and problem.code == UNLIKELY:
                form.fields[name].ask_again = True
            form.add_error(
                name if name in form.fields else None, forms.ValidationError(str(problem.message), code=problem.code)
            )

    def problems(self) -> list[tuple[str, str, str]]:
        """Every error on the page as (anchor, label, message), for the list at its top."""
        rows = [*self.formsets, *(form.phases for form in self.applications.forms)]
        found = [("", "", message) for formset in rows for message in formset.non_form_errors()]
        for form in self.forms():
            found += [("", "", message) for message in form.non_field_errors()]
            for bound in form:
                found += [(f"{bound.auto_id}_group", str(bound.label), message) for message in bound.errors]
        return found


def as_buttons(field: forms.Field) -> None:
    """Show a choice as radio buttons; none is ticked before somebody ticks it."""
    choices = [choice for choice in field.choices if choice[0] != ""]  # type: ignore[attr-defined]
    field.widget = forms.RadioSelect(choices=choices)
    field.choices = choices  # type: ignore[attr-defined]


def _answers(session: Session) -> dict[str, Any]:
    screening = getattr(session, "screening", None)
    if screening is None:
        return {}
    found: dict[str, Any] = {"changed": screening.changed, "changed_note": screening.changed_note}
    for answer in screening.answers.all():
        found[f"reply_{answer.item}"], found[f"detail_{answer.item}"] = answer.reply, answer.detail
    return found
