# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Ansible's --limit leaves out of a run over many clusters: as Ansible itself would have it, when the helpers are there."""

from __future__ import annotations

import contextlib
import pathlib
import typing as t

import pytest
from ansible.errors import AnsibleError
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader

from ansible_collections.corosync.quorum.plugins.plugin_utils._fleet import limit

HELPERS = ["round-1-of-2", "round-2-of-2"]
HOSTS = ["web1", "web2", "db1", "db2"]
# Groups with their groups and hosts, in the order of a file
INVENTORY = {"clusters": ["web", "db"], "web": ["web1", "web2"], "db": ["db1", "db2"], "north": ["web1", "db2"], "": ["printer"]}


def inventory() -> InventoryManager:
    """As Ansible has it when it has read such a file."""
    made = InventoryManager(DataLoader(), parse=False)
    for group in filter(None, INVENTORY):
        made.add_group(group)
    for group, names in INVENTORY.items():
        for name in names:
            if name not in made.groups:
                made.add_host(name)
            if group:
                made._inventory.add_child(group, name)
    made.reconcile_inventory()
    return made


def left_out_by_ansible(given: str) -> list[str]:
    """Of the play that upgrades, where the run has added its helpers."""
    made = inventory()
    made.subset(given)
    made.get_hosts("all")
    for name in HELPERS:
        made.add_host(name, "all")  # as add_host does it; its own function differs between versions of ansible-core
        made.reconcile_inventory()
    there = [host.name for host in made.get_hosts([*HELPERS, *HOSTS])]
    return [name for name in [*HELPERS, *HOSTS] if name not in there]


def left_out(given: str) -> list[str]:
    return limit.left_out(given, inventory().get_groups_dict(), HELPERS, [*HELPERS, *HOSTS], DataLoader())


@pytest.mark.parametrize(
    "given",
    [
        "!printer",
        "all:!printer",
        "all,!web1",
        "!web",
        "*",
        "~.*",
        "all",
        "clusters:ungrouped",
        "clusters:round-*",
        "clusters",
        "web:db",
        "web1,web2,db1,db2",
        "all:&clusters",
        "&clusters",
        "ungrouped",
        "round-*",
        "web[0]",
        "north[0]:!printer",
        "clusters[1:2]",
        "web:nowhere",
        "",
    ],
)
def test_it_is_what_ansible_leaves_out(given: str) -> None:
    assert left_out(given) == left_out_by_ansible(given)


@pytest.mark.parametrize("first", range(-2, 8))
@pytest.mark.parametrize("last", ["", ":", *(f":{number}" for number in range(8))])
def test_where_a_limit_counts_all_hosts_nothing_that_ansible_leaves_out_is_missed(first: int, last: str) -> None:
    given = f"all[{first}{last if first >= 0 else ''}]"
    with contextlib.suppress(AnsibleError):  # Ansible knows no such host, and has refused the limit when it began
        assert not left_out_by_ansible(given) or left_out(given)


def test_limits_that_only_exclude_keep_the_helpers_and_those_that_name_hosts_do_not() -> None:
    assert left_out("!printer") == left_out("all:!printer") == [] and left_out("!web1") == ["web1"]
    assert left_out("clusters") == HELPERS


def test_a_file_of_hosts(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "failed.retry"
    path.write_text("web1\nweb2\n", encoding="utf-8")
    assert left_out(f"@{path}") == left_out_by_ansible(f"@{path}") == [*HELPERS, "db1", "db2"]
    with pytest.raises(AnsibleError):
        left_out("@/nonexistent")


@pytest.mark.parametrize("given", ["web:db", "{{ 7 * 7 }}\x1b[2J", "w" * 5000])
def test_the_refusal_says_what_to_do_instead(given: t.Any) -> None:
    said = limit.refusal(given, HELPERS)
    assert "round-1-of-2" in said and "rolling_upgrade_group" in said and "'!web3'" in said
    assert "\x1b" not in said and len(said) < 2000
    assert all(len(sentence.split()) <= 35 for sentence in said.split(". "))
