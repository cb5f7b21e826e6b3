# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action's wiring: options, losses of the connection, and what it leaves as it was. The module is replaced; Ansible's classes are real."""

import os
import re
import shlex
import stat
import tempfile
import time

import pytest
from ansible.errors import AnsibleAuthenticationFailure, AnsibleConnectionFailure, AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible.plugins.connection import ConnectionBase
from ansible.template import Templar

from ansible_collections.corosync.quorum.plugins.action import wait_for_quorum
from ansible_collections.corosync.quorum.plugins.action.wait_for_quorum import KEEPALIVE, MODULE, ActionModule
from ansible_collections.corosync.quorum.plugins.module_utils._judge.condition import CONDITIONS
from ansible_collections.corosync.quorum.plugins.module_utils._value.timeline import entry
from ansible_collections.corosync.quorum.plugins.plugin_utils._wait.watchdog import Orphaned
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import value

HERE, LESS = value(), value(members=[1])
SOON = 30  # seconds; what hangs takes ten times as long, and a busy machine may be slow
OPTIONS = {"ssh_args": "-C -o ControlMaster=auto -o ControlPath=/tmp/users-own -o ServerAliveInterval=0"}


@pytest.fixture(name="folder", autouse=True)
def _folder(monkeypatch):
    """A folder for sockets that is not there yet."""
    with tempfile.TemporaryDirectory(dir="/tmp") as parent:  # pytest's own has a name that is too long
        monkeypatch.setitem(OPTIONS, "control_path_dir", parent + "/cp folder")
        yield


class Shell:
    tmpdir = None


class Connection(ConnectionBase):
    """A connection that keeps its options, and the ssh_args that it was reset with."""

    transport = "ssh"
    has_pipelining = True

    def __init__(self):  # pylint: disable=super-init-not-called
        self._shell = Shell()
        self.options = dict(OPTIONS)
        self.resets = []
        self.reset_takes = 0

    def get_option(self, option, hostvars=None):
        return self.options[option]

    def set_option(self, option, value):  # pylint: disable=redefined-outer-name
        self.options[option] = value

    def reset(self):
        self.resets.append(self.options["ssh_args"])
        time.sleep(self.reset_takes)

    def _connect(self):
        raise AssertionError

    exec_command = put_file = fetch_file = close = _connect


class Lasting(Connection):
    """A connection whose plugin has no reset."""

    reset = ConnectionBase.reset


@pytest.fixture(name="said")
def _said(monkeypatch):
    """The lines that the user sees."""
    lines = []

    def display(text, *dummy, **other):
        if not other:
            lines.append(text)

    monkeypatch.setattr(wait_for_quorum.display, "display", display)
    return lines


class Action:
    """An ActionModule whose module gives these answers: results, or exceptions, or functions that return or raise one."""

    def __init__(self, monkeypatch, *answers, connection=None, task=None, **options):
        self.answers = list(answers)
        self.given = []
        self.removed = []
        self.connection = connection or Connection()
        self.task = Task.load(dict({"action": {"module": MODULE, **options}}, **(task or {})))
        loader = DataLoader()
        self.action = ActionModule(self.task, self.connection, PlayContext(), loader, Templar(loader=loader), None)
        self.action._load_name = MODULE  # as the plugin loader does
        monkeypatch.setattr(self.action, "_execute_module", self._execute)
        monkeypatch.setattr(self.action, "_remove_tmp_path", lambda path, force=False: self.removed.append(path))

    def _execute(self, module_name, module_args, task_vars):
        assert module_name == MODULE
        assert task_vars["inventory_hostname"] == "node1"
        self.given.append(dict(module_args, options=dict(self.connection.options) if hasattr(self.connection, "options") else None))
        module_args["_ansible_debug"] = True  # as Ansible does: the next look must not see it
        answer = self.answers.pop(0)
        answer = answer() if callable(answer) else answer
        if isinstance(answer, Exception):
            raise answer
        return answer

    def run(self):
        result = self.action.run(task_vars={"inventory_hostname": "node1"})
        assert not self.answers
        return result


def answer(seen, met, **other):
    found = {
        "met": met,
        "votequorum": seen,
        "held": 0.0 if met else None,
        "unmet": [],
        "timeline": [],
        "reconnects": 0,
        "took": 0.0,
        "away": None,
        "away_msg": None,
        "ids": None,
    }
    return dict({"changed": False, "slice": found}, **other)


YES, NO = answer(HERE, True), answer(LESS, False)


