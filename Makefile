# Everything starts here: `make help`.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup demo test test-long cluster down bench image
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1\t\2/' | expand -t 12

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

cluster: setup ## Boot a cluster with Stowage in it and leave it up
	@node test/e2e/src/playground.ts

down: setup ## Remove the demo's and `make cluster`'s cluster
	@npm run --silent cluster -- down

image: setup ## Build the image from deploy/Dockerfile into dist/stowage.tar, without docker
	@npm run --silent bundle
	@npm run --silent cluster -- image dist/stowage.tar

bench: setup ## Measure: `make bench NAME=extender`; without a name, say which there are
	@node bench/main.ts $(NAME) $(if $(NAME),--json)
