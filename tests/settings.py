"""The clinic's settings, with a data folder of their own and passwords that are quick to check.

pytest-django reads the settings before any conftest, so the folder is chosen here. What the developer has in
the environment does not reach the tests, but for the database under test.
"""

import atexit
import os
import shutil
import tempfile

_KEPT = {"CLINIC_DATABASE_URL"}
for _name in [name for name in os.environ if name.startswith("CLINIC_")]:
    if _name not in _KEPT and not _name.startswith("CLINIC_TEST_"):
        del os.environ[_name]
_folder = tempfile.mkdtemp(prefix="logbook-tests-")
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
os.environ["CLINIC_DATA_DIR"] = os.path.join(_folder, "data")

from clinic.settings import *  # noqa: E402, F403
from clinic.settings import DATA_DIR, DATABASES, INSTALLED_APPS  # noqa: E402

# The tests' own `flush`, before the one that refuses.
INSTALLED_APPS = ["tests", *INSTALLED_APPS]

# Argon2 as in the clinic, with the cheapest figures: thousands of log-ins must not take minutes.
PASSWORD_HASHERS = ["tests.hashers.CheapArgon2PasswordHasher"]

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, not memory: the journal mode, the locks and the waiting of the clinic are the ones under test.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
