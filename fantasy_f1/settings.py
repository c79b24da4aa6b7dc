"""All settings, read top to bottom; every value comes from the environment (docs/configuration.md).

Without any variable the app runs embedded: one process, SQLite, everything else in memory.
"""

import os
from datetime import timedelta
from pathlib import Path

from csp.constants import NONE, SELF
from kombu import Exchange, Queue

from fantasy_f1 import __version__, env
from fantasy_f1.core.logs import logging_config
from fantasy_f1.description import DESCRIPTION, LINKS, TAGS

BASE_DIR = Path(__file__).resolve().parent.parent
env.load_file(BASE_DIR / ".env")

# Where state lives -----------------------------------------------------------------------------

DATA_DIR = Path(env.text("DATA_DIR", str(BASE_DIR / "var")))
DATABASE = env.database("DATABASE_URL", f"sqlite:///{DATA_DIR / 'fantasy_f1.sqlite3'}")
REDIS_URL = env.redis("REDIS_URL")
IS_SQLITE = DATABASE["ENGINE"] == "django.db.backends.sqlite3"
EMBEDDED = IS_SQLITE and not REDIS_URL
if IS_SQLITE:
    env.folder("DATA_DIR", DATA_DIR)
    env.file("DATABASE_URL", Path(DATABASE["NAME"]))

DEBUG = env.flag("DEBUG")
SECRET_KEY = env.secret("SECRET_KEY", fallback_file=DATA_DIR / "secret.key" if EMBEDDED else None)
JWT_SIGNING_KEY = env.secret("JWT_SIGNING_KEY", fallback_file=DATA_DIR / "jwt.key" if EMBEDDED else None)
if JWT_SIGNING_KEY == SECRET_KEY:
    env.refuse("JWT_SIGNING_KEY", "must differ from SECRET_KEY.")
HOST = env.text("HOST", "127.0.0.1")
PORT = env.number("PORT", 8000, low=1, high=65535)
BASE_URL = env.web_address("BASE_URL", f"http://localhost:{PORT}")
ALLOWED_HOSTS = env.names("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = [BASE_URL]
TRUSTED_PROXIES = env.networks("TRUSTED_PROXIES")

if IS_SQLITE:
    # Writers wait for each other instead of failing: the lock is taken when a transaction begins.
    # FULL, because a pick that was acknowledged must survive a power cut.
    DATABASE["ENGINE"] = "fantasy_f1.core.sqlite"
    DATABASE["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
    DATABASE["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
else:
    DATABASE["OPTIONS"] = {
        # A server that hangs or is gone without a word is given up after this, or it would be waited for for hours.
        "connect_timeout": 5,
        "tcp_user_timeout": 30_000,
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        **DATABASE.get("OPTIONS", {}),  # of the address, such as sslmode
        "pool": {"min_size": 1, "max_size": env.number("DATABASE_POOL", 10, low=1, high=200), "timeout": 10},
    }
DATABASES = {"default": DATABASE}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

if REDIS_URL:
    CACHES = {
        "default": {
            "BACKEND": "django_redis.cache.RedisCache",
            "LOCATION": REDIS_URL,
            # A cache that is away costs a moment, and no answer: everything in it can be made again.
            "OPTIONS": {"SOCKET_CONNECT_TIMEOUT": 0.5, "SOCKET_TIMEOUT": 1, "IGNORE_EXCEPTIONS": True},
        }
    }
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# The game --------------------------------------------------------------------------------------

GAME_CLOCK = env.flag("GAME_CLOCK")
DEMO = env.flag("DEMO")
if GAME_CLOCK and not EMBEDDED:
    env.refuse("GAME_CLOCK", "is for the embedded mode only: a production installation runs in real time.")
if DEMO and not GAME_CLOCK:
    env.refuse("DEMO", "needs GAME_CLOCK=on.")
F1_API_URL = env.web_address("F1_API_URL", "https://api.jolpi.ca/ergast/f1")
F1_API_TIMEOUT = env.number("F1_API_TIMEOUT", 15, low=1, high=120)
F1_API_PER_SECOND = env.number("F1_API_PER_SECOND", 3, low=1, high=1000)
F1_API_PER_HOUR = env.number("F1_API_PER_HOUR", 300, low=1, high=100_000)

# Applications ----------------------------------------------------------------------------------

INSTALLED_APPS = [
    "demo",
    "notifications",
    "scoring",
    "drafts",
    "leagues",
    "races",
    "accounts",
    "fantasy_f1.core",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "corsheaders",
    "csp",
    "django_celery_beat",
    "django_filters",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "lucide",
    "rest_framework",
    "template_partials",
]
MIDDLEWARE = [
    "fantasy_f1.core.middleware.RequestIdMiddleware",
    "fantasy_f1.core.middleware.ObserveMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "fantasy_f1.core.middleware.CompressMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "fantasy_f1.core.answers.ApiMiddleware",
    "fantasy_f1.core.middleware.RateLimitMiddleware",
    "fantasy_f1.core.middleware.NoNulMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.middleware.TimeZoneMiddleware",
    "accounts.middleware.LastUseMiddleware",
    "fantasy_f1.core.middleware.DomainErrorMiddleware",
]
ROOT_URLCONF = "fantasy_f1.urls"
WSGI_APPLICATION = "fantasy_f1.wsgi.application"
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
                "fantasy_f1.core.context.site",
                "races.context.hidden",
                "notifications.context.unread",
                "demo.context.demo",
            ],
            "builtins": ["fantasy_f1.core.templatetags.fantasy"],
        },
    }
]
LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True

