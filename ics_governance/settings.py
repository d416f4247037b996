"""Settings: everything that differs between machines comes from the environment (`.env.example` lists it)."""

import os
from pathlib import Path

import environ
import structlog
from celery.schedules import crontab
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from ics_governance.logs import without_values

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env", overwrite=False)

# --- What kind of site -------------------------------------------------------------------------------------------
DEMO = env.bool("DEMO", default=False)  # demo people, a switcher between them, and "invented" on every page
TESTING = env.bool("TESTING", default=False)
DEBUG = False  # never: a traceback on a page is a leak. Errors are in the log.
SECRET_KEY = env("SECRET_KEY", default="demo-only-key-not-for-real-use" if DEMO or TESTING else "")
if not SECRET_KEY:
    raise ImproperlyConfigured("SECRET_KEY is not set. Put a long random text into the environment or into .env.")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]", "testserver"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
SITE_NAME = "ICS Governance Oversight"
SITE_URL = env("SITE_URL", default="http://127.0.0.1:8000")
VERSION = "0.1.0"

# --- Applications ------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "ics_governance",
    "partnerships",
    "collaboration",
    "oversight",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "guardian",
    "rest_framework",
    "drf_spectacular",
    "django_filters",
    "django_htmx",
    "csp",
    "django_structlog",
    "django_linear_migrations",
]
if not TESTING and not env.bool("DEVELOPMENT", default=False):
    INSTALLED_APPS.remove("django_linear_migrations")  # a developer's tool: it is not in the served image

MIDDLEWARE = [
    "ics_governance.middleware.RequestLog",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "ics_governance.middleware.ReadableText",
    "ics_governance.middleware.transaction_of_the_request",  # opens the transaction that everything below runs in
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "partnerships.access.actor_of_the_request",  # who acts, for which organisations: row-level security reads it
    "django.contrib.messages.middleware.MessageMiddleware",
    "ics_governance.middleware.sign_in_required",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "ics_governance.urls"
WSGI_APPLICATION = "ics_governance.wsgi.application"
WORKFLOW_MODULES = ["partnerships.workflows", "collaboration.workflows", "oversight.workflows"]
NAVIGATION = "oversight.views.navigation"  # callable(request) -> [(key, label, url)]
DEMO_PEOPLE = "oversight.views.demo_people"  # callable(request) -> [{value, label, current}]; asked in the demo only
DEMO_SIGN_INS = "oversight.views.sign_ins"  # callable() -> [{title, purpose, people: [{value, name, body}]}]; likewise

# --- Templates: ours are Jinja; Django's backend serves allauth's pages ------------------------------------------
CONTEXT_PROCESSORS = [
    "django.template.context_processors.request",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "templates" / "jinja"],
        "APP_DIRS": False,
        "OPTIONS": {"environment": "ics_governance.templating.environment", "context_processors": CONTEXT_PROCESSORS},
    },
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates" / "django"],
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": CONTEXT_PROCESSORS},
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- Database: one alias, two roles. The site serves as `web`; `manage.py migrate` alone takes the owner ----------
ROLE = os.environ.get("DATABASE_ROLE", "web")
_url = "DATABASE_OWNER_URL" if ROLE == "owner" else "DATABASE_URL"
if _url not in os.environ:
    raise ImproperlyConfigured(f"{_url} is not set. Use `make run` or `manage.py`, or set it (see .env.example).")
try:
    DATABASES = {"default": env.db_url(_url)}
except (ValueError, environ.ImproperlyConfigured) as error:
    raise ImproperlyConfigured(f"{_url} is not a database address: {error}") from None
