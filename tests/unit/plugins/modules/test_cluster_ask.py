# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""cluster_ask: a bad answer is a result, not a failure, and what nobody asked for is not done."""

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._node import names, qnetd, trial
from ansible_collections.corosync.quorum.tests.unit.fakes.modules import run_main

# A managed node has ansible.module_utils and nothing else of Ansible; a bare Python has neither.
basic = pytest.importorskip("ansible.module_utils.basic", reason="ansible.module_utils is not there, which the module itself needs")

from ansible_collections.corosync.quorum.plugins.modules import cluster_ask as tested  # noqa: E402  pylint: disable=wrong-import-position

SERVER = {"host": "q", "port": 5403, "ip_version": 4, "cluster_name": "web"}


@pytest.fixture(name="run")
def _run(monkeypatch, capsys):
    """Run main() as Ansible does, with this answer of the server, and return what it printed, and the questions."""

    def run(answer=None, **arguments):
        given = []

        def ask(**params):
            given.append(params)
            if isinstance(answer, Exception):
                raise answer
            return answer

        def judge(text, program, _timeout, _scratch):
            given.append((text, program))
            return trial.Verdict(False, "no user")

        monkeypatch.setattr(qnetd, "ask", ask)
        monkeypatch.setattr(trial, "judge", judge)
        monkeypatch.setattr(names, "look_up", lambda name: {"found": [], "error": "no " + name})
        return run_main(tested, basic, arguments, monkeypatch, capsys), given

    return run


def test_nothing_is_asked(run):
    assert run() == ({"changed": False, "addresses": {}, "server": None, "trial": None}, [])


def test_a_server_that_answers(run):
    result, given = run("supported", server=SERVER)
    assert result["server"] == {"reason": None, "detail": "", "tls": "supported"}
    assert given == [dict(SERVER, timeout=5)]


def test_a_server_that_does_not(run):
    result, _given = run(qnetd.NoAnswer("unreachable", "No route to host"), server=SERVER)
    assert result["server"] == {"reason": "unreachable", "detail": "No route to host", "tls": None}


def test_a_text_and_names(run):
    result, given = run(text="totem {", addresses=["node1"])
    assert result["trial"] == {"accepted": False, "output": "no user"} and given == [("totem {", "/usr/sbin/corosync")]
    assert result["addresses"] == {"node1": {"found": [], "error": "no node1"}}