def test_options_reach_the_module(monkeypatch):
    action = Action(monkeypatch, YES, members=["node1", 2], min_votes="3", stable_for=1, qdevice="voting", forecast_qdevice="lost")
    assert dict(action.run()["votequorum"], read_at=None) == HERE
    given = action.given[0]
    assert {name: given[name] for name in ("quorate", "members", "min_votes", "stable_for", "qdevice", "forecast_qdevice", "timeout", "sleep")} == {
        "quorate": True,
        "members": ["node1", 2],
        "min_votes": 3,
        "stable_for": 1.0,
        "qdevice": "voting",
        "forecast_qdevice": "lost",
        "timeout": 300.0,
        "sleep": 1.0,
    }
    assert "absent" not in given, "what was not asked for is not passed on"
    assert set(given["_slice"]) == {"seconds", "limit", "stable_for", "linger", "reported", "away", "ids"}


def test_a_single_node_id_stays_a_number(monkeypatch):
    action = Action(monkeypatch, YES, members=2)
    action.run()
    assert action.given[0]["members"] == [2]


@pytest.mark.parametrize("options, quorate", [({}, True), ({"quorate": "no"}, False), ({"quorate": True}, True)])
def test_quorate_unless_said_otherwise(monkeypatch, options, quorate):
    action = Action(monkeypatch, YES, **options)
    action.run()
    assert action.given[0]["quorate"] is quorate


def test_quorate_null_does_not_care(monkeypatch):
    action = Action(monkeypatch, YES, quorate=None)
    action.run()
    assert "quorate" not in action.given[0]


@pytest.mark.parametrize(
    "options, words",
    [
        ({"timeout": "soon"}, ["timeout", "soon"]),
        ({"min_members": "many"}, ["min_members", "many"]),
        ({"min_votes": 2.5}, ["min_votes", "2.5"]),
        ({"quorate": "perhaps"}, ["quorate", "perhaps"]),
        ({"forecast_qdevice": "sometimes"}, ["forecast_qdevice", "sometimes", "as_now"]),
        ({"qdevice": "asleep"}, ["qdevice", "asleep", "voting"]),
        ({"timeout": -1}, ["timeout", "-1"]),
        ({"members": []}, ["members", "[]"]),
        ({"members": ["a", "a"]}, ["members", "a"]),
        ({"absent": {"a": 1}}, ["absent"]),
        ({"wait": 1}, ["wait"]),
        ({"_slice": {}}, ["_slice"]),
    ],
)
def test_wrong_options_never_reach_the_node(monkeypatch, options, words):
    result = Action(monkeypatch, **options).run()
    assert result["failed"] is True and all(word in result["msg"] for word in words), result
    conditions = [name for name in CONDITIONS if name in dict(options, quorate=True)]
    assert result.pop("unmet") == [{"condition": name, "wanted": options.get(name, True), "seen": None} for name in conditions]
    assert {name: result[name] for name in set(result) - {"failed", "msg"}} == {
        "changed": False,
        "elapsed": 0.0,
        "quorate": False,
        "votequorum": None,
        "timeline": [],
        "reconnects": 0,
    }


def test_progress_names_the_host(monkeypatch, said):
    Action(monkeypatch, YES).run()
    assert said == []
    changed = answer(HERE, True)
    changed["slice"]["timeline"] = [entry(0.0, None, HERE)]
    Action(monkeypatch, changed).run()
    assert said == ["wait_for_quorum: [node1] quorate, 3 of 3 votes, 2 needed. All conditions hold (0 s)"]
    Action(monkeypatch, changed, task={"delegate_to": "node2"}).run()
    assert said[1].startswith("wait_for_quorum: [node1 -> node2] ")


@pytest.mark.parametrize("options, task", [({"progress": False}, {}), ({}, {"no_log": True})])
def test_silence_when_asked_for(monkeypatch, said, options, task):
    changed = answer(HERE, True)
    changed["slice"]["timeline"] = [entry(0.0, None, HERE)]
    Action(monkeypatch, changed, task=task, **options).run()
    assert said == []


def test_check_mode_looks_once(monkeypatch, said):
    action = Action(monkeypatch, NO, task={"check_mode": True}, delay=200)
    assert "failed" not in action.run()


def test_async_is_refused(monkeypatch):
    result = Action(monkeypatch, members=["node1"], task={"async": 10}).run()
    assert result["failed"] is True and "async" in result["msg"], "ansible-core says it, in other words from one version to another"
    assert [item["condition"] for item in result["unmet"]] == ["quorate", "members"] and result["votequorum"] is None


# -- the connection


def test_the_first_look_uses_the_connection_as_it_is(monkeypatch):
    action = Action(monkeypatch, YES)
    action.run()
    assert action.connection.resets == []
    assert action.given[0]["options"] == OPTIONS


def ssh_args(given):
    return shlex.split(given["options"]["ssh_args"])