# Static files: served by WhiteNoise, hashed and compressed once collected, straight from the sources (compressed by
# our middleware) while embedded.
STATIC_URL = "/static/"
STATIC_ROOT = None if EMBEDDED else DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = EMBEDDED
if not EMBEDDED:
    STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }

# Accounts and security -------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
SESSION_ENGINE = "accounts.sessions"
AUTHENTICATION_BACKENDS = ["accounts.backends.UsernameOrEmailBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.BCryptSHA256PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["username", "email", "full_name"]},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "accounts.identity.MaximumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"

USES_HTTPS = BASE_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = USES_HTTPS
SESSION_COOKIE_HTTPONLY = True
SECURE_SSL_REDIRECT = False  # the proxy in front does it
SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds()) if USES_HTTPS else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if USES_HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
    }
}
SILENCED_SYSTEM_CHECKS = [
    "auth.W004",  # usernames are unique, but by a constraint on their lower case
    "models.W039",  # SQLite has no covering unique index; PostgreSQL has
]

# Mail ------------------------------------------------------------------------------------------

# Who has a way to send mails asks for confirmed addresses; nobody reads those of the demo.
EMAIL_VERIFICATION = bool(env.text("EMAIL_URL")) and not DEMO
_mail = env.email("EMAIL_URL", "consolemail://")
EMAIL_BACKEND = _mail["EMAIL_BACKEND"]
EMAIL_HOST, EMAIL_PORT = _mail.get("EMAIL_HOST") or "", _mail.get("EMAIL_PORT") or 25
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail.get("EMAIL_HOST_USER") or "", _mail.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS, EMAIL_USE_SSL = _mail.get("EMAIL_USE_TLS", False), _mail.get("EMAIL_USE_SSL", False)
DEFAULT_FROM_EMAIL = env.text("EMAIL_FROM", "Fantasy F1 <fantasy-f1@localhost>")
EMAIL_TIMEOUT = 20  # seconds for each word of the mail server; one that hangs would keep a worker for ever

# Push ------------------------------------------------------------------------------------------

VAPID_PRIVATE_KEY = env.push_key("VAPID_PRIVATE_KEY", fallback_file=DATA_DIR / "vapid.key" if EMBEDDED else None)

# Other people's servers ------------------------------------------------------------------------

OUTBOUND_LOOPBACK = env.flag("OUTBOUND_LOOPBACK")

# API -------------------------------------------------------------------------------------------

DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
"""Bytes of a body; of a form's, too."""

