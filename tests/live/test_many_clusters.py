# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rolling upgrades of many clusters in one run, with witnesses written in C on every node.

Where the controller is killed, the upgrade is a task of the test. The last run is a real upgrade to Debian's next corosync, by the guide's playbook.
"""

import json
import re
import signal
import textwrap

import pytest
from lab import private_lab, why_not
from lab.host import CHECKOUT
from lab.inventory import host_variables
from playing import Play
from run import environments
from upgrading import BOOK, pids, upgraded

# On a busy machine ten corosyncs, which have realtime priority, are not always given the second that others take for a lost node. Then they form rings all
# the time, and nothing else is given any. Milliseconds.
TOKEN = 3000
# A node whose file says so fails while it is stopped.
UPGRADE = [
    {"name": "Fail", "ansible.builtin.command": "test ! -e /etc/corosync/fails", "changed_when": False},
    {"name": "Count", "ansible.builtin.shell": "echo done >>/etc/corosync/upgraded", "changed_when": True},  # goes with the cluster
]


@pytest.fixture(scope="module", name="lab")
def _lab():
    """A lab of its own, with nodes for all clusters, and a machine for the quorum device of one."""
    reason = why_not()
    if reason:
        pytest.skip(reason)
    with private_lab("live-many", nodes=11) as lab:
        yield lab


@pytest.fixture(name="fleet")
def _fleet(lab):
    """Four clusters by name, all quorate."""
    wishes = [{"quorum": {"two_node": 1}}, {}, {"quorum": {"last_man_standing": 1, "wait_for_all": 1}}, {}]
    names = ("pair", "trio", "lms", "device")
    named = [dict(wish, totem={"cluster_name": name, "token": TOKEN}) for name, wish in zip(names, wishes)]
    found = dict(zip(names, lab.clusters(2, 3, 3, 2, wishes=named, qdevices=[None, None, None, "ffsplit"])))
    for made in found.values():
        made.wait_quorate()
    yield found
    lab.heal()


def begin(lab, folder, fleet, own=None, hosts=None, arguments=(), ansible_playbook=None, book=BOOK, **variables):
    """The playbook on all clusters, begun at once. own: variables of one cluster's hosts, by its name. hosts: more hosts, of no cluster."""
    tasks = folder / "upgrade.yml"
    tasks.write_text(json.dumps(UPGRADE), encoding="utf-8")
    given = {
        "rolling_upgrade_packages": [],
        "rolling_upgrade_stable_for": 0.5,
        "rolling_upgrade_report": str(folder / "report.html"),
        "rolling_upgrade_timeout": 60,
        "rolling_upgrade_upgrade_tasks": str(tasks),
    }
    own = dict({"device": {"rolling_upgrade_qdevice": "as_now"}}, **(own or {}))
    groups = {name: {"hosts": {node.name: host_variables(node) for node in made}, "vars": own.get(name, {})} for name, made in fleet.items()}
    clusters = {"vars": given, "hosts": hosts or {}, "children": groups}
    inventory = folder / "inventory.json"
    inventory.write_text(json.dumps({"all": {"children": {"clusters": clusters}}}), encoding="utf-8")
    more = dict({"rolling_upgrade_group": "clusters"} if book == BOOK else {}, **variables)
    return Play(lab, book, arguments=["-i", str(inventory), *arguments, "-e", json.dumps(more)], ansible_playbook=ansible_playbook)


def counts(fleet):
    return {name: upgraded(made) for name, made in fleet.items()}


def version(node):
    """Of the installed corosync."""
    return node.run(["dpkg-query", "-W", "-f", "${source:Upstream-Version}", "corosync"]).stdout[:5]


def oldest_core():
    """ansible-playbook of the oldest supported ansible-core for which this machine has a Python, None without any."""
    core = next((core for core in environments.CORES if environments.python_of_core(core)), None)
    return core and environments.core_environment(core).with_name("ansible-playbook")


def guide_book(folder):
    """The two plays of the guide, in one file: healthy clusters are chosen, then upgraded."""
    guide = (CHECKOUT / "docs/docsite/rst/guide_many_clusters.rst").read_text(encoding="utf-8").partition("Tonight's upgrade")[2]
    blocks = re.findall(r"^\.\. code-block:: (?:yaml\+jinja|text)\n\n((?:    .*\n|\n)+)", guide, re.MULTILINE)
    book = folder / "tonight.yml"
    book.write_text("".join(map(textwrap.dedent, blocks[:2])).replace("hosts: cluster\n", "hosts: clusters\n"), encoding="utf-8")
    return book


