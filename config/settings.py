"""Settings of every deployment: one file, the environment (or `.env`) decides.

The names an operator may set are listed in the README. `NAME_FILE` names a file that holds the value
of `NAME`, for secrets that are mounted rather than exported.
"""

from __future__ import annotations

import sys
import zoneinfo
from datetime import timedelta
from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.FileAwareEnv()
# The demonstration keeps apart from an installation beside it (config/demonstration/environment.py).
if not env.bool("DEMO", False):
    env.read_env(BASE_DIR / ".env")
# Where this host keeps what is its own: the SQLite database, gathered static files, traces of running processes.
VAR_DIR = Path(env.str("VAR_DIR", str(BASE_DIR / "var"))).resolve()

# Time zones come from the pinned tzdata, not from whatever this machine has: every host answers alike.
zoneinfo.reset_tzpath(())

TESTING = "pytest" in sys.modules
DEBUG = env.bool("DEBUG", False)
# The demonstration: built-in outbox, sandbox, made-up secrets. Never on in production.
DEMO = env.bool("DEMO", False)
# The Microsoft 365 sandbox exists only where this is on; checks.py refuses it in production.
SANDBOX = env.bool("SANDBOX", DEMO or TESTING)

INSECURE_KEY = "insecure-key-for-development-and-tests-only-0123456789"
SECRET_KEY = env.str("SECRET_KEY", INSECURE_KEY)
FIELD_ENCRYPTION_KEYS = env.list("FIELD_ENCRYPTION_KEYS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]", "testserver"])
SITE_URL = env.str("SITE_URL", "http://127.0.0.1:8000").rstrip("/")
SECURE_SITE = SITE_URL.startswith("https://")
CSRF_TRUSTED_ORIGINS = [SITE_URL] if SECURE_SITE else []
TRUSTED_PROXIES = env.list("TRUSTED_PROXIES", default=[])

INSTALLED_APPS = [
    "config.apps.DaybookAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "csp",
    "django_htmx",
    "django_q",
    "lucide",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "config.apps.DaybookConfig",
    "tenants",
    "rooms",
    "bookings",
]
if SANDBOX:
    INSTALLED_APPS.append("tenants.sandbox")

MIDDLEWARE = [
    "config.logging.RequestContextMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "tenants.middleware.TenancyMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context.site",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- Data -----------------------------------------------------------------------------------------------------

DATABASE_URL = env.str("DATABASE_URL", f"sqlite:///{VAR_DIR / 'daybook.sqlite3'}")
DATABASES = {"default": env.db_url_config(DATABASE_URL)}
# A test server's threads would keep the test database open past its end.
DATABASES["default"]["CONN_MAX_AGE"] = 0 if TESTING else 60
# Lets several test runs share one machine.
TEST_DB_SUFFIX = f"-{env.str('TEST_DB_SUFFIX')}" if "TEST_DB_SUFFIX" in env.ENVIRON else ""
# ATOMIC_REQUESTS stays off: with IMMEDIATE transactions every read would take the write lock.
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    VAR_DIR.mkdir(parents=True, exist_ok=True)
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;",
    }
    # An in-memory test database locks under threads; a file with the same options behaves as production does.
    DATABASES["default"]["TEST"] = {"NAME": VAR_DIR / f"test{TEST_DB_SUFFIX}.sqlite3"}
else:
    DATABASES["default"]["TEST"] = {"NAME": f"test_daybook{TEST_DB_SUFFIX}"}
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

REDIS_URL = env.str("REDIS_URL", "")
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    # Rate limits live here: the stock limit of 300 entries would forget who has tried.
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 100_000}}
}
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db" if REDIS_URL else "django.contrib.sessions.backends.db"

WORKERS = env.int("WORKERS", 2)
# django-q2 only wakes the outbox, which counts attempts and waits by itself (tenants/outbox.py says why).
Q_CLUSTER = {
    "name": "daybook",
    "workers": WORKERS,
    "timeout": 60,
    "retry": 180,
    "queue_limit": WORKERS,
    "bulk": 1,
    "poll": 0.1,
    "max_attempts": 1,
    "ack_failures": True,
    "save_limit": -1,
    "catch_up": False,
    "recycle": 500,
    "max_rss": 250_000,
    "label": "Queue",
    # Ours beat for their own host, so that a supervisor sees whether its worker lives.
    "broker_class": "config.broker.RedisBroker" if REDIS_URL else "config.broker.DatabaseBroker",
    **({"redis": REDIS_URL} if REDIS_URL else {"orm": "default"}),
}
OUTBOX_SWEEP_SECONDS = env.int("OUTBOX_SWEEP_SECONDS", 60)
OUTBOX_LEASE_SECONDS = env.int("OUTBOX_LEASE_SECONDS", 90)
SYNC_SWEEP_SECONDS = env.int("SYNC_SWEEP_SECONDS", 600)
# How long others wait before they reach a personal page that was just activated (S1.33).
PERSONAL_PAGE_ACTIVATION = timedelta(seconds=env.int("PERSONAL_PAGE_ACTIVATION_SECONDS", 120))

