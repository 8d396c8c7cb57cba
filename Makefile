# Every target sets up what it needs, once. `make` alone lists them.
.DEFAULT_GOAL := help

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
INDEX_BENCHES := $(addprefix tests/bench/bench_,$(addsuffix .py,index lake live standby growth scval))

.PHONY: help
help:
	@echo "make demo         run the whole platform on this machine and watch two invoices' lives"
	@echo "make demo ONCE=1  the same on free ports; ends by itself with one line of JSON"
	@echo "make test         every test: contracts, ledger, indexer, read models, API, journeys"
	@echo "make test-faults N=1000  disturb the indexer in a thousand ways; SEED=7 plays one of them"
	@echo "make histories DIR=...  play scripted histories on local ledgers, name each difference"
	@echo "make test-contracts       the contracts natively and on the wasm, 500 random histories"
	@echo "make test-contracts-deep  10,000 random histories on both (HISTORIES=, SEED=)"
	@echo "make ocr          install Tesseract for scans (Debian, as root)"
	@echo "make test-hostile  bombs, broken and active files, EICAR: each ends in its refusal"
	@echo "make clamav       install ClamAV for documents (Debian, as root)"
	@echo "make test-web     the pages in a real browser (make browser installs Debian's Chromium)"
	@echo "make shots DIR=...  a picture of every screen, both themes, two widths, to look at"
	@echo "make bench-web    what each page costs a telephone, beside its budget"
	@echo "make eval-documents  how well invoices are read: DIR=... of labelled documents,"
	@echo "                  TEXT=1 from the pages alone, SAVE=1 as the new baseline"
	@echo "make conformance  replay a recorded real network on the local ledger, name what differs"
	@echo "make conformance RECORDINGS=...  the same with another file of recorded requests"
	@echo "make test-devnet  the local ledger: conformance, clients, faults, determinism"
	@echo "make test-storm   the journeys while the local ledger misbehaves: every kind of fault, seeded"
	@echo "make built        what everything runs on: environment, contracts, local ledger"
	@echo "make test-rust, make test-python  one half of the tests (ARGS= for pytest)"
	@echo "make lint         Python's formatting, lints, types, layers; clippy"
	@echo "make format       format the Python"
	@echo "make xdr          write the Python made from the definitions of the wire format"
	@echo "make contracts    build the wasm and write the Python made from its spec"
	@echo "make docs         write the pages that are made from code"
	@echo "make web          the pages' scripts, from TypeScript (needs Node)"
	@echo "make words        collect the pages' words for their translators"
	@echo "make bench        the figures, one JSON line each"
	@echo "make bench-index  those of the indexer"
	@echo "make bench-devnet  those of the local ledger"
	@echo "make bench-projections  those of metrics, read models and exports"
	@echo "make bench-api    those of the API (ONLY=mixed: a single one)"
	@echo "make soak         a mixed load for 30 minutes (MINUTES=): nothing may grow"
	@echo "make test-schema  requests made up from the OpenAPI document, 50 for each route (EXAMPLES=)"
	@echo "make clients      typed clients for Python and TypeScript, from the OpenAPI document"
	@echo "make openapi      at a release: save the OpenAPI document that later ones must keep"
	@echo "make lock         write requirements.lock anew"
	@echo "make clean        remove everything that was built"

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) stellarsettle/bootstrap.py

.PHONY: built
built: $(READY) web
	@$(BIN)/python -m contracts.build wasm devnet

.PHONY: demo
demo: built
	@$(BIN)/stellarsettle demo $(if $(ONCE),--once)

.PHONY: histories
histories: built
	@$(BIN)/stellarsettle histories $(DIR)

.PHONY: test
test: test-rust test-python

.PHONY: test-rust
test-rust: built
	@$(BIN)/python -m contracts.build test-contracts test-devnet

.PHONY: test-contracts
test-contracts: $(READY)
	@$(BIN)/python -m contracts.build wasm test-contracts

.PHONY: test-contracts-deep
test-contracts-deep: $(READY)
	@$(BIN)/python -m contracts.build wasm test-contracts-deep

.PHONY: conformance
conformance: built
	@$(BIN)/python -m stellarsettle.conformance $(RECORDINGS)

.PHONY: test-devnet
test-devnet: built conformance
	@$(BIN)/python -m contracts.build test-devnet
	@$(BIN)/python -m pytest -n 2 --dist loadfile tests/clients tests/conformance tests/contracts $(ARGS)

.PHONY: test-python
test-python: built
	@$(BIN)/python -m pytest -n $(or $(JOBS),3) --dist loadfile $(ARGS)

.PHONY: test-faults
test-faults: built
	@FAULT_SEED=$(or $(SEED),0) FAULT_COUNT=$(if $(SEED),1,$(or $(N),100)) \
	  $(BIN)/python -m pytest -n 2 --dist load tests/faults/test_simulation.py $(ARGS)

.PHONY: test-storm
test-storm: built
	@$(BIN)/python -m pytest -n 2 --dist loadfile tests/journeys -k storm $(ARGS)

.PHONY: lint
lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@$(BIN)/python -m contracts.build lint

.PHONY: format
format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: contracts
contracts: $(READY)
	@$(BIN)/python -m contracts.build wasm
	@$(BIN)/python -m contracts.generate

.PHONY: docs
docs: $(READY)
	@$(BIN)/python -m projections.document
	@$(BIN)/python -m projections.analytics.document
	@$(BIN)/python -m api.table
	@$(BIN)/python -m projections.exporting.document
	@$(BIN)/python -m stellarsettle.document

.PHONY: bench
bench: bench-index wrk
	@for file in $(filter-out $(INDEX_BENCHES) tests/bench/bench_web.py,$(wildcard tests/bench/bench_*.py)); do \
	  $(BIN)/python $$file || exit 1; done

