# Parley. `make help` lists what there is.

VENV := .venv
PY := $(VENV)/bin/python
TRAIN_VENV := .venv-train

VOICES := espeak-ng libflite1 flite festival festlex-cmu festlex-poslex festlex-ifd \
	festvox-kallpc16k festvox-kdlpc16k festvox-us-slt-hts festvox-italp16k festvox-itapc16k \
	festival-czech festvox-czech-dita festvox-czech-krb festvox-czech-machac festvox-czech-ph \
	festvox-suopuhe-lj festvox-suopuhe-mv festival-ca festvox-ca-ona-hts festvox-ru \
	festival-hi festvox-hi-nsk festival-mr festvox-mr-nsk festival-te festvox-te-nsk
PEOPLE := flight-of-the-amazon-queen tuxpaint-stamps-default \
	$(foreach l,en es fr it ru,asterisk-core-sounds-$(l) asterisk-core-sounds-$(l)-g722)
TEST_TOOLS := chromium fonts-dejavu-core libflite1 espeak-ng coturn redis-server postgresql nodejs
LOCK := --universal --python-version 3.11 --generate-hashes --no-header --quiet --upgrade

.DEFAULT_GOAL := help
.PHONY: help run test postgresql lint bench bench-api bench-retrieval bench-face bench-generation face-tools faces train eval-lipsync secret format lock

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

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

bench-retrieval: $(VENV)/dev.stamp ## Measure how soon passages are found (ARGS="--postgresql")
	@nice $(PY) -m benchmarks.retrieval $(ARGS)

bench-face: $(VENV)/dev.stamp ## Measure a face: costs, building, lip-sync (HUMAN= as below; ARGS="--photo me.jpg")
	@scripts/system-packages "the voice to test with" libflite1 flite
	@OPENBLAS_NUM_THREADS=1 nice $(PY) -m benchmarks.face $(if $(HUMAN),--human $(HUMAN)) $(ARGS)

bench-generation: $(VENV)/dev.stamp ## Measure making agents, and calls beside it (ARGS="--clip talking.mp4")
	@scripts/system-packages "the visitors' voices" libflite1
	$(PY) -m benchmarks.generation $(ARGS)

train: $(TRAIN_VENV)/stamp ## Make speech, train the lip-sync network on it and write it
	@scripts/system-packages "the voices to train on" $(VOICES)
	@scripts/unpack var/people $(PEOPLE)
	@# Threads that wait for each other shall sleep: what they spin away, the others lack.
	OPENBLAS_NUM_THREADS=1 OMP_WAIT_POLICY=passive $(TRAIN_VENV)/bin/python -m training $(ARGS)

eval-lipsync: $(VENV)/dev.stamp ## Measure the lip-sync network (HUMAN= is a folder of WAVs with texts)
	@scripts/system-packages "the voices to test with" espeak-ng libflite1 flite
	$(PY) -m training.evaluate $(HUMAN)

face-tools: $(VENV)/run.stamp ## Install what making avatars from photos needs
	$(PY) -m pip install --quiet "ai-edge-litert>=2.1"
	$(PY) -m avatar models

faces: $(VENV)/dev.stamp face-tools ## Draw the faces that ship, and what docs/faces shows of them
	@nice $(PY) -m avatar draw
	@$(PY) scripts/public_portraits.py var/portraits
	@nice $(PY) -m avatar build var/portraits/astronaut.png var/portraits/astronaut.avatar
	@nice $(PY) -m avatar build var/portraits/hopper.jpg var/portraits/hopper.avatar
	@nice $(PY) -m avatar album docs/faces
	@nice $(PY) -m avatar album docs/faces var/portraits/astronaut.avatar var/portraits/hopper.avatar

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

$(TRAIN_VENV)/stamp: requirements.lock scripts/install-torch
	@test -x $(TRAIN_VENV)/bin/python || scripts/make-venv $(TRAIN_VENV)
	@scripts/install $(TRAIN_VENV)/bin/python requirements.lock $(TRAIN_VENV)/base.stamp
	@scripts/install-torch $(TRAIN_VENV)/bin/python
	@touch $@

node_modules/.stamp: package-lock.json
	@command -v npm > /dev/null || \
		scripts/system-packages "checking types in the browser's code" nodejs npm
	npm ci --no-audit --no-fund
	@touch $@
