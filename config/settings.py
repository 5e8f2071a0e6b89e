"""Django's settings, every one of them from the environment (docs/settings.md)."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ

from config import environment, logs
from config.keys import kept_key
from config.quiet import quieten
from config.voices import voice_settings
from console import theme

BASE_DIR = Path(__file__).resolve().parent.parent

quieten(os.environ)
env_file = os.environ.get("PARLEY_ENV_FILE", ".env")
if env_file and (BASE_DIR / env_file).is_file():
    environ.Env.read_env(BASE_DIR / env_file)
PARLEY = environment.read(os.environ)

DATA_DIR = (BASE_DIR / PARLEY.server.data_dir).resolve()
SECRET_KEY = PARLEY.keys.secret_key or kept_key(DATA_DIR, "secret.key")
DEBUG = PARLEY.diagnosis.debug

# Addresses
PARLEY_PUBLIC_URL = PARLEY.server.public_url or f"http://localhost:{PARLEY.server.port}"
PUBLIC = urlsplit(PARLEY_PUBLIC_URL)
LISTENING = [f"[{host}]" if ":" in host else host for host in PARLEY.server.hosts]
ALLOWED_HOSTS = [str(PUBLIC.hostname), "localhost", "127.0.0.1", "[::1]", *LISTENING]
CSRF_TRUSTED_ORIGINS = [PARLEY_PUBLIC_URL]
SECURE = PUBLIC.scheme == "https"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "parley_session", "parley_csrf"
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_REFERRER_POLICY = "same-origin"

INSTALLED_APPS = [
    "config",
    # before the pages whose templates it replaces
    "console",
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "console.admin_app.ConsoleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "csp",
    "ninja",
    "django_tasks",
    "django_tasks_db",
    "tokens",
    "files",
    "knowledge",
    "webhooks",
    "agents",
    "rtc",
    "api",
    "embed",
]
MIDDLEWARE = [
    "api.request_id.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "config.static_files.StaticFilesMiddleware",
    "api.middleware.EnvelopeMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
]
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
AUTH_USER_MODEL = "tokens.Account"
LOGIN_REDIRECT_URL = "/console/"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator")
]

# State
SQLITE: dict[str, Any] = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": DATA_DIR / "parley.sqlite3",
    "TEST": {"NAME": DATA_DIR / "test.sqlite3"},
}
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 5,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
}
DATABASES = {"default": {**SQLITE, **(PARLEY.server.database or {})}}
# Threads last, and so do their connections.
DATABASES["default"]["CONN_MAX_AGE"] = None
if DATABASES["default"]["ENGINE"] == SQLITE["ENGINE"]:
    DATABASES["default"]["OPTIONS"] = SQLITE_OPTIONS
else:
    del DATABASES["default"]["TEST"]
    # A connection that broke meanwhile is noticed before it is used; a file cannot break so.
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
CHANNEL_LAYERS: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}
}
CACHES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        # Rate limits are counted there: dropping a counter early would give a rate away.
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
    # What this process alone keeps, such as posters.
    "local": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "local",
    },
}
if PARLEY.server.redis_url:
    CHANNEL_LAYERS["default"] = {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {
            # A receiver waits 5 s at a time: longer than that is the answer of a dead server.
            "hosts": [{"address": PARLEY.server.redis_url, "socket_timeout": 15}],
            "prefix": "parley",
        },
    }
    CACHES["default"] = {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": PARLEY.server.redis_url,
        "KEY_PREFIX": "parley",
        # A request goes on uncounted rather than wait for a dead server.
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
    }
TASKS = {
    "default": {
        "BACKEND": "django_tasks_db.DatabaseBackend",
        # What takes minutes has workers of its own and keeps nothing short waiting.
        "QUEUES": ["default", "knowledge", "builds"],
    }
}

# Uploads and what builders make
MEDIA_URL = "/media/"
MEDIA_ROOT = DATA_DIR / "media"
FILE_UPLOAD_PERMISSIONS, FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o600, 0o700

# Static files
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = DATA_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "config.static_files.HashedModules"
    },
}

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
LOGGING = logs.configuration(PARLEY.diagnosis.log, PARLEY.diagnosis.log_level)

# tokens/, agents/, api/ and console/
PARLEY_SIGNING_KEYS = list(PARLEY.keys.signing_keys) or [kept_key(DATA_DIR, "signing.key")]
PARLEY_STORAGE_KEYS = list(PARLEY.keys.storage_keys) or [kept_key(DATA_DIR, "storage.key")]
PARLEY_WEBHOOK_LOG_DAYS = PARLEY.limits.webhook_log_days
PARLEY_MINT_RATE = PARLEY.limits.mint_rate
PARLEY_MINT_RATE_SHARED = PARLEY.limits.mint_rate_shared
PARLEY_RATE_ADDRESS = PARLEY.limits.rate_address
PARLEY_RATE_READ = PARLEY.limits.rate_read
PARLEY_RATE_WRITE = PARLEY.limits.rate_write
PARLEY_RATE_UPLOADS = PARLEY.limits.rate_uploads
PARLEY_ACCOUNT_STORAGE_MB = PARLEY.limits.account_storage_mb
PARLEY_RATE_AUTH_FAILURES = PARLEY.limits.rate_auth_failures
PARLEY_REQUIRE_BALANCE = PARLEY.limits.require_balance
PARLEY_TIER_LIVE_VISITS = PARLEY.limits.tier_live_visits or {}
PARLEY_TIER_GENERATIONS = PARLEY.limits.tier_generations or {}
PARLEY_VOICE = voice_settings(PARLEY)
PARLEY_PROVIDER_NAMES = PARLEY.providers.names()
PARLEY_VALIDATE_ANSWERS_200 = PARLEY.limits.validate_answers_200
UNFOLD = theme.UNFOLD
PARLEY_DEMO = PARLEY.server.local or DEBUG
PARLEY_ALLOW_LOOPBACK_URLS = PARLEY.diagnosis.allow_loopback_urls