# How often one address on the network may try to book, move or cancel.
VISITOR_TRIES = env.int("VISITOR_TRIES", 30)
VISITOR_TRIES_PERIOD = timedelta(seconds=env.int("VISITOR_TRIES_SECONDS", 600))
# A form that was filled in quicker than this is asked to be sent once more: people read, programs do not.
VISITOR_FILL_TIME = timedelta(seconds=env.int("VISITOR_FILL_SECONDS", 0 if TESTING else 2))
# How many complete forms one mail address may send in an hour, and how many one page takes.
VISITOR_ADDRESS_TRIES = env.int("VISITOR_ADDRESS_TRIES", 10)
VISITOR_PAGE_TRIES = env.int("VISITOR_PAGE_TRIES", 60)

# --- Microsoft 365 ---------------------------------------------------------------------------------------------

MICROSOFT_LOGIN_URL = env.str("MICROSOFT_LOGIN_URL", "https://login.microsoftonline.com").rstrip("/")
MICROSOFT_GRAPH_URL = env.str("MICROSOFT_GRAPH_URL", "https://graph.microsoft.com/v1.0").rstrip("/")
WEBHOOK_URL = env.str("WEBHOOK_URL", SITE_URL).rstrip("/")
# Whether our own webhooks may go into private networks and without encryption: for programs that live beside us.
WEBHOOKS_INSIDE = env.bool("WEBHOOKS_INSIDE", False)

# --- People ----------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "tenants.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/staff/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "tenants.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
# Whoever types an address that is not known must not make us write to it.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGOUT_ON_GET = False
# Microsoft sign-in: one provider for each organisation, made from its connection; no secrets in rows of allauth's.
SOCIALACCOUNT_ADAPTER = "tenants.microsoft_accounts.MicrosoftAccountAdapter"
SOCIALACCOUNT_ONLY = False
# A directory writes whatever mail address it likes into its tokens: nobody is found by one.
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_AUTO_SIGNUP = False
SOCIALACCOUNT_LOGIN_ON_GET = False
SOCIALACCOUNT_REAUTHENTICATION_REQUIRED = True
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_REQUESTS_TIMEOUT = 15
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Daybook"

# --- Mail ------------------------------------------------------------------------------------------------------

# `outbox:` keeps the messages in the database, where the demonstration's outbox page shows them.
EMAIL_URL = env.str("EMAIL_URL", "outbox:" if DEMO or TESTING or DEBUG else "")
if EMAIL_URL and not EMAIL_URL.startswith("outbox:"):
    vars().update(env.email_url_config(EMAIL_URL))
EMAIL_BACKEND = (
    "tenants.mail.OutboxBackend" if EMAIL_URL.startswith("outbox:") else "django.core.mail.backends.smtp.EmailBackend"
)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "Daybook <daybook@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# --- Language and time -----------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("de", _("German"))]
# Second: better words for what packages say, kept by hand.
LOCALE_PATHS = [BASE_DIR / "locale", BASE_DIR / "locale" / "packages"]
USE_I18N = True
USE_TZ = True
FORMAT_MODULE_PATH = ["config.formats"]
TIME_ZONE = "UTC"

# --- Web -------------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or TESTING
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG or TESTING

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SITE
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SECURE_SSL_REDIRECT = SECURE_SITE
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 31_536_000 if SECURE_SITE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE_SITE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# Calls in a minute of one API key, or of one address without a key.
API_CALLS_PER_MINUTE = env.int("API_CALLS_PER_MINUTE", 6_000)
# Tries to book without a key, from one address.
BOOKING_LIMIT_PER_IP = env.int("BOOKING_LIMIT_PER_IP", 120)
BOOKING_LIMIT_PERIOD = timedelta(minutes=10)
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["tenants.api.authentication.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["tenants.api.authentication.HasScope"],
    "DEFAULT_THROTTLE_CLASSES": ["tenants.api.limits.CallerThrottle"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["tenants.api.formats.BoundedJsonParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "tenants.api.formats.AlwaysJson",
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "tenants.api.problems.problem",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Daybook",
    "DESCRIPTION": "Booking pages, bookings and rooms. Times are ISO 8601 with offset, durations ISO 8601, ids UUID.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": [],
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "PATH_CONVERTER_OVERRIDES": {"identifier": {"type": "string", "format": "uuid"}},
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "tenants.api.schema.describe_problems",
    ],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

LOGGING_CONFIG = "config.logging.configure"
LOGGING = {"json": not DEBUG, "level": env.str("LOG_LEVEL", "INFO")}
METRICS_ALLOWED = env.list("METRICS_ALLOWED", default=[])
