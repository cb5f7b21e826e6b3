# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a node resolves names, with the lines of /etc/hosts that say so."""

import socket
import threading

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._node import names as tested

HOSTS = """\
127.0.0.1 localhost
127.0.1.1\tnode1.example.com  Node1 # by the installer
# 10.0.0.9 node1
10.0.0.1 node1
127.0.1.1 node1 again
"""


@pytest.fixture(name="look_up")
def _look_up(tmp_path, monkeypatch):
    hosts = tmp_path / "hosts"
    hosts.write_text(HOSTS)

    def look_up(*addresses, error=None, path=str(hosts)):
        def getaddrinfo(*_args):
            if error:
                raise error
            return [(socket.AF_INET, socket.SOCK_DGRAM, 17, "", (address, 0)) for address in addresses]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        return tested.look_up("node1", path)

    return look_up


def test_lines_are_found(look_up):
    assert look_up("127.0.1.1", "10.0.0.1", "10.0.0.1") == {
        "found": [
            {"address": "127.0.1.1", "line": 2, "text": "127.0.1.1\tnode1.example.com  Node1 # by the installer"},
            {"address": "10.0.0.1", "line": 4, "text": "10.0.0.1 node1"},
        ],
        "error": "",
    }


def test_what_comes_from_elsewhere_has_no_line(look_up):
    assert look_up("10.0.0.9")["found"] == [{"address": "10.0.0.9", "line": None, "text": ""}]
    assert look_up("127.0.1.1", path="/not/there")["found"] == [{"address": "127.0.1.1", "line": None, "text": ""}]


@pytest.mark.parametrize(
    ("error", "words"), [(socket.gaierror(-2, "Name or service not known"), "Name or service not known"), (UnicodeError("label too long"), "label")]
)
def test_a_name_that_is_nothing(look_up, error, words):
    answer = look_up(error=error)
    assert answer["found"] == [] and words in answer["error"]


def test_an_address_needs_no_name_service():
    assert tested.look_up("10.1.2.3") == {"found": [{"address": "10.1.2.3", "line": None, "text": ""}], "error": ""}


def test_a_name_server_that_is_down_costs_the_timeout_once(monkeypatch):
    down = threading.Event()
    monkeypatch.setattr(tested, "look_up", lambda name: down.wait(60) if name.startswith("far") else {"found": [], "error": ""})
    found = tested.look_up_all(["far1", "node1", "far2", "far3"], 0.3)
    down.set()
    silent = {"found": [], "error": "no answer within 0.3 s"}
    assert found == {"far1": silent, "node1": {"found": [], "error": ""}, "far2": silent, "far3": silent}
