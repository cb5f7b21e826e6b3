# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays with a node that answers what it likes: what of it stays on the controller, and what it does there."""

from __future__ import annotations

import json
import pathlib
import time
import typing as t

import ansible
import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._node.slice import Outcome
from ansible_collections.corosync.quorum.plugins.module_utils._value.timeline import entry
from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import utc
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.verdict import KEPT
from ansible_collections.corosync.quorum.tests.unit.fakes.nodes import Nodes, custom_upgrade
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import node, value

pytestmark = pytest.mark.plays

Vars = dict[str, t.Any]

INFO, WAIT = "corosync.quorum.votequorum_info", "corosync.quorum.wait_for_quorum"
READ = {"changed": False, "available": True, "quorate": True, "reading": {"value": value(), "cmap": {}, "files": {}}}
MET = Outcome(True, value(), 0.0, [], [], 0, 0.0, None, None).as_result()
NO_MARK = {"changed": True, "mark": None, "fault": "", "lock": None, "lock_fault": ""}
FACTS = {
    "rolling_upgrade_state_file": "/etc",
    "rolling_upgrade_report": "/nonexistent/owned",
    "cluster_name": "owned",
    "ansible_python_interpreter": "/nonexistent/owned",
    "ansible_connection": "ssh",
    "ansible_host": "192.0.2.1",
    "discovered_interpreter_python": "/nonexistent/owned",
    "playbook_dir": "/nonexistent",
    "own": 1,
}
MORE = {
    "ansible_facts": FACTS,
    "_ansible_no_log": False,
    "_ansible_verbose_always": True,
    "_ansible_delegated_vars": {"ansible_host": "192.0.2.1"},
    "_ansible_notify": ["anything"],
    "_ansible_facts_cacheable": True,
    "add_host": {"host_name": "owned", "groups": ["nodes"], "host_vars": {}},
    "add_group": "owned",
    "ansible_included_var_files": ["/etc/passwd"],
    "ansible_stats": {"data": {"owned": 1}, "per_host": False, "aggregate": False},
    "ansible_module_results": {"owned": 1},
    "results": [{"ansible_facts": FACTS}],
    "skipped": True,
    "diff": {"before": "", "after": "owned"},
    "include": "/etc/passwd",
    "deprecations": [{"msg": "owned", "version": "1"}],
    "invocation": {"module_args": {"owned": 1}},
    "stdout": "owned",
    "owned": 1,
}
# What ansible-core itself adds to a result.
CORES = {"failed", "deprecations", "warnings", "invocation"}
OURS = {
    "quorum_lock_take_over": "0123456789abcdef",
    "rolling_upgrade_state_file": "/nonexistent/owned",
    "rolling_upgrade_start_tasks": "/nonexistent/owned",
    "__rolling_upgrade_gate": {"gate": {"safe": True}},
}


@pytest.fixture(name="nodes")
def _nodes(tmp_path: pathlib.Path) -> Nodes:
    return Nodes(tmp_path)


def test_nothing_stays_but_what_the_module_says(nodes: Nodes) -> None:
    """Also where the task is delegated, as a witness is asked, and its facts would be those of another host."""
    nodes.answers("web2", votequorum_info=dict(READ, **MORE), wait_for_quorum=dict(MET, **MORE))
    names = ", ".join(f"'{name}': hostvars[inventory_hostname]['{name}'] | default('not set')" for name in FACTS if not name.startswith("ansible_"))
    tasks = [
        {INFO: {}, "delegate_to": "web2", "register": "read"},
        {WAIT: {"timeout": 5}, "delegate_to": "web2", "register": "waited"},
        {INFO: {}, "delegate_to": "web2", "delegate_facts": True},
        nodes.kept(
            read="read",
            waited="waited",
            variables="{" + names + "}",
            facts="ansible_facts",
            theirs="hostvars.web2.ansible_facts | default({})",
            hosts="groups.all",
        ),
    ]
    done = nodes.plays({"hosts": "web1", "tasks": tasks})
    assert done.returncode == 0, done.stdout
    found = nodes.found(done, "web1")
    assert set(found["read"]) - CORES == {"changed", "available", "quorate", "votequorum"}
    assert found["read"].get("invocation", {"module_args": {}}) == {"module_args": {}}
    assert set(found["waited"]) - CORES == {
        "ansible_facts",
        "changed",
        "elapsed",
        "quorate",
        "reconnects",
        "timeline",
        "unmet",
        "votequorum",
    }
    assert set(found["facts"]) == set(found["waited"]["ansible_facts"]) == {"votequorum"}
    assert set(found["variables"].values()) - {str(nodes.folder)} == {"not set"}
    assert found["theirs"] == {} and found["hosts"] == ["web1", "web2", "web3"]
    assert "CUSTOM STATS" not in done.stdout


