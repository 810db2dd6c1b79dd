# One door for every task. `make` alone lists them.
#
# Set-up happens once: a stamp in .venv remembers which lock file was installed.

SHELL := /bin/bash
.DEFAULT_GOAL := help

# The first interpreter that is new enough; `make PYTHON=/path/to/python3.12 …` decides otherwise.
NEW_ENOUGH := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	"$$python" -c '$(NEW_ENOUGH)' >/dev/null 2>&1 && { echo "$$python"; break; }; done)

# How many processes share the tests; a file's tests stay together, and the slow ones begin.
WORKERS ?= 2
VENV := .venv
BIN := $(VENV)/bin
# pip's warnings are hidden (-qq), its errors are not. Bytecode is compiled afterwards, on all cores.
INSTALL := $(BIN)/python -m pip install -qq --no-input --disable-pip-version-check --no-deps --no-compile
COMPILE := $(BIN)/python -m compileall -qq -j 0 $(VENV)/lib || true

export DO_NOT_TRACK := 1
export MLFLOW_DISABLE_TELEMETRY := true
export GX_ANALYTICS_ENABLED := false
export DAGSTER_DISABLE_TELEMETRY := 1

.PHONY: help demo test check bench up setup setup-dev lock clean

help:  ## list these tasks
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

demo: setup  ## vendors to published predictions on an embedded market, no key, no network; ARGS="--market null"
	@$(BIN)/stock-assets demo $(ARGS)

test: setup-dev  ## all tests, warnings as errors; ARGS="stock_assets_tests/lake -x" for some
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

check: setup-dev  ## format, lint, types, SQL style, import law
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint --disable-progress-bar dbt_project
	$(BIN)/lint-imports --config setup.cfg

bench: setup-dev  ## measure ours beside its peers, write benchmarks/RESULTS.md; ARGS="import" for one
	$(BIN)/python benchmarks/run.py $(ARGS)

up: setup  ## Dagster's web UI and daemon on http://127.0.0.1:3000; ARGS="--port 3001 --home DIR"
	@exec $(BIN)/stock-assets up $(ARGS)

setup: $(VENV)/.runtime  ## virtual environment with what the product needs

setup-dev: $(VENV)/.dev  ## … and with what its tests and checks need

$(BIN)/python:
	@[ -n "$(PYTHON)" ] || { \
		echo "stock_assets needs Python 3.11, 3.12 or 3.13; python3 here is: $$(python3 --version 2>&1)" >&2; \
		echo "Next: install one of them, or name it: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; \
		exit 2; }
	@"$(PYTHON)" -c '$(NEW_ENOUGH)' || { \
		echo "stock_assets needs Python 3.11, 3.12 or 3.13; $(PYTHON) is: $$("$(PYTHON)" --version 2>&1)" >&2; \
		exit 2; }
	@"$(PYTHON)" -m venv $(VENV)

$(VENV)/.runtime: requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing $$(grep -c '^[^ #]*==' $<) locked packages into $(VENV) (a minute or two, once) …"
	@$(INSTALL) --require-hashes -r $<
	@$(INSTALL) --no-build-isolation -e .
	@$(COMPILE)
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.runtime
	@echo "Installing the tools for tests and checks …"
	@$(INSTALL) --require-hashes -r $<
	@$(COMPILE)
	@touch $@

# Universal: one lock for every Python and platform that we support; it names no index and no host.
RESOLVE := $(BIN)/python -m uv pip compile pyproject.toml --quiet --universal --python-version 3.11 \
	--generate-hashes --no-header --no-emit-index-url --no-emit-find-links

lock: | $(BIN)/python  ## resolve pyproject.toml anew into both lock files; ARGS="--upgrade" for newer versions
	@$(BIN)/python -m pip install -qq --no-input --disable-pip-version-check 'uv>=0.9'
	$(RESOLVE) --extra build -o requirements.lock $(ARGS)
	$(RESOLVE) --extra build --extra gcp --extra dev -c requirements.lock -o requirements-dev.lock $(ARGS)

clean:  ## remove the environment, caches and what dbt compiled; your data directory stays
	rm -rf $(VENV) build dist ./*.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis \
		dbt_project/target dbt_project/logs logs
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
