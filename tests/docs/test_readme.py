# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""README.md promises what is there: no more, and no less."""

import re

import pytest
import yaml

from .examples import CHECKOUT, private_plugins

README = (CHECKOUT / "README.md").read_text(encoding="utf-8")
GALAXY = yaml.safe_load((CHECKOUT / "galaxy.yml").read_text(encoding="utf-8"))
LINK = re.compile(r"!?\[[^\]]*\]\(([^)]+)\)")
IN_REPOSITORY = GALAXY["repository"] + "/blob/main/"


def _there():
    """The names of everything that a user can call."""
    plugins = [
        path.stem
        for kind, ending in (("modules", "*.py"), ("filter", "*.yml"), ("test", "*.yml"), ("lookup", "*.yml"))
        for path in (CHECKOUT / "plugins" / kind).glob(ending)
    ]
    sources = [path.stem for path in (CHECKOUT / "extensions/eda/plugins").glob("event_*/*.py")]
    roles = [path.name for path in (CHECKOUT / "roles").glob("[a-z]*")]
    playbooks = [path.stem for path in (CHECKOUT / "playbooks").glob("*.yml")]
    return {*plugins, *sources, *roles, *playbooks} - private_plugins()


def test_everything_that_is_there_is_named_and_nothing_else():
    table = README.split("## What is in it")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `corosync\.quorum\.(\w+)`", table, re.MULTILINE)) == _there()


def test_every_name_in_the_text_is_there():
    assert set(re.findall(r"corosync\.quorum\.(\w+)", README.replace(GALAXY["repository"], ""))) <= _there()


@pytest.mark.parametrize("target", sorted(set(LINK.findall(README))))
def test_every_link_into_the_repository_leads_somewhere(target):
    """Links are whole addresses, as Galaxy and Automation Hub show the README away from its repository. Pictures come with the collection."""
    if target.startswith(IN_REPOSITORY):
        target = target[len(IN_REPOSITORY) :]
    elif not target.startswith("docs/"):
        assert target.startswith("https://")
        return
    assert (CHECKOUT / target).is_file()


def test_every_make_target_in_it_is_there():
    makefile = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"\bmake ([a-z-]+)\b(?! prints)", README)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"there is no make {target}"


def test_the_two_commands_are_on_the_first_screen():
    shown = README.split("-->", 1)[1].splitlines()[:20]
    assert any("make demo" in line for line in shown)
    assert any("make test" in line for line in shown)


def test_the_pages_are_all_on_the_docsite_and_all_linked():
    """README.md links the pages for users; CONTRIBUTING.md those for contributors."""
    pages = {path.stem for path in (CHECKOUT / "docs/docsite/rst").glob("*.rst")}
    sections = yaml.safe_load((CHECKOUT / "docs/docsite/extra-docs.yml").read_text(encoding="utf-8"))["sections"]
    assert {name for section in sections for name in section["toctree"]} == pages
    internal = {name for section in sections if section["title"] == "For contributors" for name in section["toctree"]}
    linked = [set(re.findall(r"docs/docsite/rst/(\w+)\.rst", text)) for text in (README, (CHECKOUT / "CONTRIBUTING.md").read_text(encoding="utf-8"))]
    assert pages - internal <= linked[0] <= pages
    assert internal <= linked[1] <= pages


def test_the_supported_ansible_core_is_the_one_that_the_collection_asks_for():
    wanted = yaml.safe_load((CHECKOUT / "meta/runtime.yml").read_text(encoding="utf-8"))["requires_ansible"]
    least = re.fullmatch(r">=(\d+\.\d+)\.0", wanted).group(1)
    assert f"ansible-core {least} or newer" in README


def test_its_figures_are_those_that_the_benchmark_wrote():
    measured = (CHECKOUT / "tests/benchmark/results/wait.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in measured.splitlines() if line.startswith("| ")]
    head = next(number for number, row in enumerate(rows) if row[0] == "way of waiting")
    expected = [[row[0], row[1], row[3]] for row in rows[head + 1 : head + 6]]
    medians = {row[0]: (float(row[1].split()[0]), float(row[3].split()[0])) for row in rows[head + 1 : head + 6]}
    slow, own = medians["`until`, `delay: 5`"], medians["`wait_for_quorum`"]
    assert f"[{own[0]:.2f} s](" in README and f"{slow[0]:.1f} s in the median, {slow[1]:.1f} s at worst" in README
    shown = README.split("| way of waiting ")[1].split("\n\n")[0].splitlines()[2:]
    assert [[cell.strip() for cell in line.strip("|").split("|")] for line in shown] == expected
