# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A second link of knet between nodes of the lab: another address of the same interface, which can be cut alone."""

import time

from looking import look


def add_second_link(made):
    """Give the nodes of a cluster that has not been started a second link. Returns the addresses by node id."""
    addresses = {node.nodeid: f"198.18.7.{node.nodeid}" for node in made}
    give_second_addresses(made)
    for node in made:
        for nodeid, address in addresses.items():
            node.sh(f"sed -i 's/^\\( *\\)nodeid: {nodeid}$/&\\n\\1ring1_addr: {address}/' /etc/corosync/corosync.conf")
    return addresses


def give_second_addresses(made):
    """The addresses alone, which a reboot takes away."""
    for node in made:
        node.sh(f"ip address replace 198.18.7.{node.nodeid}/24 dev host0")


def remove_second_link(made):
    """Leave no address and no cut behind."""
    for node in made:
        node.sh(f"ip address del 198.18.7.{node.nodeid}/24 dev host0", check=False)
        node.unblock()


def links_of(node):
    """Node id -> whether each link to it is connected, as the node sees it."""
    return {entry["nodeid"]: entry["links"] and [link["connected"] for link in entry["links"]] for entry in look(node, 5)["value"]["nodes"]}


def wait_links(node, wanted):
    """Until links_of() is that."""
    deadline = time.monotonic() + 20
    while links_of(node) != wanted:
        assert time.monotonic() < deadline, links_of(node)
        time.sleep(0.2)
