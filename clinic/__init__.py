"""The Django project, and all that is not medicine: who logs in, who may, who did, who looked."""

import sys

# SQLite 3.7.0 to 3.51.2 can damage a WAL database when two connections write at once
# (docs/adr/0002). pysqlite3 carries a repaired one; it must stand in before Django loads.
try:
    import pysqlite3 as _sqlite3
except ImportError:  # no wheel for this machine: clinic.operations.checks decides the journal mode
    pass
else:
    sys.modules["sqlite3"] = _sqlite3
    sys.modules["sqlite3.dbapi2"] = _sqlite3.dbapi2
