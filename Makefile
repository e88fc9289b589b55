# Pika: every task is one of these targets; `make help` explains them.
SHELL := /bin/bash
.DEFAULT_GOAL := help

TEMPORAL_VERSION := 1.5.1
GO_PACKAGES := ./...
LINT := go tool -modfile=tools/lint/go.mod
PROGRESS := tools/with-progress
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
DEMO ?= 1
RUN_FLAGS ?=
BENCH ?= .

.PHONY: help run build pika temporal model test lint arm64 vulnerabilities bench format clean

help: ## explain every target
	@echo "Pika, a long-term memory for AI assistants. Targets:"
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  make run DEMO=0          only serve, without the example conversation"
	@echo "  make run RUN_FLAGS=...   flags for pika dev, such as --addr 127.0.0.1:9090"
	@echo "  make bench BENCH=search  one benchmark: accept, search, ingest, start, memory, throughput, embed"
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

test: build ## run every test with the race detector
	@go build -o bin/testreport ./tools/testreport
	@set -o pipefail; PIKA_TEST_REQUIRE=all go test -race -json -timeout 20m $(GO_PACKAGES) | bin/testreport

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

bench: build ## run the benchmarks and print their tables
	@go build -o bin/bench ./bench
	@bin/bench -run '$(BENCH)'

format: ## format every Go file
	@$(LINT) gofumpt -w $$(git ls-files '*.go')

clean: ## remove what make build made (not the data, not the user's cache folder)
	rm -rf bin
