# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every example that a user may copy: Ansible takes it, and what it names is there. tests/live/test_docs_examples.py runs them."""

import json
import pathlib
import re
import subprocess
import sys

import pytest
import yaml

from .examples import CHECKOUT, COPIED, GUIDES, SHOWN, all_examples, code, languages, pages, playbook, private_plugins

SOURCES = sorted({example.source for example in all_examples()})
OWN_FILTER = re.compile(r"\|\s*corosync\.quorum\.(\w+)")
OWN_TEST = re.compile(r"\bis\s+(?:not\s+)?corosync\.quorum\.(\w+)")
OWN_MODULE = "corosync.quorum."
INVENTORY = "nodes:\n  hosts:\n    node1:\n    node2:\n    node3:\ncluster:\n  children:\n    nodes:\n"


@pytest.fixture(name="collections", scope="module")
def _collections(tmp_path_factory):
    """A folder in which the collection is a link to the checkout."""
    tree = tmp_path_factory.mktemp("collections")
    place = tree / "ansible_collections/corosync"
    place.mkdir(parents=True)
    (place / "quorum").symlink_to(CHECKOUT)
    return tree


def _tasks(entries):
    for entry in entries:
        yield entry
        for key in ("tasks", "pre_tasks", "post_tasks", "handlers", "block", "rescue", "always"):
            yield from _tasks(entry.get(key) or [])


def _ours(example):
    """(module, options) for each use of a module of this collection."""
    for task in _tasks(example.data):
        for key, options in task.items():
            if key.startswith(OWN_MODULE):
                yield key[len(OWN_MODULE) :], options or {}


def test_there_are_examples_in_every_kind_of_documentation():
    folders = {str(pathlib.Path(source).parent) for source in SOURCES}
    assert {".", "docs/docsite/rst", "plugins/modules", "plugins/filter", "plugins/test"} <= folders
    modules = {"plugins/modules/" + path.name for path in (CHECKOUT / "plugins/modules").glob("*.py") if path.stem not in private_plugins()}
    assert modules <= set(SOURCES)


def test_private_are_the_plugins_of_roles_and_playbooks_alone():
    of_cluster = {"cluster_ask", "cluster_plan", "cluster_tool", "cluster_trouble"}
    of_the_upgrade = {f"rolling_upgrade_{name}" for name in ("fleet", "gate", "mark", "next", "report", "step")}
    of_the_monitor = {"monitor_files", "monitor_program"}
    of_playbooks = {"quorum_report", "without_quorum"}
    assert private_plugins() == of_cluster | of_the_upgrade | of_the_monitor | of_playbooks


def test_the_changelog_has_what_is_public_and_nothing_private():
    """antsibull-changelog knows no private plugins, and no playbooks: whoever makes a release mends its list by hand."""
    releases = yaml.safe_load((CHECKOUT / "changelogs/changelog.yaml").read_text(encoding="utf-8"))["releases"].values()
    told = {
        "modules": {entry["name"] for release in releases for entry in release.get("modules", [])},
        **{kind: {entry["name"] for release in releases for entry in release["plugins"].get(kind, [])} for kind in ("filter", "test")},
        **{f"{kind}s": {entry["name"] for release in releases for entry in release["objects"].get(kind, [])} for kind in ("role", "playbook")},
    }
    there = {
        "modules": {path.stem for path in (CHECKOUT / "plugins/modules").glob("*.py")} - private_plugins(),
        **{kind: {path.stem for path in (CHECKOUT / "plugins" / kind).glob("*.yml")} - private_plugins() for kind in ("filter", "test")},
        "roles": {path.name for path in (CHECKOUT / "roles").iterdir()},
        "playbooks": {path.stem for path in (CHECKOUT / "playbooks").glob("*.yml")},
    }
    assert told == there


def test_every_code_block_is_one_to_copy_or_one_to_look_at():
    assert languages() <= {*COPIED, *SHOWN}


@pytest.mark.parametrize("source", SOURCES)
def test_ansible_takes_it(source, tmp_path, collections):
    """ansible-playbook --syntax-check: plays, tasks, keywords and modules are there. The file's name tells where the example stands."""
    books = []
    for example in all_examples():
        if example.source == source:
            books.append(tmp_path / (f"line-{example.line}.yml"))
            books[-1].write_text(yaml.safe_dump(playbook(example), sort_keys=False), encoding="utf-8")
    (tmp_path / "inventory.yml").write_text(INVENTORY, encoding="utf-8")
    command = [str(pathlib.Path(sys.executable).with_name("ansible-playbook")), "--syntax-check", "-i", str(tmp_path / "inventory.yml"), *map(str, books)]
    environment = {
        "ANSIBLE_COLLECTIONS_PATH": str(collections),
        "ANSIBLE_HOME": str(tmp_path),
        "HOME": str(tmp_path),
        "PATH": "/usr/bin:/bin",
        "LC_ALL": "C.UTF-8",
    }
    done = subprocess.run(command, env=environment, cwd=str(tmp_path), capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("playbook: ") == len(books)
    assert "WARNING" not in done.stderr, done.stderr


@pytest.mark.parametrize("example", all_examples(), ids=lambda example: f"{example.source}:{example.line}")
def test_what_it_uses_of_the_collection_is_there(example):
    """The syntax check looks neither at options nor into expressions."""
    for module, options in _ours(example):
        text = (CHECKOUT / "plugins/modules" / (module + ".py")).read_text(encoding="utf-8")
        documented = yaml.safe_load(text.split('DOCUMENTATION = r"""', 1)[1].split('"""', 1)[0])["options"]
        assert set(options) <= set(documented), f"{module} has no option {', '.join(sorted(set(options) - set(documented)))}"
    expressions = json.dumps(example.data)
    for kind, pattern in (("filter", OWN_FILTER), ("test", OWN_TEST)):
        for name in pattern.findall(expressions):
            assert (CHECKOUT / "plugins" / kind / (name + ".py")).exists(), f"there is no {kind} corosync.quorum.{name}"


@pytest.mark.parametrize(("page", "tested"), [(page.name, block.tested) for page in pages() for block in code(page) if block.tested])
def test_a_test_that_is_named_above_an_example_is_there(page, tested):
    """FILE::TEST, or a file all of which is about it."""
    name, dummy, test = tested.partition("::")
    assert f"def {test}(" in (CHECKOUT / name).read_text(encoding="utf-8") if test else (CHECKOUT / name).is_file()


def test_every_recipe_is_run_by_a_test_or_leads_to_a_page():
    page = GUIDES / "cookbook.rst"
    recipes = re.split(r"\n(?=.+\n-{4,}\n)", page.read_text(encoding="utf-8"))[1:]
    assert len(recipes) > 10
    run = [block.text for block in code(page) if block.tested or block.language in COPIED]
    for recipe in recipes:
        flat = re.sub(r"^ +", "", recipe, flags=re.MULTILINE)
        assert any(re.sub(r"^ +", "", text, flags=re.MULTILINE) in flat for text in run) or ":ref:`" in recipe, recipe.splitlines()[0]
