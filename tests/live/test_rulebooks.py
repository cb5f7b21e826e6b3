# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection's rulebooks, run by a real ansible-rulebook while nodes of a real cluster stop: what they promise happens."""

import contextlib
import copy
import ipaddress
import json
import pathlib

import jsonschema
import pytest
import yaml
from docs.examples import rulebook_examples
from installing import install
from lab.network import controller_address
from patience import comes_to, until
from rulebooks import STARTED, free_port, inventory, mailbox, post, ruleset_schema, running
from sourcing import following

from ansible_collections.corosync.quorum.plugins.plugin_utils import _program
from ansible_collections.corosync.quorum.tests.unit.fakes.receivers import authority

LOCK = {"run_id": "0123456789abcdef", "role": "rolling_upgrade", "user": "alice", "playbook": "site.yml", "controller": "admin1"}
LOCK.update({"since": "2026-11-22T10:15:02.123Z", "stop_requested": None, "boot_id": None, "pid_namespace": None, "pid": 1, "start_time": None})
# The key of a cluster, in corosync.conf itself
KEY = "S3cret" * 30
# What a hostile node would have the controller run, in place of the program
OWNED = "{{ lookup('ansible.builtin.pipe', 'touch %s') }}"
HOSTILE = "#!/bin/sh\ncat <<'END'\n%s\nEND\ncat >/dev/null\n"
# The end of a message about a cluster of three nodes, one of which is missing
TWO_OF_THREE = "Z (2 of 3 votes, 2 needed; no node may fail)"


EDA = pathlib.Path(__file__).resolve().parents[2] / "extensions" / "eda"


def test_the_examples_of_the_documentation_are_rulebooks():
    texts = [yaml.safe_load(path.read_text(encoding="utf-8"))["EXAMPLES"] for path in EDA.rglob("plugins/*/*.yaml")]
    assert len(texts) == 2
    for data in [*map(yaml.safe_load, texts), *(example.data for example in rulebook_examples())]:
        jsonschema.validate(data, ruleset_schema())


def of_the_guide(node):
    """The rulebook that the guide shows, with the lab's way of logging in."""
    (example,) = rulebook_examples()
    book = copy.deepcopy(example.data)
    book[0]["sources"][0]["corosync.quorum.votequorum"]["ssh_args"] = ["-F", str(node.ssh_config)]
    return book


def lock(node):
    """A rolling upgrade has begun."""
    node.sh("install -d -m 700 /var/lib/corosync-quorum")
    node.put(json.dumps(LOCK), "/var/lib/corosync-quorum/lock", 0o600)


def stop_requested(node):
    return bool(json.loads(node.run(["cat", "/var/lib/corosync-quorum/lock"]).stdout)["stop_requested"])


def found(folder):
    """The hosts of which there are diagnostics."""
    return {path.name.partition("-2")[0] for path in folder.glob("*.txt")}


@contextlib.contextmanager
def locked(lab, nodes, folder):
    """An inventory and a chat, for nodes that rolling upgrades have locked; diagnostics are in the folder."""
    for node in nodes:
        lock(node)
    with mailbox() as (url, texts):
        yield inventory(lab, folder, quorum_notify_url=url, quorum_diagnostics_dir=str(folder / "diagnostics")), texts


@pytest.fixture(name="scene")
def _scene(lab, cluster, tmp_path):
    """Three nodes that a rolling upgrade has locked, an inventory, a chat, and a folder for diagnostics."""
    nodes = cluster(nodes=3, totem={"key": KEY}).nodes
    with locked(lab, nodes, tmp_path) as (hosts, texts):
        yield nodes, hosts, texts, tmp_path


def untold(event):
    """An event as the node sent it."""
    return {key: value for key, value in event.items() if key != "meta"}


def hostile_event(source, folder):
    """An event of a cluster whose name is a template that makes a file on the controller."""
    return dict(source, event="state", cluster_name=OWNED % (folder / "owned"), votequorum=dict(source["votequorum"], forecast={"as_now": {"tolerates": 0}}))


def test_the_rulebooks_that_follow_nodes(lab, scene):
    nodes, hosts, texts, folder = scene
    one, two, three = nodes
    with following(nodes) as followed:
        state = untold(followed.first(one.name, "state"))
    three.put(HOSTILE % json.dumps(hostile_event(state, folder)), "/run/hostile", 0o755)
    follow = {"quorum_hosts": [node.name for node in nodes], "quorum_ssh_args": ["-F", str(one.ssh_config)]}
    hostile = {"host": three.name, "python": "/run/hostile", "cluster": "another"}
    noticed = dict(follow, quorum_hosts=[one.name, two.name, hostile, {"host": "gone", "address": "192.0.2.1"}])
    with running(lab, hosts, of_the_guide(one), reserve_lost=noticed, stop_upgrade=follow, quorum_lost=follow) as rulebooks:
        for rulebook in rulebooks.values():
            for node in (one, two):
                rulebook.wait_for(f"'node': '{node.name}'")
        until(lambda: texts, STARTED)
        says = f"reserve_lost, says node1 at {state['at']} (3 of 3 votes, 2 needed; no node may fail)"
        assert texts == [f"{{ {OWNED[1:] % (folder / 'owned')}: {says}"] and not (folder / "owned").exists()

        three.stop_corosync()
        until(lambda: len(texts) > 1, STARTED)
        assert texts[1].startswith("lab: reserve_lost, says node") and texts[1].endswith(TWO_OF_THREE)
        rulebooks["own"].wait_for("['node3'] left, says node")
        assert rulebooks["own"].said("2 votes, 2 needed")
        assert not any(stop_requested(node) for node in nodes), "an upgrade stops nodes itself"

        two.stop_corosync()
        until(lambda: all(map(stop_requested, nodes)), STARTED)
        assert comes_to({one.name}, lambda: found(folder / "diagnostics"), STARTED) == {one.name}
        assert len(texts) == 2, "three nodes see the same, and people are told once"
        (written,) = (folder / "diagnostics").glob("*.txt")
        assert "totem.cluster_name (str) = lab" in written.read_text(encoding="utf-8") and KEY not in written.read_text(encoding="utf-8")
        assert not any(KEY in line for rulebook in rulebooks.values() for line in rulebook.lines)

        # Lost, back and lost again, sooner than a throttle would take the third for the first: people end with what is so.
        two.start_corosync()
        until(lambda: len(texts) > 2, STARTED)
        assert texts[2].startswith("lab: reserve_lost, says node") and texts[2].endswith(TWO_OF_THREE)
        three.start_corosync()
        until(lambda: texts[-1].startswith("lab: reserve_back"), STARTED)
        assert texts[-1].endswith("Z (3 of 3 votes, 2 needed; 1 node may fail)")
        three.stop_corosync()
        until(lambda: texts[-1].startswith("lab: reserve_lost"), STARTED)
        assert len(texts) == 5, "each change makes one message"


