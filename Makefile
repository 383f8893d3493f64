# make run    a server on loopback, with sample media and a one-time key
# make test   everything that must hold: format, lint, types, imports, tests
# make bench  rebuild the benchmark report (long; see docs/how-to/measure.md)

VENV ?= .venv
BIN := $(VENV)/bin
export RESEEN_PYTHON RESEEN_TEST_POSTGRES RESEEN_TEST_CHROMIUM

.PHONY: run test check bench format lock clean

run: $(VENV)/.run
	@$(BIN)/reseen serve

test: check

check: $(VENV)/.dev
	@scripts/find-postgres >/dev/null
	@scripts/find-chromium >/dev/null
	$(BIN)/ruff format --check src tests benchmarks training scripts examples
	$(BIN)/ruff check src tests benchmarks training scripts examples
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest

bench: $(VENV)/.bench
	$(BIN)/python -m benchmarks

format: $(VENV)/.dev
	$(BIN)/ruff check --fix src tests benchmarks training scripts examples
	$(BIN)/ruff format src tests benchmarks training scripts examples

# uv brings its own Python where the system has none; without uv, venv and pip do.
$(BIN)/python:
	@if python=$$(scripts/find-python 2>/dev/null); then \
	    "$$python" -m venv $(VENV); \
	elif command -v uv >/dev/null; then \
	    uv venv --seed --python 3.13 $(VENV); \
	else \
	    scripts/find-python; \
	fi

$(VENV)/.%: requirements/%.txt pyproject.toml | $(BIN)/python
	@echo "Installing what reseen needs into $(VENV), which takes a minute or two."
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --require-hashes -r $<
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --editable .
	@touch $@

lock:
	scripts/lock

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
