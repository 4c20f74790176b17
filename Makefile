# Each target works on a fresh machine with Python 3.11+ and make: it creates .venv, installs, and does its job.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help install demo test lint bench evaluate-small-model clean

help:
	@echo "make demo   the toolkit at work on small bundled data"
	@echo "make test   every test (some need ../shared, where the reference data lies, and say so)"
	@echo "make lint   ruff"
	@echo "make bench  ratios against other tools, measured in one run"
	@echo "make evaluate-small-model SPEECH=DIR   error rates of the model that comes along"
	@echo "make clean  remove .venv and caches"

$(INSTALLED): setup.cfg pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "asrkit needs Python 3.11 or newer; name one with: make PYTHON=python3.12 …" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(RUN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

install: $(INSTALLED)

demo: $(INSTALLED)
	PATH="$(CURDIR)/$(RUN):$$PATH" recipes/demo/run.sh

test: $(INSTALLED)
	$(RUN)/python -m pytest --numprocesses auto --dist loadfile

lint: $(INSTALLED)
	$(RUN)/ruff check .

bench: $(INSTALLED)
	$(RUN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,bench]'
	$(RUN)/python -m benchmarks

evaluate-small-model: $(INSTALLED)
	@test -n "$(SPEECH)" || { echo "name a folder with manifest.tsv: make evaluate-small-model SPEECH=…" >&2; exit 2; }
	$(RUN)/python recipes/small-paraformer/evaluate.py asrkit/models/small-paraformer \
	  "$(SPEECH)/manifest.tsv:aishell-sample" "$(SPEECH)/manifest.tsv:words" asrkit/demo

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
