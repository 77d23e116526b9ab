# The menu. The scripts in scripts/ do the work; this file only orders the steps.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

EXPERIMENT ?= household_compression
ARGS ?=
PRESET ?= release
BUILD := build/$(PRESET)

.PHONY: help setup build test check docs-config bench fuzz demo run report mlflow-up mlflow-down docker lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

setup: ## install Debian packages and .venv; GPU=1 adds the CUDA libraries
	@scripts/setup build

build: setup ## compile everything into build/release; PRESET=dev|notorch selects another preset
	@scripts/build $(PRESET)

test: ## set up, build, run all tests; list the skipped ones with their reasons
	@scripts/setup build test
	@scripts/build $(PRESET)
	@scripts/test $(BUILD)

check: ## check format, clang-tidy, include arrows, lengths, scripts, links and whether the reference is up to date
	@scripts/setup build check
	@scripts/build $(PRESET)
	@scripts/check $(BUILD)

docs-config: setup ## write the reference of all options, docs/config_reference.md
	@scripts/build $(PRESET) $(EXPERIMENT) assay
	@$(BUILD)/bin/assay docs-config $(BUILD)/bin/engines/$(EXPERIMENT).json --out docs/config_reference.md

bench: build ## compare composition with Hydra, and tracking with MLflow's client
	@scripts/bench $(BUILD)
	@scripts/bench_track $(BUILD)

fuzz: ## feed mutated input to the parsers, ten minutes each, two at a time
	@scripts/fuzz

demo: setup ## train, compress and track a network on drawn images, then write the report
	@scripts/build $(PRESET) household_compression assay
	@scripts/demo $(BUILD)

run: setup ## run one experiment: EXPERIMENT=household_compression ARGS="data=cifar10"
	@scripts/build $(PRESET) $(EXPERIMENT)
	@$(BUILD)/bin/$(EXPERIMENT) $(ARGS)

report: setup ## write the report of all recorded runs into build/report
	@scripts/build $(PRESET) assay
	@$(BUILD)/bin/assay report --out build/report

mlflow-up: setup ## start MLflow on loopback; MLFLOW_PORT=5000
	@scripts/mlflow_up

mlflow-down: ## stop the MLflow server that mlflow-up or demo started
	@scripts/mlflow_down

docker: ## build the container image; BASE=debian:bookworm-slim@sha256:... pins its base
	@scripts/docker

lock: ## update the pinned Python packages to the newest versions
	@/usr/bin/python3 scripts/lock

clean: ## remove build/; leaves .venv, .mlflow and runs
	rm -rf build
