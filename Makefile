# Nabucco: everything a stranger needs, with nothing but Python (3.11 or newer) on the machine.
#
#   make demo    set up and run the main job: an equation of state, with its provenance drawn
#   make test    set up and pass the tests
#   make check   lint, import rules, sizes, types and tests
#   make crash   kill a worker at every commit and every effect outside, on both databases, then storms (half an hour);
#                NABUCCO_STORM_SEED=..., NABUCCO_STORM_SECONDS=... for these
#   make bench   this program and aiida-core side by side
#   make format  let ruff format
#   make clean   remove what the above have made
#
# Another interpreter: make PYTHON=python3.12 demo (after `make clean`, if there is a .venv already)

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PEER   := .venv-peer
# Keep pip quiet but for what matters.
PIP    := $(BIN)/python -m pip --disable-pip-version-check -qq
ROUNDS ?= 3

.PHONY: demo test crash check lint types imports sizes format bench peer clean help

help:
	@sed -n '3,12s/^# \{0,1\}//p' Makefile

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo 'Nabucco needs Python 3.11 or newer, which `$(PYTHON)` is not. Name another: make PYTHON=/path/to/python3.12'; exit 1; }
	@echo 'Making a virtual environment in $(VENV) ...'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: $(BIN)/python pyproject.toml examples/equation_of_state/pyproject.toml
	@echo 'Installing Nabucco and the example (a minute the first time) ...'
	@$(PIP) install -e . -e examples/equation_of_state
	@touch $@

$(VENV)/.dev: $(BIN)/python pyproject.toml examples/equation_of_state/pyproject.toml
	@echo 'Installing Nabucco with what the tests need (a minute the first time) ...'
	@$(PIP) install -e '.[dev]' -e examples/equation_of_state
	@touch $@ $(VENV)/.demo

demo: $(VENV)/.demo
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m eos --output demo-output

test: $(VENV)/.dev
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pytest

crash: $(VENV)/.dev
	@PATH="$(CURDIR)/$(BIN):$$PATH" NABUCCO_CRASH_STRIDE=1 $(BIN)/python -m pytest tests/crash tests/integration/hosts

check: lint imports sizes types test

lint: $(VENV)/.dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet . || { echo 'Some files are not formatted: run `make format`.'; exit 1; }

imports: $(VENV)/.dev
	@$(BIN)/lint-imports --no-cache --no-logo
	@$(BIN)/python dev/check_cycles.py aiida

sizes: $(VENV)/.dev
	@$(BIN)/python dev/check_sizes.py src/aiida

types: $(VENV)/.dev
	@$(BIN)/mypy

format: $(VENV)/.dev
	@$(BIN)/ruff check --fix --quiet .
	@$(BIN)/ruff format .

# aiida-core in an environment of its own: the peer that behaviour and speed are compared with
peer: $(PEER)/.done

$(PEER)/.done:
	@echo 'Installing aiida-core 2.9.4 into $(PEER) ...'
	@$(PYTHON) -m venv $(PEER)
	@$(PEER)/bin/python -m pip --disable-pip-version-check -qq install 'aiida-core==2.9.4'
	@touch $@

bench: $(VENV)/.dev $(PEER)/.done
	@$(BIN)/python benchmarks/compare.py --ours $(BIN)/python --theirs $(PEER)/bin/python --rounds $(ROUNDS) $(CASES)

clean:
	rm -rf $(VENV) $(PEER) demo-output build dist .hypothesis .mypy_cache .ruff_cache .pytest_cache
