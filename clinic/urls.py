"""Addresses of the whole program; the one file of `clinic` that knows `sessions`."""

from allauth.account import views as library
from django.urls import include, path

from clinic.accounts import views as accounts
from clinic.accounts import views_second_factor as factor
from clinic.operations import downloads, verification
from clinic.operations import views as operations
from sessions.views import home

handler500 = operations.broken
urlpatterns = [
    path("", home.home, name="home"),
    path("healthz", operations.health, name="health"),
    path("stay/", operations.stay, name="stay"),
    path("login/", library.login, name="account_login"),
    path("login/code/", factor.login_code, name="login-code"),
    path("logout/", library.logout, name="account_logout"),
    path("password/", library.password_change, name="account_change_password"),
    path("second-factor/", factor.second_factor, name="second-factor"),
    path("second-factor/codes/", factor.new_codes, name="second-factor-codes"),
    path("second-factor/remove/", factor.remove, name="second-factor-remove"),
    path("language/", accounts.language, name="language"),
    path("first-account/", accounts.first_account, name="first-account"),
    path("emergency/", accounts.emergency, name="emergency"),
    path("emergency/end/", accounts.emergency_end, name="emergency-end"),
    path("downloads/", downloads.downloads, name="downloads"),
    path("downloads/progress/", downloads.progress, name="downloads-progress"),
    path("downloads/cancel/", downloads.cancel, name="downloads-cancel"),
    path("downloads/<uuid:uid>/file/", downloads.file, name="downloads-file"),
    path("verification/", verification.verification, name="verification"),
    path("verification/start/", verification.verification_start, name="verification-start"),
    path("accounts/", accounts.accounts, name="accounts"),
    path("accounts/new/", accounts.account_new, name="account-new"),
    path("accounts/<int:pk>/", accounts.account_edit, name="account-edit"),
    path("accounts/<int:pk>/history/", accounts.account_history, name="account-history"),
    path("accounts/<int:pk>/password/", accounts.account_password, name="account-password"),
    path("accounts/<int:pk>/second-factor/", factor.take_away, name="account-second-factor"),
    path("", include("sessions.urls")),
]
