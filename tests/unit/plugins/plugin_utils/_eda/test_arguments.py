# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The arguments of the event source: what is taken, and an error that names what is wrong."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.fakes.properties import examples

from ansible_collections.corosync.quorum.plugins.plugin_utils._eda.arguments import ArgumentError, Host, Settings, settings_of


def host(name, **changes):
    return Host(name, name, None, None, None, "/usr/bin/python3", False, None)._replace(**changes)


def test_names_alone():
    settings = settings_of({"hosts": ["node1", "node2"]})
    assert settings.hosts == (host("node1"), host("node2"))
    assert settings[1:] == Settings((), (), 30.0, 1.0, 60.0, True)[1:]


def test_a_host_has_what_it_says_itself_and_else_what_the_source_says():
    hosts = [
        {"host": "web1", "address": "10.0.0.1", "port": "2222", "cluster": "web"},
        {"host": "web2", "user": "root", "identity_file": None, "become": False, "python": "/usr/libexec/platform-python"},
    ]
    assert settings_of({"hosts": hosts, "user": "monitor", "port": 22, "identity_file": "/k", "become": True, "python": "/opt/python"}).hosts == (
        host("web1", address="10.0.0.1", user="monitor", port=2222, identity_file="/k", python="/opt/python", become=True, cluster="web"),
        host("web2", user="root", port=22, identity_file="/k", python="/usr/libexec/platform-python"),
    )


def test_this_host_by_any_name():
    local, named, other = settings_of({"hosts": ["localhost", {"host": "node1", "address": "localhost"}, "127.0.0.1"], "user": "monitor"}).hosts
    assert (local.is_local, named.is_local, other.is_local) == (True, True, False)


def test_variables_of_a_rulebook_may_be_text():
    settings = settings_of({"hosts": ["node1"], "port": "22", "timeout": "5", "delay": 2, "eda_feedback_queue": object()})
    assert (settings.hosts[0].port, settings.timeout, settings.delay) == (22, 5.0, 2.0)


WRONG = [
    ({}, "hosts must be a list of at least one host, not None"),
    ({"hosts": []}, "hosts must be a list of at least one host, not []"),
    ({"hosts": "node1"}, "hosts must be a list of at least one host, not 'node1'"),
    ({"hosts": ["node1", "node1"]}, "hosts must be a list without repetitions, not 'node1'"),
    ({"hosts": ["node1", 7]}, "hosts[1] must be the name of a host, or a mapping with the key host, not 7"),
    ({"hosts": [{"address": "x"}]}, "hosts[0] must be the name of a host, or a mapping with the key host, not {'address': 'x'}"),
    (
        {"hosts": [{"host": "n", "prot": 1}]},
        "in hosts[0] there is no argument 'prot'. Arguments are address, become, cluster, host, identity_file, port, python, user.",
    ),
    ({"hosts": ["-oProxyCommand=x"]}, "hosts[0].host must be the name of a host in the inventory, not '-oProxyCommand=x'"),
    ({"hosts": ["a,b"]}, "hosts[0].host must be the name of a host in the inventory, not 'a,b'"),
    ({"hosts": ["all:!web"]}, "hosts[0].host must be the name of a host in the inventory, not 'all:!web'"),
    ({"hosts": ["root@node1"]}, "hosts[0].host must be a host name or an address that ssh connects to, not 'root@node1'"),
    ({"hosts": [{"host": "n", "address": "-v"}]}, "hosts[0].address must be a host name or an address that ssh connects to, not '-v'"),
    ({"hosts": [{"host": "localhost", "user": "x"}]}, "hosts[0].user must be left out, as localhost is followed without ssh (127.0.0.1 is not), not 'x'"),
    ({"hosts": ["n"], "user": "-l"}, "user must be the name of a user, not '-l'"),
    ({"hosts": ["n"], "port": 0}, "port must be a port, from 1 to 65535, not 0"),
    ({"hosts": ["n"], "port": True}, "port must be a port, from 1 to 65535, not True"),
    ({"hosts": ["n"], "port": "9" * 5000}, "port must be a port, from 1 to 65535, not '999"),
    ({"hosts": ["n"], "timeout": 10**400}, "timeout must be a number of seconds greater than 0, not 1000"),
    ({"hosts": ["n"], "port": "ssh"}, "port must be a port, from 1 to 65535, not 'ssh'"),
    ({"hosts": ["n"], "ssh_args": "-v"}, "ssh_args must be a list of words, not '-v'"),
    ({"hosts": ["n"], "ssh_args": ["-v", 1]}, "ssh_args[1] must be a word of ssh's command line, not 1"),
    ({"hosts": ["n"], "python": "-c"}, "python must be the path of a Python on the nodes, not '-c'"),
    ({"hosts": ["n"], "become": "yes"}, "become must be true or false, not 'yes'"),
    ({"hosts": ["n"], "split": 1}, "split must be true or false, not 1"),
    ({"hosts": ["n"], "timeout": 0}, "timeout must be a number of seconds greater than 0, not 0"),
    ({"hosts": ["n"], "timeout": "5m"}, "timeout must be a number of seconds greater than 0, not '5m'"),
    ({"hosts": ["n"], "delay": "inf"}, "delay must be a number of seconds greater than 0, not 'inf'"),
    ({"hosts": ["n"], "delay": 90}, "delay must be no longer than max_delay (60 s), not 90.0"),
    ({"hosts": ["n"], "retries": 1}, "there is no argument 'retries'. Arguments are become, delay, hosts, identity_file, max_delay, port, python, "),
]


@pytest.mark.parametrize(("args", "message"), WRONG)
def test_what_is_wrong_is_named_with_its_value(args, message):
    with pytest.raises(ArgumentError, match="^corosync.quorum.votequorum: " + re.escape(message)):
        settings_of(args)


_junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda more: st.lists(more, max_size=4) | st.dictionaries(st.text(max_size=5), more, max_size=4),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from(["hosts", "user", "port", "identity_file", "ssh_args", "python", "become", "timeout", "delay", "split"]), _junk))
@examples(200)
def test_anything_is_settings_or_an_error_with_a_sentence(args):
    try:
        settings = settings_of(args)
    except ArgumentError as error:
        assert str(error).startswith("corosync.quorum.votequorum: ") and len(str(error)) < 1000
    else:
        assert settings.hosts
