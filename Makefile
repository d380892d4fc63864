# The project's commands, one line each: deploy/setup.sh prepares what they need, and this file says what they run.
PORT ?= 8501
HOST ?= 127.0.0.1
SETUP := @sh deploy/setup.sh
PYTHON_HERE := .venv/bin/python
CORES := $(shell getconf _NPROCESSORS_ONLN)
# Python keeps what it has compiled, even if the environment forbids it. Otherwise every process compiles every package again.
unexport PYTHONDONTWRITEBYTECODE
# Tests spend time waiting for browsers and servers, so run one more process than there are cores.
define run_tests
	$(SETUP) ready
	$(if $(TESTS),,@$(MAKE) --no-print-directory lint)
	@trap 'sh deploy/postgres.sh stop' EXIT; trap 'exit 130' HUP INT TERM; \
	browser=$$(sh deploy/setup.sh browser) && provider=$$(sh deploy/setup.sh provider) && \
	nginx=$$(sh deploy/setup.sh proxy) && postgres=$$(sh deploy/postgres.sh start) && \
	SAMEPAGE_BROWSER="$$browser" SAMEPAGE_PROVIDER="$$provider" SAMEPAGE_NGINX="$$nginx" \
	SAMEPAGE_POSTGRES="$$postgres" $(PYTHON_HERE) -m pytest -n $$(( $(CORES) + 1 )) \
		--no-loadscope-reorder --failed-first --durations=10 $(1) $(TESTS)
endef
.DEFAULT_GOAL := help
.PHONY: help run check test proof times test-engines audit fuzz lint format docs screenshot bench clean

help: ## Show these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

run: ## Set up what is missing, build the demo company, start the app (PORT=8501, HOST=127.0.0.1)
	$(SETUP) port $(PORT)
	$(SETUP) app
	$(SETUP) demo
	@echo "Starting on http://localhost:$(PORT). Ctrl+C stops it."
	@SAMEPAGE_DEMO=1 SAMEPAGE_DATA=.samepage/company.duckdb $(PYTHON_HERE) -m streamlit run app.py \
		--server.port=$(PORT) --server.address=$(HOST) --server.headless=true --browser.gatherUsageStats=false

check: lint ## Check while you work: style, types and every test that needs no browser, server or network
	$(PYTHON_HERE) -m pytest --check --engines duckdb -n $(CORES) --no-loadscope-reorder -q $(TESTS)

test: ## Set up what is missing, then run all tests for a merge (TESTS='tests/semantic/boards tests/test_cases.py' for some)
	$(call run_tests,)

proof: ## Run the same tests, with every long repetition in full (an hour)
	$(call run_tests,--proof)

times: ## Run the same tests as `make test`, then print where their time goes
	$(call run_tests,-p tests.spent)
	@$(PYTHON_HERE) -m tests.spent

test-engines: ## Run the contract and every case on a Spark of two executors, installed on the first run
	$(SETUP) dev
	@trap 'sh deploy/spark.sh stop' EXIT; trap 'exit 130' HUP INT TERM; \
	sh deploy/spark.sh install && spark=$$(sh deploy/spark.sh start) && SAMEPAGE_SPARK="$$spark" \
	$(PYTHON_HERE) -m tests.proven run $(PYTHON_HERE) -m pytest --engines spark -o faulthandler_timeout=900 \
		tests/connectors tests/test_cases.py

audit: ## Check installed packages for known vulnerabilities; needs the network
	$(SETUP) dev
	@sh deploy/audit.sh

fuzz: ## Send random messages and hostile strings for an hour (SAMEPAGE_FUZZ_SECONDS=1800 for each of two people)
	$(SETUP) dev
	SAMEPAGE_FUZZ_SECONDS=$${SAMEPAGE_FUZZ_SECONDS:-1800} $(PYTHON_HERE) -m pytest --engines duckdb -o faulthandler_timeout=9000 \
		tests/hostile

lint: ## Check style, layout, names and types; change nothing
	$(SETUP) dev
	$(PYTHON_HERE) -m ruff check
	$(PYTHON_HERE) -m ruff format --check
	$(PYTHON_HERE) -m tests.names
	$(PYTHON_HERE) -m pyright

format: ## Format the code and fix what can be fixed
	$(SETUP) dev
	$(PYTHON_HERE) -m ruff check --fix
	$(PYTHON_HERE) -m ruff format

docs: ## Rewrite the generated parts of docs/reference from the code
	$(SETUP) app
	$(PYTHON_HERE) -m tests.reference_pages

screenshot: ## Take the README's picture again, from a small demo company
	$(SETUP) dev
	@browser=$$(sh deploy/setup.sh browser) && SAMEPAGE_BROWSER="$$browser" $(PYTHON_HERE) -m tests.browser.screenshot

bench: ## Measure compiling, execution, a large model, the page and many sessions; one table (ten minutes)
	$(SETUP) dev
	$(SETUP) demo
	$(PYTHON_HERE) -m tests.bench .samepage/company.duckdb

clean: ## Remove packages, the demo company and caches; keep saved work in .samepage
	rm -rf .venv .pytest_cache .ruff_cache .hypothesis .samepage/oldest .samepage/company.duckdb .samepage/until .samepage/models
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
