# Everything that is needed goes into .venv; `make clean` takes it away again.
.DEFAULT_GOAL := help
.PHONY: help run web check-web check checks test test-web screenshots test-fuzz lint types imports broker docs tests quick seconds coverage bench speed faults clean

PYTHON ?= python3
PORT ?= 8080
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
CONTESTANTS := $(VENV)/.contestants
PDOC := $(VENV)/.pdoc
SAMPLE := DATABASE_URL=sqlite:///iotconfig.db
QUICK := tests/unit tests/contract tests/http tests/architecture

help: ## Show what can be made.
	@sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' $(MAKEFILE_LIST) | expand -t 20

run: $(STAMP) ## Serve on SQLite with five sample devices.
	@$(BIN)/python web/bundle.py
	@$(SAMPLE) $(BIN)/iotconfig load-test-data
	@exec env $(SAMPLE) $(BIN)/iotconfig serve --port $(PORT)

web: $(STAMP) ## Build the web app, if its sources or the API have changed.
	$(BIN)/python web/bundle.py

check-web: $(STAMP) ## Build the web app, check its types and style, run its unit tests.
	$(BIN)/python web/bundle.py check

# The checks run beside the tests, which leave a processor idle now and then.
BESIDE := $(MAKE) --no-print-directory --jobs 2

check: web broker ## Lint, check types and import contracts, run the tests that start no service.
	@$(BESIDE) quick checks

test: web broker $(PDOC) ## Lint, check types and import contracts, build the API reference, run all tests but test-web and test-fuzz.
	@$(BESIDE) tests checks docs

checks: $(STAMP)
	@$(MAKE) --no-print-directory --output-sync=target lint types imports check-web

test-web: web ## Try the web app in Chromium, against a running service.
	@sh install-packages.sh chromium mosquitto
	$(BIN)/pytest -n 2 --dist load tests/web

screenshots: web ## Take the pictures of the web app for README and docs, of a service with a sample fleet.
	@sh install-packages.sh chromium mosquitto
	$(BIN)/python -m tests.screenshots docs/screenshots

test-fuzz: $(STAMP) ## Send generated requests to the service, and whatever its libraries treat specially.
	$(BIN)/pytest -n 3 --dist load tests/fuzz

lint: $(STAMP) ## Check style, formatting, and that what is imported is declared.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/deptry src migrations

types: $(STAMP) ## Check types.
	$(BIN)/mypy

imports: $(STAMP) ## Check that imports point inward.
	$(BIN)/lint-imports

tests: $(STAMP) ## Run all tests, on PostgreSQL and on SQLite.
	$(BIN)/pytest -n 4 --dist loadfile --no-loadscope-reorder --ignore tests/fuzz --ignore tests/web

quick: $(STAMP) ## Run the tests that start no service.
	$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder $(QUICK)

docs: $(PDOC) ## Build the API reference from the docstrings, into build/api; fails on a warning.
	$(BIN)/python docs/api_reference/build.py build/api

$(PDOC): $(STAMP)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --group docs
	@touch $(PDOC)

seconds: $(STAMP) broker ## Run all tests, and write down how long each file took, for the order in which they begin.
	$(BIN)/pytest -n 4 --dist loadfile --no-loadscope-reorder --ignore tests/fuzz --ignore tests/web --renew-seconds

coverage: $(STAMP) ## Show which lines the tests reach that run in one process; it sees no other.
	$(BIN)/pytest -n 2 $(QUICK) --cov --cov-report=term

broker: ## Install what the tests need and is missing: Mosquitto, nginx, g++, zsh, fish.
	@sh install-packages.sh mosquitto nginx g++ zsh fish

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "iotconfig needs Python 3.11 or newer: name one with make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
		|| { echo "Python's venv module is missing: on Debian, install the package python3-venv"; exit 1; }
	@echo "Installing what is needed into $(VENV), once."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt pip
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --build-constraint constraints.txt \
		--editable . --group dev
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --build-constraint constraints.txt \
		--editable '.[fast]' \
		|| echo "gunicorn's compiled parser could not be built, so it is not tested: it needs a C compiler and Python's headers."
	@touch $(STAMP)

bench: $(STAMP) broker speed ## Measure; prints figures, asserts nothing.
	$(BIN)/python -m benchmarks.startup
	$(BIN)/python -m benchmarks.pools
	$(BIN)/python -m benchmarks.relay
	$(BIN)/python -m benchmarks.latency
	$(BIN)/python -m benchmarks.converging
	$(BIN)/python -m benchmarks.device_messages
	$(BIN)/python -m benchmarks.writes
	$(BIN)/python -m benchmarks.composing
	$(BIN)/python -m benchmarks.recomposing
	$(BIN)/python -m benchmarks.plans
	$(BIN)/python -m benchmarks.change_log
	$(BIN)/python -m benchmarks.change_pages
	$(BIN)/python -m benchmarks.events
	$(BIN)/python -m benchmarks.history
	$(BIN)/python -m benchmarks.pages
	$(BIN)/python -m benchmarks.devices
	$(BIN)/python -m benchmarks.following
	$(BIN)/python -m benchmarks.fleet
	$(BIN)/python -m benchmarks.holds --scale 0.2
	$(BIN)/python -m benchmarks.pictures
	$(BIN)/python -m benchmarks.observing
	$(BIN)/python -m benchmarks.hops
	$(BIN)/python -m benchmarks.sightings
	$(BIN)/python -m benchmarks.beside_polls
	$(BIN)/python web/bundle.py
	$(BIN)/python -m benchmarks.web_page

faults: $(STAMP) broker ## Break the running system under load, for the better part of an hour; fails where an invariant does.
	$(BIN)/python -m faults --scale long

speed: $(CONTESTANTS) ## Measure the routes under load only; for a quick look: make speed SPEED="--seconds 2 --rounds 3 --soak 0".
	@sh install-packages.sh wrk nginx || echo "What is missing is left out."
	$(BIN)/python -m benchmarks.speed $(SPEED)

$(CONTESTANTS): $(STAMP)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --group bench
	@touch $(CONTESTANTS)

clean: ## Remove the environment, caches and build results; no database.
	rm -rf $(VENV) dist build web/made web/node_modules src/iotconfig/adapters/http/web/static .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage .coverage.*
