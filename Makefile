# Everything a developer does, on plain Python and make; `make` alone lists it.

PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test lint bench fuzz faults migrate shell runtime dev

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

run: runtime .env ## Start the app on http://localhost:8000 with a demo league (PORT and more: .env)
	@exec $(BIN)/python -m fantasy_f1.serve

# COVERAGE= leaves the measuring out, which takes two fifths of the time.
COVERAGE := on
test: dev ## Run the whole test suite; needs no service
	@$(BIN)/pytest -n 2 --dist worksteal $(if $(COVERAGE),--cov --cov-report=term:skip-covered) $(ARGS)
	@[ -z "$(COVERAGE)" ] || $(BIN)/coverage report --include='drafts/*,scoring/*' --skip-covered --fail-under=100

lint: dev ## Check style, types, import order, migrations, templates and the API's description
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/djlint templates --lint --quiet
	$(BIN)/python manage.py spectacular --validate --fail-on-warn --file /dev/null

bench: dev ## Measure how fast the main paths are
	@exec $(BIN)/python -m benchmarks $(ARGS)

fuzz: dev ## Ask the API at length all that its description allows, and what it does not
	@EXAMPLES=$(or $(EXAMPLES),100) $(BIN)/pytest tests/e2e/test_schemathesis.py $(ARGS)

faults: dev ## Kill workers, beat, Redis and PostgreSQL in the middle of things (needs both servers installed)
	@$(BIN)/python -m tests.faults $(ARGS)

migrate: runtime ## Bring the database up to date
	@exec $(BIN)/python manage.py migrate

shell: runtime ## Open a Python shell with the models loaded
	@exec $(BIN)/python manage.py shell

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Python 3.11 or newer is needed, and $(PYTHON) is not: make PYTHON=/path/to/python3.11 …" >&2; exit 1; }
	@echo "Creating .venv with $$($(PYTHON) --version) …"
	@$(PYTHON) -m venv --clear .venv

# Installs exactly what a requirements file lists, unless that very file was installed before. The file names all that is
# needed; left to resolve by itself, pip would take a newer release for "name[extra]" and then miss its hash.
install = @cmp -s $(1) .venv/$(1) || { echo "Installing $(1) …" \
  && $(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --require-hashes -r $(1) \
  && cp $(1) .venv/$(1); }

runtime: $(BIN)/python
	$(call install,requirements.txt)

dev: $(BIN)/python
	$(call install,requirements-dev.txt)

# The first start plays the demo; an installation that names its own services does not.
.env:
	@if [ -z "$$DATABASE_URL$$REDIS_URL" ]; then { \
	  echo "# Made by the first 'make run'; .env.example explains every variable."; \
	  echo "DEMO=on"; \
	  echo "GAME_CLOCK=on"; \
	} > .env; fi
