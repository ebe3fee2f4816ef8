# Everything sets itself up: a machine needs Python 3.11+, pip, make and git, and no activated environment.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
CRM ?= salesforce
SECONDS ?= 600
KILLS ?= 50
FAULTS ?= 200
SEED ?= 1
EXAMPLES ?= 2000
ARGS ?=
LONG := tests/plans/test_plans_examples.py tests/plans/published tests/salesops/test_explain_payout.py \
	tests/salesops/test_effect_estimate.py \
	$(addprefix tests/salesops/payment/test_payment_,clawbacks.py properties.py release.py statements.py transfers.py) \
	$(addprefix tests/salesops/test_salesops_,ahead.py contracts.py describe.py edges.py explain.py fiscal.py \
	formula_rows.py leavers.py metric_properties.py metrics.py notes.py odd_definitions.py pay_frame.py \
	pay_frame_reference.py pay_inverse.py pay_kinds.py pay_least.py pay_magnitudes.py pay_notes.py pay_numbers.py \
	pay_properties.py payment_properties.py reference.py rows_owners.py sources_reference.py streaks.py \
	territories.py too_large.py) \
	$(addprefix tests/sync/pay/test_pay_,closed.py damaged.py expense.py held.py interrupted.py people.py \
	statements.py units.py written.py) \
	$(addprefix tests/sync/cli/test_,cli_compute.py cli_effect.py cli_explain.py cli_explain_payout.py \
	cli_explain_payout_measures.py cli_show.py cli_whatif.py sync_cli_doctor.py sync_cli_gaps.py sync_cli_letters.py \
	sync_cli_provision.py sync_cli_pull.py) \
	$(addprefix tests/sync/test_sync_,apply.py apply_interrupted.py apply_undo.py doctor.py fiscal.py pull.py run.py \
	sandbox_copy.py snapshots.py) \
	tests/sync/reuse/test_sync_kept.py $(addprefix tests/sync/store/test_,records.py store_facts.py store_mirror.py) \
	tests/connectors/test_limits.py \
	$(addprefix tests/connectors/hubspot/test_hubspot_,provision.py traps.py write_sandbox.py) \
	$(addprefix tests/connectors/salesforce/test_salesforce_,bulk.py provision.py sandbox.py traps.py write_rows.py) \
	$(addprefix tests/connectors/sandbox/test_,behaviours_hubspot.py company.py control.py faults.py) \
	$(addprefix tests/connectors/sandbox/hubspot/test_sandbox_hubspot_,recorded.py save.py) \
	tests/connectors/sandbox/salesforce/test_sandbox_salesforce_soql_grammar.py \
	tests/test_readme.py tests/test_readme_demo_hubspot.py tests/test_readme_demo_salesforce.py \
	tests/test_docs_sandbox.py $(addprefix tests/metrics/test_metrics_,examples.py explained.py) \
	$(addprefix tests/integration/test_,run_interrupted.py run_failures.py explain_adds_up.py both_crms_agree.py \
	two_crms.py two_crms_pay.py cassettes.py demo_kept.py demo_totals.py serve_schedule.py metrics_examples_on_crms.py \
	first_project.py what_people_change.py company_pay.py company_plans.py pay_in_crm.py) \
	$(addprefix tests/integration/pull/test_pull_,stopped.py commands.py complete.py busy.py endings.py late_rows.py \
	quiet_changes.py) \
	$(addprefix tests/integration/writeback/test_writeback_,answers.py provision.py quiet.py rehearsal.py \
	reorganised.py refused.py refused_plans.py undo.py clearing.py partial.py properties.py)
BROWSER := tests/connectors/sandbox/test_page_in_browser.py tests/sync/statements/test_statement_in_browser.py \
	tests/sync/cli/test_pages_in_browser.py

# An activated environment, or uv settings of the user's, must not decide where this project is installed; and what
# Python compiled once is kept, or each command that a test starts would compile everything anew.
unexport VIRTUAL_ENV PYTHONDONTWRITEBYTECODE
export UV_PROJECT_ENVIRONMENT := $(CURDIR)/$(VENV)
export UV_PYTHON_DOWNLOADS := never

.PHONY: help setup demo test lint types imports tests long-tests pull-storm apply-storm pay-properties payment-properties foreign browser fuzz bench docs clean

help:  ## What can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY)  ## Install into .venv, exactly as uv.lock says

