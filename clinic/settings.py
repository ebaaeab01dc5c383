"""One settings file. Every value a deployment may set is read from the environment (README, table of settings)."""

import os
import re
import sqlite3
import zoneinfo
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from clinic.lib.secrets import secret_from_file

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()


def wrong(name: str, sentence: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"{name}: {sentence}")


def whole_number(name: str, default: int, low: int, high: int) -> int:
    text = env.str(name, default="") or str(default)
    if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise wrong(name, f"write a whole number from {low} to {high}, not {text!r}.")
    return int(text)


def yes_or_no(name: str) -> bool:
    text = env.str(name, default="") or "0"
    if text not in {"0", "1"}:
        raise wrong(name, f"write 1 for yes or 0 for no, not {text!r}.")
    return text == "1"


def folder(name: str, default: Path) -> Path:
    try:
        path = Path(env.str(name, default="") or default).expanduser().resolve()
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (OSError, RuntimeError, ValueError) as error:
        raise wrong(name, f"the folder cannot be made or opened ({error}).") from error
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        raise wrong(name, f"this program may not write in the folder {path}.")
    return path


def host_name(name: str, text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9.:_-]+|\[[0-9A-Fa-f:.]+\]", text):
        raise wrong(name, f"write a host name or an address such as 127.0.0.1, not {text!r}.")
    return text


def wal_is_safe(version: tuple[int, ...]) -> bool:
    """Whether this SQLite has the repair of the WAL-reset fault (3.51.3, or its two backports; docs/adr/0002)."""
    return version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)


# --- Where things are kept -------------------------------------------------------------------
DATA_DIR = folder("CLINIC_DATA_DIR", BASE_DIR / "var")
# Keys lie where a copy of the data does not take them along.
KEY_DIR = folder("CLINIC_KEY_DIR", DATA_DIR.with_name(f"{DATA_DIR.name}-keys"))
if KEY_DIR.is_relative_to(DATA_DIR):
    raise wrong("CLINIC_KEY_DIR", f"the keys must lie outside the data folder {DATA_DIR}.")
ANCHOR_DIR = folder("CLINIC_ANCHOR_DIR", KEY_DIR)
if ANCHOR_DIR.is_relative_to(DATA_DIR):
    raise wrong("CLINIC_ANCHOR_DIR", f"the anchors must lie outside the data folder {DATA_DIR}.")
# An authority that stamps anchors with the time (RFC 3161); empty: nothing leaves the machine.
TIMESTAMP_URL = env.str("CLINIC_TIMESTAMP_URL", default="")
if TIMESTAMP_URL and not re.fullmatch(r"https?://[^\s/?#]+[^\s#]*", TIMESTAMP_URL):
    raise wrong("CLINIC_TIMESTAMP_URL", f"write the address of a time-stamping authority, not {TIMESTAMP_URL!r}.")
DEMO = yes_or_no("CLINIC_DEMO")

try:
    SECRET_KEY = secret_from_file(KEY_DIR / "secret_key")
except OSError as error:
    raise wrong("CLINIC_KEY_DIR", f"the key in it cannot be read or made ({error}).") from error
DEBUG = False

# --- Where it is reached ---------------------------------------------------------------------
HOST = host_name("CLINIC_HOST", env.str("CLINIC_HOST", default="") or "127.0.0.1")
PORT = whole_number("CLINIC_PORT", 8000, 1, 65535)
ALLOWED_HOSTS = sorted({HOST, "127.0.0.1", "localhost", "[::1]"} - {"0.0.0.0", "::", "::1"})  # noqa: S104
ALLOWED_HOSTS += [
    host_name("CLINIC_ALLOWED_HOSTS", text.strip())
    for text in env.str("CLINIC_ALLOWED_HOSTS", default="").split(",")
    if text.strip()
]
# Cookies travel over TLS alone as soon as the clinic says that it serves TLS; TLS itself is a later step.
HTTPS = yes_or_no("CLINIC_HTTPS")

# --- Language, time, habits of the clinic ----------------------------------------------------
LANGUAGES = [("fr", _("French")), ("en", _("English"))]
LANGUAGE_CODE = env.str("CLINIC_LANGUAGE", default="") or "fr"
if LANGUAGE_CODE not in dict(LANGUAGES):
    raise wrong("CLINIC_LANGUAGE", f"write fr or en, not {LANGUAGE_CODE!r}.")
