# `make` or `make help` lists what can be done here. Each target prepares what it needs and does so only once.

SHELL := /bin/bash
BIN := .venv/bin
SEED ?= 1
EVENTS ?= 100000
PYTEST_ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo test check pbx pbx-stop sim bench bench-pbx bench-core bench-rules bench-journal bench-restart bench-desktop bench-reports bench-report-day theory screenshots lock clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

demo: ## a whole call center with real calls, on this machine; Ctrl-C stops it and cleans up
	@scripts/setup demo
	@$(BIN)/python -m lab.demo

test: ## all tests, those on a real PBX, Redis, PostgreSQL, Prometheus and browser included
	@scripts/setup test
	@if [ "$$(id -u)" = 0 ]; then \
		$(BIN)/python -m lab.pbx install && CALLCENTER_REQUIRE_ALL=1 scripts/run_tests $(PYTEST_ARGS); \
	else \
		echo "Not root: tests that need something that is not here are skipped, and listed at the end."; \
		scripts/run_tests $(PYTEST_ARGS); \
	fi

check: ## format, lint, types, import contracts, the pages' sources and the house's other laws
	@scripts/setup check
	@failed=; \
	step() { local name="$$1"; shift; echo "== $$name"; "$$@" || failed="$$failed $$name"; }; \
	step format $(BIN)/ruff format --check .; \
	step lint $(BIN)/ruff check .; \
	step types $(BIN)/mypy; \
	step contracts $(BIN)/lint-imports --no-logo; \
	step laws $(BIN)/python -m scripts.check_laws; \
	step states $(BIN)/python -m scripts.draw_states --check; \
	step schema $(BIN)/python -m scripts.draw_schema --check; \
	step openapi $(BIN)/python -m scripts.draw_openapi --check; \
	step dashboards $(BIN)/python -m scripts.draw_dashboards --check; \
	step web $(BIN)/python -m scripts.web check; \
	if [ -n "$$failed" ]; then echo "make check: not clean:$$failed"; exit 1; fi; \
	echo "make check: clean"

pbx: ## an Asterisk of our own on loopback, with config/asterisk; `make pbx-stop` ends it
	@scripts/setup demo
	@$(BIN)/python -m lab.pbx install
	@$(BIN)/python -m lab.pbx start

pbx-stop: ## stop what `make pbx` started
	@$(BIN)/python -m lab.pbx stop

sim: ## the pure core in a simulated world, with faults: make sim SEED=7 EVENTS=1000000
	@scripts/setup run
	@$(BIN)/python -m callcenter.simulation --seed $(SEED) --events $(EVENTS)

bench: ## list the benchmarks; each takes minutes and is run by its own target
	@scripts/setup run
	@$(BIN)/python -m benchmarks

bench-pbx: ## the same real calls through app_queue and through callcenter, on one PBX
	@scripts/setup test
	@$(BIN)/python -m lab.pbx install
	@$(BIN)/python -m benchmarks.pbx

bench-core: ## what a decision of the pure core costs, from 100 to 5,000 agents and 100,000 waiting contacts
	@scripts/setup run
	@$(BIN)/python -m benchmarks.core

bench-rules: ## what a decision by 500 routing rules costs, beside the fastest expression engines of PyPI
	@scripts/setup run
	@$(BIN)/python -m benchmarks.rules

bench-journal: ## what the journal costs at 500 events a second, in the daemon's own Redis and an external one
	@scripts/setup run
	@$(BIN)/python -m benchmarks.journal

bench-restart: ## how long a killed daemon takes to serve again, at 1,000 waiting contacts and 500 agents
	@scripts/setup test
	@$(BIN)/python -m benchmarks.restart

bench-desktop: ## what 500 agents' and 20 supervisors' pages hear how fast, and what they cost the calls
	@scripts/setup test
	@$(BIN)/python -m benchmarks.desktop

bench-reports: ## how long a month by half-hours takes where the log has ten million contacts; 30 GB of disk for a while
	@scripts/setup test
	@$(BIN)/python -m benchmarks.reports

bench-report-day: ## every report of a day of 30,000 contacts, against a recount of the raw facts in DuckDB
	@scripts/setup test
	@$(BIN)/python -m benchmarks.report_checks

theory: ## hold the engine against queueing theory and write docs/theory.md; takes about ten minutes
	@scripts/setup run
	@$(BIN)/python -m callcenter.simulation.theory --write docs/theory.md

screenshots: ## draw docs/screenshots anew: the real pages with made-up people, in each language
	@scripts/setup screenshots
	@$(BIN)/python -m scripts.screenshots

LOCK = $(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

lock: ## lock the dependencies of pyproject.toml again (remove a lock file first to upgrade it)
	@scripts/setup run
	@$(BIN)/python -m pip install --quiet uv
	@$(LOCK) pyproject.toml --extra embedded --group build --output-file requirements.lock
	@$(LOCK) pyproject.toml --extra embedded --group build --group dev --constraint requirements.lock \
		--output-file requirements-dev.lock
	@$(BIN)/python -m scripts.web lock

clean: ## remove what tests and tools left behind, but not .venv and the installed PBX
	@rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache build dist .local/reports
	@find . -name __pycache__ -not -path './.venv/*' -not -path './.local/*' -prune -exec rm -rf {} +
