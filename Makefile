# Parley. `make help` lists what there is.

VENV := .venv
PY := $(VENV)/bin/python

TEST_TOOLS := chromium fonts-dejavu-core libflite1 espeak-ng coturn redis-server postgresql nodejs
LOCK := --universal --python-version 3.11 --generate-hashes --no-header --quiet --upgrade

.DEFAULT_GOAL := help
.PHONY: help run test postgresql lint bench bench-api bench-face secret format lock

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: $(VENV)/run.stamp ## Install what is missing and serve on http://localhost:8000 (PORT= changes it)
	@scripts/system-packages "the better offline voice" libflite1
	@exec $(PY) manage.py serve

test: $(VENV)/dev.stamp ## Install what tests need and run them all (ARGS= goes to pytest)
	@scripts/system-packages "the tests" $(TEST_TOOLS)
	$(PY) -m pytest $(ARGS)
	$(if $(ARGS),,$(PY) -m tests.on_postgresql)

postgresql: $(VENV)/dev.stamp ## Run the tests of the database on PostgreSQL (ARGS= goes to pytest)
	@scripts/system-packages "the tests" $(TEST_TOOLS)
	$(PY) -m tests.on_postgresql $(ARGS)

lint: $(VENV)/dev.stamp node_modules/.stamp ## Check style, types, storeys and lock files
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy .
	$(VENV)/bin/lint-imports
	node_modules/.bin/tsc -p tsconfig.json
	$(PY) scripts/check_locks.py

bench: $(VENV)/dev.stamp ## Measure calls against a served Parley, beside bare aiortc
	@scripts/system-packages "the visitors' voices" libflite1
	$(PY) -m benchmarks.calls $(ARGS)

bench-api: $(VENV)/dev.stamp ## Measure mints, speech on command and webhooks
	@scripts/system-packages "the benchmark" postgresql redis-server
	$(PY) -m benchmarks.api $(ARGS)

bench-face: $(VENV)/dev.stamp ## Measure what a face costs (ARGS="--photo portrait.jpg" adds its build)
	@nice $(PY) -m benchmarks.face $(ARGS)

secret: $(VENV)/run.stamp ## Make another API secret and print it
	@$(PY) manage.py secret

format: $(VENV)/dev.stamp ## Put the code into its common form
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

lock: $(VENV)/dev.stamp ## Choose and hash the newest versions that pyproject.toml allows
	$(PY) -m pip install --quiet uv
	$(VENV)/bin/uv pip compile $(LOCK) pyproject.toml -o requirements.lock
	$(VENV)/bin/uv pip compile $(LOCK) pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock

$(PY):
	@scripts/make-venv $(VENV)

$(VENV)/run.stamp: requirements.lock | $(PY)
	@scripts/install $(PY) requirements.lock $@

$(VENV)/dev.stamp: requirements-dev.lock | $(PY)
	@scripts/install $(PY) requirements-dev.lock $@
	@touch $(VENV)/run.stamp

node_modules/.stamp: package-lock.json
	@command -v npm > /dev/null || \
		scripts/system-packages "checking types in the browser's code" nodejs npm
	npm ci --no-audit --no-fund
	@touch $@