DATABASES["default"] |= {
    "ATOMIC_REQUESTS": True,  # a savepoint inside the request's own transaction: it undoes a failing view
    "CONN_MAX_AGE": 60,
    "CONN_HEALTH_CHECKS": True,
    "TEST": {"NAME": env("TEST_DATABASE_NAME", default=None)},
}
DATABASES["default"].setdefault("OPTIONS", {}).update(
    connect_timeout=5,
    application_name="ics-governance",
    # a killed client's statement ends within a second instead of running on with its locks
    options="-c client_connection_check_interval=1000 -c timezone=UTC",
)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- People ------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "ics_governance.User"
AUTHENTICATION_BACKENDS = [
    "allauth.account.auth_backends.AuthenticationBackend",
    "guardian.backends.ObjectPermissionBackend",
]
ANONYMOUS_USER_NAME = None  # guardian: nobody who is not signed in is ever granted anything
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
if TESTING:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
ACCOUNT_ADAPTER = "ics_governance.accounts.AccountAdapter"
SOCIALACCOUNT_ADAPTER = "ics_governance.accounts.SocialAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_EMAIL_VERIFICATION = "none"  # accounts are made by an administrator's invitation, never by sign-up
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_RATE_LIMITS = {"login_failed": "5/5m/key,20/5m/ip"}
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = SITE_NAME
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
# Sign-in with an organisation's account: a JSON list of OpenID Connect providers (NHS Entra, CIS2 ...)
try:
    OIDC_PROVIDERS = env.json("OIDC_PROVIDERS", default=[])
    _identity_servers = [
        app["settings"]["server_url"] for app in OIDC_PROVIDERS if app["provider_id"] and app["client_id"]
    ]
except (ValueError, KeyError, TypeError):
    raise ImproperlyConfigured(
        "OIDC_PROVIDERS is not a JSON list of providers, each with provider_id, name, client_id, secret and "
        "settings.server_url (see .env.example)."
    ) from None
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": OIDC_PROVIDERS}}
SOCIALACCOUNT_ONLY = False
# The address that such a provider vouches for finds the person who was invited by it; nobody is made anew
SOCIALACCOUNT_EMAIL_AUTHENTICATION = SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SECURE_COOKIES = env.bool("SECURE_COOKIES", default=not (DEMO or TESTING))
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_COOKIES
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = True
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=False)
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31536000 if SECURE_COOKIES else 0)
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if env.bool("BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("PROXY_COUNT", default=0)

# --- Content security policy: everything from this host, no inline style, scripts by nonce ------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        # Chromium blocks the redirect to an identity provider unless the form's target allows it
        "form-action": [SELF, *_identity_servers],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# --- Language and time -------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
TIME_ZONE = "Europe/London"
USE_I18N = True
USE_TZ = True

# --- Files -------------------------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = env.path("STATIC_ROOT", default=str(BASE_DIR / "staticfiles"))
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = env.path("MEDIA_ROOT", default=str(BASE_DIR / "media"))
_static = (
    "django.contrib.staticfiles.storage.StaticFilesStorage"
    if TESTING
    else env("STATIC_STORAGE", default="whitenoise.storage.CompressedManifestStaticFilesStorage")
)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": _static},
}
WHITENOISE_MANIFEST_STRICT = False
FILE_UPLOAD_HANDLERS = [
    "ics_governance.uploading.RefuseTooMuch",  # by the announced size, before anything is read
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
# host:port of a ClamAV daemon. With one, nobody can open an uploaded file before it was found clean
CLAMAV_ADDRESS = env("CLAMAV_ADDRESS", default="")

# --- Cache: shared by all workers, since sign-in limits are counted in it -----------------------------------------
REDIS_URL = env("REDIS_URL", default="")
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"}
}
if TESTING:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# --- Jobs: always Celery; Redis in production, folders of this machine without it ---------------------------------
RUN_DIR = Path(env("RUN_DIR", default=str(BASE_DIR / ".run")))
CELERY_BROKER_URL = REDIS_URL or "filesystem://"
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object]
if REDIS_URL:
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "visibility_timeout": 900,
        "unacked_restore_interval": 10,
        "unacked_restore_throttle": 1,
        "socket_connect_timeout": 3,
        "socket_timeout": 10,
    }
