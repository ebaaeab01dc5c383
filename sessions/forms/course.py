"""A course: what is treated, where, how many sessions are planned; and its end."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from clinic.accounts.models import User
from sessions.forms.base import DayField, LogbookModelForm, form_field
from sessions.forms.people import choose_physician
from sessions.measures.sites import Indication, site_choices
from sessions.measures.words import CourseStatus, EndReason
from sessions.models import Consultation, Course, Patient


class ConsultationChoice(forms.ModelChoiceField):
    def label_from_instance(self, consultation: Consultation) -> str:
        return f"{date_format(consultation.held_date, 'SHORT_DATE_FORMAT')}, {consultation.physician}"


class CourseChoice(forms.ModelChoiceField):
    def label_from_instance(self, course: Course) -> str:
        return f"{course.get_indication_display()}, {date_format(course.opened_date, 'SHORT_DATE_FORMAT')}"


class CourseForm(LogbookModelForm):
    """A new course of one indication, with its sites. No number of sessions is proposed."""

    indication = forms.ChoiceField(choices=Indication.choices, widget=forms.HiddenInput)
    sites = forms.MultipleChoiceField(label=_("sites"), widget=forms.CheckboxSelectMultiple)
    consultation = ConsultationChoice(
        label=_("prior consultation"),
        queryset=Consultation.objects.none(),
        required=False,
        empty_label=_("to be recorded"),
        help_text=_("Without one, no session can be signed as performed."),
    )
    previous = CourseChoice(
        label=_("follows the course"), queryset=Course.objects.none(), required=False, empty_label="—"
    )

    class Meta:
        model = Course
        fields = ["indication", "consultation", "physician", "planned_sessions", "opened_date", "goal", "previous"]
        formfield_callback = form_field

    def __init__(self, *args: Any, user: User, patient: Patient, indication: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["indication"] = indication
        self.initial.setdefault("opened_date", timezone.localdate())
        choose_physician(self, user)
        self.fields["sites"].choices = site_choices(indication)  # type: ignore[attr-defined]
        self.fields["sites"].error_messages["required"] = _("Choose at least one site.")
        self.fields["sites"].error_messages["invalid_choice"] = _("Not a site of this indication: %(value)s.")
        consultations = Consultation.objects.filter(patient=patient).select_related("physician")
        self.fields["consultation"].queryset = consultations  # type: ignore[attr-defined]
        courses = Course.objects.filter(patient=patient).exclude(pk=self.instance.pk)
        self.fields["previous"].queryset = courses  # type: ignore[attr-defined]


class EditCourseForm(CourseForm):
    """A correction: the indication stays, everything else may be put right, with a reason."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    status = forms.ChoiceField(label=_("status"))
    reason = forms.CharField(
        label=_("reason for the change"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Kept in the history with the old and the new values."),
    )  # fmt: skip

    class Meta(CourseForm.Meta):
        fields = ["consultation", "physician", "planned_sessions", "opened_date", "goal", "previous", "status"]

    def __init__(self, *args: Any, instance: Course, **kwargs: Any) -> None:
        super().__init__(*args, instance=instance, patient=instance.patient, indication=instance.indication, **kwargs)
        del self.fields["indication"]
        self.initial.setdefault("version", instance.version)
        self.initial["sites"] = [row.site for row in instance.sites.all()]
        if instance.is_open:
            still_open = [(word.value, word.label) for word in (CourseStatus.ACTIVE, CourseStatus.ON_HOLD)]
            self.fields["status"].choices = still_open  # type: ignore[attr-defined]
        else:
            del self.fields["status"]


class EndCourseForm(LogbookModelForm):
    """The end of a course; no reason is picked beforehand."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    ended_date = DayField(label=_("ended on"))
    end_reason = forms.ChoiceField(label=_("reason for the end"), choices=EndReason.choices, widget=forms.RadioSelect)

    class Meta:
        model = Course
        fields = ["ended_date", "end_reason", "end_note"]
        formfield_callback = form_field

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("version", self.instance.version)
