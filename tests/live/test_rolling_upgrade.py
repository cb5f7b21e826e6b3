# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real upgrades by the playbook rolling_upgrade: Debian's next corosync on every node, and witnesses written in C that see no loss of quorum."""

import json
import re

from lab import image, packages, private_lab
from lab.host import CHECKOUT
from linking import add_second_link, links_of, wait_links
from looking import look
from playing import Play, wait
from upgrading import version

BOOK = CHECKOUT / "playbooks/rolling_upgrade.yml"
README = CHECKOUT / "roles/rolling_upgrade/README.md"


def versions(made):
    return [version(node) for node in made]


def run(lab, made, folder, book=BOOK, **variables):
    """Run a playbook to its end; its results."""
    return ended(lab, made, folder, book, **variables)[0]


def ended(lab, made, folder, book=BOOK, arguments=(), **variables):
    """The same, and what it printed."""
    given = dict({"rolling_upgrade_group": "cluster", "rolling_upgrade_report": str(folder / "report.html"), "rolling_upgrade_stable_for": 2}, **variables)
    inventory = made.inventory(folder / "inventory.yml")
    (folder / "group.yml").write_text("cluster: {children: {nodes: {}}}\n", encoding="utf-8")
    with Play(lab, book, arguments=["-i", str(inventory), "-i", str(folder / "group.yml"), *arguments, "-e", json.dumps(given)]) as play:
        results = play.end(400)
        assert not play.process.returncode, play.output
        return results, play.output


def stops(results):
    """The hosts in the order in which their corosync was stopped."""
    return [result.host for result in results if result.task.endswith(("Stop corosync", "Stop this node")) and result.status == "ok"]


def pids(made):
    return [node.run(["pgrep", "-x", "corosync"]).stdout for node in made]


def upgraded(made, witness, page, before, after):
    """All nodes have the new version, nobody lost quorum, the report says both, and nothing is left on the nodes."""
    assert versions(made) == [after] * len(made.nodes)
    assert witness.losses() == []
    assert "Quorum was never lost on a node that was up." in page and "Recorded in the earlier run" not in page
    assert page.count(before) >= len(made.nodes) and page.count(after) >= len(made.nodes)
    for node in made:
        assert not node.run(["sh", "-c", "find /var/lib/corosync-quorum /root/.ansible_async /run/corosync-quorum-jobs* -type f"], check=False).stdout


def take_python_apt_away(made, folder):
    """The nodes are without the Python library of apt, which apt has to offer; as a minimal Debian is."""
    paragraphs = image.status("bookworm").read_text(encoding="utf-8").split("\n\n")
    status = folder / "status"
    status.write_text("\n\n".join(text for text in paragraphs if not text.startswith("Package: python3-apt\n")), encoding="utf-8")
    offer = packages.repository("python3-apt", "bookworm", image.mirror_of_packages(), ["python3-apt"], status, image.key("bookworm"))
    for node in made:
        node.run(["dpkg", "--purge", "--force-depends", "python3-apt"])
        # dpkg leaves folders whose compiled files it does not know. Python would take them for the library, and Ansible would not install it.
        node.run(["rm", "-r", "--force", "/usr/lib/python3/dist-packages/apt", "/usr/lib/python3/dist-packages/aptsources"])
        node.put(packages.source(offer), "/etc/apt/sources.list.d/python3-apt.list")


def test_debian_12_to_13_one_by_one_by_the_playbooks_of_the_readme(lab, cluster, tmp_path):
    """First the minimal one, twice: the second time there is nothing to do. Then the one that has only the gates. The nodes have no python3-apt."""
    books = []
    for number, text in enumerate(re.findall(r"^```yaml\n(.*?)^```$", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)):
        books.append(tmp_path / (f"book{number}.yml"))
        books[-1].write_text(text, encoding="utf-8")
    minimal, gates = books
    made = cluster(nodes=3)
    made.wait_quorate()
    lab.offer_upgrade("trixie", made.nodes)
    take_python_apt_away(made, tmp_path)
    witness = made.watch()
    assert len(stops(run(lab, made, tmp_path, minimal))) == 3
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    upgraded(made, witness, page, "3.1.7", "3.1.9")
    assert page.count("libvotequorum8 3.1.7") == 3, "all packages that changed"
    assert "3, one node in each" in page
    before = pids(made)
    again = run(lab, made, tmp_path, minimal)
    assert (stops(again), pids(made)) == ([], before)
    assert not [result.task for result in again if result.status == "ok" and result.result.get("changed")]
    assert len(stops(run(lab, made, tmp_path, gates))) == 3
    assert witness.losses() == []


