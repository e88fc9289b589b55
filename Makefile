# Pika: every task is one of these targets; `make help` explains them.
SHELL := /bin/bash
.DEFAULT_GOAL := help

TEMPORAL_VERSION := 1.5.1
GO_PACKAGES := ./...
LINT := go tool -modfile=tools/lint/go.mod
PROGRESS := tools/with-progress
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
SERVERS := deploy/local/servers
# Of what runs on real servers, the packages there are.
STORE_PACKAGES = $(addsuffix /...,$(addprefix ./,$(wildcard store projection search workflows reconcile reindex cmd/pika deploy)))
TEST = go test -race -json -timeout 30m
REPORT = bin/testreport
# What may not be skipped: "built" what make build puts in place, "all" also the real servers.
export PIKA_TEST_REQUIRE ?= built
DEMO ?= 1
RUN_FLAGS ?=
BENCH ?= .

.PHONY: help run build pika temporal model test test-stores test-report servers-up servers-down compose-check
.PHONY: lint arm64 vulnerabilities bench format clean

help: ## explain every target
	@echo "Pika, a long-term memory for AI assistants. Targets:"
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  make run DEMO=0          only serve, without the example conversation"
	@echo "  make run RUN_FLAGS=...   flags for pika dev, such as --addr 127.0.0.1:9090"
	@echo "  make bench BENCH=search  one benchmark: start, accept, ingest, search, throughput, embed,"
	@echo "                           or stores: embedded beside real (make servers-up first)"
	@echo "  make servers-up && make test-stores    Postgres, Redis, Milvus and Neo4j without Docker, and the tests on them"
	@echo "  deploy/local/servers help              one server at a time, settings, the variables for pika itself"
	@echo "  bin/pika help config     every variable and flag with its default"

run: build ## build everything, start pika dev, put the example conversation through it, keep serving
ifeq ($(DEMO),0)
	@exec bin/pika dev $(RUN_FLAGS)
else
	@exec bin/pika dev --demo examples $(RUN_FLAGS)
endif

build: pika temporal model ## put bin/pika and bin/temporal in place and make the embedding model ready

pika: ## build bin/pika
	@$(PROGRESS) "building bin/pika (the first time some minutes)" \
		go build -trimpath -ldflags "-X main.version=$(VERSION)" -o bin/pika ./cmd/pika

temporal: ## build bin/temporal, the local workflow server with its UI
	@test -x bin/temporal && bin/temporal --version 2>/dev/null | grep -qF '$(TEMPORAL_VERSION)' || \
		$(PROGRESS) "building bin/temporal $(TEMPORAL_VERSION) (the first time some minutes and about 3 GB of Go's caches)" \
		go -C tools/temporal build -trimpath \
		-ldflags "-s -w -X github.com/temporalio/cli/temporalcli.Version=$(TEMPORAL_VERSION)" \
		-o $(CURDIR)/bin/temporal github.com/temporalio/cli/cmd/temporal

model: pika ## fetch the embedding model (91 MB to download, 72 MB kept, pinned hash) into the user's cache folder
	@bin/pika model fetch

servers-up: ## install and start Postgres, Redis, Milvus and Neo4j on this machine, without Docker
	@$(SERVERS) up

servers-down: ## stop them; their data is kept
	@$(SERVERS) down

test: build test-report ## run every test with the race detector; on the real servers too, if they run
	@if $(SERVERS) status >/dev/null 2>&1; then eval "$$($(SERVERS) env)"; else \
		echo "The real servers do not run: tests on them skip themselves (make servers-up starts them)."; fi; \
		set -o pipefail; $(TEST) $(GO_PACKAGES) | $(REPORT)

test-stores: build test-report ## run what runs on the real servers (make servers-up first); a skip is a failure
	@$(SERVERS) status
	@eval "$$($(SERVERS) env)"; export PIKA_TEST_REQUIRE=all; \
		set -o pipefail; $(TEST) $(STORE_PACKAGES) | $(REPORT)

test-report:
	@go build -o $(REPORT) ./tools/testreport

compose-check: ## check docker-compose.yml against the schema of compose files and the project's rules
	@$(PROGRESS) "checking docker-compose.yml" tools/compose/check

lint: ## gofumpt, go vet, staticcheck, workflowcheck
	@unformatted="$$($(LINT) gofumpt -l $$(git ls-files '*.go'))"; \
		test -z "$$unformatted" || { echo "not gofumpt-formatted (run make format):"; echo "$$unformatted"; exit 1; }
	go vet $(GO_PACKAGES)
	$(LINT) staticcheck $(GO_PACKAGES)
	$(LINT) workflowcheck ./workflows/... ./workers/... ./activities/...

arm64: ## check that everything still compiles for arm64, with the scalar embedder
	GOARCH=arm64 go vet $(GO_PACKAGES)

vulnerabilities: ## govulncheck, where its database can be reached
	@tools/vulnerabilities

bench: build ## run the benchmarks and print their tables; those of the stores if the servers run
	@go build -o bin/bench ./bench
	@if $(SERVERS) status >/dev/null 2>&1; then eval "$$($(SERVERS) env)"; fi; bin/bench -run '$(BENCH)'

format: ## format every Go file
	@$(LINT) gofumpt -w $$(git ls-files '*.go')

clean: ## remove what make build made (not the data, not the user's cache folder)
	rm -rf bin
