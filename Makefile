# make lab    opens JupyterLab on your own copy of the notebooks
# make test   runs everything that CI runs
#
# Needed: make, and a python3 of 3.11 or newer. uv is used where it is
# installed; it is only quicker. ARGS= passes through: make lab ARGS=--no-browser

PYTHON ?= python3
VENV   ?= .venv
ARGS   ?=

bin   := $(VENV)/bin
stamp := $(VENV)/made-from
uv    := $(shell command -v uv 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help lab env test test-deep bench lock site serve format clean

help:
	@echo 'make lab        open JupyterLab on your own copy of the notebooks'
	@echo 'make env        make $(VENV) and nothing else'
	@echo 'make test       everything that CI runs'
	@echo 'make test-deep  what is long: more examples, more processes'
	@echo 'make bench      the benchmarks'
	@echo 'make format     put the code in the house'\''s form'
	@echo 'make site       build the site into site/'
	@echo 'make serve      the site on this machine, rebuilt as you write'
	@echo 'make lock       resolve requirements.lock again (needs uv)'
	@echo 'make clean      remove all that make made, not your workspace'

lab: env
	@$(bin)/infra-ref lab $(ARGS)

test: env
	@$(bin)/python tests/house/steps.py test $(ARGS)

test-deep: env
	@$(bin)/python tests/house/steps.py test-deep $(ARGS)

bench: env
	@$(bin)/python tests/house/steps.py bench $(ARGS)

site: env
	@$(bin)/python tests/house/steps.py site $(ARGS)

serve: env
	@NO_MKDOCS_2_WARNING=1 $(bin)/mkdocs serve $(ARGS)

format: env
	@$(bin)/ruff check --fix-only --quiet .
	@$(bin)/ruff format $(ARGS) .

clean:
	rm -rf $(VENV) site dist build .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache .site_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment. The stamp holds the folder it was made in: scripts in an
# environment name that folder, so one that was moved is made anew.

env: $(stamp)
	@:

ifneq ($(shell cat $(stamp) 2>/dev/null),$(CURDIR))
.PHONY: $(stamp)
endif

suitable := import sys; sys.version_info >= (3, 11) or sys.exit("infra_ref needs Python 3.11 or newer, and $(PYTHON) is %d.%d. Name another: make env PYTHON=python3.12" % sys.version_info[:2])
has_venv := import importlib.util as u; u.find_spec("ensurepip") or __import__("sys").exit("$(PYTHON) cannot make environments. On Debian and Ubuntu: apt-get install python3-venv. Or install uv.")

$(stamp): pyproject.toml requirements.lock
	@command -v $(PYTHON) >/dev/null || { echo 'infra_ref needs Python 3.11 or newer, and there is no $(PYTHON) here. Name one: make env PYTHON=/path/to/python'; exit 1; }
	@$(PYTHON) -c '$(suitable)'
	@[ "$$(cat $@ 2>/dev/null || pwd)" = "$$(pwd)" ] || rm -rf $(VENV)
ifneq ($(uv),)
	@echo 'Making $(VENV) with uv.'
	@[ -x $(bin)/python ] || $(uv) venv --quiet --python '$(PYTHON)' $(VENV)
	@$(uv) pip install --quiet --python $(bin)/python --compile-bytecode --require-hashes -r requirements.lock
	@$(uv) pip install --quiet --python $(bin)/python --no-build-isolation --no-deps --editable .
else
	@$(PYTHON) -c '$(has_venv)'
	@echo 'Making $(VENV) with pip. This takes a minute or two; with uv, seconds.'
	@[ -x $(bin)/python ] || $(PYTHON) -m venv $(VENV)
	@$(bin)/python -m pip install --quiet --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	@$(bin)/python -m pip install --quiet --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
endif
	@pwd > $@

lock:
	@[ -n '$(uv)' ] || { echo 'make lock needs uv: python3 -m pip install uv'; exit 1; }
	@$(uv) pip compile pyproject.toml --quiet --universal --python-version 3.11 \
		--all-extras --group test --group docs --group bench --group patterns \
		--generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header \
		--output-file requirements.lock $(ARGS)