def upgradable(nodes: Nodes) -> Vars:
    """Nodes of a cluster that is well, and the variables of an upgrade that runs no command on them."""
    for number, host in enumerate(nodes.hosts, start=1):
        seen = value(asked=number)
        nodes.answers(
            host,
            votequorum_info=dict(READ, reading={"value": seen, "cmap": {}, "files": {}}),
            wait_for_quorum=Outcome(True, seen, 0.0, [], [], 0, 0.0, None, None).as_result(),
            rolling_upgrade_mark=NO_MARK,
            file={"changed": True},
            ping={"ping": "pong"},
        )
    return dict(custom_upgrade(nodes), rolling_upgrade_group="nodes", rolling_upgrade_needed=True)


def test_the_gates_answer_whatever_facts_the_answers_have(nodes: Nodes) -> None:
    """The role asks a node only by actions that keep no facts, so a hostile witness cannot even stop the upgrade of others with them."""
    variables = upgradable(nodes)
    seen = value(asked=2)
    hostile = dict(MORE, ansible_facts=OURS, skipped=None, results=None)
    nodes.answers(
        "web2",
        votequorum_info=dict(hostile, **dict(READ, reading={"value": seen, "cmap": {}, "files": {}})),
        wait_for_quorum=dict(hostile, **Outcome(True, seen, 0.0, [], [], 0, 0.0, None, None).as_result()),
        rolling_upgrade_mark=dict(hostile, **NO_MARK),
        file=dict(hostile, changed=True),
    )
    role = {"name": "corosync.quorum.rolling_upgrade"}
    preflight = {"hosts": "nodes", "any_errors_fatal": True, "tasks": [{"ansible.builtin.import_role": dict(role, tasks_from="preflight")}]}
    gate = {"ansible.builtin.import_role": dict(role, tasks_from="before_stop"), "vars": {"rolling_upgrade_hosts": nodes.hosts}}
    done = nodes.plays(preflight, {"hosts": "web1", "tasks": [gate]}, variables=variables)
    assert done.returncode == 0, done.stdout
    assert nodes.calls.count("web2 votequorum_info") == 2, "once in the preflight, and as the witness"
    assert "CUSTOM STATS" not in done.stdout


@pytest.mark.parametrize(("host", "name"), [("web1", "rolling_upgrade_state_file"), ("web3", "__rolling_upgrade_gate")])
def test_facts_are_no_variables_of_the_role(nodes: Nodes, host: str, name: str) -> None:
    """They came with a task of the user's, or from a fact cache. No node was asked anything afterwards, or changed, and no file of the controller."""
    variables = upgradable(nodes)
    nodes.answers(host, ping={"ping": "pong", "ansible_facts": {name: OURS[name]}})
    role = {"name": "corosync.quorum.rolling_upgrade", "tasks_from": "preflight"}
    plays = [
        {"hosts": host, "tasks": [{"ansible.builtin.ping": {}}]},
        {"hosts": "nodes", "any_errors_fatal": True, "tasks": [{"ansible.builtin.import_role": role}]},
    ]
    done = nodes.plays(*plays, variables={key: item for key, item in variables.items() if key != name})
    assert done.returncode == 2, done.stdout
    assert f"{host} has facts with the names of variables of the role: {name}. A node sets its facts itself" in " ".join(done.stdout.split())
    assert {call.split()[1] for call in nodes.calls} <= {"ping", "votequorum_info", "slurp"}
    assert not (nodes.folder / "report.html").exists()


