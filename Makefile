# Two commands matter: `make demo` and `make test`. Both begin from nothing but Python 3.11+.
PYTHON ?= python3
STORE ?= sqlite:///circles.db
PORT ?= 8000
TORCH ?=
BIN := .venv/bin

.PHONY: demo test lint bench soak install clean help

help:
	@echo 'make demo            install, load real payments, train, serve on http://127.0.0.1:$(PORT)'
	@echo 'make demo TORCH=cpu  the same with the CPU build of torch (5 GB less), where it can be had'
	@echo 'make demo STORE=neo4j  the same on a real Neo4j, fetched and started here, without Docker'
	@echo 'make test            install what the tests need and run them'
	@echo 'make lint            format check, lint, types, import directions'
	@echo 'make soak            kill a Neo4j server and its writers a hundred times (half an hour)'
	@echo 'make bench           measure loading, the demonstration, serving and accuracy (hours)'

demo: .venv/installed $(if $(filter neo4j%,$(STORE)),.venv/installed-neo4j)
	$(BIN)/circles demo --store $(STORE) --port $(PORT)

test: .venv/installed-dev
	$(BIN)/pytest -n 2 --dist loadgroup

lint: .venv/installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

FIGURES := figures/accuracy
LINKS := figures/links

bench: .venv/installed-dev
	$(BIN)/python tests/benchmarks/bench_demo.py
	$(BIN)/python tests/benchmarks/bench_load.py --lines 10000000
	$(BIN)/python tests/benchmarks/bench_serve.py
	$(BIN)/python tests/benchmarks/bench_step.py
	$(BIN)/python tests/benchmarks/bench_foldin.py
	$(BIN)/python tests/benchmarks/bench_estimate.py
	$(BIN)/python tests/benchmarks/bench_link_service.py
	$(BIN)/python tests/benchmarks/bench_flows.py
	$(BIN)/python tests/benchmarks/bench_invitations.py
	$(BIN)/python tests/benchmarks/bench_loop.py
	$(BIN)/python tests/benchmarks/bench_neo4j_start.py
	$(BIN)/python tests/benchmarks/bench_neo4j.py
	$(BIN)/python tests/benchmarks/bench_accuracy.py --json $(FIGURES).json --markdown $(FIGURES).md
	$(BIN)/python tests/benchmarks/bench_links.py --json $(LINKS).json --markdown $(LINKS).md
	$(BIN)/python tests/benchmarks/bench_gowalla.py --quick
	$(BIN)/python tests/benchmarks/bench_gowalla.py
	$(BIN)/python tests/benchmarks/bench_gowalla.py --gnn
	$(BIN)/python tests/benchmarks/bench_gds.py --json $(FIGURES)-gds.json

soak: .venv/installed-dev
	NEO4J_KILLS=100 $(BIN)/pytest tests/graph/stores/neo4j/test_pitfalls.py -k killed

install: .venv/installed

# uv installs in half a minute what takes pip eight; pip stays the fallback where uv cannot be had.
INSTALL := $(BIN)/uv pip install --quiet --python $(BIN)/python

.venv/bin/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo '$(PYTHON) is older than 3.11; name a newer one: make demo PYTHON=python3.12'; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet uv || ln -s "$$(command -v false)" $@

.venv/installed: requirements.txt pyproject.toml | .venv/bin/uv
ifeq ($(TORCH),cpu)
	$(INSTALL) --torch-backend cpu 'torch>=2.8,<3' || \
	  echo 'the CPU build of torch cannot be had here; going on with the ordinary one'
endif
	@echo 'installing what the demonstration needs (about 5 GB with torch)'
	$(INSTALL) -r requirements.txt || $(BIN)/pip install --quiet -r requirements.txt
	@touch $@

.venv/installed-neo4j: .venv/installed
	$(INSTALL) -e '.[neo4j]' || $(BIN)/pip install --quiet -e '.[neo4j]'
	@touch $@

.venv/installed-dev: .venv/installed
	$(INSTALL) -e '.[dev]' || $(BIN)/pip install --quiet -e '.[dev]'
	@touch $@

clean:
	rm -rf .venv circles-data
