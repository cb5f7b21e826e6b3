# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Everything a newcomer, a maintainer and CI do with this checkout. Needs Debian 12 or newer, or Ubuntu, and root or sudo;
# what else is missing is installed: Debian packages, and Python packages into .venv. All of it may be interrupted and run again.

# The Python of .venv; prepare.sh chooses one where it is not given.
PYTHON ?=
export PYTHON

# What is imported is compiled once, also where the environment says otherwise: pip leaves it to that.
export PYTHONDONTWRITEBYTECODE :=

# The lab, the tests' runner, the simulator's comparison and the benchmarks are Python packages below tests/.
python := PYTHONPATH=tests .venv/bin/python

# The same, where the collection itself is imported, too.
in_tree = PYTHONPATH="tests:$$($(python) -c 'from run import trees; print(trees.linked())')"

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

.PHONY: help demo check test lab-prepare lab-up lab-down lab-ssh bench soak truth docs generated pictures dist clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

demo: lab-prepare ## three real cluster nodes on this machine, and a playbook that shows quorum kept and lost
	@$(python) -m demo

# A quarter of the examples of each property: see tests/unit/fakes/properties.py.
check: export PROPERTY_EXAMPLES := few
check: .venv/.ready-check ## the verdict on a change in about a minute: unit tests, types, lint and format
	@$(python) -m run check

test: .venv/.ready-test ## all tests; what could not run here is listed with its reason (STAGES="unit sanity-*": only these)
	@$(python) -m lab prepare || echo '==> Going on without the lab; the stages that need its nodes will say so'
	@$(python) -m run $(STAGES)

lab-prepare: .venv/.ready-demo ## install the Debian packages that the lab needs
	@$(python) -m lab prepare

lab-up: lab-prepare ## start the lab's nodes
	@$(python) -m lab up

lab-down: .venv/.ready-demo ## stop the lab's nodes and remove what they left on this machine
	@$(python) -m lab down

lab-ssh: .venv/.ready-demo ## log in to a node (NODE=node2; default node1)
	@$(python) -m lab ssh $(or $(NODE),node1)

bench: .venv/.ready-test lab-prepare ## measure tasks, snapshots, waits and memory on live nodes, as tables (SECTIONS="task wait": only these)
	@$(python) -m benchmark $(SECTIONS)

truth: .venv/.ready-test lab-prepare ## forecasts at length (SEQUENCES=10000): simulated, and every loss on live clusters; every key's change on live nodes
	@$(in_tree) .venv/bin/python -m truth.run --sequences $(or $(SEQUENCES),10000)
	@QUORUM_EVERY_LOSS=1 $(in_tree) .venv/bin/python -m pytest tests/live/test_forecast_truth.py
	@QUORUM_EVERY_KEY=1 $(in_tree) .venv/bin/python -m pytest tests/live/test_conf_changes.py

soak: .venv/.ready-test lab-prepare ## five nodes with a random fault every few seconds, all at work, and what came of it (SOAK=600: ten minutes, default an hour)
	@PYTHONPATH="tests/live:tests:$$($(python) -c 'from run import trees; print(trees.linked())')" .venv/bin/python -m soak --seconds $(or $(SOAK),3600)

docs: .venv/.ready-docs ## render the documentation to .cache/docs
	@$(python) -m run.steps.docs

generated: .venv/.ready-check ## write the parts of the documentation that are made of the code
	@$(in_tree) .venv/bin/python -m docs.generated

pictures: .venv/.ready-test ## take the pictures of the HTML pages in docs/ anew, with chromium
	@$(in_tree) .venv/bin/python -m docs.page_picture

# Not by the tests' runner, which would show neither the digest nor that something is not committed.
dist: .venv/.ready-test ## build the collection's artifact into dist/, twice, and print its SHA-256
	@$(python) -m run.steps.package

clean: ## remove what was made in the checkout; run lab-down first
	rm -rf .venv .cache .ansible .hypothesis .mypy_cache .pytest_cache collections dist tests/output changelogs/.plugin-cache.yaml
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# prepare.sh looks at the same files.
.venv/.ready-%: $(wildcard tests/requirements/*) tests/run/prepare.sh
	@tests/run/prepare.sh $*
