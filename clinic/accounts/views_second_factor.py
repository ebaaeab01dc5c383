"""Pages of the second factor: set up, new recovery codes, remove, the code at the log-in."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from clinic.accounts import actions
from clinic.accounts.confirm import why_not_confirmed
from clinic.accounts.forms import AddSecondFactorForm, CodeForm, ConfirmForm, ReasonForm
from clinic.accounts.models import SecondFactor, User
from clinic.accounts.roles import Permission
from clinic.accounts.second_factor import first_use, new_secret, picture, sealed, step_of
from clinic.accounts.stage import waiting_stage, why_not_in
from clinic.gate import PersonRequest, open_to_all, requires
from clinic.lib.problems import AlreadyDone, Problem, Refused, refuse

# In the web session on the server until the first code was typed.
SECRET = "second_factor_secret"  # noqa: S105 -- the name of a place


@open_to_all
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
def login_code(request: HttpRequest) -> HttpResponse:
    """The code, after the password and before anything else."""
    stage = waiting_stage(request)
    if stage is None:
        return redirect("account_login")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        problems = why_not_in(request, stage, form.cleaned_data["code"])
        if not problems:
            return stage.exit()
        form.add_problems(problems)
    return render(request, "account/login_code.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@requires()
@sensitive_post_parameters()
def second_factor(request: PersonRequest) -> HttpResponse:
    """Set up a second factor; where there is one, how many recovery codes are left."""
    if factor := SecondFactor.objects.filter(user=request.user).first():
        page = {"factor": factor, "left": len(factor.codes.split()), "form": ConfirmForm()}
        return render(request, "accounts/second_factor.html", page)
    secret = request.session.setdefault(SECRET, new_secret())
    form = AddSecondFactorForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            refuse(why_not_confirmed(request, data["password"], "account"))
            refuse(_why_not_first(request.user, secret, data["code"]))
            codes = actions.add_second_factor(
                user=request.user, secret=sealed(request.user, secret), key=data["form_key"]
            )
        except Refused as error:
            form.add_problems(error.problems)
        except AlreadyDone:
            return _shown_before(request)
        else:
            request.session.pop(SECRET, None)
            return render(request, "accounts/codes.html", {"codes": codes})
    drawn = mark_safe(picture(request.user, secret))  # noqa: S308 -- squares drawn by the program, no text
    return render(request, "accounts/second_factor.html", {"form": form, "secret": secret, "picture": drawn})


@require_http_methods(["GET", "HEAD", "POST"])
@requires()
@sensitive_post_parameters()
def new_codes(request: PersonRequest) -> HttpResponse:
    """New recovery codes instead of the former ones."""
    if not request.user.has_second_factor:
        return redirect("second-factor")
    form = ConfirmForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            refuse(why_not_confirmed(request, form.cleaned_data["password"], "account"))
            codes = actions.renew_recovery_codes(user=request.user, key=form.cleaned_data["form_key"])
        except Refused as error:
            form.add_problems(error.problems)
        except AlreadyDone:
            return _shown_before(request)
        else:
            return render(request, "accounts/codes.html", {"codes": codes})
    return render(request, "accounts/second_factor_confirm.html", {"form": form, "removes": False})


@require_http_methods(["GET", "HEAD", "POST"])
@requires()
@sensitive_post_parameters()
def remove(request: PersonRequest) -> HttpResponse:
    """One's own second factor, with password and code for the last time."""
    if not request.user.has_second_factor:
        return redirect("second-factor")
    form = ConfirmForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            refuse(why_not_confirmed(request, form.cleaned_data["password"], "account"))
            actions.remove_second_factor(by=request.user, user=request.user, key=form.cleaned_data["form_key"])
        except Refused as error:
            form.add_problems(error.problems)
        except AlreadyDone:
            return redirect("second-factor")
        else:
            messages.success(request, _("The second factor is removed."))
            return redirect("second-factor")
    return render(request, "accounts/second_factor_confirm.html", {"form": form, "removes": True})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.MANAGE_ACCOUNTS)
def take_away(request: PersonRequest, pk: int) -> HttpResponse:
    """For somebody who lost the app and the codes: an administrator takes the second factor away, with a reason."""
    account = get_object_or_404(User, pk=pk)
    if account.pk == request.user.pk:
        return redirect("second-factor")
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            actions.remove_second_factor(by=request.user, user=account, reason=data["reason"], key=data["form_key"])
        except Refused as error:
            form.add_problems(error.problems)
        except AlreadyDone:
            return redirect("account-edit", pk)
        else:
            messages.success(request, _("The second factor is removed."))
            return redirect("account-edit", pk)
    return render(request, "accounts/second_factor_away.html", {"form": form, "account": account})


def _why_not_first(user: User, secret: str, typed: str) -> list[Problem]:
    step = step_of(secret, typed)
    if step is not None and first_use(user, step):
        return []
    return [
        Problem("code", _("This is not the code that your app shows now. Look again, and type the next one."), "code")
    ]


def _shown_before(request: PersonRequest) -> HttpResponse:
    messages.warning(request, _("The recovery codes were shown already. If they are lost, make new ones here."))
    return redirect("second-factor")
