# Everything starts here: `make help`.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup demo test test-long e2e e2e-shell cluster down bench image
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

help: ## Show what can be made
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## (.*)/\1\t\2/' | expand -t 12

setup: node_modules/.installed ## Install what the other targets need: Debian packages, npm modules

node_modules/.installed: package.json package-lock.json test/cluster/setup.sh $(wildcard packages/*/package.json test/*/package.json)
	@test/cluster/setup.sh
	@echo "== npm ci: the locked modules"
	@npm ci --no-progress --loglevel=error
	@touch $@

demo: setup ## Boot three nodes, install Stowage, watch a StatefulSet get its volumes
	@node test/e2e/src/demo.ts

test: setup ## Format, lint, types, unit tests, simulation, chart, cluster tests
	@node test/run.ts

test-long: setup ## The cluster tests that take minutes each; before a release
	@node test/run.ts long

e2e: setup ## Cluster tests: all short ones, or `make e2e FILE=lost-node TEST="placed elsewhere" KEEP=1`
	@node test/e2e/src/rerun.ts

e2e-shell: setup ## A shell with kubectl and `kubectl stowage` at the cluster that was left up
	@node test/e2e/src/e2e-shell.ts

cluster: setup ## Boot a cluster with Stowage in it and leave it up
	@node test/e2e/src/playground.ts

down: setup ## Remove the cluster that `make demo`, `make cluster` or KEEP=1 left up
	@npm run --silent cluster -- down

image: setup ## Build the image from deploy/Dockerfile into dist/stowage.tar, without docker
	@npm run --silent bundle
	@npm run --silent cluster -- image dist/stowage.tar

bench: setup ## Measure: `make bench NAME=extender`; without a name, say which there are
	@node bench/main.ts $(NAME) $(if $(NAME),--json)
