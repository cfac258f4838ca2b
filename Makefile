# quarterhour: everything from a fresh clone with nothing but Python 3.11, 3.12 or 3.13.
#
#   make demo     make .venv if it is missing, install, run the demo district (ARGS="--size small")
#   make test     the same with the test tools, then pytest (ARGS="-k words")
#   make bundle   zips in dist/ from which Windows and Linux without internet install (ARGS="--help")
#   make docs     the documentation site in site/ (ARGS=--quick: notebooks not executed)
#   make lint | types | notebooks | wheel | browser | whole | bench | gallery | clean
#
# PYTHON=/path/to/python3.12 names the Python that makes .venv.

VENV := .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
PY := $(BIN)/python
PYTHON ?=
ARGS ?=

# Stamps: an install is repeated only when pyproject.toml is newer than the stamp.
MADE := $(VENV)/.made
RUN_READY := $(VENV)/.installed
TEST_READY := $(VENV)/.installed-with-tools
DOCS_READY := $(VENV)/.installed-for-docs

.DEFAULT_GOAL := help
.PHONY: help demo test lint format types notebooks wheel browser whole bench bundle gallery docs clean

help:
	@sed -n '/^#/!q;s/^# \{0,1\}//p' Makefile

demo: $(RUN_READY)
	$(BIN)/quarterhour demo $(ARGS)

test: $(TEST_READY)
	$(PY) -m pytest $(ARGS)

lint: $(TEST_READY)
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

format: $(TEST_READY)
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

types: $(TEST_READY)
	$(PY) -m mypy

notebooks: $(TEST_READY)
	$(PY) -m pytest -m notebook $(ARGS)

wheel: $(TEST_READY)
	$(PY) -m pytest -m wheel $(ARGS)

browser: $(TEST_READY)
	$(PY) -m pytest -m browser $(ARGS)

whole: $(TEST_READY)
	$(PY) -m pytest -m whole $(ARGS)

bench: $(TEST_READY)
	@set -e; for script in benchmarks/[!_]*.py; do \
	  [ -e "$$script" ] || { echo "no benchmarks yet"; break; }; \
	  echo "== $$script --quick"; $(PY) "$$script" --quick; \
	done

bundle: $(RUN_READY)
	$(PY) tools/bundle.py $(ARGS)

gallery: $(RUN_READY)
	$(PY) tools/gallery.py

docs: $(DOCS_READY)
	$(PY) tools/docs.py $(ARGS)

# numba watches only the file of the jitted function, so its caches go with every clean.
clean:
	find . -path ./$(VENV) -prune -o \( -name '*.nbi' -o -name '*.nbc' \) -exec rm -f {} +
	find . -path ./$(VENV) -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +
	rm -rf build dist site htmlcov .coverage .coverage.* .pytest_cache .mypy_cache .ruff_cache .hypothesis

# A stamp only after all went well; a .venv that works already is kept as it is.
$(MADE):
	@ok='import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))'; \
	works='import pip, sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))'; \
	if [ -x "$(PY)" ] && "$(PY)" -c "$$works" 2>/dev/null; then touch $@; exit 0; fi; \
	for python in $(PYTHON) python3.13 python3.12 python3.11 python3 python; do \
	  if "$$python" -c "$$ok" >/dev/null 2>&1; then \
	    echo "making $(VENV) with $$("$$python" --version)"; \
	    "$$python" -m venv --clear "$(VENV)" && touch $@ && exit 0; \
	    exit 1; \
	  fi; \
	done; \
	echo "quarterhour needs Python 3.11, 3.12 or 3.13 with its venv module, and none was found." >&2; \
	echo "Install one (on Debian or Ubuntu: apt-get install python3 python3-venv), or name it:" >&2; \
	echo "  make demo PYTHON=/path/to/python3.12" >&2; \
	exit 1

$(RUN_READY): pyproject.toml | $(MADE)
	$(PY) -m pip install --quiet -e .
	@touch $@

$(TEST_READY): pyproject.toml | $(MADE)
	$(PY) -m pip install --quiet -e ".[test,notebooks,dev]"
	@touch $(RUN_READY) $@

$(DOCS_READY): pyproject.toml | $(MADE)
	$(PY) -m pip install --quiet -e ".[docs,notebooks]"
	@touch $(RUN_READY) $@
