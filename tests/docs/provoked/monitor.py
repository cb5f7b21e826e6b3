# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role monitor refuses, and what the program that it installs says: in the journal of its service, as a check, and to who calls it."""

from __future__ import annotations

import json
import pathlib
import sys
import typing as t

from ansible.module_utils import basic

from ansible_collections.corosync.quorum.plugins.action import monitor_program
from ansible_collections.corosync.quorum.plugins.module_utils._corosync import _abi
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.errors import DaemonGone
from ansible_collections.corosync.quorum.plugins.module_utils._node import service_paths
from ansible_collections.corosync.quorum.plugins.module_utils._program import check, cli, resident
from ansible_collections.corosync.quorum.plugins.module_utils._program.post import Sender, target_of
from ansible_collections.corosync.quorum.plugins.module_utils._value.events import Teller
from ansible_collections.corosync.quorum.plugins.modules import monitor_files
from ansible_collections.corosync.quorum.tests.unit.fakes.actions import action_of, task_of
from ansible_collections.corosync.quorum.tests.unit.fakes.corosync import scripted
from ansible_collections.corosync.quorum.tests.unit.fakes.libraries import Backend
from ansible_collections.corosync.quorum.tests.unit.fakes.modules import run_main
from ansible_collections.corosync.quorum.tests.unit.fakes.readings import answer
from ansible_collections.corosync.quorum.tests.unit.fakes.receivers import Receiver

from . import provokes

Result = dict[str, t.Any]
DEFAULTS: Result = {"state": "present", "textfile": "", "post_url": "", "post_token": "", "post_ca_file": "", "post_allow_http": False, "interval": 15}
FOLDER = "/var/lib/prometheus/node-exporter"
URL, PLAIN, TOKEN = "https://eda.example.com:5000/quorum", "http://eda.example.com:5000/quorum", "s3cret-s3cret"


def _refused(node: Result | None = None, **variables: t.Any) -> str:
    """What the role says before it changes anything. The module really looks at this machine; node: what is otherwise there."""

    def look(module_name: str, module_args: Result, task_vars: Result) -> Result:
        return {**monitor_files.read(module_args), "files": {}, "root": True, "systemd": True, **(node or {})}

    action = action_of(monitor_program.ActionModule, task_of("corosync.quorum.monitor_program"), {"phase": "plan"})
    action._execute_module = look
    result = action.run(task_vars={"inventory_hostname": "web1", "__monitor_options": dict(DEFAULTS, **variables)})
    assert result["failed"]
    return str(result["msg"])


# ---- variables -----------------------------------------------------------------------------------------------------------


@provokes("monitor_… is …, but must be the absolute path of a file")
def _relative() -> str:
    return _refused(textfile="metrics.prom")


@provokes("monitor_textfile is …, but must end in .prom")
def _no_prom() -> str:
    return _refused(textfile=f"{FOLDER}/quorum.txt")


@provokes("but the service does not see the … of this node")
def _hidden() -> str:
    return _refused(textfile="/home/quorum.prom")


@provokes("monitor_post_url is …, but must be a URL of http or https")
def _no_url() -> str:
    return _refused(post_url="eda.example.com")


@provokes("monitor_post_url has no TLS, so whoever is on the network can read and change events")
def _no_tls() -> str:
    return _refused(post_url=PLAIN)


@provokes("monitor_post_token would go through the network in clear text")
def _clear_text() -> str:
    return _refused(post_url=PLAIN, post_token=TOKEN, post_allow_http=True)


@provokes("monitor_post_token must have … to … characters")
def _line_break() -> str:
    return _refused(post_url=URL, post_token=TOKEN + "\n")


@provokes("monitor_… is set, but monitor_post_url is not")
def _no_receiver() -> str:
    return _refused(post_token=TOKEN)


@provokes("monitor_post_ca_file is set, but monitor_post_url has no TLS")
def _nothing_to_verify() -> str:
    return _refused(post_url="http://127.0.0.1:5000/", post_ca_file="/etc/ssl/certs/eda.pem")


@provokes("monitor_interval is …, but must be a number of seconds from … to …")
def _too_seldom() -> str:
    return _refused(interval=3600)


# ---- the node ------------------------------------------------------------------------------------------------------------


@provokes("monitor_textfile is …, but on … the folder … is not there")
def _no_folder() -> str:
    return _refused(textfile="/nonexistent/node-exporter/quorum.prom")


@provokes("the folder … cannot be written to, not even by root")
def _read_only() -> str:
    """The kernel lets nobody make a file below /proc/self. The role refuses /proc by its name already, so another one is given for it."""
    return _refused(textfile=f"{FOLDER}/quorum.prom", node={"textfile_fault": service_paths.textfile_fault("/proc/self/quorum.prom")})


@provokes("monitor_post_ca_file is …, but on … it …")
def _no_certificate() -> str:
    return _refused(post_url=URL, post_ca_file="/etc/hostname")


@provokes("The role monitor needs root on …: set become: true")
def _no_root() -> str:
    return _refused(node={"root": False})


@provokes("systemd does not run on …, so nothing there can run the service")
def _no_systemd() -> str:
    return _refused(node={"systemd": False}, post_url=URL)


