# Thin targets; everything they do can be typed by hand.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: setup demo demo-review test test-all check docs clean

setup: .venv/ready

.venv/ready: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable ".[all]" --group dev
	touch $@

demo: setup
	$(BIN)/evenhand demo

demo-review: demo
	$(BIN)/evenhand review "$$(ls -d demo/photos/runs/2* | tail -n 1)" --order suspicion

test: setup
	$(BIN)/python -m pytest --numprocesses 2 --dist loadgroup

# By groups: tests that share a costly run stay in one process. One collection for fast and slow ones.
test-all: setup
	$(BIN)/python -m pytest --numprocesses 2 --dist loadgroup -m "" --durations 15

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: setup
	$(BIN)/python docs/make_pages.py
	$(BIN)/sphinx-build -W --keep-going -b dirhtml docs docs/_build

clean:
	rm -rf build dist docs/_build docs/reference/generated .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
