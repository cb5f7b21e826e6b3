# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role monitor writes and removes on a node, and the unit that it writes."""

from __future__ import annotations

import hashlib
import typing as t

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._value.errors import Unusable
from ansible_collections.corosync.quorum.plugins.plugin_utils import _program
from ansible_collections.corosync.quorum.plugins.plugin_utils._monitor import unit
from ansible_collections.corosync.quorum.plugins.plugin_utils._monitor.plan import Plan, Seen, diffs, plan, seen_of, wanted
from ansible_collections.corosync.quorum.plugins.plugin_utils._monitor.wishes import Wishes
from ansible_collections.corosync.quorum.tests.unit.fakes.monitored import ANSWER

PROM, OTHER = "/var/lib/node-exporter/corosync_quorum.prom", "/srv/metrics/corosync_quorum.prom"
ASIDE = "/var/lib/node-exporter/.corosync_quorum.prom.new"
FULL = Wishes(True, PROM, "https://eda.example.com/", "s3cret-s3cret", "", 15)
EMPTY = Seen({}, "", "absent", "/usr/bin/python3", True)
START = f"{_program.FOLDER}/{_program.MAIN}"


def installed(wishes: Wishes) -> Seen:
    """A node after the role ran."""
    files = {path: {"digest": hashlib.sha256(file.text.encode()).hexdigest(), "mode": file.mode, "ours": True} for path, file in wanted(wishes, EMPTY).items()}
    return EMPTY._replace(files=files, unit=unit.unit(wishes, True) if wishes.service else "", token="same" if wishes.token else "absent")


def test_a_new_node_gets_everything() -> None:
    made = plan(FULL, EMPTY)
    assert {_program.LAUNCHER, unit.PATH, START} < set(made.write)
    assert (made.remove, made.token, made.stop, made.changes) == ([], True, False, True)
    assert made.write[_program.LAUNCHER].mode == "0755" and made.write[_program.LAUNCHER].text.startswith("#!/usr/bin/python3 -I\n")
    assert {made.write[path].mode for path in made.write if path != _program.LAUNCHER} == {"0644"}


@pytest.mark.parametrize("wishes", [FULL, Wishes(True), Wishes(True, PROM), Wishes(False)])
def test_a_second_run_changes_nothing(wishes: Wishes) -> None:
    assert not plan(wishes, installed(wishes)).changes


def test_without_a_service_there_is_no_unit() -> None:
    assert unit.PATH not in plan(Wishes(True), EMPTY).write


def test_an_older_version_is_made_the_new_one_file_by_file() -> None:
    seen = installed(FULL)
    old, gone, wrong, foreign = f"{_program.FOLDER}/old.py", START, _program.LAUNCHER, unit.PATH
    files = dict(seen.files, **{old: {"digest": "0" * 64, "mode": "0644", "ours": True}})
    del files[gone]
    files[wrong] = dict(files[wrong], mode="0777")
    files[foreign] = dict(files[foreign], ours=False)
    made = plan(FULL, seen._replace(files=files))
    assert (sorted(made.write), made.remove, made.token, made.stop) == (sorted([gone, wrong, foreign]), [old], False, True)


def test_another_textfile_takes_the_old_one_with_it_when_the_service_stands_still() -> None:
    made = plan(FULL._replace(textfile=OTHER), installed(FULL))
    assert (list(made.write), made.remove, made.stop) == ([unit.PATH], [PROM, ASIDE], True)
    assert made._replace(remove=[*made.remove, unit.PATH, unit.TOKEN_FILE, _program.LAUNCHER, f"{_program.FOLDER}/old.prom"]).metrics == [PROM, ASIDE]
    assert plan(Wishes(True, "", FULL.post_url, FULL.token), installed(FULL)).remove == [PROM, ASIDE]


def test_a_new_token_is_written_and_one_that_is_no_longer_wanted_is_removed() -> None:
    seen = installed(FULL)
    assert plan(FULL, seen._replace(token="other")) == Plan({}, [], True, True)
    made = plan(FULL._replace(token=""), seen)
    assert (list(made.write), made.remove) == ([unit.PATH], [unit.TOKEN_FILE])


def test_nothing_is_left() -> None:
    seen = installed(FULL)
    made = plan(Wishes(False), seen)
    assert made == Plan({}, [*sorted(seen.files), PROM, ASIDE, unit.TOKEN_FILE], False, True)


def test_the_unit_has_the_rights_that_it_needs() -> None:
    text = unit.unit(FULL, True)
    assert f'\nExecStart={_program.LAUNCHER} run --textfile {PROM} --post "https://eda.example.com/" --token-file {unit.TOKEN_FILE} --interval 15\n' in text
    assert "\nReadWritePaths=-/var/lib/node-exporter\n" in text and "\nCapabilityBoundingSet=\n" in text and "AF_INET6" in text
    assert FULL.token not in text
    # Where libqb is told to use sockets that are files, corosync's is in /tmp on Debian.
    assert "PrivateTmp" not in text and "\nProtectSystem=strict\n" in text
    local = unit.unit(Wishes(True, PROM, ca_file=""), False)
    assert "\nRestrictAddressFamilies=AF_UNIX\n" in local and "\nCapabilityBoundingSet=CAP_DAC_OVERRIDE\n" in local
    remote = unit.unit(Wishes(True, "", FULL.post_url, ca_file="/etc/ca.pem", interval=2.5), True)
    assert "ReadWritePaths" not in remote and "--ca-file /etc/ca.pem --interval 2.5\n" in remote and "token" not in remote