ODD = "\x1b[2J\x1b]0;owned\x07\u202e\nok: [owned]\r"
STRANGE = {
    "an infinite number": dict(READ, reading={"value": dict(value(), total_votes=float("inf")), "cmap": {}, "files": {}}),
    "no number": json.dumps(dict(READ, reading={"value": dict(value(), quorum=float("nan")), "cmap": {}, "files": {}})),
    "a number without an end": '{"available": true, "reading": {"value": {"nodeid": ' + "9" * 100_000 + "}}}",
    "many nodes": dict(READ, reading={"value": dict(value(), nodes=[node(number) for number in range(100_000)]), "cmap": {}, "files": {}}),
    "long names": dict(READ, reading={"value": value(nodes=[node(number, name="n" * 4096) for number in range(1, 65)]), "cmap": {}, "files": {}}),
    "a deep answer": '{"available": true, "reading": ' + "[" * 100_000 + "]" * 100_000 + "}",
    "facts that are none": dict(READ, ansible_facts="owned"),
    "a list": "[1, 2]",
    "a reading that is none": dict(READ, reading=[1]),
    "keys without end": dict(READ, reading={"value": value(), "cmap": {str(number): 1 for number in range(100_000)}, "files": {}}),
    "a message": {"failed": True, "msg": ODD, "reason": ODD, "exception": ODD, "module_stderr": ODD, "rc": 1},
    "noise": ODD,
}


def test_what_no_cluster_says_is_a_sentence_that_names_the_host(tmp_path: pathlib.Path) -> None:
    nodes = Nodes(tmp_path, len(STRANGE))
    for host, said in zip(nodes.hosts, STRANGE.values()):
        nodes.answers(host, votequorum_info=said)
    started = time.monotonic()
    ask = {INFO: {"if_unavailable": "report"}, "register": "read", "ignore_errors": True}
    keep = nodes.kept(read="dict(ansible_play_hosts | zip(ansible_play_hosts | map('extract', hostvars, 'read')))")
    done = nodes.plays({"hosts": "nodes", "tasks": [ask, dict(keep, run_once=True)]})
    assert time.monotonic() - started < 100 and done.returncode == 0, done.stdout
    assert "Traceback" not in done.stdout
    for host, name in zip(nodes.hosts, STRANGE):
        found = nodes.found(done, "web1")["read"][host]
        if name != "facts that are none":  # of which not every ansible-core takes notice
            assert found["failed"] and "votequorum" not in found, name
        assert len(json.dumps(found)) < 60_000, name
        if name not in ("a message", "noise", "a list", "a deep answer", "a number without an end", "facts that are none"):
            assert found["msg"].startswith(f"The answer of {host} is not one that the module can give: "), found["msg"]


def test_nothing_of_a_node_acts_on_the_terminal_or_forges_a_line_of_the_log(nodes: Nodes) -> None:
    """Names of nodes in progress and refusals, and messages of programs: with an answer that is right otherwise."""
    odd = value(nodes=[node(1), node(2, name=ODD), node(3, member=False, name=ODD)])
    changed = Outcome(True, odd, 0.0, [], [dict(entry(0.0, None, odd), event="node_joined", joined=[2])], 0, 0.0, None, None)
    away = Outcome(False, None, None, [{"condition": "quorate", "wanted": True, "seen": None}], [], 0, 0.0, "DaemonGone", ODD)
    nodes.answers("web1", wait_for_quorum=changed.as_result(), votequorum_info=dict(READ, reading={"value": odd, "cmap": {}, "files": {}}))
    nodes.answers("web2", wait_for_quorum=away.as_result(), votequorum_info={"failed": True, "msg": ODD})
    nodes.answers(
        "web3", wait_for_quorum={"failed": True, "final": True, "msg": ODD, "reason": ODD}, votequorum_info={"available": False, "reason": ODD, "msg": ODD}
    )
    tasks = [
        {WAIT: {"timeout": "{{ 3 if inventory_hostname == 'web2' else 60 }}"}, "ignore_errors": True},
        {INFO: {"if_unavailable": "report"}, "register": "read", "ignore_errors": True},
        {
            "ansible.builtin.fail": {"msg": "{{ read.votequorum | corosync.quorum.forecast([2, 3]) }}{{ {'x': read} | corosync.quorum.upgrade_plan }}"},
            "when": "read is success and read.available",
            "ignore_errors": True,
        },
        {
            "ansible.builtin.fail": {"msg": "{{ read.votequorum | corosync.quorum.may_leave(['nobody']) }}"},
            "when": "read is success and read.available",
            "ignore_errors": True,
        },
    ]
    done = nodes.plays({"hosts": "nodes", "tasks": tasks})
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("x1b[2J") > 5, done.stdout
    for text in (done.stdout, (nodes.folder / "log").read_text(encoding="utf-8")):
        assert not any(mark in text for mark in ("\x1b", "\x07", "\u202e", "\r"))
        assert not any(line.startswith("ok: [owned]") for line in text.splitlines())


