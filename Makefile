# make run    a working site on http://127.0.0.1:8000 (PORT= changes the port)
# make test   the test suite; needs nothing that runs
# make check  style, types, directions of imports, migrations, generated files
# `make help` lists them all. A fresh machine needs Python 3.11 or newer and make.

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; exit; }; done; echo python3)
BIN := .venv/bin
UV ?= uv
SCALE ?= 1
DENSITY ?= 1
# for what only reads the code: no database is asked
CODE_ONLY := DEVELOPMENT=1 TESTING=1 DATABASE_URL=postgresql://web@/none DATABASE_OWNER_URL=postgresql://owner@/none
PYTEST := TESTING=1 $(BIN)/python -m pytest -n 2
COMPILE := $(UV) pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --no-header --no-annotate

.PHONY: help run install install-dev test test-all prove check bench lock chromium format

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  \1\t/p' $(MAKEFILE_LIST) | expand -t 16

install: # the virtual environment with what the site needs
	@command -v $(PYTHON) >/dev/null || { echo "This project needs Python 3.11 or newer, and no python3 was found." >&2; exit 1; }
	@$(PYTHON) requirements/install.py

install-dev: install
	@$(PYTHON) requirements/install.py dev

run: install ## a working site with England's organisations and demo people; Ctrl-C ends all of it
	@exec $(BIN)/python -m ics_governance.supervisor

test: install-dev chromium ## the test suite, on a machine with nothing running
	$(PYTEST)

test-all: install-dev chromium ## the test suite with the long tests
	$(PYTEST) -m ""

prove: install-dev ## timed and fault runs, which print figures
	$(BIN)/python -m pytest tests/prove --confcutdir=tests/prove -p no:django -p no:playwright -m "" -q -s

check: install-dev ## style, types, directions of imports, migrations, generated files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(CODE_ONLY) $(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(CODE_ONLY) $(BIN)/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	$(CODE_ONLY) $(BIN)/python manage.py makeguards --check
	$(CODE_ONLY) $(BIN)/python manage.py workflows_doc --check

bench: install ## the benchmark at England's scale (SCALE= years, DENSITY= times the yearly rate, BENCH_JSON= file)
	$(BIN)/python manage.py benchmark --scale $(SCALE) --density $(DENSITY) $(if $(BENCH_JSON),--json $(BENCH_JSON))

format: install-dev ## let ruff repair what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: ## compile the lock files anew (needs uv)
	@command -v $(UV) >/dev/null || { echo "Compiling the lock files needs uv (name it: make lock UV=/path/to/uv)." >&2; exit 1; }
	$(COMPILE) pyproject.toml -o requirements/base.txt
	$(COMPILE) --group dev -c requirements/base.txt -o requirements/dev.txt

chromium:
	@for b in "$(CHROMIUM)" chromium chromium-browser google-chrome; do command -v "$$b" >/dev/null && exit; done; { \
		echo "*******************************************************************"; \
		echo "*  NO CHROMIUM on this machine: the BROWSER JOURNEYS are SKIPPED  *"; \
		echo "*******************************************************************"; }
