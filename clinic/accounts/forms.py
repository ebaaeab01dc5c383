"""What people type about accounts: log-in, password, the first account, staff."""

from typing import Any, cast

from allauth.account.forms import ChangePasswordForm as LibraryChangePasswordForm
from allauth.account.forms import LoginForm
from allauth.core import context
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from clinic.accounts.models import User, plain_username
from clinic.accounts.passwords import LONGEST
from clinic.accounts.roles import ROLE_SENTENCES, Role
from clinic.audit.access import record_event
from clinic.lib.fields import PROSE
from clinic.lib.forms import KeyedForm, code_beside_password, code_field

PASSWORD_HELP = _("At least 12 characters. Several words that do not belong together make a good password.")
NAME_LENGTH = User._meta.get_field("username").max_length
FULL_NAME_LENGTH = User._meta.get_field("full_name").max_length


def role_choices(roles: list[Role] | None = None) -> list[tuple[str, Any]]:
    """Each role with the sentence that says what it does."""
    return [
        (role.value, format_lazy("{}{} {}", role.label, _(":"), ROLE_SENTENCES[role])) for role in roles or list(Role)
    ]


def set_choices(form: forms.Form, name: str, choices: list[Any]) -> None:
    """Say which choices a field of this form offers."""
    cast(forms.ChoiceField, form.fields[name]).choices = choices


class PasswordField(forms.CharField):
    """A password: never shown again, spaces kept, its length held where hashing it stays quick."""

    def __init__(self, *, autocomplete: str, **kwargs: Any) -> None:
        widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
        super().__init__(widget=widget, strip=False, max_length=LONGEST, **kwargs)


class LogInForm(LoginForm):
    """User name and password, in our words."""

    password = PasswordField(label=_("Password"), autocomplete="current-password")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("User name")
        attrs = self.fields["login"].widget.attrs
        attrs.pop("placeholder", None)
        attrs.update({"autocapitalize": "none", "spellcheck": "false", "autofocus": True})


class ChangePasswordForm(LibraryChangePasswordForm):
    """The person's own password. The library throttles guessing the current one."""

    oldpassword = PasswordField(label=_("Current password"), autocomplete="current-password")
    password1 = PasswordField(label=_("New password"), autocomplete="new-password", help_text=PASSWORD_HELP)
    password2 = PasswordField(label=_("New password, again"), autocomplete="new-password")

    def clean_oldpassword(self) -> str:
        try:
            return super().clean_oldpassword()
        except forms.ValidationError:
            record_event("password_failed", request=context.request, by=self.user)
            raise

    def clean_password1(self) -> str:
        password = self.cleaned_data["password1"]
        validate_password(password, self.user)
        if self.user.check_password(password):
            raise forms.ValidationError(_("This is your current password. Choose another one."), code="same")
        return password


class AccountForm(KeyedForm):
    """What an administrator says about an account."""

    full_name = forms.CharField(
        label=_("Full name"), max_length=FULL_NAME_LENGTH, help_text=_("As it shall stand under a signature.")
    )
    role = forms.ChoiceField(label=_("Role"), choices=role_choices, widget=forms.RadioSelect)
    language = forms.ChoiceField(label=_("Language"), required=False, widget=forms.RadioSelect)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = User._meta.get_field("language").choices or []
        set_choices(self, "language", [("", pgettext_lazy("language", "the clinic's")), *names])


class NewAccountForm(AccountForm):
    """An account for somebody who is new. Its first password is made by the program."""

    username = forms.CharField(
        label=_("User name"),
        max_length=NAME_LENGTH,
        help_text=_("To log in with. It stays this person's for ever."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    field_order = ["full_name", "username", "role", "language"]

    def clean_username(self) -> str:
        return plain_username(self.cleaned_data["username"])


class ReasonForm(KeyedForm):
    """Why something is done to an account."""

    reason = forms.CharField(label=_("Reason"), max_length=PROSE, widget=forms.Textarea(attrs={"rows": 2}))


class EmergencyForm(ReasonForm):
    """Why treatment records are opened without the role for it, and the password again."""

    password = PasswordField(label=_("Your password"), autocomplete="current-password")
    code = code_beside_password()


class CodeForm(KeyedForm):
    """The code at the log-in."""

    code = code_field()


class AddSecondFactorForm(KeyedForm):
    """The first code of the app, and the password again."""

    code = code_field()
    password = PasswordField(label=_("Your password"), autocomplete="current-password")


class ConfirmForm(KeyedForm):
    """The password again, for what changes how one logs in."""

    password = PasswordField(label=_("Your password"), autocomplete="current-password")
    code = code_beside_password()


class ChangeAccountForm(AccountForm, ReasonForm):
    """Changes of an account, always with a reason."""

    is_active = forms.BooleanField(
        label=_("May log in"),
        required=False,
        help_text=_("Without this mark the account is closed: the person is logged out at once. Nothing is deleted."),
    )
    field_order = ["full_name", "role", "language", "is_active", "reason"]


class FirstAccountForm(NewAccountForm):
    """The first account, guarded by the token that stands in the terminal."""

    token = forms.CharField(
        label=_("One-time token"),
        max_length=100,
        help_text=_("It stands in the terminal where the logbook was started."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}),
    )
    password1 = PasswordField(label=_("Password"), autocomplete="new-password", help_text=PASSWORD_HELP)
    password2 = PasswordField(label=_("Password, again"), autocomplete="new-password")
    field_order = ["token", "full_name", "username", "role", "language", "password1", "password2"]

    def __init__(self, *args: Any, roles: list[Role], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_choices(self, "role", role_choices(roles))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        first, second = cleaned.get("password1"), cleaned.get("password2")
        if first and second and first != second:
            self.add_error("password2", forms.ValidationError(_("The two passwords differ."), code="differ"))
        if first:
            names = User(username=cleaned.get("username", ""), full_name=cleaned.get("full_name", ""))
            try:
                validate_password(first, names)
            except forms.ValidationError as error:
                self.add_error("password1", error)
        return cleaned