def test_the_python_that_ansible_has_found_is_kept_for_the_host_that_has_it(nodes: Nodes) -> None:
    tasks = [
        {INFO: {"if_unavailable": "report"}, "delegate_to": "web2", "delegate_facts": True},
        {INFO: {"if_unavailable": "report"}},
        nodes.kept(own="ansible_facts", theirs="hostvars.web2.ansible_facts"),
    ]
    done = nodes.plays({"hosts": "web1", "tasks": tasks, "vars": {"ansible_python_interpreter": "auto_silent"}}, path="/usr/bin:/bin")
    found = nodes.found(done, "web1")
    assert found["own"]["discovered_interpreter_python"] == found["theirs"]["discovered_interpreter_python"]
    assert found["theirs"]["discovered_interpreter_python"].startswith("/usr/bin/python3"), done.stdout


# ---- the records of a rolling upgrade ------------------------------------------------------------------------------------

JOB = {"started": 1, "finished": 0, "ansible_job_id": "j1.2", "results_file": "/nonexistent/j1.2", "changed": True}


def watched(nodes: Nodes) -> Vars:
    """As upgradable(), and what a watch returns there that runs all the time and sees quorum."""
    variables = upgradable(nodes)
    for number, host in enumerate(nodes.hosts, start=1):
        seen = entry(utc(time.time()), None, value(asked=number))
        record = {
            "run": "RUN",
            "timeline": [seen],
            "boots": [1],
            "unreadable": 0,
            "running": True,
            "looked": True,
            "now": "NOW",
            "until": "NOW",
            "offset": 0.0,
            "runs": [],
        }
        nodes.answers(host, async_wrapper=JOB, watch_quorum=dict(record, changed=False))
    return dict(variables, rolling_upgrade_watch=True)


def upgraded(nodes: Nodes, variables: Vars) -> str:
    """What ansible-playbook says of an upgrade of one node after the other, as users write it. No node has anything to be done."""
    role = {"ansible.builtin.import_role": {"name": "corosync.quorum.rolling_upgrade"}}
    plays = {"hosts": "nodes", "serial": 1, "any_errors_fatal": True, "tasks": [role]}
    done = nodes.plays(plays, variables=dict(variables, rolling_upgrade_needed=False))
    assert "Traceback" not in done.stdout and (nodes.folder / "report.html").exists(), done.stdout
    return " ".join(done.stdout.split()).replace("\\\\", "\\")  # up to ansible-core 2.18 a message is shown as JSON alone


def locks(nodes: Nodes) -> list[str]:
    return sorted(path.stem for path in nodes.folder.glob("*.lock"))


@pytest.mark.slow
def test_facts_in_the_answer_of_a_watch_that_starts_are_not_kept(nodes: Nodes) -> None:
    """They would be refused on every host, also by what gives the locks back."""
    variables = watched(nodes)
    nodes.answers("web3", async_wrapper=dict(MORE, ansible_facts=OURS, skipped=None, results=None, **JOB))
    said = upgraded(nodes, variables)
    assert f"{KEPT} The report is in " in said and "failed=1" not in said, said
    assert locks(nodes) == []


