PYTHON ?= python3
VENV := .venv/bin
export TOKENIZERS_PARALLELISM := false

.DEFAULT_GOAL := help
.PHONY: help install train publish slang demo bench test lint clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

install: ## make .venv and install everything into it
	@$(PYTHON) install.py

train: install ## train both models and print their scores: models/standard, models/modern
	@$(VENV)/python train_model.py $(or $(TRAIN_FLAGS),--resume)
	@$(VENV)/python augment_slang.py --restart $(AUGMENT_FLAGS)
	@$(VENV)/python -m reeltalk scores

publish: install ## put models and Space on the Hub; DRY_RUN=1 only prints the plan
	@$(VENV)/python -m reeltalk publish all $(if $(DRY_RUN),--dry-run) $(PUBLISH_FLAGS)

slang: install ## build data/slang.csv from data/slang_terms.csv
	@$(VENV)/python -m reeltalk slang build

demo: install ## start the Space on models/modern and models/standard, where they are
	@MODERN_MODEL=models/modern STANDARD_MODEL=models/standard $(VENV)/python deployment/app.py

bench: install ## measure speed against other engines on your models; BENCH_FLAGS=--quick takes minutes
	@$(VENV)/python benchmarks/inference.py $(BENCH_FLAGS)

test: install ## run the whole test suite
	@$(VENV)/python -m pytest

lint: install ## check style, types and formatting
	@$(VENV)/ruff check && $(VENV)/ruff format --check && $(VENV)/mypy

clean: ## remove .venv and caches; models stay
	@rm -rf .venv benchmarks/.peers .pytest_cache .mypy_cache .ruff_cache *.egg-info
