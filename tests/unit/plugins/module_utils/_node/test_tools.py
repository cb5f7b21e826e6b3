# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Corosync's tools are run only where root listens: on real sockets, of a name of this test's own."""

import contextlib
import socket
import time

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.errors import DaemonGone, DeadlineExceeded, NotTrusted
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.listener import QueueFull, _abstract
from ansible_collections.corosync.quorum.plugins.module_utils._node import tools as tested
from ansible_collections.corosync.quorum.tests.unit.fakes.listeners import IS_ROOT, SERVICE, listening


class Tools:
    """Corosync's tools on a node which has loaded this config_version. rc: of a reload, which loads version 2."""

    def __init__(self, version=1, rc=0):
        self.ran = []
        self.version = version
        self.rc = rc

    def __call__(self, argv):
        self.ran.append(" ".join(argv[:2]))
        if argv == ["corosync-cfgtool", "-R"]:
            self.version = 2 if self.rc == 0 else self.version
            return self.rc, "Reloading corosync.conf...\n", ""
        return 0, f"totem.config_version (u64) = {self.version}\n", "warning\r\n"


@pytest.fixture(name="services")
def _services(monkeypatch):
    monkeypatch.setattr(tested, "SERVICES", {tested.CFGTOOL: (SERVICE,), tested.CMAPCTL: (SERVICE,)})


@pytest.fixture(name="trusted")
def _trusted(monkeypatch):
    """Root listens. Gives the services that were asked, and the pauses."""
    asked = []
    monkeypatch.setattr(tested, "refuse_stranger", asked.append)
    monkeypatch.setattr(time, "sleep", asked.append)
    return asked


@pytest.mark.usefixtures("services")
@pytest.mark.skipif(not IS_ROOT, reason="only root can listen as root")
def test_a_tool_is_run_where_root_listens():
    execute = Tools()
    with listening(0):
        assert tested.run(["corosync-cmapctl", "-g", "x"], execute) == (0, "totem.config_version (u64) = 1", "warning")
    assert execute.ran == ["corosync-cmapctl -g"]


@pytest.mark.usefixtures("services")
@pytest.mark.parametrize("tool", [tested.CFGTOOL, tested.CMAPCTL])
def test_it_is_not_run_where_another_user_listens(tool):
    execute = Tools()
    with listening(), pytest.raises(NotTrusted, match="not to root, so nothing was sent to it"):
        tested.run([tool, "-R"], execute)
    with listening(), pytest.raises(NotTrusted):
        tested.reload_unless_loaded("1", execute)
    assert execute.ran == []


@pytest.mark.usefixtures("services")
def test_nor_where_nobody_does():
    with pytest.raises(DaemonGone, match="corosync is not running on this node"):
        tested.run([tested.CMAPCTL], Tools())


@pytest.mark.usefixtures("services")
def test_nor_where_nobody_takes_up_connections(monkeypatch):
    monkeypatch.setattr(tested, "PATIENCE", 0.15)
    with listening(backlog=0), contextlib.ExitStack() as waiting:
        with pytest.raises(BlockingIOError):
            while True:
                one = waiting.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
                one.setblocking(False)
                one.connect(_abstract(SERVICE))
        with pytest.raises(DeadlineExceeded, match="took up no connection within 0.15 s, so nobody knows whether it is corosync"):
            tested.run([tested.CMAPCTL], Tools())


def test_a_busy_corosync_is_asked_again(monkeypatch):
    answers = [QueueFull(), None]

    def refuse(_service):
        answer = answers.pop(0)
        if answer:
            raise answer

    monkeypatch.setattr(tested, "refuse_stranger", refuse)
    assert tested.run([tested.CMAPCTL], Tools()).rc == 0 and answers == []


def test_each_service_that_a_tool_uses_is_looked_at(trusted):
    tested.run([tested.CFGTOOL, "-R"], Tools())
    assert trusted == ["cfg", "cmap"]
    tested.run([tested.CMAPCTL], Tools())
    assert trusted == ["cfg", "cmap", "cmap"]


LOOK, RELOAD, SAY = "corosync-cmapctl -g", "corosync-cfgtool -R", "corosync-cmapctl totem.config_version"


@pytest.mark.parametrize(
    "version, wanted, rc, ran, pauses",
    [
        (2, "2", 0, [LOOK, SAY], 0),
        (1, "2", 0, [LOOK, LOOK, RELOAD, SAY], 1),
        (1, "2", 1, [LOOK, LOOK, RELOAD, SAY], 2),
        (12, "2", 0, [LOOK, LOOK, RELOAD, SAY], 1),
        (1, "None", 0, [LOOK, LOOK, RELOAD, SAY], 1),
    ],
)
def test_a_reload_where_the_version_is_not_loaded(trusted, version, wanted, rc, ran, pauses):
    execute = Tools(version, rc)
    said = tested.reload_unless_loaded(wanted, execute)
    assert said.stdout == f"totem.config_version (u64) = {execute.version}" and execute.version == (version if rc else 2)
    assert execute.ran == ran and trusted.count(tested.ON_ITS_WAY) == pauses


def test_a_reload_that_another_node_has_begun_is_awaited(trusted, monkeypatch):
    execute = Tools(1)

    def sleep(_seconds):
        execute.version = 2

    monkeypatch.setattr(time, "sleep", sleep)
    tested.reload_unless_loaded("2", execute)
    assert execute.ran == [LOOK, LOOK, SAY] and set(trusted) == {"cmap"}
