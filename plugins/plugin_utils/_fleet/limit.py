# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""What Ansible's --limit leaves out of a run over many clusters.

Such a run adds a helper host to each round. Ansible applies the limit to them, too. Without them the sizes of the rounds would not be those of their
hosts, and hosts of a later round would go down together with those of an earlier one.
"""

from __future__ import annotations

import typing as t

from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader

from ansible_collections.corosync.quorum.plugins.module_utils._value.words import count, shown


def left_out(limit: str, groups: t.Mapping[str, t.Sequence[str]], helpers: t.Sequence[str], play: t.Sequence[str], loader: DataLoader) -> list[str]:
    """Hosts of the play that Ansible would leave out of it once there are helpers, as its own inventory says. groups: name -> hosts, as they are now.

    A limit may count hosts, as all[0:5] does, and Ansible does not say which place the helpers will have among all hosts. So both ends are looked at.
    """
    hosts = groups.get("all", ())
    lacking: set[str] = set()
    for everyone in ([*helpers, *hosts], [*hosts, *helpers]):
        inventory = InventoryManager(loader, parse=False)
        for group, names in {**groups, "all": everyone}.items():
            group = inventory.add_group(group)  # its name may have been changed
            for name in names:
                inventory.add_host(name, group)
        inventory.reconcile_inventory()  # what is in no group but `all` is in `ungrouped`
        inventory.subset(limit)
        lacking |= {*play} - {host.name for host in inventory.get_hosts("all")}
    return [host for host in play if host in lacking]


def refusal(limit: str, hosts: t.Sequence[str]) -> str:
    """hosts: what left_out() says."""
    which = hosts[0] if len(hosts) == 1 else f"{hosts[0]} and {len(hosts) - 1} more"
    return (
        f"--limit {shown(limit)} leaves out {count(len(hosts), 'host')} that the rounds of this run need ({which}). "
        "Without these, nodes of different rounds would go down together. "
        "Run it without --limit, and set rolling_upgrade_group to the groups of the clusters that you want, with commas. "
        "A limit that only excludes hosts, such as --limit '!web3', is fine."
    )
