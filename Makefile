# make help lists the targets.
SHELL := /bin/bash
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:

# All paths are the repository's, from wherever make is called.
ROOT := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
LOCAL := $(ROOT)/.local
RUNNER := $(LOCAL)/bin/rollbook-local
PYTHON ?= python3

.PHONY: help setup run stop test lint build runner

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(ROOT)/Makefile | expand -t 10

setup: $(LOCAL)/venv/.done $(LOCAL)/sam/.done runner ## install the tools under .local

# Each environment is made anew when its list changes; the stamp comes last.
$(LOCAL)/venv/.done: $(ROOT)/internal/local/requirements-emulator.txt
$(LOCAL)/sam/.done: $(ROOT)/internal/local/requirements-sam.txt
$(LOCAL)/venv/.done $(LOCAL)/sam/.done:
	@echo "Installing $(basename $(notdir $<)) into $(@D)"
	@rm -rf $(@D) && $(PYTHON) -m venv $(@D) && $(@D)/bin/pip install --quiet --disable-pip-version-check -r $< && touch $@

runner:
	@cd $(ROOT) && go build -o $(RUNNER) ./internal/local/rollbook-local

run: setup ## start the local stack (PORT=8080 CONTACTS=2000) and return when it is ready
	@cd $(ROOT) && $(RUNNER) up $(if $(PORT),--port $(PORT)) $(if $(CONTACTS),--contacts $(CONTACTS))

stop: ## end the local stack
	@if [ -x $(RUNNER) ]; then cd $(ROOT) && $(RUNNER) down; fi