TIME_ZONE = env.str("CLINIC_TIME_ZONE", default="") or "Europe/Paris"
if TIME_ZONE not in zoneinfo.available_timezones():
    raise wrong("CLINIC_TIME_ZONE", f"write a time zone such as Europe/Paris, not {TIME_ZONE!r}.")
IDLE_MINUTES = whole_number("CLINIC_IDLE_MINUTES", 15, 1, 120)
# How long somebody without the role may read treatment records in an emergency; 0 for never.
EMERGENCY_MINUTES = whole_number("CLINIC_EMERGENCY_MINUTES", 30, 0, 240)
# How long screening answers stay valid is the clinic's decision: there is no built-in number (domain A.2.6).
ANSWERS_VALID_DAYS = whole_number("CLINIC_ANSWERS_VALID_DAYS", 0, 0, 3650) or None
# Within how many days after its last session a course counts as active, and how many days a draft may wait for its
# signature, are the clinic's decisions: no built-in number.
ACTIVE_DAYS = whole_number("CLINIC_ACTIVE_DAYS", 0, 0, 3650) or None
# Numbers under it are hidden from reports that are handed on; 0 where none are.
SMALLEST_CELL = whole_number("CLINIC_SMALLEST_CELL", 0, 0, 100) or None
SIGN_WITHIN_DAYS = whole_number("CLINIC_SIGN_WITHIN_DAYS", 0, 0, 365) or None
# How many whole months of accesses (who looked, who logged in) are kept is the clinic's decision, too.
ACCESS_MONTHS = whole_number("CLINIC_ACCESS_MONTHS", 0, 0, 600) or None
# How long a large file that somebody asked for waits to be fetched.
DOWNLOAD_HOURS = whole_number("CLINIC_DOWNLOAD_HOURS", 24, 1, 168)
LONGEST_SESSION_HOURS = 12
USE_I18N = True
USE_TZ = True
LOCALE_PATHS = [BASE_DIR / "clinic" / "locale"]
FORMAT_MODULE_PATH = ["clinic.formats"]

# --- Parts -----------------------------------------------------------------------------------
INSTALLED_APPS = [
    # First, because its commands stand before those of the same name that would erase or go around the history.
    "clinic.operations",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "csp",
    "django_htmx",
    "simple_history",
    "clinic.audit",
    "clinic.accounts",
    "sessions",
]
MIDDLEWARE = [
    "clinic.operations.headers.security_headers",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "clinic.accounts.middleware.idle_limit",
    "clinic.accounts.middleware.emergency_access",
    "clinic.accounts.middleware.language_of_user",
    "clinic.accounts.middleware.first_account_first",
    "clinic.accounts.middleware.throttle_is_recorded",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "clinic.gate.refuse_unmarked_views",
]
ROOT_URLCONF = "clinic.urls"
WSGI_APPLICATION = "clinic.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "clinic.operations.context.frame",
            ],
        },
    },
]
FORM_RENDERER = "clinic.operations.renderer.OnePartial"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Database --------------------------------------------------------------------------------
SQLITE_FIXED = wal_is_safe(sqlite3.sqlite_version_info)
# WAL only with a SQLite that has the repair (docs/adr/0002); FULL, because NORMAL loses saves at a power cut.
SQLITE_OPTIONS = {
    "timeout": 20,
    "transaction_mode": "IMMEDIATE",
    # The driver keeps a hundred statements and, once they are full, makes each new one anew every time (bench: saving
    # a session takes half as long again).
    "cached_statements": 1000,
    "init_command": (
        f"PRAGMA journal_mode={'WAL' if SQLITE_FIXED else 'DELETE'};"
        "PRAGMA synchronous=FULL;PRAGMA foreign_keys=ON;PRAGMA recursive_triggers=ON;"
    ),
}


def postgresql(name: str, url: str) -> dict[str, Any]:
    """The database at `url`. What is wrong is said without the value: a password stands in it."""
    if not url.startswith(("postgres:", "postgresql:")):
        raise wrong(name, "write postgres://user:password@host:port/name, or leave it empty for SQLite.")
    try:
        found = dict(env.db_url_config(url))
    except (ValueError, ImproperlyConfigured) as error:
        raise wrong(name, "this is not an address of a database; see the README.") from error
    if not found.get("NAME"):
        raise wrong(name, "the name of the database is missing at the end.")
    return found