CANNOT, STRANGE_RECORD = "The answer of {} cannot be read: ", "The answer of {} is not one that the module can give: "
NO_MARK_SAID = "On web3: what it says of an interrupted upgrade is not what this role writes there."
# Facts that are text: ansible-core fails over them up to 2.21. From 2.22 on it takes them for none, and warns.
FAILS_OVER_TEXT = tuple(map(int, ansible.__version__.split(".")[:2])) < (2, 22)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "answer", "why"),
    [
        (
            "rolling_upgrade_mark",
            {"ansible_facts": "x"},
            f"On web3: {CANNOT}" if FAILS_OVER_TEXT else NO_MARK_SAID,
        ),
        ("quorum_lock__taken", {"failed": True}, "web3 does not say why it cannot take the lock."),
        pytest.param(
            *("async_wrapper", {"ansible_facts": "x"}, f"The watch was not started on {{}}: {CANNOT}"),
            marks=pytest.mark.skipif(not FAILS_OVER_TEXT, reason="ansible-core takes such facts for none"),
        ),
        ("watch_quorum", {"changed": False, "looked": True}, f"Quorum is not recorded on web3: {STRANGE_RECORD}the timeline of its record is nothing (None)."),
    ],
)
def test_whatever_a_node_answers_when_a_run_begins_it_does_not_begin_and_says_why(nodes: Nodes, module: str, answer: t.Any, why: str) -> None:
    variables = watched(nodes)
    nodes.answers("web3", **{module: answer})
    said = upgraded(nodes, variables)
    assert why.replace("{}", "web1 -> web3") in said[said.rindex("TASK [") :], said
    assert locks(nodes) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("two", "three", "why"),
    [
        ({"ansible_facts": "x"}, {"changed": False, "timeline": [{}] * 30_000}, (CANNOT if FAILS_OVER_TEXT else STRANGE_RECORD, STRANGE_RECORD)),
        ({"failed": True}, {"failed": True, "msg": ODD * 500}, ("it gave no reason", "\\x1b[2J\\x1b]0;owned")),
    ],
)
def test_whatever_a_node_answers_in_the_end_there_are_a_verdict_and_a_page(nodes: Nodes, two: t.Any, three: t.Any, why: tuple[str, str]) -> None:
    variables = watched(nodes)
    for host, answer in (("web2", two), ("web3", three)):
        nodes.answers(host, watch_quorum__stopped=answer, quorum_lock__given_back=answer)
    said = upgraded(nodes, variables)
    words = [f"{host}: its record could not be read ({reason.format(asked)}" for host, asked, reason in zip(("web2", "web3"), ("web3 -> web2", "web3"), why)]
    assert "The upgrade is done, but: Nobody can say whether quorum was kept: " in said and all(word in said for word in words), said
    assert locks(nodes) == ["web2", "web3"], "it was given back where the node took notice"
    assert len(said) < 40_000


# ---- the playbook collect_diagnostics ------------------------------------------------------------------------------------

COMMANDS, OF_COROSYNC = 10, 5


def test_a_node_does_not_say_where_its_diagnostics_are_written(nodes: Nodes) -> None:
    """Not by its facts, which outrank the inventory: not the folder, not the names of the files, and nothing that makes the files of others fail."""
    folder = nodes.folder / "given"
    nodes.folder.joinpath("more.json").write_text(json.dumps({"all": {"vars": {"quorum_diagnostics_dir": str(folder)}}}), encoding="utf-8")
    owned = str(nodes.folder / "owned")
    names = ("quorum_diagnostics_dir", "__quorum_diagnostics_dir", "inventory_hostname", "item", "hostvars", "ansible_play_hosts_all", "now", "lookup", "said")
    wrote = {"changed": True, "rc": 0, "stdout": "{{ lookup('pipe', 'touch owned') }}", "stderr": "café", "ansible_facts": dict.fromkeys(names, owned)}
    for host in ("web1", "web2"):
        nodes.answers(host, votequorum_info=READ, command=wrote)
    nodes.answers("web3", votequorum_info={"changed": False, "available": False, "reason": "not_running", "msg": "corosync is not running."}, command="[1]")
    done = nodes.plays(playbook="corosync.quorum.collect_diagnostics", more=["-i", "more.json", "--limit", "nodes"])
    assert done.returncode == 0, done.stdout
    found = {path.name.partition("-2")[0]: path.read_text(encoding="utf-8") for path in folder.glob("*-*Z.txt")}
    assert sorted(found) == nodes.hosts and len(list(folder.iterdir())) == len(nodes.hosts) and folder.stat().st_mode & 0o777 == 0o700
    assert not list(nodes.folder.glob("**/owned*"))
    assert found["web1"].count("exit code 0\n{{ lookup('pipe', 'touch owned') }}\ncaf") == COMMANDS
    assert found["web3"].count(": not run, because corosync did not answer") == OF_COROSYNC and "corosync is not running." in found["web3"]
    assert [nodes.calls.count(f"{host} command") for host in nodes.hosts] == [COMMANDS, COMMANDS, COMMANDS - OF_COROSYNC]
