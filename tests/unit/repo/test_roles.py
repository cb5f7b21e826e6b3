# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles: their options are documented in one place, and what is documented is what they have."""

import re

import pytest
import yaml
from run import paths

# Options that have one meaning in several roles.
SHARED = {"quorum_lock_take_over"}
ROLES = sorted(path.name for path in (paths.CHECKOUT / "roles").glob("*") if path.is_dir())


def read(role, path):
    return yaml.safe_load((paths.CHECKOUT / "roles" / role / path).read_text(encoding="utf-8")) or {}


def specs(role):
    return read(role, "meta/argument_specs.yml")["argument_specs"]


def options(role):
    """{name: its spec} over all entry points."""
    return {name: spec for entry in specs(role).values() for name, spec in entry.get("options", {}).items()}


def test_there_are_roles():
    assert {"cluster", "prerequisites"} <= set(ROLES)


@pytest.mark.parametrize("role", ROLES)
def test_every_default_is_documented_and_every_documented_default_is_one(role):
    documented = {name: spec["default"] for name, spec in options(role).items() if "default" in spec}
    assert {name: value for name, value in read(role, "defaults/main.yml").items() if not name.startswith("_")} == documented


@pytest.mark.parametrize("role", ROLES)
def test_options_have_the_name_of_their_role(role):
    assert all(name.startswith(role + "_") for name in options(role) if name not in SHARED)
    private = [name for path in (paths.CHECKOUT / "roles" / role / "vars").glob("*.yml") for name in yaml.safe_load(path.read_text(encoding="utf-8"))]
    assert all(re.match(f"_{{1,2}}{role}_", name) for name in private)


@pytest.mark.parametrize("role", ROLES)
def test_every_entry_point_has_a_spec_and_every_option_is_described(role):
    assert "main" in specs(role)
    entries = {path.stem for path in (paths.CHECKOUT / "roles" / role / "tasks").glob("*.yml")}
    assert set(specs(role)) <= entries
    assert all(spec.get("description") and spec.get("type") for spec in options(role).values())


@pytest.mark.parametrize("role", ROLES)
def test_every_option_is_used(role):
    text = "\n".join(
        path.read_text(encoding="utf-8")
        for folder in ("tasks", "vars", "templates", "handlers")
        for path in (paths.CHECKOUT / "roles" / role / folder).rglob("*")
        if path.is_file()
    )
    assert [name for name in options(role) if name not in text] == []


@pytest.mark.parametrize("role", ROLES)
def test_the_readme_has_purpose_limits_and_two_playbooks(role):
    text = (paths.CHECKOUT / "roles" / role / "README.md").read_text(encoding="utf-8")
    assert text.count("```yaml\n---\n- name:") >= 2
    assert f"# corosync.quorum.{role}\n" in text and "## Limits\n" in text


def tasks_in(data):
    """Each task of a file, also those of blocks."""
    if isinstance(data, list):
        for item in data:
            yield from tasks_in(item)
    elif isinstance(data, dict):
        yield data
        for item in data.values():
            if isinstance(item, list):
                yield from tasks_in(item)


@pytest.mark.parametrize("path", sorted([*(paths.CHECKOUT / "roles").rglob("tasks/**/*.yml"), *(paths.CHECKOUT / "playbooks").rglob("*.yml")]), ids=str)
def test_what_a_delegated_task_brings_of_facts_stays_with_the_host_that_says_it(path):
    """Else they would be variables of the host whose turn it is. A node may answer any task with facts."""
    delegated = [task for task in tasks_in(yaml.safe_load(path.read_text(encoding="utf-8"))) if "delegate_to" in task]
    assert [task["name"] for task in delegated if task.get("delegate_facts") is not True] == []


@pytest.mark.parametrize("role", ROLES)
def test_an_entry_point_documents_no_option_of_another_meaning(role):
    """All of them are those of main, where main has them: the same text, written once."""
    main = specs(role)["main"].get("options", {})
    for name, entry in specs(role).items():
        differing = [option for option, spec in entry.get("options", {}).items() if main.get(option, spec) != spec]
        assert differing == [], f"{role}, entry point {name}"