def test_a_long_wait_has_a_connection_that_notices_the_nodes_end(monkeypatch, said):
    """Of an option that is given twice ssh takes the first, and ssh_args are the first that Ansible gives."""
    action = Action(monkeypatch, NO, NO, YES)
    action.run()
    first, second, third = [ssh_args(given) for given in action.given]
    assert first == shlex.split(OPTIONS["ssh_args"])
    own = KEEPALIVE.split()
    assert second == third == own + ["-o", second[len(own) + 1]] + first
    folder = OPTIONS["control_path_dir"]
    assert re.match(f'ControlPath="{folder}/[0-9a-f]{{10}}"$', second[len(own) + 1])
    assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700, "Ansible makes it only for a ControlPath of its own"
    assert action.connection.options == OPTIONS, "afterwards it is as it was"


@pytest.mark.parametrize("before", [None, ""])
def test_it_is_no_matter_whether_there_were_arguments_before(monkeypatch, said, before):
    monkeypatch.setitem(OPTIONS, "ssh_args", before)
    action = Action(monkeypatch, NO, YES)
    action.run()
    assert ssh_args(action.given[1])[:4] == KEEPALIVE.split()
    assert action.connection.options == OPTIONS


@pytest.mark.parametrize("place", ["/dev/null/cp", "/proc/cp", "%s/" + 80 * "x"], ids=["a file is in the way", "not writable", "no room for a name"])
def test_without_a_place_for_its_socket_each_command_connects_again(monkeypatch, said, place):
    """A ControlPath that ssh cannot use is the end of every ssh; the user's own may be on purpose where there is room for it."""
    monkeypatch.setitem(OPTIONS, "control_path_dir", place.replace("%s", OPTIONS["control_path_dir"]))
    action = Action(monkeypatch, NO, YES)
    action.run()
    assert ssh_args(action.given[1])[4:6] == ["-o", 'ControlPath="none"']


def test_each_wait_has_its_own(monkeypatch, said):
    made = [Action(monkeypatch, NO, YES) for _number in range(2)]
    for action in made:
        action.run()
    assert len({action.given[1]["options"]["ssh_args"] for action in made}) == 2


def test_a_connection_of_its_own_is_closed_in_the_end_and_none_that_others_may_be_using(monkeypatch, said):
    action = Action(monkeypatch, NO, NO, YES)
    action.run()
    assert action.connection.resets == [action.given[1]["options"]["ssh_args"]]


def test_a_shared_connection_that_may_have_died_is_closed_in_the_end(monkeypatch, said):
    action = Action(monkeypatch, NO, AnsibleConnectionFailure("gone"), YES, sleep=0.01)
    action.run()
    own = action.given[1]["options"]["ssh_args"]
    assert action.connection.resets == [own, own, OPTIONS["ssh_args"]], "its own after the loss and in the end, then the shared one"


def test_a_connection_that_was_just_closed_is_not_closed_again(monkeypatch, said):
    """Each time may last a moment, and the wait's own time may be over."""

    def gone():
        time.sleep(0.6)
        raise AnsibleConnectionFailure("gone")

    action = Action(monkeypatch, NO, gone, timeout=0.5)
    action.run()
    own = action.given[1]["options"]["ssh_args"]
    assert action.connection.resets == [own, OPTIONS["ssh_args"]]


def test_the_options_are_put_back_even_if_the_controller_has_gone(monkeypatch, said):
    action = Action(monkeypatch, NO, YES)

    def gone():
        raise Orphaned

    action.connection.reset = gone
    with pytest.raises(Orphaned):
        action.run()
    assert action.connection.options == OPTIONS


def test_it_is_as_it_was_after_a_failure_too(monkeypatch, said):
    action = Action(monkeypatch, NO, {"failed": True, "msg": "no such node", "final": True})
    assert action.run()["failed"]
    assert action.connection.options == OPTIONS


def test_other_connections_are_left_alone(monkeypatch, said):
    connection = Connection()
    connection.transport = "local"
    action = Action(monkeypatch, NO, YES, connection=connection)
    action.run()
    assert connection.resets == []
    assert connection.options == OPTIONS