DATABASE_URL = env.str("CLINIC_DATABASE_URL", default="")
# Who owns the tables, where that is not who works with them: set-up alone connects as this one (README).
DATABASE_OWNER_URL = env.str("CLINIC_DATABASE_OWNER_URL", default="")
if DATABASE_URL:
    DATABASES = {"default": postgresql("CLINIC_DATABASE_URL", DATABASE_URL)}
    if DATABASE_OWNER_URL:
        owner = postgresql("CLINIC_DATABASE_OWNER_URL", DATABASE_OWNER_URL)
        if owner.get("USER") == DATABASES["default"].get("USER"):
            raise wrong("CLINIC_DATABASE_OWNER_URL", "the owner is another user than the one of CLINIC_DATABASE_URL.")
elif DATABASE_OWNER_URL:
    raise wrong("CLINIC_DATABASE_OWNER_URL", "it goes with CLINIC_DATABASE_URL; SQLite has no owner.")
else:
    DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": DATA_DIR / "logbook.sqlite3"}}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = SQLITE_OPTIONS
    DATABASES["default"]["CONN_MAX_AGE"] = None
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 600
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    # READ COMMITTED whatever the server's own habit is: who waited for the head of the chain must see it as it is now.
    DATABASES["default"].setdefault("OPTIONS", {})["isolation_level"] = 2
    # From the third time on the server keeps the plan of a statement of the acts (clinic/audit/statements.py).
    DATABASES["default"]["OPTIONS"]["prepare_threshold"] = 2
# No ATOMIC_REQUESTS: acts open the transaction, so that reading never waits for a writer.

# Room enough that a flood of names cannot push the counts of failed log-ins out.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "clinic_cache",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}

# --- People ----------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "clinic.accounts.passwords.StrengthValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "clinic.accounts.adapter.ClinicAdapter"
ACCOUNT_FORMS = {
    "login": "clinic.accounts.forms.LogInForm",
    "change_password": "clinic.accounts.forms.ChangePasswordForm",
}
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "reauthenticate": "10/m/user",
    "change_password": "5/5m/user",
    "sign": "5/5m/user",
    "login_code": "5/5m/user",
    "first_account": "10/m/ip",
    "note_throttled": "1/m/key",
}
ALLAUTH_TRUSTED_PROXY_COUNT = 0

SESSION_ENGINE = "clinic.accounts.web_sessions"
SESSION_COOKIE_AGE = IDLE_MINUTES * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-logbook" if HTTPS else "logbook"
LONGEST_LOGIN_HOURS = 12
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
CSRF_FAILURE_VIEW = "clinic.operations.views.form_expired"

# --- Headers ---------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if yes_or_no("CLINIC_BEHIND_PROXY") else None

# --- Files -----------------------------------------------------------------------------------
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "clinic" / "static"]
WHITENOISE_USE_FINDERS = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
FILE_UPLOAD_HANDLERS = ["clinic.operations.uploads.NoFiles"]

# --- History ---------------------------------------------------------------------------------
SIMPLE_HISTORY_HISTORY_CHANGE_REASON_USE_TEXT_FIELD = True
SIMPLE_HISTORY_DATE_INDEX = False

# --- Logs: to the terminal, never with a name, a form or a query string in them ------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "filters": {"no_private_data": {"()": "clinic.operations.logs.WithoutPrivateData"}},
    "handlers": {
        "terminal": {"class": "logging.StreamHandler", "formatter": "plain", "filters": ["no_private_data"]},
    },
    "root": {"handlers": ["terminal"], "level": "WARNING"},
    "loggers": {"django": {"handlers": ["terminal"], "level": "WARNING", "propagate": False}},
}
# Django asks for redirects to TLS, HSTS and cookies for TLS alone. Without CLINIC_HTTPS=1 the logbook is served
# plainly, on the machine's own address unless the clinic decides otherwise, and each of these would lock everybody
# out. With it all four are set, and nothing is silenced.
SILENCED_SYSTEM_CHECKS = [] if HTTPS else ["security.W004", "security.W008", "security.W012", "security.W016"]
