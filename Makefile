# make alone lists what can be made
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
PYTEST := $(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder
# the tests start hundreds of Pythons: what the first compiled serves the others
unexport PYTHONDONTWRITEBYTECODE

help: ## this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | awk -F'\t' '{printf "  make %-10s %s\n", $$1, $$2}'

run: .venv/run ## set up, plant the demo city once, and serve it on http://127.0.0.1:8000
	@$(BIN)/loket demo
	@$(BIN)/loket serve

test: .venv/test ## set up and pass all tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(PYTEST)
	$(PYTEST) --on postgresql -m "not browser and not pure and not sqlite"

quick: .venv/test ## the Python tests without browser and faults
	$(PYTEST) -m "not browser and not faults"

shots: .venv/test ## photograph every page at 360 x 740 and 1280 x 800 into shots/index.html
	$(BIN)/python -m tests.browser.shots

bench: .venv/test ## measure the hot paths; prints tables of ratios
	$(BIN)/python -m bench.intake
	$(BIN)/python -m bench.sync

lock: .venv/test ## pin what is installed anew
	$(BIN)/pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q \
		pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q \
		--extra test -c requirements.lock pyproject.toml -o requirements-test.lock

clean: ## remove what was made, the environment included (the data directory stays)
	rm -rf .venv dist shots .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/run: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed."; exit 1; }
	test -x $(BIN)/pip || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

.venv/test: requirements-test.lock .venv/run
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-test.lock
	@touch $@

.PHONY: help run test quick shots bench lock clean
