# What people type. Each target that is more than a command or two lives in scripts/.

SHELL := /bin/bash
.DEFAULT_GOAL := help

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
STAMP   := -X main.version=$(VERSION)
TOOL    := go tool -modfile=scripts/tools/go.mod
ARGS    ?=
BENCH   ?= .
IMAGE   ?= lologen

# The race detector needs cgo and a C compiler; go says whether it has found one.
RACE := $(shell [ "$$(go env CGO_ENABLED)" = 1 ] && echo -race)

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

.PHONY: run
run: build ## build, and run lologen with its defaults (others: make run ARGS="-f json -T 0.5")
	@bin/lologen $(ARGS)

.PHONY: build
build: ## build bin/lologen, one static binary
	CGO_ENABLED=0 go build -trimpath -ldflags '$(STAMP)' -o bin/lologen ./cmd/lologen

.PHONY: test
test: ## everything that needs no server outside Go
	go vet ./...
	@[ -n "$(RACE)" ] || echo "no C compiler found: the tests run without the race detector"
	go test $(RACE) ./...
	@# Some tests of the pool are left out under the race detector, which does not bear them.
	@[ -z "$(RACE)" ] || { echo "go test ./emitter"; go test ./emitter; }
	go -C sinks/push/oracle vet ./...
	go -C sinks/push/oracle test ./...

.PHONY: cover
cover: ## run the tests and write coverage/index.html
	@mkdir -p coverage
	go test -coverpkg=./... -coverprofile=coverage/cover.out ./...
	go tool cover -html=coverage/cover.out -o coverage/index.html
	@go tool cover -func=coverage/cover.out | tail -n 1

.PHONY: bench
bench: ## benchmarks beside what this machine can do at best, in one table (some: make bench BENCH=Pipe)
	@go run ./scripts/bench -bench '$(BENCH)'

.PHONY: lint
lint: ## formatting, vet, staticcheck, tidy modules, and a build for other systems
	@unformatted=$$(gofmt -l .) && [ -z "$$unformatted" ] || { echo "gofmt -w is needed on:" $$unformatted; exit 1; }
	go vet ./...
	go vet -tags integration ./...
	$(TOOL) staticcheck -tags integration ./...
	go mod tidy -diff
	go -C scripts/tools mod tidy -diff
	go -C sinks/push/oracle mod tidy -diff
	CGO_ENABLED=0 GOOS=darwin go build ./...
	CGO_ENABLED=0 GOOS=windows go build ./...
	CGO_ENABLED=0 GOOS=freebsd go build ./...
	CGO_ENABLED=0 GOARCH=arm go build ./...

.PHONY: integration
integration: ## install and start real servers, test against them, stop them
	scripts/integration

.PHONY: dist
dist: ## build a zip for every platform, and checksums, in dist/
	go run ./scripts/dist -version '$(VERSION)'

.PHONY: image
image: ## build the container image
	scripts/image '$(IMAGE)' '$(VERSION)'

.PHONY: clean
clean: ## remove what the other targets made
	rm -rf bin dist coverage
