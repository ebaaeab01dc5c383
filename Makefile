# The logbook in four words: make run, make demo, make test, make bench. Each needs Python and make alone.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN_READY := $(VENV)/.ready-run
TEST_READY := $(VENV)/.ready-test

# Settings reach the program from the environment or from the command line: make run CLINIC_PORT=8080
.PHONY: run demo test bench translations pins

run: $(RUN_READY)
	@$(BIN)/python manage.py serve

demo: $(RUN_READY)
	@$(BIN)/python manage.py demo

test: $(TEST_READY)
	@$(BIN)/python -m pytest -n auto $(TESTS)

bench: $(TEST_READY)
	@$(BIN)/python -m bench.run

# For those who change words: refreshes the French catalogue (needs gettext) and compiles it.
translations: $(TEST_READY)
	@$(BIN)/python manage.py translations

# For those who change dependencies: writes the pins anew from pyproject.toml, keeping the versions that still fit.
PIN := $(BIN)/uv pip compile --universal --generate-hashes --python-version 3.11 --no-header --no-annotate -q pyproject.toml
pins: $(TEST_READY)
	@$(PIN) -o requirements.txt
	@$(PIN) --extra postgres -o requirements-postgres.txt
	@$(PIN) --extra timestamp -o requirements-timestamp.txt
	@$(PIN) --extra encryption -o requirements-encryption.txt
	@$(PIN) --extra postgres --extra timestamp --extra encryption --extra dev -o requirements-dev.txt

$(VENV)/.made:
	@command -v $(PYTHON) >/dev/null 2>&1 || { \
	  echo "Python is missing. Install Python 3.11 or later, then try again." >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "The logbook needs Python 3.11 or later; $(PYTHON) is older. Name a newer one: make run PYTHON=python3.13" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "Python cannot make a virtual environment here. On Debian and Ubuntu: sudo apt install python3-venv" >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV) || { echo "The folder $(VENV) could not be made here." >&2; exit 2; }
	@touch $@

# PostgreSQL and time stamps need one package more each; it is installed as soon as the address is set.
MORE := $(if $(CLINIC_DATABASE_URL),$(VENV)/.ready-postgres) $(if $(CLINIC_TIMESTAMP_URL),$(VENV)/.ready-timestamp)
$(RUN_READY): $(VENV)/.made requirements.txt $(MORE)
	@echo "Installing what the logbook needs (once)."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.ready-postgres: $(VENV)/.made requirements-postgres.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-postgres.txt
	@touch $@

$(VENV)/.ready-timestamp: $(VENV)/.made requirements-timestamp.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-timestamp.txt
	@touch $@

$(TEST_READY): $(VENV)/.made requirements-dev.txt
	@echo "Installing what the tests need (once)."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@