# ---- nodes that post -----------------------------------------------------------------------------------------------------

TOKEN = "secret-of-the-lab"
CA_FILE, TOKEN_FILE = "/etc/corosync-quorum-ca.pem", "/etc/corosync-quorum-token"


def with_tls(folder):
    """The rulebook webhook with a certificate, as the guide says it."""
    book = yaml.safe_load((EDA / "rulebooks" / "webhook.yml").read_text(encoding="utf-8"))
    book[0]["sources"][0]["eda.builtin.webhook"].update(certfile=str(folder / "server.pem"), keyfile=str(folder / "server.key"))
    return book


@contextlib.contextmanager
def posting(node, url, ca):
    """The program of this checkout on a node, as a unit of systemd, which posts its events."""
    install([node])
    node.put(ca.read_text(encoding="utf-8"), CA_FILE)
    node.put(TOKEN, TOKEN_FILE, mode=0o600)
    node.run(["systemd-run", "-q", "--unit=lab-post", _program.LAUNCHER, "run", "--post", url, "--token-file", TOKEN_FILE, "--ca-file", CA_FILE])
    try:
        yield
        assert node.sh("journalctl -q -u lab-post -o cat --no-pager | grep -v '^Started'", check=False).stdout == "", "it has nothing to complain of"
    finally:
        node.sh(f"systemctl stop lab-post; rm -f {CA_FILE} {TOKEN_FILE}")


@pytest.fixture(name="two_clusters")
def _two_clusters(lab, tmp_path):
    """A cluster of three and one of one, with a rolling upgrade each; otherwise as `scene`."""
    first, second = lab.clusters(3, 1, wishes=[{}, {"totem": {"cluster_name": "other"}}])
    for made in (first, second):
        made.wait_quorate()
    nodes = [*first, *second]
    with locked(lab, nodes, tmp_path) as (hosts, texts):
        yield nodes, hosts, texts, tmp_path
    lab.heal()


def test_the_rulebook_for_what_nodes_post(lab, two_clusters):
    nodes, hosts, texts, folder = two_clusters
    one, two, three, other = nodes
    address = str(controller_address(ipaddress.IPv4Network(f"{one.address}/24", strict=False)))
    ca, _context = authority(folder, address)
    port = free_port(address)
    url = f"https://{address}:{port}/quorum"
    variables = {"quorum_token": TOKEN, "quorum_address": address, "quorum_port": port, "quorum_hosts": "nodes"}
    with contextlib.ExitStack() as stack:
        with following([one]) as followed:
            state = untold(followed.first(one.name, "state"))
        webhook = stack.enter_context(running(lab, hosts, own=with_tls(folder), own_variables=variables))["own"]

        def posted(event, token=TOKEN):
            with contextlib.suppress(OSError):
                return post(url, ca, token, event)

        until(lambda: posted(state) == 200, STARTED)
        assert posted(state, "wrong") == 401
        assert posted({"event": "quorum_lost"}) == 500, "it is no event"
        assert posted(hostile_event(state, folder)) == 200
        until(lambda: texts, STARTED)
        assert "{ { lookup" in texts[0] and not (folder / "owned").exists()

        # One says that it has lost quorum while the others are quorate, as one whose corosync restarts. Each of its two plays ends with a recap.
        had = webhook.count("PLAY RECAP")
        assert posted(dict(state, event="quorum_lost", node=three.name, nodeid=3, meta={"hosts": ["localhost"]})) == 200
        until(lambda: webhook.count("PLAY RECAP") == had + 2, STARTED)
        assert not found(folder / "diagnostics") and not any(stop_requested(node) for node in nodes)

        # From now on a node posts by itself.
        had = webhook.count("'event': 'state'")
        stack.enter_context(posting(one, url, ca))
        until(lambda: webhook.count("'event': 'state'") > had, STARTED)
        three.stop_corosync()
        until(lambda: len(texts) > 1, STARTED)
        assert texts[1].startswith("lab: reserve_lost, says node1 at ") and texts[1].endswith(TWO_OF_THREE)

        # It refuses connections at once, where one without power takes ssh's timeout each time.
        stack.callback(three.run, ["systemctl", "start", "ssh"])
        three.run(["systemctl", "stop", "ssh"])
        two.stop_corosync()
        until(lambda: stop_requested(one) and stop_requested(two), STARTED)
        assert comes_to({one.name}, lambda: found(folder / "diagnostics"), STARTED) == {one.name}
        assert not stop_requested(other), "the upgrade of a cluster that is quorate continues"
