# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a lab's addresses come from."""

import ipaddress

import pytest
from lab import LabError, network


def net(text):
    """A network."""
    return ipaddress.ip_network(text)


def test_the_first_choice_is_taken_when_it_is_free():
    assert network.choose_subnet(7, [net("10.0.0.0/8")]) == net("198.18.7.0/24")


def test_what_overlaps_an_address_or_a_route_is_passed_over():
    taken = [net("198.18.7.0/25"), net("198.18.8.0/23")]
    assert network.choose_subnet(7, taken) == net("198.18.10.0/24")


def test_the_search_goes_round_the_end_of_the_pool():
    assert network.choose_subnet(511, [net("198.19.255.0/24")]) == net("198.18.0.0/24")


def test_a_full_pool_says_what_to_do():
    with pytest.raises(LabError, match="make lab-down"):
        network.choose_subnet(0, [net("198.18.0.0/15")])


def test_the_controller_is_none_of_the_nodes():
    subnet = net("198.18.7.0/24")
    assert network.controller_address(subnet) not in [subnet[nodeid] for nodeid in range(1, 17)]
