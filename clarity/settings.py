"""One settings file. Every value that differs between installations comes through env.py.

docs/settings.md describes each variable; a test keeps the two in step.
"""

from __future__ import annotations

import sys
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from clarity import env, local_keys

BASE_DIR = Path(__file__).resolve().parent.parent
env.load(BASE_DIR)

CLARITY_DATA_DIR = Path(env.text("CLARITY_DATA_DIR", str(BASE_DIR / ".data"))).resolve()
CLARITY_PRODUCTION = env.flag("CLARITY_PRODUCTION", default=False)
CLARITY_PUBLIC_URL = env.text("CLARITY_PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
DEBUG = env.flag("CLARITY_DEBUG", default=False)

SECRET_KEY = env.secret("CLARITY_SECRET_KEY")
CLARITY_MASTER_KEYS = env.secret("CLARITY_MASTER_KEYS").replace(",", " ").split()
if CLARITY_PRODUCTION:
    missing = [
        name
        for name, value in (
            ("CLARITY_SECRET_KEY", SECRET_KEY),
            ("CLARITY_MASTER_KEYS", CLARITY_MASTER_KEYS),
            ("DATABASE_URL", env.text("DATABASE_URL")),
            ("CLARITY_ALLOWED_HOSTS", env.text("CLARITY_ALLOWED_HOSTS")),
        )
        if not value
    ]
    if missing or DEBUG:
        raise ImproperlyConfigured(
            "CLARITY_PRODUCTION is on: "
            + (f"set {', '.join(missing)}. " if missing else "")
            + ("Switch CLARITY_DEBUG off." if DEBUG else "")
        )
SECRET_KEY = SECRET_KEY or local_keys.django_secret(CLARITY_DATA_DIR)
CLARITY_MASTER_KEYS = CLARITY_MASTER_KEYS or local_keys.master_key(CLARITY_DATA_DIR)

ALLOWED_HOSTS = env.words("CLARITY_ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = [CLARITY_PUBLIC_URL]

INSTALLED_APPS = [
    "clarity",
    "integrations",
    "mappings",
    "tenants",
    "tenants.billing",
    # Before Django's own admin, whose templates it replaces; our site is clarity/web/staff/site.py.
    "unfold.apps.BasicAppConfig",
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "rest_framework",
    "drf_spectacular",
    "django_q",
]

MIDDLEWARE = [
    "clarity.web.requests_told.middleware",
    "django.middleware.security.SecurityMiddleware",
    "clarity.web.security_headers.middleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "clarity.web.health.machines.middleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "clarity.web.bad_input.BadInput",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "clarity.urls"
WSGI_APPLICATION = "clarity.wsgi.application"
APPEND_SLASH = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "clarity" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "clarity.web.accounts.context.doors",
            ],
        },
    },
]

