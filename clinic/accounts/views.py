"""Pages of accounts: the first one, the language, staff."""

from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.accounts import actions
from clinic.accounts import emergency as emergencies
from clinic.accounts.confirm import why_not_confirmed
from clinic.accounts.first import forget_token, token_fits
from clinic.accounts.forms import ChangeAccountForm, EmergencyForm, FirstAccountForm, NewAccountForm, ReasonForm
from clinic.accounts.history import history_of_account
from clinic.accounts.models import User
from clinic.accounts.passwords import one_time_password
from clinic.accounts.roles import Permission
from clinic.accounts.rules import roles_still_open
from clinic.gate import PersonRequest, open_to_all, requires
from clinic.lib.problems import AlreadyDone, Problem, Refused, refuse

YEAR = 365 * 24 * 3600
LONGEST_TARGET = 2000


@open_to_all
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
def first_account(request: HttpRequest) -> HttpResponse:
    """Opens the first account to whoever can read the terminal; gone when that is done."""
    roles = roles_still_open(User.objects.roles_in_use())
    if not roles:
        return redirect("account_login")
    form = FirstAccountForm(request.POST or None, roles=roles)
    if request.method == "POST":
        if not ratelimit.consume(request, action="first_account"):
            return ratelimit.respond_429(request)
        if form.is_valid() and _opened(form):
            messages.success(request, _("The account is open. Please log in."))
            return redirect("account_login")
    return render(request, "accounts/first.html", {"form": form, "roles": roles})


def _opened(form: FirstAccountForm) -> bool:
    data = form.cleaned_data
    if not token_fits(data["token"]):
        form.add_problems([Problem("token", _("This is not the token in the terminal. Copy it again."), "token")])
        return False
    try:
        actions.create_account(
            by=None,
            username=data["username"],
            full_name=data["full_name"],
            role=data["role"],
            language=data["language"],
            password=data["password1"],
            must_change_password=False,
            key=data["form_key"],
        )
    except Refused as error:
        form.add_problems(error.problems)
        return False
    except AlreadyDone:
        return True
    forget_token()
    return True


@open_to_all
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """The language of this person, or of this browser before the log-in."""
    chosen = request.POST.get("language", "")
    response = HttpResponseRedirect(_target(request, request.POST.get("next", "")))
    if chosen not in dict(settings.LANGUAGES):
        return response
    if request.user.is_authenticated and request.user.language != chosen:
        actions.choose_language(user=request.user, language=chosen)
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME, chosen, max_age=YEAR, httponly=True, samesite="Lax", secure=settings.HTTPS
    )
    return response


def _target(request: HttpRequest, asked: str) -> str:
    """Where a form leads back to: an address of this logbook, never the name of a route or another site."""
    known = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())
    return asked if known and asked.startswith("/") and len(asked) <= LONGEST_TARGET else reverse("home")


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.OPEN_EMERGENCY)
@sensitive_post_parameters()
def emergency(request: PersonRequest) -> HttpResponse:
    """Open treatment records for a short time, with a reason and the password; everything seen is marked."""
    if not settings.EMERGENCY_MINUTES:
        raise Http404
    target = _target(request, (request.POST or request.GET).get("next", ""))
    form = EmergencyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            refuse(why_not_confirmed(request, form.cleaned_data["password"], "emergency"))
            data = form.cleaned_data
            emergencies.begin(request, by=request.user, reason=data["reason"], key=data["form_key"])
        except AlreadyDone:
            return HttpResponseRedirect(target)
        except Refused as error:
            form.add_problems(error.problems)
        else:
            return HttpResponseRedirect(target)
    page = {"form": form, "target": target, "minutes": settings.EMERGENCY_MINUTES}
    return render(request, "accounts/emergency.html", page)


@require_POST
@requires(Permission.OPEN_EMERGENCY)
def emergency_end(request: PersonRequest) -> HttpResponse:
    """Close the treatment records again, before the time is over."""
    emergencies.end(request)
    messages.success(request, _("The emergency access has ended."))
    return redirect("home")


@require_safe
@requires(Permission.MANAGE_ACCOUNTS)
def accounts(request: PersonRequest) -> HttpResponse:
    """Everybody who may or might log in."""
    return render(request, "accounts/list.html", {"accounts": User.objects.by_name()})


@requires(Permission.MANAGE_ACCOUNTS)
def account_new(request: PersonRequest) -> HttpResponse:
    """Open an account; its one-time password stands on the answer, once."""
    form = NewAccountForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        password = one_time_password()
        try:
            account = actions.create_account(
                by=request.user,
                username=data["username"],
                full_name=data["full_name"],
                role=data["role"],
                language=data["language"],
                password=password,
                key=data["form_key"],
            )
        except Refused as error:
            form.add_problems(error.problems)
        except AlreadyDone as done:
            return _shown_before(request, done)
        else:
            return render(request, "accounts/shown.html", {"account": account, "password": password, "new": True})
    return render(request, "accounts/new.html", {"form": form})


@requires(Permission.MANAGE_ACCOUNTS)
def account_edit(request: PersonRequest, pk: int) -> HttpResponse:
    """Change an account, or close it. There is no page that deletes one."""
    account = get_object_or_404(User, pk=pk)
    names = ("full_name", "role", "language", "is_active")
    form = ChangeAccountForm(request.POST or None, initial={name: getattr(account, name) for name in names})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        values = {name: data[name] for name in names}
        try:
            actions.change_account(by=request.user, user=account, reason=data["reason"], key=data["form_key"], **values)
        except Refused as error:
            form.add_problems(error.problems)
        except AlreadyDone:
            return redirect("accounts")
        else:
            messages.success(request, _("The account is changed."))
            return redirect("accounts")
    return render(request, "accounts/edit.html", {"form": form, "account": account})


@requires(Permission.MANAGE_ACCOUNTS)
def account_password(request: PersonRequest, pk: int) -> HttpResponse:
    """A new one-time password for somebody who lost theirs; ends that person's web sessions."""
    account = get_object_or_404(User, pk=pk)
    if account.pk == request.user.pk:
        return redirect("account_change_password")
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        password = one_time_password()
        data = form.cleaned_data
        try:
            actions.set_password(
                by=request.user, user=account, password=password, reason=data["reason"], key=data["form_key"]
            )
        except Refused as error:
            form.add_problems(error.problems)
        except AlreadyDone as done:
            return _shown_before(request, done)
        else:
            return render(request, "accounts/shown.html", {"account": account, "password": password, "new": False})
    return render(request, "accounts/password.html", {"form": form, "account": account})


def _shown_before(request: HttpRequest, done: AlreadyDone) -> HttpResponse:
    """The same form again: the password was shown, and only once."""
    messages.warning(request, _("The one-time password was shown already. If it is lost, set a new one here."))
    pk = done.subject.removeprefix("user:")
    if not pk.isdigit():
        raise Http404
    return redirect("account-password", pk=int(pk))


@require_http_methods(["GET", "HEAD"])
@requires(Permission.MANAGE_ACCOUNTS)
def account_history(request: HttpRequest, pk: int) -> HttpResponse:
    """What was changed in this account, by whom and why, the latest first."""
    account = get_object_or_404(User, pk=pk)
    return render(request, "accounts/history.html", {"account": account, "entries": history_of_account(account)})