# The library on disk, and those that the watch on this node has mapped; of a file that was replaced the kernel says (deleted)
MAPPED = """
set -e
realpath $(ldconfig -p | awk '$1 == "libvotequorum.so.8" { print $NF }')
for pid in $(pgrep -f watch_quorum); do grep libvotequorum /proc/$pid/maps || true; done | awk '{ print $6, $7 }' | sort -u
"""


def test_debian_12_to_13_five_nodes_in_batches(lab, cluster, tmp_path):
    """After the upgrade of a node its watch, which has run through it, has the new library."""
    check = tmp_path / "check.yml"
    check.write_text(json.dumps([{"name": "Look at the watch", "ansible.builtin.shell": MAPPED, "changed_when": False}]), encoding="utf-8")
    made = cluster(nodes=5)
    made.wait_quorate()
    lab.offer_upgrade("trixie", made.nodes)
    witness = made.watch()
    before = pids(made)
    _rehearsal, said = ended(lab, made, tmp_path, arguments=["--check"], rolling_upgrade_batches=True)
    assert len(re.findall(r"node\d: stop, upgrade and start; corosync 3\.1\.7\S* -> 3\.1\.9", said)) == 5, said
    assert (pids(made), versions(made)) == (before, ["3.1.7"] * 5)
    results = run(lab, made, tmp_path, rolling_upgrade_batches=True, rolling_upgrade_check_tasks=str(check))
    assert sorted(stops(results)) == [node.name for node in made]
    mapped = {result.host: result.result["stdout"].split("\n") for result in results if result.task.endswith("Look at the watch")}
    assert set(mapped) == {node.name for node in made}
    assert all(lines[1:] == [lines[0] + " "] for lines in mapped.values()), mapped
    upgraded(made, witness, (tmp_path / "report.html").read_text(encoding="utf-8"), "3.1.7", "3.1.9")


# As node1 sees it
BOTH_UP = {1: None, 2: [True, True], 3: [True, True]}


def with_two_links(lab):
    """A quorate cluster of three nodes."""
    made = lab.cluster(nodes=3, start=False)
    add_second_link(made)
    for node in made:
        node.start_corosync()
    made.wait_quorate()
    wait_links(made[1], BOTH_UP)
    return made


def test_debian_11_to_12(tmp_path):
    """An earlier run has left node3 down after its upgrade, and by now there is a newer package, which it gets. The nodes have two links."""
    with private_lab("live-old", nodes=3, suite="bullseye", upgrade_to="bookworm") as old:
        made = with_two_links(old)
        witness = made.watch()
        made[3].stop_corosync()
        made[3].sh('mkdir -p -m 700 /var/lib/corosync-quorum; echo \'{"phase": "start", "nodeid": 3}\' >/var/lib/corosync-quorum/rolling-upgrade.json')
        made.wait_ring(nodes=[1, 2])
        run(old, made, tmp_path)
        upgraded(made, witness, (tmp_path / "report.html").read_text(encoding="utf-8"), "3.1.2", "3.1.7")
        assert links_of(made[1]) == BOTH_UP


def test_debian_13_to_the_next_and_the_mixed_cluster_is_one(tmp_path):
    """node2 is upgraded first, by its administrator's hand. Both corosyncs then tell the same of the cluster, and the playbook upgrades the others."""
    with private_lab("live-mixed", nodes=3, suite="trixie", upgrade_to="forky") as lab:
        made = with_two_links(lab)
        witness = made.watch()
        old = versions(made)[0]
        made[2].sh("export DEBIAN_FRONTEND=noninteractive; apt-get -q update && apt-get -q -y -o Dpkg::Options::=--force-confold install corosync", timeout=120)
        made.wait_ring()
        made.wait_quorate()
        new = versions(made)[1]
        assert versions(made) == [old, new, old] and old != new

        seen = [look(node, 10)["value"] for node in made]
        shared = ("members", "missing", "quorate", "settled", "ring_id", "expected_votes", "total_votes", "quorum", "flags", "problems", "forecast")
        assert [[value[key] for key in shared] for value in seen] == [[seen[0][key] for key in shared]] * 3
        told = ("nodeid", "name", "state", "votes", "configured_votes", "expected_votes")
        nodes = [[[node[key] for key in told] for node in value["nodes"]] for value in seen]
        assert nodes == [nodes[0]] * 3
        with Play(lab, [wait(members=["node1", "node2", "node3"], quorate_without=["node2"])], hosts="nodes") as play:
            assert {(result.host, result.status) for result in play.end(60)} == {(node.name, "ok") for node in made}, play.output

        run(lab, made, tmp_path)
        assert versions(made) == [new] * 3
        assert links_of(made[1]) == BOTH_UP
        assert witness.losses() == []
        assert "Quorum was never lost on a node that was up." in (tmp_path / "report.html").read_text(encoding="utf-8")
