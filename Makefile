# Short names for `python start.py ...`, which works without make, on any system.

PYTHON ?= python3

.DEFAULT_GOAL := help
.PHONY: help setup report test check torture lab lint notebooks bench lock

help:
	@$(PYTHON) start.py help
	@echo "make lock: resolve requirements.lock and requirements-dev.lock anew (needs uv)"

setup report test check torture lab lint notebooks bench:
	@$(PYTHON) start.py $@

LOCK := uv pip compile --universal --generate-hashes --python-version 3.11 --all-extras --group build --no-config \
  --custom-compile-command 'make lock' --quiet pyproject.toml
lock:
	$(LOCK) --group dev -o requirements-dev.lock
	$(LOCK) --constraints requirements-dev.lock -o requirements.lock
