"""The product's own settings over an environment that no developer's shell or `.env` reaches.

PARLEY_TEST_DATABASE_URL alone is heeded: the PostgreSQL to test on instead of SQLite.
"""

import atexit
import os
import shutil
import tempfile

OURS = ("PARLEY_", "DATABASE_", "REDIS_", "SECRET_KEY", "DEBUG", "HOST", "PORT")

database_url = os.environ.get("PARLEY_TEST_DATABASE_URL", "")
for name in [name for name in os.environ if name.startswith(OURS)]:
    del os.environ[name]
data_dir = tempfile.mkdtemp(prefix="parley-tests-")
atexit.register(shutil.rmtree, data_dir, ignore_errors=True)
os.environ.update(PARLEY_DATA_DIR=data_dir, PARLEY_ENV_FILE="", DATABASE_URL=database_url)

from config.settings import *  # noqa: E402, F403  # Django reads settings as module attributes

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    **STORAGES,  # noqa: F405
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
STATIC_ROOT.mkdir()  # noqa: F405  # nothing is collected; whitenoise only wants the folder