@provokes("Make sure that root can read and write there, and run the play again")
def _disk(monkeypatch: t.Any, capsys: t.Any) -> str:
    file = {"path": "/sys/corosync-quorum", "content": "", "mode": "0644"}
    arguments = {"state": "written", "token_file": "/nonexistent/token", "write": [file], "folders": []}
    return str(run_main(monitor_files, basic, arguments, monkeypatch, capsys)["msg"])


# ---- the journal of the service ------------------------------------------------------------------------------------------


class _Journal:
    """The lines of `corosync-quorum run`."""

    def __init__(self, monkeypatch: t.Any) -> None:
        self._lines: list[str] = []
        monkeypatch.setattr(resident, "complain", self._lines.append)

    @property
    def text(self) -> str:
        return "\n".join(self._lines)

    def posts(self, url: str, token_file: str | None = None) -> str:
        """What is there after an attempt to post an event."""
        postman = resident.Postman(Sender(target_of("--post", url), token_file, None))
        postman.put('{"event": "state"}')
        postman._take_step()
        return self.text


def _answered(monkeypatch: t.Any, status: int, token_file: str | None = None) -> str:
    with Receiver() as receiver:
        receiver.answer = status
        return _Journal(monkeypatch).posts(receiver.url, token_file)


def _token(folder: pathlib.Path, mode: int) -> str:
    """The path of a file with a token."""
    folder.chmod(0o700)
    path = folder / "token"
    path.write_text(TOKEN, encoding="ascii")
    path.chmod(mode)
    return str(path)


@provokes("answered 401: it wants another token than the one in …", "Events wait (…, at most …) and are posted again")
def _unauthorized(monkeypatch: t.Any, tmp_path: pathlib.Path) -> str:
    return _answered(monkeypatch, 401, _token(tmp_path, 0o600))


@provokes("a redirect, which is not followed: give the URL that it leads to")
def _moved(monkeypatch: t.Any) -> str:
    return _answered(monkeypatch, 302)


@provokes("answered … (…). This event is dropped")
def _unprocessable(monkeypatch: t.Any) -> str:
    return _answered(monkeypatch, 422)


@provokes("http… cannot be reached: …")
def _refused_connection(monkeypatch: t.Any) -> str:
    with Receiver() as receiver:
        receiver.stop()
        return _Journal(monkeypatch).posts(receiver.url)


@provokes("has no TLS certificate that can be trusted, or none at all")
def _not_trusted(monkeypatch: t.Any) -> str:
    with Receiver() as receiver:
        return _Journal(monkeypatch).posts(receiver.url.replace("http:", "https:"))


@provokes("Nothing is posted to …: … can be read by other users than root")
def _readable_token(monkeypatch: t.Any, tmp_path: pathlib.Path) -> str:
    return _Journal(monkeypatch).posts(URL, _token(tmp_path, 0o644))


def _event() -> str:
    told: list[t.Any] = []
    Teller(None, "web1", told.append).add_value(0.0, dict(answer().value or {}, problems=[]))
    return json.dumps(told[0])


@provokes("cannot be written: …. It is tried again every … s")
def _unwritable(monkeypatch: t.Any) -> str:
    journal = _Journal(monkeypatch)
    running = resident.Resident("/nonexistent/quorum.prom", 15.0, 5.0, None)
    running._take(_event())
    running._write_file()
    return journal.text


@provokes("the process that follows corosync has ended: …. Another one is started")
def _ended(monkeypatch: t.Any) -> str:
    journal = _Journal(monkeypatch)
    monkeypatch.setattr(resident, "command", lambda *dummy: [sys.executable, "-c", "raise SystemExit(3)"])
    running = resident.Resident(None, 15.0, 5.0, None)
    while not journal.text:
        running._take_step()
    running._close()
    return journal.text


@provokes("it ends, and events are not delivered: …")
def _undelivered(monkeypatch: t.Any) -> str:
    journal = _Journal(monkeypatch)
    postman = resident.Postman(Sender(target_of("--post", URL), None, None))
    postman.put(_event())
    resident.Resident(None, 15.0, 5.0, postman)._close()
    return journal.text


# ---- the check and the command line --------------------------------------------------------------------------------------


def _called(capsys: t.Any, *words: str) -> str:
    """What this command prints, with an exit code that says that something is wrong."""
    assert cli.main(list(words)) != 0
    captured = capsys.readouterr()
    return str(captured.out + captured.err)


@provokes("QUORUM UNKNOWN - … was not found on this host. It comes with corosync")
def _no_library(monkeypatch: t.Any, capsys: t.Any) -> str:
    monkeypatch.setattr(_abi, "ffi", Backend())
    return _called(capsys, "check")


@provokes("QUORUM CRITICAL - corosync is not running on this node")
def _no_corosync(monkeypatch: t.Any, capsys: t.Any) -> str:
    with scripted(monkeypatch) as script:
        script.listeners = [DaemonGone("cmap_initialize")]
        return _called(capsys, "check")


@provokes("this cluster has no links that can be read. That needs the transport knet")
def _no_knet(monkeypatch: t.Any, capsys: t.Any) -> str:
    monkeypatch.setattr(check, "ask", lambda timeout: answer())
    return _called(capsys, "check", "--links")


@provokes("--post … has no TLS: whoever is on the network could read and change events")
def _by_hand(capsys: t.Any) -> str:
    return _called(capsys, "run", "--post", PLAIN)
