# The first line after a target's name says what it is for; make help lists them.
SHELL := /bin/bash
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:

# All paths are the repository's, from wherever make is called.
ROOT := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
LOCAL := $(ROOT)/.local
RUNNER := $(LOCAL)/bin/rollbook-local
SAM := SAM_CLI_TELEMETRY=0 __SAM_CLI_APP_DIR=$(LOCAL)/sam/app $(LOCAL)/sam/bin/sam
TOOL := go tool -modfile=internal/tools/go.mod
PYTHON ?= python3

# How functions are built for AWS and for the local stack alike.
export CGO_ENABLED ?= 0

.PHONY: help setup run stop test fuzz lint bench build deploy runner

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(ROOT)/Makefile | expand -t 10

setup: $(LOCAL)/venv/.done $(LOCAL)/sam/.done runner ## install what the others need under .local

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

test: setup ## run all tests (TESTFLAGS=… for go test), on emulated services
	@cd $(ROOT) && $(RUNNER) emulator go test -timeout 60m $(TESTFLAGS) ./...
	@cd $(ROOT) && .ci/fuzz

fuzz: ## look for files that the reader does not stand (FUZZTIME=10m)
	@cd $(ROOT) && .ci/fuzz $(or $(FUZZTIME),10m)

lint: setup ## check form, types, known weaknesses, and the template
	@cd $(ROOT) && unformatted=$$(gofmt -l functions internal) && if [ -n "$$unformatted" ]; then echo "not formatted by gofmt: $$unformatted"; exit 1; fi
	@cd $(ROOT) && go vet ./...
	@cd $(ROOT) && $(TOOL) staticcheck ./...
	@cd $(ROOT) && .ci/vulnerabilities
	@cd $(ROOT) && $(LOCAL)/sam/bin/cfn-lint template.yaml
	@cd $(ROOT) && $(SAM) validate --lint --template-file template.yaml --region eu-central-1

bench: ## measure the work on rows
	@cd $(ROOT) && go run ./internal/testing/bench

build: $(LOCAL)/sam/.done ## build the functions for AWS into .aws-sam
	@cd $(ROOT) && GOFLAGS="-buildvcs=false -tags=lambda.norpc '-ldflags=-s -w'" $(SAM) build

deploy: build ## deploy to the AWS account that the shell is signed in to
	@cd $(ROOT) && $(SAM) deploy $(if $(MAIL_FROM),--parameter-overrides MailFrom=$(MAIL_FROM))
