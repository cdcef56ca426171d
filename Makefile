# make run, make test: everything either needs is set up first. Nothing is needed but Python >= 3.11 and make.

SHELL := /bin/sh
VENV := .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
UV ?= uv
LOCK := $(UV) pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links --quiet

CLIENTS := tests/clients/node_modules/.installed

.PHONY: help run install test test-faults clients check eval bench openapi lock clean

help:
	@echo "make run [PORT=8123]   serve on 127.0.0.1:8000, with a database of its own and the seeds"
	@echo "make test              run the tests"
	@echo "make test-faults       the tests that break things: databases, servers, clocks, disks; FULL=1: at full length"
	@echo "make check             what CI runs: format, lint, types, imports, tests"
	@echo "make bench DATA=FOLDER time everything beside its peers, into bench/results; QUICK=1: does it work?"
	@echo "make clients           what Node adds to the tests, where it is installed"
	@echo "make install           the environment in $(VENV)"
	@echo "make eval DATA=FOLDER  measure on the benchmarks in FOLDER's subfolders, into docs/evaluation.md;"
	@echo "                       MODEL=FOLDER: with this embedding model"
	@echo "make openapi           write docs/openapi.json anew"
	@echo "make lock              pin the dependencies anew (needs uv)"
	@echo "make clean             remove the environment; the data in .factcheck stays"

run: $(VENV)/.runtime
	@exec $(BIN)/factcheck serve --seed $(if $(PORT),--port $(PORT))

install: $(VENV)/.development

test: $(VENV)/.development clients
	@exec $(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

# What a test needs beyond the project's own environment (a pooler, a load balancer, a clock that jumps) is the system's
# to bring; a test without it is skipped, and says so.
test-faults: $(VENV)/.development
	@exec $(if $(FULL),env FACTCHECK_TEST_FULL=1) $(BIN)/python -m pytest tests/faults -rs

# The service needs no Node; its document is also tested with tools that do.
clients:
	@if node -e 'process.exit(process.versions.node.split(".")[0] < 20 ? 1 : 0)' 2>/dev/null && npm --version >/dev/null 2>&1; then \
		$(MAKE) --no-print-directory $(CLIENTS); \
	else \
		echo "Node 20 or later with npm was not found: the TypeScript client and the OpenAPI linter are not tested" >&2; \
	fi

check: $(VENV)/.development clients
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

eval: $(VENV)/.runtime
	@test -n "$(DATA)" || { echo "say where the benchmarks are: make eval DATA=FOLDER" >&2; exit 2; }
	@exec $(BIN)/python bench/report.py "$(DATA)" --split $(or $(SPLIT),dev) $(if $(MODEL),--model "$(MODEL)")

bench: $(VENV)/.bench
	@test -n "$(DATA)" || { echo "say where the benchmarks are: make bench DATA=FOLDER" >&2; exit 2; }
	@exec env PYTHONPATH=. $(BIN)/python bench/run.py "$(DATA)" $(if $(QUICK),--quick) $(BENCH)

openapi: $(VENV)/.development
	@exec $(BIN)/python -m tests.openapi_document

# The largest set first: what the tests need may hold back what the service needs, never the other way round.
lock:
	$(LOCK) pyproject.toml --group dev --group build --output-file requirements-dev.txt
	$(LOCK) pyproject.toml --constraint requirements-dev.txt --output-file requirements.txt
	$(LOCK) --group build --constraint requirements-dev.txt --output-file requirements-build.txt

$(VENV)/.bench: bench/requirements.txt $(VENV)/.development
	@echo "Installing what is needed to measure"
	@$(PIP) install --require-hashes -r bench/requirements.txt
	@touch $@

clean:
	rm -rf $(VENV)

# A name on PATH may be a shim that fails, or a version that is too old or too new: each is tried until one works.
$(BIN)/python:
	@for python in $(PYTHON) python3.13 python3.12 python3.11 python3 python; do \
		if $$python -c 'import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
			>/dev/null 2>&1; then \
			echo "Making $(VENV) with $$($$python --version)"; \
			exec $$python -m venv $(VENV); \
		fi; \
	done; \
	echo "No Python from 3.11 to 3.13 with venv and ensurepip was found; name one: make PYTHON=/path/to/python" >&2; \
	exit 1

$(CLIENTS): tests/clients/package.json tests/clients/package-lock.json
	@echo "Installing what is needed to test the OpenAPI document"
	@cd tests/clients && npm ci --silent
	@touch $@

$(VENV)/.runtime: requirements.txt requirements-build.txt pyproject.toml | $(BIN)/python
	@echo "Installing what is needed to run"
	@$(PIP) install --require-hashes -r requirements.txt
	@$(PIP) install --require-hashes -r requirements-build.txt
	@$(PIP) install --no-deps --no-build-isolation --no-index --editable .
	@touch $@

$(VENV)/.development: requirements-dev.txt $(VENV)/.runtime
	@echo "Installing what is needed to test"
	@$(PIP) install --require-hashes -r requirements-dev.txt
	@touch $@