$(READY): pyproject.toml uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and f"salesops-sync needs Python 3.11 or newer; {sys.executable} is {sys.version.split()[0]}. Name another: make PYTHON=python3.12 ...")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip --quiet --disable-pip-version-check install uv
	@$(BIN)/uv sync --quiet --frozen --python $(BIN)/python
	@touch $(READY)

demo: $(READY)  ## The whole flow against a sandbox CRM; CRM=hubspot for the other one
	@$(BIN)/salesops demo --crm $(CRM) $(ARGS)

test: lint types imports tests  ## What CI runs

lint: $(READY)  ## ruff
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(READY)  ## mypy, strict
	@$(BIN)/mypy

imports: $(READY)  ## The import contracts of docs/architecture.md
	@$(BIN)/lint-imports

tests: $(READY)  ## pytest
	@$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder $(addprefix --ignore=,$(LONG) $(BROWSER))

long-tests: $(READY)  ## The tests that take longest; CI runs them too
	@$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder $(LONG) $(ARGS)

pull-storm: $(READY)  ## 50 pulls killed and 200 met by faults, of each CRM; KILLS=, FAULTS= and SEED= for others
	@PULL_STORM_KILLS=$(KILLS) PULL_STORM_FAULTS=$(FAULTS) PULL_STORM_LIVES=$(KILLS) PULL_STORM_SEED=$(SEED) $(BIN)/pytest -n auto tests/integration/pull/test_pull_storm.py tests/integration/pull/test_pull_lives.py $(ARGS)

apply-storm: $(READY)  ## 50 of each command that writes killed and 200 met by faults, of each CRM; KILLS=, FAULTS=, SEED=
	@APPLY_STORM_KILLS=$(KILLS) APPLY_STORM_FAULTS=$(FAULTS) APPLY_STORM_SEED=$(SEED) APPLY_STORM_EXAMPLES=2000 $(BIN)/pytest -n auto tests/integration/writeback/test_writeback_storm.py tests/integration/writeback/test_writeback_properties.py $(ARGS)

pay-properties: $(READY)  ## The comp-plan engine against its reference on 2,000 random worlds from SEED= on; EXAMPLES= for others
	@status=0; $(BIN)/python tests/salesops/pay_worlds.py $(SEED) $$(($(SEED) + $(EXAMPLES))) || status=1; \
	PAY_EXAMPLES=$(EXAMPLES) $(BIN)/pytest -n auto tests/salesops/test_salesops_pay_properties.py $(ARGS) || status=1; \
	exit $$status

payment-properties: $(READY)  ## Payment against its reference on 2,000 random histories from SEED= on; EXAMPLES= for others
	@status=0; $(BIN)/python tests/salesops/payment_worlds.py $(SEED) $$(($(SEED) + $(EXAMPLES))) || status=1; \
	PAYMENT_EXAMPLES=$(EXAMPLES) $(BIN)/pytest -n auto tests/salesops/test_salesops_payment_properties.py $(ARGS) || status=1; \
	exit $$status

foreign: $(READY)  ## jsforce and HubSpot's JavaScript client against the sandboxes; needs Node.js and npm
	@cd tests/foreign && npm ci --silent --ignore-scripts && node run.mjs ../../$(BIN)/salesops

browser: $(READY)  ## The record pages, statements and the page of what if in Chromium, which must be installed
	@$(BIN)/uv sync --quiet --frozen --inexact --group browser --python $(BIN)/python
	@$(BIN)/pytest $(BROWSER) $(ARGS)

fuzz: $(READY)  ## Ten minutes of schemathesis against each sandbox; SECONDS=60 for one
	@$(BIN)/python tests/fuzz/fuzz_run.py salesforce $(SECONDS)
	@$(BIN)/python tests/fuzz/fuzz_run.py hubspot $(SECONDS)

bench: $(READY)  ## Each figure the README quotes, as ratios within one run
	@$(BIN)/python -m benchmarks

docs: $(READY)  ## Write the generated pages again
	@$(BIN)/python -m config.reference > docs/configuration.md
	@$(BIN)/python -m config.catalog_page > docs/catalog.md
	@$(BIN)/python -m sync.cli.reference > docs/cli.md
	@$(BIN)/python -m connectors.sandbox.reference docs/sandbox.md

clean:  ## Remove what was built
	rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
