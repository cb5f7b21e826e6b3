# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command that runs the program on a node, and why it ended."""

import hashlib
import shlex

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._program.events import OPTIONS, TITLE
from ansible_collections.corosync.quorum.plugins.module_utils._program.parsing import parsed
from ansible_collections.corosync.quorum.plugins.plugin_utils._eda import launch
from ansible_collections.corosync.quorum.plugins.plugin_utils._eda.arguments import settings_of

SENT = launch.Sent(b"start", b"program")
RECEIVE = ["-I", "-c", "import sys; exec(sys.stdin.buffer.read(5))", "7", hashlib.sha256(b"program").hexdigest()]
RECEIVE += ["events", "--until-stdin-ends", "--heartbeat", "5", "--timeout", "5"]


def command(host, **args):
    settings = settings_of(dict(args, hosts=[host]))
    return launch.command_of(settings.hosts[0], settings, SENT)


def test_this_host_needs_no_ssh():
    assert command("localhost") == ["/usr/bin/python3", *RECEIVE]
    assert command("localhost", become=True, python="/opt/python") == ["sudo", "-n", "--", "/opt/python", *RECEIVE]


def test_ssh_asks_nothing_and_takes_the_users_own_words_first():
    words = command({"host": "web1", "address": "10.0.0.1", "port": 2222}, user="monitor", identity_file="/k", ssh_args=["-F", "/c"], become=True, timeout=4.5)
    assert words[:3] == ["ssh", "-F", "/c"]
    assert {"-oBatchMode=yes", "-oConnectTimeout=5", "-oControlPath=none", "-oServerAliveInterval=5"} < set(words)
    assert words[-9:-1] == ["-l", "monitor", "-p", "2222", "-i", "/k", "--", "10.0.0.1"]
    assert shlex.split(words[-1]) == ["sudo", "-n", "--", "/usr/bin/python3", *RECEIVE]


def test_no_shell_finds_anything_in_the_command_but_words():
    """Also csh, in which `!` means something between quotes."""
    assert not set('\n!`$\\"') & set(command("node1")[-1])


def test_the_program_knows_its_words():
    verb, *words = launch.EVENTS
    given = parsed(OPTIONS, words)
    assert (verb, given) == (TITLE, {"heartbeat": launch.HEARTBEAT, "timeout": launch.ANSWER, "until_stdin_ends": True})


@pytest.mark.parametrize("timeout", [0.1, 1, 2.7, 30, 300])
def test_it_is_waited_for_as_long_as_the_program_waits_for_corosync_and_longer(timeout):
    """ssh itself may take `timeout`, and a frozen corosync is told of only after some seconds."""
    patience = launch.patience(settings_of({"hosts": ["node1"], "timeout": timeout}))
    assert patience >= timeout + 2 * launch.ANSWER and patience >= 2 * timeout
    assert launch.SILENCE >= 3 * (launch.ANSWER + launch.HEARTBEAT)


@pytest.mark.parametrize(
    ("code", "stderr", "reason", "text"),
    [
        (255, "ssh: connect to host x port 22: Connection refused\r\n", "ssh", "ssh says: ssh: connect to host x port 22: Connection refused"),
        (255, "", "ssh", "ssh says: the connection ended"),
        (
            127,
            "bash: line 1: /usr/bin/python3: No such file",
            "python",
            "/usr/bin/python3 cannot be run there (bash: line 1: /usr/bin/python3: No such file). Set",
        ),
        (1, "sudo: a password is required", "become", "sudo: a password is required. Let this user run /usr/bin/python3 with sudo"),
        (127, "bash: line 1: sudo: command not found", "become", "bash: line 1: sudo: command not found. Let this user"),
        (1, "a\n\x1b[1m{{ 7 }}\n\n", "program", "the program ended with code 1: \\x1b[1m{ { 7 }}"),
        (0, "", "program", "the program ended with code 0."),
        (-9, "", "program", "the program was ended by signal 9."),
        (None, "", "program", "the program closed its output."),
    ],
)
def test_why_it_ended(code, stderr, reason, text):
    host = settings_of({"hosts": ["node1"], "become": reason == "become"}).hosts[0]
    error = launch.why_ended(code, stderr, host)
    assert error.reason == reason
    assert str(error).startswith(text)