_external = env.database("DATABASE_URL")
# A host that vanishes from the network must not keep its locks, nor believe in its own leases, for
# the hours TCP would give it: both ends notice within a lease.
_LIVENESS = {
    "connect_timeout": 5,
    "keepalives_idle": 2,
    "keepalives_interval": 1,
    "keepalives_count": 3,
    "tcp_user_timeout": 5_000,
    "options": "-c tcp_keepalives_idle=2 -c tcp_keepalives_interval=1 -c tcp_keepalives_count=3"
    " -c tcp_user_timeout=5000",
}
_pool = {
    "min_size": 1,
    "max_size": env.number("CLARITY_DB_POOL_SIZE", 12),
    "timeout": 30,
    # Between its tries to reach a database that is away a pool waits longer and longer, up to this.
    "reconnect_timeout": 20,
}
DATABASES = {
    "default": {
        **(_external or {"NAME": env.text("CLARITY_DB_NAME", "clarity"), "USER": "clarity"}),
        "ENGINE": "clarity.postgres",
        "OPTIONS": {
            **(_LIVENESS if _external else {}),
            **(_external or {}).get("OPTIONS", {}),
            "pool": _pool,
        },
        "CONN_MAX_AGE": 0,
        "CLARITY_EMBEDDED_DIR": "" if _external else str(CLARITY_DATA_DIR / "postgres"),
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "tenants.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"

# "open": anyone makes an account of their own; "invited": people come by invitation only.
CLARITY_SIGNUP = env.text("CLARITY_SIGNUP", "open")
if CLARITY_SIGNUP not in {"open", "invited"}:
    raise ImproperlyConfigured(f"CLARITY_SIGNUP is {CLARITY_SIGNUP!r}; say open or invited")
_is_https = CLARITY_PUBLIC_URL.startswith("https://")
ACCOUNT_ADAPTER = "clarity.web.accounts.adapter.Adapter"
ACCOUNT_FORMS = {"signup": "clarity.web.accounts.forms.SignUpForm"}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = 5
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_REDIRECT_URL = "signed-out"
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if _is_https else "http"
# A form sent twice within a second is no attack.
ACCOUNT_RATE_LIMITS = {"confirm_email": "5/m/key"}
MFA_ADAPTER = "clarity.web.accounts.mfa.MfaAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Clarity Connect"
# A clock that is half a minute off still signs in.
MFA_TOTP_TOLERANCE = 1
SESSION_COOKIE_AGE = env.number("CLARITY_SESSION_HOURS", 168) * 3600
# After so many hours our own people use their second step again before they see the admin.
CLARITY_STAFF_HOURS = env.number("CLARITY_STAFF_HOURS", 12)
UNFOLD = {
    "SITE_TITLE": "Clarity Connect",
    "SITE_HEADER": "Clarity Connect",
    "SITE_SYMBOL": "link",
    "SITE_URL": "/",
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "STYLES": ["clarity.web.staff.looks.colours"],
    "SIDEBAR": {
        "show_search": False,
        "command_search": False,
        "navigation": "clarity.web.staff.looks.navigation",
    },
}

# Failed sign-ins are counted here, by all processes together.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "clarity_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

LANGUAGE_CODE = "en-us"
FORMAT_MODULE_PATH = "clarity.formats"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = CLARITY_DATA_DIR / "staticfiles"
# Without collectstatic the files are served from where they lie, so a checkout just runs.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = not CLARITY_PRODUCTION

# With https every cookie is bound to this host, and a browser that was here once keeps to https.
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _is_https
SESSION_COOKIE_NAME = "__Host-session" if _is_https else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrf" if _is_https else "csrftoken"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
# Lax: the way back from a vendor's consent page brings the session along.
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = _is_https and CLARITY_PRODUCTION
# A load balancer asks these by number and without TLS.
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]
SECURE_HSTS_SECONDS = env.number("CLARITY_HSTS_SECONDS", 31_536_000) if SECURE_SSL_REDIRECT else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
# Whether a whole domain is preloaded is for its owner to say, and cannot be taken back soon.
SILENCED_SYSTEM_CHECKS = ["security.W021"]
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CLARITY_BEHIND_PROXY = env.flag("CLARITY_BEHIND_PROXY", default=False)
if CLARITY_BEHIND_PROXY:
    ALLAUTH_TRUSTED_PROXY_COUNT = 1
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# Off: nobody is billed, and going live asks for no price.
CLARITY_BILLING = env.flag("CLARITY_BILLING", default=True)
# Payment through Stripe; without keys invoices are paid by transfer.
CLARITY_STRIPE_SECRET_KEY = env.secret("CLARITY_STRIPE_SECRET_KEY")
# Several while one is exchanged for the next.
CLARITY_STRIPE_WEBHOOK_SECRETS = (
    env.secret("CLARITY_STRIPE_WEBHOOK_SECRET").replace(",", " ").split()
)
CLARITY_STRIPE_API_BASE = env.text("CLARITY_STRIPE_API_BASE", "https://api.stripe.com").rstrip("/")
if bool(CLARITY_STRIPE_SECRET_KEY) != bool(CLARITY_STRIPE_WEBHOOK_SECRETS):
    raise ImproperlyConfigured(
        "CLARITY_STRIPE_SECRET_KEY and CLARITY_STRIPE_WEBHOOK_SECRET go together: without the"
        " second nobody tells us of payments. Set both, or neither."
    )
if CLARITY_PRODUCTION and not CLARITY_STRIPE_API_BASE.startswith("https://"):
    raise ImproperlyConfigured("CLARITY_STRIPE_API_BASE must begin with https:// in production.")

# A webhook above this size is refused with 413 before it is read; anything else above the other.
CLARITY_WEBHOOK_MAX_BYTES = env.number("CLARITY_WEBHOOK_MAX_BYTES", 5 * 1024 * 1024)
CLARITY_FORM_MAX_BYTES = env.number("CLARITY_FORM_MAX_BYTES", 2_621_440)
DATA_UPLOAD_MAX_MEMORY_SIZE = max(CLARITY_WEBHOOK_MAX_BYTES, CLARITY_FORM_MAX_BYTES)
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
DATA_UPLOAD_MAX_NUMBER_FILES = 5
# Production connections may point at private addresses only when this is on.
CLARITY_ALLOW_PRIVATE_TARGETS = env.flag("CLARITY_ALLOW_PRIVATE_TARGETS", default=False)
# Where the control APIs of our own sandboxes answer, by connector; never reachable from outside.
CLARITY_SANDBOXES = env.named("CLARITY_SANDBOXES")
# Our apps at the vendors, by connector, as "client id:client secret".
CLARITY_APPS = env.named("CLARITY_APPS")
CLARITY_LANE_SLICE_SECONDS = env.number("CLARITY_LANE_SLICE_SECONDS", 20)
CLARITY_LEASE_SECONDS = env.number("CLARITY_LEASE_SECONDS", 8)
CLARITY_RETRY_MAX_AGE_HOURS = env.number("CLARITY_RETRY_MAX_AGE_HOURS", 72)
CLARITY_RETRY_LONGEST_SECONDS = env.number("CLARITY_RETRY_LONGEST_SECONDS", 300)
# For fault tests: where a process ends itself (integrations/sync/crash_points.py).
CLARITY_CRASH_AT = "" if CLARITY_PRODUCTION else env.text("CLARITY_CRASH_AT", "")
CLARITY_POLL_SECONDS = env.number("CLARITY_POLL_SECONDS", 0)
CLARITY_HISTORY_DAYS = env.number("CLARITY_HISTORY_DAYS", 90)
# How often the stock of both sides is compared by itself; 0: only when someone asks.
CLARITY_CONVERGE_MINUTES = env.number("CLARITY_CONVERGE_MINUTES", 30)
CLARITY_NOTICE_NAME_DAYS = env.number("CLARITY_NOTICE_NAME_DAYS", 400)

# Without a mail host mail appears in the log; in production, where it would let whoever reads the log
# in, it is not sent at all.
EMAIL_HOST = env.text("CLARITY_EMAIL_HOST")
EMAIL_PORT = env.number("CLARITY_EMAIL_PORT", 587)
EMAIL_HOST_USER = env.text("CLARITY_EMAIL_USER")
EMAIL_HOST_PASSWORD = env.secret("CLARITY_EMAIL_PASSWORD")
EMAIL_USE_TLS = env.flag("CLARITY_EMAIL_TLS", default=True)
EMAIL_TIMEOUT = 20
EMAIL_BACKEND = "clarity.shown_mail.EmailBackend"
if EMAIL_HOST:
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
elif CLARITY_PRODUCTION:
    EMAIL_BACKEND = "clarity.unsent_mail.EmailBackend"
# Where merchants are told to write to; without one they are sent to their contact.
CLARITY_SUPPORT_EMAIL = env.address("CLARITY_SUPPORT_EMAIL")
DEFAULT_FROM_EMAIL = env.text("CLARITY_EMAIL_FROM", "Clarity Connect <clarity@localhost>")

_redis = env.secret("CLARITY_BROKER")
if _redis and not _redis.startswith(("redis://", "rediss://", "unix://")):
    raise ImproperlyConfigured(
        "CLARITY_BROKER must be a redis:// URL; leave it out to queue in PostgreSQL."
    )
_broker = (
    {"broker_class": "integrations.queue.redis_broker.HintingRedis", "redis": _redis}
    if _redis
    else {"broker_class": "integrations.queue.broker.ListeningBroker", "orm": "default"}
)
Q_CLUSTER = {
    "name": "clarity",
    "label": "Background work",
    **_broker,
    "workers": env.number("CLARITY_WORKERS", 4),
    "timeout": 120,
    "retry": 180,
    "max_attempts": 3,
    # A hint taken ahead of time would wait behind a slow account while another host is idle.
    "bulk": 1,
    "queue_limit": 1,
    "recycle": 20_000,
    "save_limit": -1,
    "ack_failures": True,
    "catch_up": False,
    "guard_cycle": 1,
    "poll": 5,
    "log_level": "WARNING",
}

# How many requests a minute the API answers to one token or session, and to a whole tenant.
CLARITY_API_PER_TOKEN = env.number("CLARITY_API_PER_TOKEN", 600)
CLARITY_API_PER_TENANT = env.number("CLARITY_API_PER_TENANT", 2_400)
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "clarity.api.access.TokenAuthentication",
        "clarity.api.access.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["clarity.api.parsing.StrictJSON"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "clarity.api.schema.Described",
    "EXCEPTION_HANDLER": "clarity.api.problems.handler",
    "URL_FORMAT_OVERRIDE": None,
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Clarity Connect API",
    "VERSION": "1",
    "DESCRIPTION": "Pairs of a point of sale and a web store, what flows between them, and what is"
    " stuck. JSON in UTF-8; times are RFC 3339 in UTC; amounts of money are texts. Lists come in"
    " pages: pass `next` as `cursor` until it is null. Every error is a problem document (RFC"
    " 9457).",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "OAS_VERSION": "3.1.0",
    "COMPONENT_SPLIT_REQUEST": True,
    "COMPONENT_SPLIT_PATCH": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": ["clarity.api.schema.complete"],
    "PATH_CONVERTER_OVERRIDES": {
        "number": {"type": "integer", "format": "int64", "minimum": 1},
        "word": {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,59}$"},
        "version": {"type": "string", "pattern": "^(draft|preset|[0-9]{1,9})$"},
    },
    "SERVE_INCLUDE_SCHEMA": False,
}

# Without a token there is no /metrics; without an address nothing is reported.
CLARITY_METRICS_TOKEN = env.secret("CLARITY_METRICS_TOKEN")
CLARITY_SENTRY_DSN = env.secret("CLARITY_SENTRY_DSN")

_level = env.text("CLARITY_LOG_LEVEL", "INFO").upper()
_FORMATS = {
    "line": "clarity.logs.formats.LineFormat",
    "json": "clarity.logs.formats.JsonFormat",
}
_format = env.text("CLARITY_LOG_FORMAT", "line").lower()
if _format not in _FORMATS:
    raise ImproperlyConfigured(f"CLARITY_LOG_FORMAT is {_format!r}; line or json is needed.")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"chosen": {"()": _FORMATS[_format]}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "chosen", "stream": sys.stderr}
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        **{
            name: {"handlers": ["stderr"], "level": _level, "propagate": False}
            for name in ("clarity", "integrations", "mappings", "tenants")
        },
        # Each request has its line already; Django's own repeat the address, which may be personal.
        "django.request": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
        "django.security": {"handlers": ["stderr"], "level": "CRITICAL", "propagate": False},
        "django.server": {"handlers": [], "level": "CRITICAL", "propagate": False},
        "django-q": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
    },
}
