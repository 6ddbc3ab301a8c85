# make run     build and start the register with a demonstration one can use at once
# make build   bin/kartotek, static
# make test    install what the tests need, then run every check
# make bench   measure import, decisions, sending, search, packages, one-click, backup and restore
# make faults  what make test tries of deaths and outages, at full length: 200 kills
# make powercut  cut the power of a disk under a send, erasures and a restore, 50 times each (root, loop devices)
# make lint    format, vet, staticcheck
# make gallery every page with invented people, as files in gallery/
# make generate  page components and generated documents

GO ?= go
BIN := bin/kartotek
export GOFLAGS := -mod=readonly

.PHONY: build run test faults powercut bench gallery lint generate deps check

build:
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags="-s -w" -o $(BIN) ./cmd/kartotek

run: build
	$(BIN) serve --demo --data demo-data --listen 127.0.0.1:8600

deps:
	scripts/install-test-tools

check:
	@test -z "$$(gofmt -l cmd internal *.go)" || { echo "gofmt wants to change:"; gofmt -l cmd internal *.go; exit 1; }
	$(GO) vet ./...
	$(GO) vet -tags powercut ./internal/e2e ./internal/audit

test: deps check build
	$(GO) test -race -timeout 25m ./...

bench: build
	$(GO) test -run '^$$' -bench . -benchmem ./internal/permit ./internal/address ./internal/exchange/dialect ./internal/segdef ./internal/compose
	$(BIN) bench import --people 1000000
	rm -rf bench-data
	$(BIN) bench decide --people 1000000 --data bench-data
	$(BIN) bench search --people 1000000 --data bench-data
	$(BIN) bench access --people 1000000 --data bench-data
	$(BIN) bench retention --people 1000000 --data bench-data
	$(BIN) bench backup --people 1000000 --data bench-data
	rm -rf bench-data
	$(BIN) bench send --people 20000
	$(BIN) bench unsubscribe --people 20000

faults: deps
	$(GO) test -timeout 60m -v ./internal/e2e -run 'Kill|Drained|FirstMail|Meanwhile|Processes|Asleep|DatabaseDown|DiskFull|SafeBefore' -kills 200 -memory
	$(GO) test -timeout 60m -v ./internal/e2e -run FirstMail -recipients 300000 -memory
	$(GO) test -timeout 60m -v ./internal/app -run FlippedBytes -flips 1000
	$(GO) test -timeout 60m -v ./internal/db -run KilledWhileMigrating -interrupts 200

powercut: deps
	$(GO) test -timeout 60m -tags powercut -v ./internal/e2e ./internal/audit -run PowerCut

# Every page with invented people, as files one can look at without a register.
gallery:
	$(GO) run ./internal/web/page/gallery -out gallery

lint: check
	$(GO) tool -modfile=tools/go.mod staticcheck ./...

generate:
	$(GO) generate ./...
