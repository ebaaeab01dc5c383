"""What a physician adds to the letter about a course: its language, and the plan in their own words."""

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from clinic.lib.text import readable_text

LONGEST_PLAN = 4_000


class CourseLetterForm(forms.Form):
    """Nothing of it is stored but with the act of making the file."""

    language = forms.ChoiceField(label=_("Language of the letter"), choices=settings.LANGUAGES, required=False)
    plan = forms.CharField(
        label=_("plan, in your own words"),
        required=False,
        max_length=LONGEST_PLAN,
        validators=[readable_text],
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Kept with the act of making the file."),
    )

    def clean_plan(self) -> str:
        return str(self.cleaned_data["plan"]).replace("\r\n", "\n")