# Pages of other origins may use the API with tokens and keys, never with the session.
CORS_ALLOWED_ORIGINS = env.origins("CORS_ALLOWED_ORIGINS")
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
CORS_ALLOW_HEADERS = ["Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match", "X-Request-ID"]
CORS_EXPOSE_HEADERS = [
    "ETag",
    "Idempotent-Replayed",
    "Location",
    "RateLimit-Limit",
    "RateLimit-Remaining",
    "RateLimit-Reset",
    "Retry-After",
    "X-Request-ID",
]

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.TokenAuthentication",
        "accounts.authentication.KeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_THROTTLE_CLASSES": ["fantasy_f1.core.ratelimit.RequestThrottle"],
    "DEFAULT_RENDERER_CLASSES": ["fantasy_f1.core.renderers.PlainJSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["fantasy_f1.core.parsers.BoundedJSONParser"],
    "DEFAULT_PAGINATION_CLASS": "fantasy_f1.core.pagination.Pages",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "fantasy_f1.core.schema.OperationSchema",
    "EXCEPTION_HANDLER": "fantasy_f1.core.problems.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
RATE_LIMITS = env.flag("RATE_LIMITS", True)
RATE_LIMIT_READS = env.limit("RATE_LIMIT_READS", "600/1m")
RATE_LIMIT_WRITES = env.limit("RATE_LIMIT_WRITES", "120/1m")
RATE_LIMIT_AUTH_ADDRESS = env.limit("RATE_LIMIT_AUTH_ADDRESS", "30/5m")
RATE_LIMIT_AUTH_ACCOUNT = env.limit("RATE_LIMIT_AUTH_ACCOUNT", "10/15m")
RATE_LIMIT_MAIL = env.limit("RATE_LIMIT_MAIL", "5/1h")
RATE_LIMIT_CHAT = env.limit("RATE_LIMIT_CHAT", "10/1m")
RATE_LIMIT_WEBHOOK_TESTS = env.limit("RATE_LIMIT_WEBHOOK_TESTS", "5/1m")
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=15),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=7),
    "ALGORITHM": "HS256",
    "SIGNING_KEY": JWT_SIGNING_KEY,
    "ISSUER": "fantasy-f1",
    "AUDIENCE": "fantasy-f1-api",
}
API_LINKS = LINKS
SPECTACULAR_SETTINGS = {
    "TITLE": "Fantasy F1",
    "DESCRIPTION": DESCRIPTION,
    "TAGS": TAGS,
    "SERVERS": [{"url": "/", "description": "This installation"}],
    "VERSION": __version__,
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SCHEMA_COERCE_PATH_PK_SUFFIX": True,
    "PATH_CONVERTER_OVERRIDES": {"id": {"type": "integer", "minimum": 1, "maximum": 10**18 - 1}},
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": None},  # no outside validator
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "fantasy_f1.core.schema.describe_http",
        "fantasy_f1.core.examples.add_examples",
        "fantasy_f1.core.links.add_links",
    ],
    "WEBHOOKS": [f"notifications.webhooks.description.{name}" for name in ("DRAFT", "SCORE", "LEAGUE", "TESTED")],
    "ENUM_NAME_OVERRIDES": {
        "WebhookFormatEnum": "notifications.webhooks.models.Webhook.Format",
        "WebhookDeliveryStateEnum": "notifications.outgoing.Outgoing.State",
        "AutopickModeEnum": "drafts.api.constructors.MODES",
        "DraftMethodEnum": "leagues.models.League.DraftMethod",
        "DraftStatusEnum": "drafts.models.Draft.Status",
        "DriverStatusEnum": "races.models.Driver.Status",
        "RaceStatusEnum": "races.models.Race.Status",
        "ResultsStatusEnum": "races.models.Race.Results",
    },
}

# Tasks -----------------------------------------------------------------------------------------

# Each task says where it is declared on which queue it waits, how long it may take and how often beat starts it
# (core/jobs.py; the list of all is in docs/clockwork.md).
CELERY_TASK_QUEUES = [Queue(name, Exchange(name), routing_key=name) for name in ("clock", "sync", "mail", "default")]
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = ["fantasy_f1.core.jobs.route"]
CELERY_BROKER_URL = REDIS_URL or "memory://localhost/"
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {
        # A broker that hangs holds no request up for longer than this.
        "socket_connect_timeout": 1,
        "socket_timeout": 3,
        # What a killed worker had in hand comes back after this: longer than any task and any pause before a new try.
        "visibility_timeout": 900,
    }
    if REDIS_URL
    else {"polling_interval": 0.1}
)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "fantasy_f1.core.beat:Scheduler"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

# Logs ------------------------------------------------------------------------------------------

LOG_FORMAT = env.choice("LOG_FORMAT", "console", ("console", "json"))
LOG_LEVEL = env.choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))
LOGGING = logging_config(LOG_FORMAT, LOG_LEVEL)

# Watching --------------------------------------------------------------------------------------

METRICS_TOKEN = env.text("METRICS_TOKEN")
if env.text("METRICS_DIR"):
    # Read by the library when it is loaded, which is after these settings.
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(env.folder("METRICS_DIR", Path(env.text("METRICS_DIR"))))
SENTRY_DSN = env.service("SENTRY_DSN", "sentry_sdk", form=r"https?://[^@/]+@[^@]+/[0-9]+")
OTEL_EXPORTER_OTLP_ENDPOINT = env.service("OTEL_EXPORTER_OTLP_ENDPOINT", "opentelemetry")
