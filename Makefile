# Every command for a clone. `make report` and `make test` need only git, make and Python 3.11, 3.12 or 3.13.
# Windows has no make: the same commands stand in README.md, and a test holds the two together.

PYTHON ?= python3
BIN := .venv/bin
SET_UP := .venv/set-up
INSTALL := $(BIN)/python -m pip --disable-pip-version-check --no-input install --quiet

.DEFAULT_GOAL := help
.PHONY: help setup report test torture lab lint notebooks bench lock

help:
	@echo "make report     make the environment, then a report per key account: reports/index.html"
	@echo "make test       make the environment, then run every test and every notebook"
	@echo "make setup      only the environment, in .venv (the others call it)"
	@echo "make lab        JupyterLab on the notebooks"
	@echo "make lint       ruff and mypy"
	@echo "make notebooks  refresh the checked outputs of the notebooks, strip all others, renew the example report"
	@echo "make torture    the fault, fuzz and property tests at full counts"
	@echo "make bench      measure speed"
	@echo "make lock       resolve requirements.lock anew (needs uv)"

setup: $(SET_UP)
	@:

$(SET_UP): requirements.lock pyproject.toml build_backend.py
	@$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info < (3, 14) else "kamlib needs Python 3.11, 3.12 or 3.13, found " + sys.version.split()[0] + ": make PYTHON=python3.12 ...")'
	@echo "Setting up .venv: some minutes the first time, nothing afterwards."
	$(PYTHON) -m venv .venv
	$(INSTALL) --require-hashes -r requirements.lock
	$(INSTALL) --no-deps --no-build-isolation --no-index -e .
	@$(BIN)/python -c 'import matplotlib.pyplot'  # builds the font cache, which the first report would wait for
	@touch $@

report: setup
	$(BIN)/kam report

# The tests and the notebooks run on the sample company, whatever workspace the shell has chosen.
test torture notebooks: export KAM_WORKSPACE :=
test: setup
	@$(BIN)/kam init --sample
	$(BIN)/python -m pytest tests kamlib -n auto --dist loadfile -m "not torture"
	$(BIN)/python -m pytest notebooks --nbval-lax --nbval-current-env

torture: setup
	$(BIN)/python -m pytest tests -n auto --dist loadfile --hypothesis-profile torture

lab: setup
	$(BIN)/kam open --lab

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

notebooks: setup
	@$(BIN)/kam init --sample
	$(BIN)/python .ci/refresh.py

bench: setup
	@for each in benchmarks/*.py; do $(BIN)/python $$each || exit 1; done

LOCK := uv pip compile --universal --generate-hashes --python-version 3.11 --all-extras --group build --no-config \
  --custom-compile-command 'make lock' --quiet pyproject.toml
lock:
	$(LOCK) --group dev -o requirements-dev.lock
	$(LOCK) --constraints requirements-dev.lock -o requirements.lock
