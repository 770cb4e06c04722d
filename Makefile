PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help demo demo-stop dev test check lint types layers bench wheel pins

help:  ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

demo: .venv/installed  ## Publish a road closure to every practice channel and show where it went
	@$(BIN)/python -m notifier.practice.demo

demo-stop: .venv/installed  ## Stop the practice platforms that the demo left running
	@$(BIN)/python -m notifier.practice.demo --stop

dev: .venv/ready  ## Make .venv with notify and the development tools

test: .venv/ready  ## Install what the tests need and run all of them
	$(BIN)/python -m pytest -n auto

check: lint types layers test  ## Everything that must pass before a commit

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/ready
	$(BIN)/mypy

layers: .venv/ready
	$(BIN)/lint-imports

bench: .venv/ready  ## Print the figures of docs/speed.md, measured on this machine
	$(BIN)/python bench/cold_start.py
	$(BIN)/python bench/fanout.py
	$(BIN)/python bench/decide.py

wheel: .venv/ready  ## Build the wheel into dist/
	$(BIN)/python -m build --wheel --outdir dist .

pins: .venv/ready  ## Write constraints.txt: names and versions
	$(BIN)/python -m pip freeze --exclude-editable | grep -v ' @ ' > constraints.txt

.venv/bin/python:
	@echo "Making .venv"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'

.venv/installed: .venv/bin/python pyproject.toml constraints.txt
	@echo "Installing (about half a minute the first time)"
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	@$(BIN)/python -m compileall -q notifier channels
	@touch $@

.venv/ready: .venv/installed
	@echo "Installing the development tools"
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt --group dev
	@touch $@