else:
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(RUN_DIR / "queue"),
        "data_folder_out": str(RUN_DIR / "queue"),
        "control_folder": str(RUN_DIR / "control"),
        "processed_folder": str(RUN_DIR / "processed"),
        "store_processed": False,
        "polling_interval": 0.05,
    }
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_TIMEZONE = TIME_ZONE
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE = {
    "seal the audit trail": {"task": "ledger.seal", "schedule": 5.0, "options": {"expires": 10}},
    "send waiting jobs again": {"task": "jobs.sweep", "schedule": 5.0, "options": {"expires": 10}},
    "heartbeat of the worker": {"task": "jobs.heartbeat", "schedule": 30.0, "options": {"expires": 30}},
    "remind people of clocks of cases, daily": {"task": "oversight.remind", "schedule": crontab(hour=6, minute=40)},
    "close feedback rounds and remind of dates": {
        "task": "collaboration.due_dates",
        "schedule": crontab(hour=1, minute=5),
    },
    "look for changed evidence": {
        "task": "collaboration.mark_stale",
        "schedule": 20.0,
        "options": {"expires": 20},
    },
    "preview and freeze months": {"task": "collaboration.months_nightly", "schedule": crontab(hour=3, minute=10)},
    "score every trust, nightly": {"task": "collaboration.score_nightly", "schedule": crontab(hour=2, minute=10)},
    "pass on what is open when bodies merge": {"task": "oversight.pass_on", "schedule": crontab(hour=0, minute=10)},
    "look for signals, nightly": {"task": "oversight.look_for_signals", "schedule": crontab(hour=3, minute=10)},
    "scan uploaded files": {"task": "collaboration.scan_evidence", "schedule": 60.0, "options": {"expires": 50}},
    "sweep the evidence folder": {"task": "collaboration.sweep_evidence", "schedule": crontab(hour=3, minute=20)},
    "run the governance checks, nightly": {
        "task": "partnerships.check_nightly",
        "schedule": crontab(hour=2, minute=40),
    },
    "run the governance checks of what changed": {
        "task": "partnerships.check_changed",
        "schedule": 20.0,
        "options": {"expires": 20},
    },
    "remind people of what ends, daily": {
        "task": "partnerships.remind_of_ends",
        "schedule": crontab(hour=6, minute=45),
    },
    "forget old answers of the API": {"task": "api.forget_old_answers", "schedule": crontab(minute=40)},
}

# --- API ---------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "ics_governance.api.TokenAuthentication",
        "ics_governance.api.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PAGINATION_CLASS": "ics_governance.api.Pages",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "ics_governance.api.problem",
    "DEFAULT_VERSIONING_CLASS": None,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": SITE_NAME,
    "DESCRIPTION": "Organisations, forums, delegations, meetings, decisions, actions and profiles. "
    "Profiles are the project's own derivation and never an NHS England rating.",
    "VERSION": VERSION,
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": [],  # choices stand where they are used: several kinds of record have a `state`
}

# --- Mail and logs -----------------------------------------------------------------------------------------------
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env("FROM_EMAIL", default="no-reply@localhost")

DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
SILENCED_SYSTEM_CHECKS: list[str] = []

_processors: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    structlog.processors.format_exc_info,
    without_values,
]
structlog.configure(
    processors=[*_processors, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
DJANGO_STRUCTLOG_CELERY_ENABLED = True
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": "structlog.stdlib.ProcessorFormatter",
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
            "foreign_pre_chain": _processors,
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", default="WARNING" if TESTING else "INFO")},
    "loggers": {
        "django.server": {"handlers": ["console"], "propagate": False},
        "django.request": {"level": "CRITICAL"},  # our own line about the request has said it, without keys in paths
        "celery.beat": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},  # our own job rows say what ran and how it ended
        "celery.worker.strategy": {"level": "WARNING"},
        "django_structlog.celery": {"level": "WARNING"},  # the sealer and the sweep run every five seconds
    },
}
CSRF_FAILURE_VIEW = "ics_governance.views.csrf_failure"