@pytest.mark.parametrize("wishes, path", [(FULL, PROM), (Wishes(True, PROM), PROM), (Wishes(True, "", FULL.post_url), "")])
def test_the_textfile_is_read_from_the_unit(wishes: Wishes, path: str) -> None:
    assert unit.textfile_of(unit.unit(wishes, True)) == path


@pytest.mark.parametrize(
    "text", ["", "ExecStart=/bin/rm --textfile /etc/passwd", "ExecStart=/x --textfile relative.prom ", "# ExecStart=/x --textfile /x.prom"]
)
def test_a_foreign_unit_names_no_textfile(text: str) -> None:
    assert unit.textfile_of(text) == ""


@pytest.mark.parametrize(
    "answer, said",
    [
        ({"root": False}, "needs root on web1: set become: true"),
        ({"systemd": False}, "systemd does not run on web1"),
        ({"textfile_fault": "the folder /x is not there"}, f"monitor_textfile is {PROM}, but on web1 the folder /x is not there. Install node_exporter first"),
        (
            {"textfile_danger": "/x can be written by every user (mode 0777)"},
            f"monitor_textfile is {PROM}, but on web1 /x can be written by every user (mode 0777). Another user could replace the metrics",
        ),
        ({"files": None}, "What web1 says of its files cannot be used"),
        ({"files": {"/x": 1}}, "cannot be used"),
        ({"files": {"/etc/passwd": {"digest": "", "mode": "0644", "ours": True}}}, "cannot be used"),
        ({"texts": {}}, "cannot be used"),
        ({"python": None}, "cannot be used"),
        (
            {"python": "/home/X/bin/python3"},
            "The Python that Ansible uses on web1 is /home/X/bin/python3, but the service does not see the /home of this node.",
        ),
        ({"python": "/home/X/bin/python3"}, "Set ansible_python_interpreter to a Python in another folder, such as /usr/bin/python3."),
        ({"python": "/run/user/0/bin/python3"}, "the service does not see the /run/user of this node"),
    ],
)
def test_a_node_that_cannot_have_it_is_refused(answer: dict[str, t.Any], said: str) -> None:
    with pytest.raises(Unusable) as refused:
        seen_of(dict(ANSWER, **answer), FULL, "web1")
    assert said in str(refused.value)


@pytest.mark.parametrize("wishes", [Wishes(False), Wishes(True)])
def test_without_a_service_the_python_may_be_anywhere(wishes: Wishes) -> None:
    assert seen_of(dict(ANSWER, python="/home/X/venv/bin/python3"), wishes, "web1").python == "/home/X/venv/bin/python3"


@pytest.mark.parametrize("python", ["/opt/venv/bin/python3", "/usr/local/bin/python3", "/homes/x/bin/python3"])
def test_a_python_that_the_service_sees_is_taken(python: str) -> None:
    assert seen_of(dict(ANSWER, python=python), FULL, "web1").python == python


def test_a_certificate_that_cannot_be_used_is_refused() -> None:
    wishes = FULL._replace(ca_file="/etc/ca.pem")
    with pytest.raises(Unusable, match="monitor_post_ca_file is /etc/ca.pem, but on web1 it has no certificate"):
        seen_of(dict(ANSWER, ca_fault="it has no certificate in PEM format"), wishes, "web1")


def test_what_is_to_go_or_has_no_service_needs_no_systemd() -> None:
    answer = dict(ANSWER, systemd=False)
    assert seen_of(answer, Wishes(False), "web1") == seen_of(answer, Wishes(True), "web1") == EMPTY


def test_the_diff_has_the_texts_that_change_and_the_names_of_what_comes_and_goes() -> None:
    seen = installed(FULL)
    old = f"{_program.FOLDER}/old.py"
    files = {path: file for path, file in seen.files.items() if path != START} | {old: {"digest": "0" * 64, "mode": "0644", "ours": True}}
    made = plan(FULL._replace(textfile=OTHER), seen._replace(files=files, token="other"))
    shown = diffs(made, {unit.PATH: "before\x1b[2J", START: ""})
    assert [entry.get("after_header") for entry in shown] == [unit.PATH, None]
    assert shown[0]["before"] == "before\\x1b[2J" and "[Service]" in shown[0]["after"]
    assert shown[1] == {"prepared": f"+ {START}\n- {old}\n- {PROM}\n- {ASIDE}\n~ {unit.TOKEN_FILE} (not shown)\n"}
    assert diffs(plan(FULL, seen), {}) == []


def test_the_diff_says_so_where_only_the_mode_or_the_owner_changes() -> None:
    seen = installed(FULL)
    made = plan(FULL, seen._replace(files=dict(seen.files, **{_program.LAUNCHER: dict(seen.files[_program.LAUNCHER], mode="0777")})))
    assert diffs(made, {_program.LAUNCHER: made.write[_program.LAUNCHER].text}) == [{"prepared": f"~ {_program.LAUNCHER} (mode 0755, owner root)\n"}]
