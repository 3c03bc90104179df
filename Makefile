# Everything runs from .venv by a relative path, so a checkout in a folder with spaces works.
PYTHON ?= python3
PY := .venv/bin/python
STAMP := .venv/.installed

.DEFAULT_GOAL := help
# Dozens of processes start in a run of the tests, and each would compile all it imports anew.
unexport PYTHONDONTWRITEBYTECODE
.NOTPARALLEL:
.PHONY: help setup demo dev test lint browser bench scale soak lock clean

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

setup: $(STAMP) ## Install everything into .venv (again only after the lock changed)

demo: setup ## Start Clarity Connect with simulated stores to look at
	@$(PY) manage.py demo

dev: setup ## Serve, restarting when a file changes
	@$(PY) manage.py serve --reload

test: setup lint browser ## Check and test everything
	@# Much of it waits for processes of its own, so two files at a time halve the time. By itself the
	@# plugin keeps the files of few tests for last, which are the long ones; small ones fill the end.
	@$(PY) -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

lint: setup ## Check format, style, types, layering, migrations and settings
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	@# Types take as long as all the rest, which is checked beside them.
	@$(PY) -m mypy . & types=$$!; \
		$(PY) -c 'from importlinter.cli import lint_imports_command as run; run()' \
		&& $(PY) manage.py makemigrations --check --dry-run \
		&& $(PY) manage.py check; \
		others=$$?; wait $$types && exit $$others

browser: setup ## Find or fetch a Chromium for the browser tests
	@$(PY) -m tests.browser.provision

bench: setup ## Measure speed, all of docs/benchmarks.md
	@$(PY) manage.py bench

scale: setup ## Two worker hosts on this machine lose one another (Linux, root)
	@$(PY) -m tests.scale.hosts

soak: setup ## Trade under faults for ten minutes, and try every fault at full size
	@$(PY) manage.py faults
	@$(PY) manage.py soak --minutes 10

lock: setup ## Renew requirements.lock after a change in pyproject.toml
	@$(PY) -m venv .venv/lock
	@.venv/lock/bin/python -m pip install --quiet --disable-pip-version-check uv==0.13.8
	@.venv/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --extra test \
		--generate-hashes --no-annotate --custom-compile-command "make lock" \
		--output-file requirements.lock pyproject.toml
	@rm -rf .venv/lock

clean: ## Stop the local database and remove .data, .venv and caches
	@if [ -d .data ] && [ -x $(PY) ]; then $(PY) manage.py stopdb --remove 2>/dev/null || true; fi
	@# Deleting the files under a live server would leave it running with nothing to stop it by.
	@if [ -d .data ]; then find .data -name postmaster.pid | while read -r file; do \
		pid=$$(head -n 1 "$$file"); \
		if kill -0 "$$pid" 2>/dev/null; then \
			echo "PostgreSQL (process $$pid) still uses .data: stop it, then run make clean again." >&2; \
			exit 1; \
		fi; done; fi
	@rm -rf .data .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis staticfiles
	@find . -name .git -prune -o -type d -name __pycache__ -prune -exec rm -rf {} +

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Clarity Connect needs Python 3.11 or newer, and $(PYTHON) is not: install one and run make PYTHON=python3.12 setup (or whatever it is called)." >&2; \
		exit 1; }
	@# A .venv whose Python is gone or too old is made anew; a good one is kept.
	@$(PY) -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		|| $(PYTHON) -m venv --clear .venv
	@echo "Installing the packages in requirements.lock; the first time this takes a minute or two."
	@# Compiling all of it takes as long as fetching it, and a third of it is ever imported.
	@$(PY) -m pip install --quiet --no-compile --disable-pip-version-check --require-hashes \
		-r requirements.lock
	@touch $(STAMP)