@pytest.mark.parametrize(
    "exc, words",
    [
        (
            AnsibleConnectionFailure("Failed to connect to the host via ssh:\n  No route to host"),
            "out of reach: Failed to connect to the host via ssh: No route to host",
        ),
        (AnsibleError("no shell"), "cannot run the module: no shell"),
        (
            AnsibleConnectionFailure("Failed to create temporary directory. In some cases, you may have been able to authenticate"),
            "cannot run the module: Failed to create temporary directory.",
        ),
        (
            AnsibleConnectionFailure("mkdir: cannot create directory '/root/.ansible/tmp/x': No space left on device"),
            "cannot run the module: mkdir: cannot create directory '/root/.ansible/tmp/x': No space left on device",
        ),
    ],
)
def test_after_a_loss_it_connects_again(monkeypatch, said, exc, words):
    action = Action(monkeypatch, exc, YES, sleep=0.01)
    action.connection._shell.tmpdir = "/root/.ansible/tmp/gone-after-the-reboot"
    result = action.run()
    assert action.connection._shell.tmpdir is None
    assert action.removed == ["/root/.ansible/tmp/gone-after-the-reboot"]
    assert action.connection.resets
    assert result["reconnects"] == 1
    assert words in said[0]


def test_so_it_does_after_an_error_that_is_none_of_ansible(monkeypatch, said):
    """As of paramiko, whose channel is closed just then."""
    action = Action(monkeypatch, NO, EOFError("Channel closed."), YES, sleep=0.01)
    assert not action.run().get("failed")
    assert len(action.connection.resets) >= 1
    assert "The node cannot run the module: The answer of node1 cannot be read: EOFError: Channel closed." in "".join(said)


REFUSALS = [
    AnsibleAuthenticationFailure("Invalid/incorrect password"),
    AnsibleConnectionFailure("Failed to connect to the host via ssh: root@node1: Permission denied (publickey,password)."),
    AnsibleConnectionFailure("Failed to connect to the host via ssh: Received disconnect from 10.0.0.1 port 22:2: Too many authentication failures"),
    AnsibleConnectionFailure("Failed to connect to the host via ssh: Host key verification failed."),
    AnsibleError("Incorrect sudo password"),
    AnsibleError("Missing sudo password"),
    AnsibleError("Duplicate become password prompt encountered waiting for become success."),
]


@pytest.mark.parametrize("refusal", REFUSALS, ids=str)
def test_a_refused_login_ends_it(monkeypatch, said, refusal):
    result = Action(monkeypatch, refusal).run()
    assert result["failed"]
    assert str(refusal).rstrip(".") in result["msg"]


@pytest.mark.parametrize("refusal", REFUSALS, ids=str)
def test_but_not_where_it_was_accepted_before(monkeypatch, said, refusal):
    assert not Action(monkeypatch, NO, refusal, refusal, YES, sleep=0.01).run().get("failed")


def test_a_connection_without_reset_is_not_reset(monkeypatch, said):
    action = Action(monkeypatch, AnsibleConnectionFailure("gone"), YES, connection=Lasting(), sleep=0.01)
    assert not action.run().get("failed")


@pytest.mark.slow
def test_a_reset_that_fails_or_hangs_is_no_failure(monkeypatch, said):
    action = Action(monkeypatch, AnsibleConnectionFailure("gone"), YES, sleep=0.01)
    action.connection.reset_takes = 300
    start = time.monotonic()
    assert not action.run().get("failed")
    assert time.monotonic() - start < SOON

    def fails():
        raise AnsibleError("no socket")

    action = Action(monkeypatch, AnsibleConnectionFailure("gone"), YES, sleep=0.01)
    action.connection.reset = fails
    assert not action.run().get("failed")


@pytest.mark.slow
def test_a_look_that_never_returns_ends_with_the_timeout(monkeypatch, said):
    action = Action(monkeypatch, lambda: time.sleep(300), timeout=1, connect_timeout=0.5)
    start = time.monotonic()
    result = action.run()
    assert time.monotonic() - start < SOON
    assert result["msg"].startswith("Timed out after 1 s. Not met: quorate: wanted true, seen unknown. The node is out of reach: it gave no answer within 2 s.")


def test_the_tasks_own_timeout_goes_through(monkeypatch, said):
    class TaskTimeout(BaseException):
        pass

    def timed_out():
        raise TaskTimeout

    action = Action(monkeypatch, NO, timed_out)
    with pytest.raises(TaskTimeout):
        action.run()
    assert action.connection.options == OPTIONS


@pytest.mark.parametrize(
    "path, kept", [("/usr/bin/python3.11", True), ("/usr/bin/python3; id", False), ("python3", False), (None, False), (["/bin/sh"], False)]
)
def test_a_discovered_interpreter_is_kept(monkeypatch, path, kept):
    """It is what ansible-core has found, and not what the node's answer says of it."""
    action = Action(monkeypatch, dict(YES, ansible_facts={"discovered_interpreter_python": "/tmp/evil", "rolling_upgrade_report": "/etc/passwd"}))
    action.action._discovered_interpreter_key, action.action._discovered_interpreter = "discovered_interpreter_python", path
    result = action.run()
    assert result["ansible_facts"] == dict({"votequorum": result["votequorum"]}, **({"discovered_interpreter_python": path} if kept else {}))
