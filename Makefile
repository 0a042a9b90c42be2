# Every target works on a fresh machine with python3 >= 3.11: it makes .venv itself.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready
unexport PYTHONDONTWRITEBYTECODE  # or each of the many processes that tests start compiles all of the code again

.PHONY: demo studio test check bench chaos fuzz pictures docs requirements clean

demo: $(READY)  ## from a definition to its body, delivered: the whole story, on this machine alone
	@$(BIN)/python docs/demo.py

studio: $(READY)  ## the shipped definitions in a browser, as they are after each save; Ctrl-C ends it
	@$(BIN)/aptic-definitions studio definitions

test: $(READY)  ## all tests; what needs a server that is not there is skipped with a reason
	$(BIN)/python -m pytest -q -n auto

check: $(READY)  ## lint, types, import contracts, definitions, generated docs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/validate-definitions definitions --ledger-schema fixtures/ledger/schema.sql --dialect duckdb --warnings-as-errors
	$(BIN)/validate-definitions definitions --ledger-schema fixtures/ledger/schema.sql --dialect postgresql --warnings-as-errors
	$(BIN)/aptic-definitions test
	$(BIN)/python docs/generate.py --check

bench: $(READY)  ## a table of ratios, or GROUPS="service hell" of it; PostgreSQL by APTIC_TEST_POSTGRES_URL
	$(BIN)/python -m benchmarks $(GROUPS)

chaos: $(READY)  ## kills every part again and again under load, and counts what is left: half an hour
	PYTHONPATH=tests $(BIN)/python -m chaos $(CELLS)

fuzz: $(READY)  ## 10,000 broken files and every prefix of every fixture, to the checks, the command and the language server: ten minutes
	APTIC_TEST_FUZZED=10000 APTIC_TEST_FUZZED_SECONDS=1 $(BIN)/python -m pytest -q -n0 -s tests/authoring/test_fuzz.py

pictures: $(READY)  ## how each page looks, for the tests and the docs; needs chromium and fonts-dejavu-core
	APTIC_TEST_PICTURES=build/pictures $(BIN)/python -m pytest -q -n0 tests/webhooks/window/test_pictures.py \
		tests/authoring/studio/test_pictures.py
	@echo "Look at each that has changed: they are in build/pictures at their full size"

docs: $(READY)  ## rewrites the generated pages of docs/reference
	$(BIN)/python docs/generate.py

requirements: $(READY)  ## pins the newest versions and the lowest, with hashes and without any index address
	$(BIN)/pip install -q uv
	requirements/pin $(BIN)/uv

$(READY): pyproject.toml requirements/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; name one with: make PYTHON=python3.12 ..."; exit 1; }
	@echo "Setting up .venv (once; it takes a minute or more)"
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)

clean:  ## everything that the other targets made
	rm -rf .venv .cache .hypothesis .mypy_cache .pytest_cache .ruff_cache build dist
