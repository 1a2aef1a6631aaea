# The text after a target's name says what it is for; make help lists them.
SHELL := /bin/bash
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:

# Recipes run in the repository, from wherever make is called; its path may have
# blanks and quotes, so nothing in it is a target.
IN := cd '$(subst ','\'',$(shell cd "$$(dirname '$(subst ','\'',$(strip $(MAKEFILE_LIST)))')" && pwd))' &&
SAM := SAM_CLI_TELEMETRY=0 __SAM_CLI_APP_DIR="$$PWD/.local/sam/app" .local/sam/bin/python -m samcli
TOOL := go tool -modfile=internal/tools/go.mod

# How functions are built for AWS and for the local stack alike.
export CGO_ENABLED ?= 0

# Packages are installed without bytecode, which Python writes when it first runs them;
# where it must not, each call of the AWS CLI takes half a second longer.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup run stop reset test test-tables test-api soak chaos fuzz lint checkov sbom bench bench-peers build version deploy doctor lookups restore

help: ## list the targets
	@$(IN) sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 10

setup: ## install what the others need under .local
	@$(IN) .ci/setup

run: ## start the local stack and return when it is ready (PORT=8080; CONTACTS=2000 empties it first)
	@$(IN) .ci/up $(if $(PORT),--port $(PORT)) $(if $(CONTACTS),--contacts $(CONTACTS))

stop: ## end the local stack; make run goes on with what it held
	@$(IN) if [ -x .local/bin/rollbook-local ]; then .local/bin/rollbook-local down; fi

reset: ## end the local stack and empty it
	@$(IN) if [ -x .local/bin/rollbook-local ]; then .local/bin/rollbook-local reset; fi

test: ## run all tests, on emulated services (WITHOUT="browser office shell" SEED=1 TESTFLAGS=…)
	@$(IN) .ci/test

test-tables: ## run the suites of the tables on Amazon's DynamoDB Local (needs Java and Maven)
	@$(IN) .ci/setup java && internal/aws/dynamo/dynamodb-local/run.sh go test -count=1 -timeout 60m ./internal/aws/dynamo

test-api: ## compare the API with its OpenAPI document by requests made up from it (URL=… TOKEN=… SEED=1 EXAMPLES=10)
	@$(IN) URL='$(URL)' TOKEN='$(TOKEN)' SEED='$(SEED)' EXAMPLES='$(EXAMPLES)' .ci/test-api

soak: setup ## run the random tests from fresh seeds (MINUTES=30)
	@$(IN) .ci/soak $(MINUTES)

chaos: setup ## run whole imports through a stack in bad weather (SEED=1 ROUNDS=20 ROWS=300)
	@$(IN) go run ./internal/testing/chaos/rollbook-chaos $(if $(SEED),-seed $(SEED)) $(if $(ROUNDS),-rounds $(ROUNDS)) $(if $(ROWS),-rows $(ROWS))

fuzz: setup ## look for input that breaks what reads it (FUZZTIME=1m for each test)
	@$(IN) .ci/fuzz $(FUZZTIME)

lint: setup ## check form, types, known weaknesses, template and state machine
	@$(IN) unformatted=$$(gofmt -l functions internal) && if [ -n "$$unformatted" ]; then echo "not formatted by gofmt: $$unformatted"; exit 1; fi
	@$(IN) go vet ./...
	@$(IN) go tool -modfile=internal/tools/lint/go.mod golangci-lint run ./...
	@$(IN) go tool -modfile=internal/tools/types/go.mod tsgo -p internal/tools/types/tsconfig.json
	@$(IN) .ci/vulnerabilities
	@$(IN) .local/sam/bin/python .ci/machine && .local/sam/bin/python .local/sam/bin/cfn-lint template.yaml dropfolder.yaml .local/machine.json
	@$(IN) $(SAM) validate --lint --template-file template.yaml --region eu-central-1

checkov: ## check the template by checkov's rules (installs it under .local: 300 MB)
	@$(IN) .ci/checkov

sbom: ## write what each function is made of into .local/sbom (CycloneDX)
	@$(IN) .ci/sbom

bench: setup ## measure the work on rows, and say what moved since the last run (ARGS="-only costs")
	@$(IN) go run ./internal/testing/bench $(ARGS)

bench-peers: setup ## measure other programs beside this one (installs them under .local: 105 MB; ARGS=-listmonk)
	@$(IN) .ci/environment peers internal/local/requirements-peers.txt
	@$(IN) go run ./internal/testing/bench/peers $(ARGS)

build: setup ## build the functions for AWS into .aws-sam
	@$(IN) GOFLAGS="-buildvcs=false -tags=lambda.norpc '-ldflags=-s -w'" $(SAM) build

version: ## say the version
	@$(IN) sed -n 's/^const Version = "\(.*\)"/\1/p' internal/api/version.go

deploy: ## ask what is needed, check the account, build and deploy to AWS (STACK=rollbook ARGS="--yes --parameter MailFrom=…")
	@$(IN) .ci/deploy deploy $(if $(STACK),--stack '$(STACK)') $(ARGS)

lookups: ## compare what contacts are found by with them (STACK=rollbook ARGS="--repair --institution …")
	@$(IN) .ci/deploy lookups $(if $(STACK),--stack '$(STACK)') $(ARGS)

restore: ## make contacts and their history what they were (STACK=rollbook ARGS="--at 2026-11-29T10:00:00Z")
	@$(IN) .ci/deploy restore $(if $(STACK),--stack '$(STACK)') $(ARGS)

doctor: ## check a deployed stack (STACK=rollbook)
	@$(IN) .ci/deploy doctor $(if $(STACK),--stack '$(STACK)') $(ARGS)
