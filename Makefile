# Two commands do everything on a fresh machine: `make run` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIPELINE ?= pipelines/california_housing.yaml
# One more than the cores that it takes at least: many tests wait for processes that they start.
WORKERS ?= 3

.DEFAULT_GOAL := help
.PHONY: help run test test-slow coverage lint format benchmark clean

help:  ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

$(VENV)/pyvenv.cfg:
	$(PYTHON) -m venv $(VENV)

# A stamp for each set of extras, so that `make run` installs no linters.
$(VENV)/.run: $(VENV)/pyvenv.cfg pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[all]"
	@touch $@

$(VENV)/.dev: $(VENV)/.run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[all,dev]"
	@touch $@

run: $(VENV)/.run  ## Set up, then run the California housing pipeline (PIPELINE=... for another)
	$(BIN)/automl run $(PIPELINE)

lint: $(VENV)/.dev  ## Style, types and the walls between packages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint  ## Set up, lint, then all tests but the slow ones
	$(BIN)/python -m pytest -n $(WORKERS) -m "not slow" --durations=15

test-slow: $(VENV)/.dev  ## The tests that train for real, on both cores themselves
	$(BIN)/python -m pytest -n 2 -m slow --durations=15

coverage: $(VENV)/.dev  ## The quick tests again, to see which lines none of them runs
	$(BIN)/coverage erase
	$(BIN)/python -m pytest -n $(WORKERS) -m "not slow" --cov --cov-report=
	$(BIN)/coverage report --fail-under=90

format: $(VENV)/.dev  ## Let ruff mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:  ## Remove what runs and tools left (not the environment)
	rm -rf .automl .pytest_cache .mypy_cache .ruff_cache .coverage* htmlcov dist build
