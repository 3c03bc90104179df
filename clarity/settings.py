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
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
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
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = CLARITY_DATA_DIR / "staticfiles"
# Without collectstatic the files are served from where they lie, so a checkout just runs.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = not CLARITY_PRODUCTION

# With https every cookie is bound to this host, and a browser that was here once keeps to https.
_HTTPS = CLARITY_PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _HTTPS
SESSION_COOKIE_NAME = "__Host-session" if _HTTPS else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrf" if _HTTPS else "csrftoken"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
# Lax: the way back from a vendor's consent page brings the session along.
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 7 * 24 * 3600
SECURE_SSL_REDIRECT = _HTTPS and CLARITY_PRODUCTION
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
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# A webhook above this size is refused with 413 before it is read; anything else above the other.
CLARITY_WEBHOOK_MAX_BYTES = env.number("CLARITY_WEBHOOK_MAX_BYTES", 5 * 1024 * 1024)
CLARITY_FORM_MAX_BYTES = env.number("CLARITY_FORM_MAX_BYTES", 2_621_440)
DATA_UPLOAD_MAX_MEMORY_SIZE = max(CLARITY_WEBHOOK_MAX_BYTES, CLARITY_FORM_MAX_BYTES)
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
DATA_UPLOAD_MAX_NUMBER_FILES = 5
# Production connections may point at private addresses only when this is on.
CLARITY_ALLOW_PRIVATE_TARGETS = env.flag("CLARITY_ALLOW_PRIVATE_TARGETS", default=False)
CLARITY_LANE_SLICE_SECONDS = env.number("CLARITY_LANE_SLICE_SECONDS", 20)
CLARITY_LEASE_SECONDS = env.number("CLARITY_LEASE_SECONDS", 8)
CLARITY_RETRY_MAX_AGE_HOURS = env.number("CLARITY_RETRY_MAX_AGE_HOURS", 72)
CLARITY_RETRY_LONGEST_SECONDS = env.number("CLARITY_RETRY_LONGEST_SECONDS", 300)
# For fault tests: where a process ends itself (integrations/sync/crash_points.py).
CLARITY_CRASH_AT = "" if CLARITY_PRODUCTION else env.text("CLARITY_CRASH_AT", "")
CLARITY_POLL_SECONDS = env.number("CLARITY_POLL_SECONDS", 0)
CLARITY_HISTORY_DAYS = env.number("CLARITY_HISTORY_DAYS", 90)
CLARITY_NOTICE_NAME_DAYS = env.number("CLARITY_NOTICE_NAME_DAYS", 400)

# Messages to the owners of a tenant; without a mail host they appear in the log of the worker.
EMAIL_HOST = env.text("CLARITY_EMAIL_HOST")
EMAIL_PORT = env.number("CLARITY_EMAIL_PORT", 587)
EMAIL_HOST_USER = env.text("CLARITY_EMAIL_USER")
EMAIL_HOST_PASSWORD = env.secret("CLARITY_EMAIL_PASSWORD")
EMAIL_USE_TLS = env.flag("CLARITY_EMAIL_TLS", default=True)
EMAIL_TIMEOUT = 20
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'console'}.EmailBackend"
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

REST_FRAMEWORK = {
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "EXCEPTION_HANDLER": "rest_framework.views.exception_handler",
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