.PHONY: bench-devnet
bench-devnet: built
	@$(BIN)/python tests/bench/bench_devnet.py

.PHONY: bench-projections
bench-projections: built
	@$(BIN)/python tests/bench/bench_projections.py
	@$(BIN)/python tests/bench/bench_read_models.py
	@$(BIN)/python tests/bench/bench_rebuild.py

.PHONY: bench-index
bench-index: built
	@for file in $(wildcard $(INDEX_BENCHES)); do $(BIN)/python $$file || exit 1; done

.PHONY: bench-api
bench-api: built wrk
	@$(BIN)/python tests/bench/bench_api.py $(ONLY)
	@$(BIN)/python tests/bench/bench_sse.py

.PHONY: test-schema
test-schema: $(READY)
	@SCHEMA_EXAMPLES=$(or $(EXAMPLES),50) $(BIN)/python -m pytest tests/api/test_schema.py $(ARGS)

CLIENTS := build/clients
OPENAPI_TYPESCRIPT := openapi-typescript@7.13.0
.PHONY: clients
clients: $(READY)
	@$(BIN)/python -m api.compatibility $(CLIENTS)/openapi.json
	@PATH=$(CURDIR)/$(BIN):$$PATH openapi-python-client generate --path $(CLIENTS)/openapi.json \
	  --output-path $(CLIENTS)/python/stellarsettle_client --meta none --overwrite >/dev/null
	@command -v npx >/dev/null && npx --yes $(OPENAPI_TYPESCRIPT) $(CLIENTS)/openapi.json \
	  -o $(CLIENTS)/typescript/stellarsettle.d.ts >/dev/null || \
	  echo "Node is not here: no types for TypeScript"
	@echo "Clients are in $(CLIENTS)"

.PHONY: openapi
openapi: $(READY)
	@$(BIN)/python -m api.compatibility

.PHONY: soak
soak: built
	@$(BIN)/python tests/bench/soak.py --minutes $(or $(MINUTES),30)

.PHONY: wrk
wrk:
	@command -v wrk >/dev/null || { [ "$$(id -u)" = 0 ] && apt-get update -qq && \
	  apt-get install -y -qq --no-install-recommends wrk >/dev/null; } || \
	  echo "The API's speed is measured with wrk: apt-get install wrk"

.PHONY: test-web
test-web: built browser
	@$(BIN)/python -m pytest tests/web tests/api/web $(ARGS)

.PHONY: shots
shots: built browser
	@$(BIN)/python -m tests.web.shots $(DIR)

.PHONY: bench-web
bench-web: built browser
	@$(BIN)/python tests/bench/bench_web.py

.PHONY: browser
browser:
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && apt-get update -qq && \
	  apt-get install -y -qq --no-install-recommends chromium >/dev/null; } || \
	  echo "Tests of the pages need Chromium: apt-get install chromium"

.PHONY: ocr
ocr:
	@command -v tesseract >/dev/null || { [ "$$(id -u)" = 0 ] && apt-get update -qq && \
	  apt-get install -y -qq --no-install-recommends tesseract-ocr tesseract-ocr-script-latn \
	  >/dev/null; } || echo "Scans need Tesseract: apt-get install tesseract-ocr tesseract-ocr-script-latn"

.PHONY: clamav
clamav:
	@command -v clamd >/dev/null || { [ "$$(id -u)" = 0 ] && apt-get update -qq && \
	  apt-get install -y -qq --no-install-recommends clamav-daemon clamav-freshclam >/dev/null; } \
	  || echo "Documents need ClamAV: apt-get install clamav-daemon clamav-freshclam"

.PHONY: test-hostile
test-hostile: $(READY)
	@$(BIN)/python -m pytest -q --durations=5 tests/api/documents/test_hostile.py \
	  tests/api/documents/test_sandbox.py $(ARGS)

.PHONY: eval-documents
eval-documents: $(READY)
	@$(BIN)/stellarsettle documents evaluate $(if $(TEXT),--text-only) --wrong \
	  $(if $(DIR),,--baseline tests/api/documents/baseline.json $(if $(SAVE),--save)) \
	  $(or $(DIR),$(or $(STELLARSETTLE_CORPUS),../shared/corpus)/invoices)

.PHONY: xdr
xdr: $(READY)
	@$(BIN)/python -m indexer.xdr.generate

ISLANDS := api/web/islands
SCRIPTS := page login transaction upload review freighter xbull lobstr albedo ledger demo play
.PHONY: web
web: api/web/static/built/.made

# Without Node the pages are served all the same; signing is then done by copying.
api/web/static/built/.made: $(wildcard $(ISLANDS)/*.ts) $(ISLANDS)/package-lock.json
	@if command -v npm >/dev/null; then cd $(ISLANDS) && npm ci --ignore-scripts --silent && \
	  npx tsc -p . && npx esbuild $(SCRIPTS:%=%.ts) --bundle --format=esm --minify \
	  --target=es2022 --outdir=../static/built --log-level=warning && touch ../static/built/.made; \
	  else echo "Node is not here: pages come without scripts, wallets sign by copying"; fi

.PHONY: words
words: $(READY)
	@$(BIN)/pybabel -q extract -F api/web/catalogues/babel.toml --no-location --sort-output \
	  --omit-header -k translate -k marked -o build/words.pot api/web
	@$(BIN)/pybabel -q update --no-fuzzy-matching --ignore-obsolete --omit-header \
	  -i build/words.pot -l de -o api/web/catalogues/de.po
	@$(BIN)/python -m api.web.told

.PHONY: lock
lock: $(READY)
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --extra dev pyproject.toml -o requirements.lock

.PHONY: clean
clean:
	rm -rf .venv build dist contracts/target contracts/devnet/target
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