def end_badly(play):
    play.end(200)
    assert play.process.returncode, play.output
    return play.output


def test_one_is_refused_in_one_a_node_fails_and_the_others_are_done(lab, fleet, tmp_path):
    """Then the controller is killed while nodes of several clusters are down, and run again: each cluster goes on where it was."""
    watches = {name: made.watch() for name, made in fleet.items()}
    trio, lms = fleet["trio"], fleet["lms"]
    trio[5].stop_corosync()
    trio.wait_ring(nodes=[3, 4])
    lms[7].sh("touch /etc/corosync/fails")
    before = pids(trio)
    stranger = {"printer": {"ansible_host": "127.0.0.1", "ansible_port": 1}}
    with begin(lab, tmp_path, fleet, hosts=stranger, ansible_playbook=oldest_core(), rolling_upgrade_group="clusters,nowhere") as play:
        said = end_badly(play)
    for words in (
        "2 of 4 clusters are done.",
        "Done: pair, device.",
        "Stopped: lms.",
        "Refused: trio.",
        "lms: Stopped because node7 failed.",
        "trio is not upgraded: Quorum cannot be read on node5",
        "Hosts that belong to no known cluster: printer.",
        "rolling_upgrade_group names nowhere, which the inventory does not have.",
    ):
        assert words in said, said
    assert counts(fleet) == {"pair": [1, 1], "trio": [0, 0, 0], "lms": [0, 0, 1], "device": [1, 1]}
    assert pids(trio) == before
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert [f'{name} <span class="badge">' in page for name in fleet] == [True] * 4
    assert page.count("Quorum was never lost on a node that was up.") == 3

    lms[7].sh("rm /etc/corosync/fails")
    trio[5].start_corosync()
    trio.wait_ring()
    slow = {"rolling_upgrade_check_tasks": str(tmp_path / "slow.yml")}
    (tmp_path / "slow.yml").write_text(json.dumps([{"name": "Wait", "ansible.builtin.pause": {"seconds": 1}}]), encoding="utf-8")
    with begin(lab, tmp_path, fleet, own={"trio": slow}) as play:
        play.until("Round 2 of", timeout=100)
        play.until("TASK [corosync.quorum.rolling_upgrade : Stop this node]", count=2)
        play.until("Count", timeout=60, count=2)
        play.signal(signal.SIGKILL)
    with begin(lab, tmp_path, fleet) as play:
        play.end(200)
        assert not play.process.returncode, play.output
        assert "4 of 4 clusters are done." in play.output
    done = counts(fleet)
    assert done["lms"][1:] == [1, 1], "done by the first run, or resumed by the second"
    assert all(min(of_one) >= 1 for of_one in done.values()), done

    before = {name: pids(made) for name, made in fleet.items()}
    lab.offer_upgrade("trixie", [node for made in fleet.values() for node in made])
    packages = {"rolling_upgrade_packages": ["corosync"], "rolling_upgrade_upgrade_tasks": ""}
    with begin(lab, tmp_path, fleet, arguments=["--check"], **packages) as play:
        play.end(100)
        assert not play.process.returncode, play.output
        assert [f"{name}, batch after batch:" in play.output for name in fleet] == [True] * 4, play.output
        assert len(re.findall(r"\d\. node\d+: stop, upgrade and start; corosync 3\.1\.7\S* -> 3\.1\.9", play.output)) == 10, play.output
    assert {name: pids(made) for name, made in fleet.items()} == before
    with begin(lab, tmp_path, fleet, book=guide_book(tmp_path), **packages) as play:
        play.end(400)
        assert not play.process.returncode, play.output
        assert "3 of 3 clusters are done." in play.output, play.output
    # The guide takes no nodes that can be stopped only as long as a quorum device votes.
    assert {name: {version(node) for node in made} for name, made in fleet.items()} == {name: {"3.1.7" if name == "device" else "3.1.9"} for name in fleet}
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.count("Quorum was never lost on a node that was up.") == 3
    assert {name: watch.losses() for name, watch in watches.items()} == {name: [] for name in fleet}
    assert not any(node.run(["sh", "-c", "ls /var/lib/corosync-quorum"], check=False).stdout for made in fleet.values() for node in made)
