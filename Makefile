# Everything below does its own set-up; only the package index must be reachable.
PYTHON ?= python3
UV := $(shell command -v uv 2>/dev/null || echo .venv-uv/bin/uv)
LMI := .venv/bin/lmi

.PHONY: run run-real test install lint types models docs bench bench-api eval audit up clean help

help: ## List the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

run: install ## Build a release from the synthetic nation: its history, then seven days
	@$(LMI) run --profile sandbox

run-real: install ## Build a release from real postings (LMI_REAL_DATA)
	@$(LMI) run --profile real

test: install ## Lint, type check and all tests
	@$(UV) run --no-sync ruff check .
	@$(UV) run --no-sync ruff format --check .
	@$(MAKE) --no-print-directory -j 2 types models
	@$(UV) run --no-sync pytest -n 2 --dist loadfile --no-loadscope-reorder --durations 20 --durations-min 5

types:
	@$(UV) run --no-sync mypy

models:
	@$(UV) run --no-sync sqlfluff lint dbt_project --processes 2 --disable-progress-bar

lint: install ## Only the static checks, mending what can be mended
	@$(UV) run --no-sync ruff check --fix .
	@$(UV) run --no-sync ruff format .
	@$(MAKE) --no-print-directory -j 2 types models

docs: install ## Write the pages that follow from the registry and the models
	@$(UV) run --no-sync python -m ingest.source_docs
	@$(UV) run --no-sync python -m ingest.processing_docs
	@$(UV) run --no-sync python -m exports.data_dictionary
	@$(UV) run --no-sync python -m exports.opendata.where
	@$(UV) run --no-sync python -m exports.package.promised

bench: install ## Rows per second of each stage; the reference marts at 1/100, 1/10 and full scale (docs/benchmarks.md)
	@$(UV) run --no-sync python -m tests.bench

bench-api: install ## The API against bare FastAPI and static servers: requests per second and 99th percentile
	@$(UV) run --no-sync python -m tests.bench_api

eval: install ## Judge planted truth and real postings (LMI_REAL_DATA); writes docs/evaluation.md
	@$(UV) run --no-sync python -m tests.evaluation

audit: install ## Publish the last 24 months one after another and try to work out what is hidden
	@$(UV) run --no-sync python -m tests.vintages

up: install ## A local Airflow with its web page on this project's DAGs; stop with Ctrl-C
	@$(LMI) up

clean: install ## Free disk space down to the budget
	@$(LMI) clean

install: .venv/.installed ## Install the locked environment

.venv-uv/bin/uv:
	@echo "Installing uv from the package index"
	@$(PYTHON) -m venv .venv-uv
	@.venv-uv/bin/pip install --quiet --disable-pip-version-check uv

.venv/.installed: pyproject.toml uv.lock $(if $(filter .venv-uv/bin/uv,$(UV)),.venv-uv/bin/uv)
	@echo "Installing the locked environment"
	@$(UV) sync --locked --quiet --compile-bytecode
	@touch $@
