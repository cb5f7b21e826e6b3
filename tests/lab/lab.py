# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab: booted nodes on one bridge, found again by every process that asks for a lab of the same name in the same checkout."""

from __future__ import annotations

import contextlib
import hashlib
import ipaddress
import json
import os
import pathlib
import shutil
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TextIO, TypedDict

from . import cluster, host, image, kept_bytecode, network, packages, upgrade
from .cluster import Cluster, Wishes
from .errors import LabError
from .inventory import replace_file, write_access
from .machine import Machine, unmount_below
from .node import COLLECTION, MARK, Node
from .parallel import each

if TYPE_CHECKING:
    from typing_extensions import Unpack

MOST_NODES = 16
# A node that has changed one of these gets a new disk: that is faster than undoing the change
CHANGES_THAT_NEED_A_NEW_DISK = ("/var/lib/dpkg/status", "/var/lib/pacemaker/cib/cib.xml")

# Where Python on a node keeps what it has compiled, and where it looks for what it runs at each start; see kept_bytecode.py
BYTECODE = "/var/cache/lab-bytecode"
PYTHON_PACKAGES = "/usr/lib/python3/dist-packages"


class Record(TypedDict, total=False):
    """What lab.json says of a lab that is up."""

    name: str
    checkout: str
    image: str
    suite: str
    stack: str | None
    private: bool
    subnet: str


class Lab:
    """`nodes` booted nodes of a Debian `suite`, with corosync installed and not configured.

    stack="pcs" or "crmsh": with pacemaker and that shell as well, see pacemaker.py; "prometheus": with that and its node_exporter, which nothing
    starts. upgrade_to="trixie": apt on the nodes offers that suite's corosync, as after offer_upgrade().

    A lab belongs to this checkout and has a name: up() finds what is running of it, completes it, and leaves alone
    what is as wanted. Labs of other names or other checkouts run beside it.
    """

    def __init__(
        self,
        name: str = "lab",
        nodes: int = 3,
        suite: str = "bookworm",
        private: bool = False,
        stack: str | None = None,
        upgrade_to: str | None = None,
    ) -> None:
        if not isinstance(nodes, int) or not 1 <= nodes <= MOST_NODES:
            raise LabError(f"a lab has 1 to {MOST_NODES} nodes, not {nodes!r}")
        image.check(suite, stack)
        if upgrade_to:
            upgrade.check(suite, upgrade_to)
        self.name = name
        self.size = nodes
        self.suite = suite
        self.stack = stack
        self.upgrade_to = upgrade_to
        self.private = private  # made by private_lab(): removed with its session
        self.id = hashlib.sha256((f"{host.CHECKOUT}\0{name}").encode()).hexdigest()[:6]
        self.folder = host.state_dir() / self.id
        self.bridge = f"cq{self.id}br"
        self.nodes: list[Node] = []
        self.recorded: Record = {}

    def __enter__(self) -> Lab:
        return self.up()

    def __exit__(self, *_exception: object) -> None:
        self.down()

    def __getitem__(self, which: int | str) -> Node:
        """The node with this name or nodeid."""
        for node in self.nodes:
            if which in (node.name, node.nodeid):
                return node
        raise LabError(f"the lab {self.name} has no node {which!r}; it has {', '.join(node.name for node in self.nodes) or 'none'}")

    @property
    def inventory(self) -> pathlib.Path:
        """Path of the Ansible inventory of all nodes."""
        return self.folder / "inventory.yml"

    @property
    def ansible_cfg(self) -> pathlib.Path:
        """Path of an Ansible configuration with that inventory and this checkout's collection; for ANSIBLE_CONFIG."""
        return self.folder / "ansible.cfg"

    # -- up and down

    def up(self, fresh: bool = False) -> Lab:
        """Boot the nodes that are not running; returns the lab, at once when all run. fresh=True: what exists of the lab is removed first."""
        host.require()
        with self._lock():
            if fresh or not (self._load() and self._usable()):
                self._erase()
                self._create()
            self._make_nodes(max(self.size, self._node_count()))
            self._boot_nodes()
        self.upgrade_to = self.upgrade_to or self._recorded_upgrade()
        if self.upgrade_to:
            self.offer_upgrade(self.upgrade_to)
            replace_file(self.folder / "upgrade_to", self.upgrade_to)
        return self

    def find(self) -> Lab:
        """Use the lab as it runs, whatever its size; LabError if it is not up."""
        host.require()
        if not (self._load() and self._node_count()):
            raise LabError(f"the lab {self.name} is not up: start it with `make lab-up`")
        self.suite, self.stack = self.recorded["suite"], self.recorded.get("stack")
        self.upgrade_to = self._recorded_upgrade()
        self._make_nodes(self._node_count())
        return self

    def down(self) -> None:
        """Switch every node off and remove all traces of the lab, also those of one that was interrupted."""
        host.require()
        with self._lock():
            self._erase()
        self.nodes = []

    def _lock(self) -> contextlib.AbstractContextManager[None]:
        return host.locked(host.state_dir() / (f"{self.id}.lock"), f"the lab {self.name}")

    def _load(self) -> bool:
        """Read what _create() recorded."""
        try:
            self.recorded = json.loads((self.folder / "lab.json").read_text())
        except (OSError, ValueError):
            return False
        return True

    def _usable(self) -> bool:
        """Whether the recorded lab can be used: its image is the one that would be built now, and this machine has not restarted since."""
        wanted = {"image": self._image(), "checkout": str(host.CHECKOUT)}
        if any(self.recorded.get(key) != value for key, value in wanted.items()):
            return False
        disks = [ready.with_name("upper") for ready in (self.folder / "nodes").glob("*/ready")]
        return all(os.path.lexists(f"{disk}{MARK}") for disk in disks) and network.bridge_exists(self.bridge)

    def _recorded_upgrade(self) -> str | None:
        """The suite that Lab(upgrade_to=...) named when this lab came up, if any."""
        try:
            return (self.folder / "upgrade_to").read_text()
        except OSError:
            return None

    def _image(self) -> str:
        return ":".join(str(layer) for layer in image.layers(self.suite, self.stack))

    def _node_count(self) -> int:
        """How many nodes of this lab have a disk."""
        return len(list((self.folder / "nodes").glob("*/ready")))

    def _create(self) -> None:
        """Make what all nodes share, and record it last: without the record a later up() starts over."""
        image.ensure(self.suite, self.stack)
        self.folder.mkdir(parents=True, mode=0o700)
        host.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "corosync-quorum-lab", "-f", self.folder / "id_ed25519"])
        self.recorded = {
            "name": self.name,
            "checkout": str(host.CHECKOUT),
            "image": self._image(),
            "suite": self.suite,
            "stack": self.stack,
            "private": self.private,
            "subnet": str(self._claim_subnet()),
        }
        partial = self.folder / "lab.json.new"
        partial.write_text(json.dumps(self.recorded, indent=1) + "\n")
        os.rename(partial, self.folder / "lab.json")

    def _claim_subnet(self) -> ipaddress.IPv4Network:
        """Take a subnet that nothing else has; the bridge that carries it is the claim."""
        with host.locked(host.state_dir() / "network.lock", "choosing a subnet"):
            subnet = network.choose_subnet(int(self.id, 16) % 512, network.subnets_in_use())
            network.make_bridge(self.bridge, subnet)
        return subnet

    def _make_nodes(self, size: int) -> None:
        """Make the Node objects, and the files that name them."""
        subnet = ipaddress.IPv4Network(self.recorded["subnet"])
        packages.folder().mkdir(parents=True, exist_ok=True)
        binds = [(host.CHECKOUT, COLLECTION), (packages.folder(), packages.NODE_FOLDER)]
        self.nodes = []
        for nodeid in range(1, size + 1):
            name = f"node{nodeid}"
            machine = Machine(self.folder / "nodes" / name, self.recorded["image"], name, f"cq{self.id}n{nodeid}", self.bridge)
            self.nodes.append(Node(machine, nodeid, subnet[nodeid], self.folder / "ssh_config", binds))
        write_access(self.folder, host.CHECKOUT, self.nodes)
        host.give_to_sudo_user(self.folder, ["id_ed25519", "id_ed25519.pub", "ssh_config", "inventory.yml", "ansible.cfg", "collections"])

    def _boot_nodes(self) -> None:
        off = [node for node in self.nodes if not node.is_on()]
        if off:
            host.say(f"booting {', '.join(node.name for node in off)} (Debian {self.suite})")
            host.allow_many_nodes()
        start = time.monotonic()
        each(off, self._switch_on)
        each(self.nodes, lambda node: node.wait_booted(timeout=120 + 10 * len(off)))
        if off:
            host.say(f"{', '.join(node.name for node in off)}: up in {time.monotonic() - start:.1f} s")

    def _switch_on(self, node: Node) -> None:
        ready = node.machine.folder / "ready"
        if not ready.exists():
            node.machine.erase()
            node.machine.make_disk()
            self._write_settings(node)
            ready.touch()
        node.power_on()

    def _write_settings(self, node: Node) -> None:
        subnet = ipaddress.IPv4Network(self.recorded["subnet"])
        hosts = ["127.0.0.1 localhost"] + [f"{subnet[number]} node{number}" for number in range(1, MOST_NODES + 1)]
        write = node.machine.write
        write(MARK, node.machine.unique + "\n")
        write("/etc/hostname", node.name + "\n")
        write("/etc/hosts", "\n".join(hosts) + "\n")
        write(
            "/etc/systemd/network/10-host0.network",
            f"[Match]\nName=host0\n\n[Network]\nAddress={node.address}/{subnet.prefixlen}\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n",
        )
        write("/root/.ssh/authorized_keys", (self.folder / "id_ed25519.pub").read_text(), mode=0o600)
        (node.machine.root / "root/.ssh").chmod(0o700)
        if os.environ.get("QUORUM_LAB_KEEPS_BYTECODE"):
            write(f"{PYTHON_PACKAGES}/kept_bytecode.py", pathlib.Path(kept_bytecode.__file__).read_text(encoding="utf-8"))
            write(f"{PYTHON_PACKAGES}/kept_bytecode.pth", f"import kept_bytecode; kept_bytecode.keep_in('{BYTECODE}')\n")
            (node.machine.root / BYTECODE.lstrip("/")).mkdir()

    def _erase(self) -> None:
        """Remove processes, mounts, bridge and files, whatever of them is there."""
        (self.folder / "lab.json").unlink(missing_ok=True)
        folders = sorted((self.folder / "nodes").glob("node*"))
        each(folders, lambda folder: Machine(folder, "", folder.name, f"cq{self.id}n{folder.name[4:]}", self.bridge).erase())
        unmount_below(self.folder)
        network.remove_bridge(self.bridge)
        shutil.rmtree(self.folder, ignore_errors=True)

    def recreate(self, nodes: Sequence[Node]) -> None:
        """Give these nodes a new disk over the image and boot them, with nothing configured. About two seconds."""
        if not nodes:
            return
        with self._lock():
            each(nodes, lambda node: node.machine.erase())
            self._boot_nodes()
        if self.upgrade_to:
            self.offer_upgrade(self.upgrade_to, nodes)

    def offer_upgrade(self, suite: str, nodes: Sequence[Node] | None = None) -> None:
        """Let apt on these nodes (default: all) offer the corosync of a newer Debian, and what that needs; nothing is upgraded by it.

        The next cluster() ends the offer, unless Lab(upgrade_to=...) made it, and recreates nodes that were upgraded.
        """
        line = packages.source(upgrade.ensure(self.suite, suite))
        each(self.nodes if nodes is None else nodes, lambda node: node.put(line, upgrade.SOURCE))

    # -- clusters

    def cluster(self, nodes: int | None = None, start: bool = True, wait: bool = True, qdevice: str | None = None, **wishes: Unpack[Wishes]) -> Cluster:
        """A fresh corosync cluster on the first `nodes` nodes (default: all); corosync is off on the others.

        Undoes every fault first, and recreates nodes whose packages have changed or that had pacemaker.
        start=False: only configured. wait=False: don't wait for the ring.
        qdevice="ffsplit" or "lms": with a quorum device, served by the node after the cluster's last; returns when its vote counts.
        A lab with too few nodes grows. The other arguments are those of corosync_conf.render(), or conf="..." for a complete corosync.conf.
        """
        count = len(self.nodes) if nodes is None else nodes
        if not isinstance(count, int) or not 1 <= count <= MOST_NODES:
            raise LabError(f"a cluster has 1 to {MOST_NODES} nodes, not {nodes!r}")
        self._clear(count + (1 if qdevice else 0))
        made = cluster.configured(self.nodes[:count], qnetd=self.nodes[count] if qdevice else None, algorithm=qdevice, **wishes)
        _begin(made, start, wait)
        return made

    def clusters(self, *sizes: int, wishes: Sequence[Wishes] = (), qdevices: Sequence[str | None] = ()) -> list[Cluster]:
        """Fresh clusters side by side, of so many nodes each: the first one has the first nodes, and so on. Node ids are unique in the lab.

        wishes, qdevices: of each, as for cluster(). Each quorum device is served by the node after the last one of its cluster.
        """
        devices = [*qdevices, *[None] * (len(sizes) - len(qdevices))]
        self._clear(sum(sizes) + sum(device is not None for device in devices))
        found, place = [], 0
        for number, (size, device) in enumerate(zip(sizes, devices)):
            own: Wishes = wishes[number] if number < len(wishes) else {}
            nodes, qnetd = self.nodes[place : place + size], self.nodes[place + size] if device else None
            found.append(cluster.configured(nodes, qnetd=qnetd, algorithm=device, **own))
            place += size + (1 if device else 0)
        each(found, lambda made: _begin(made, True, True))
        return found

    def _clear(self, needed: int) -> None:
        """So many nodes, with nothing of an earlier cluster on any."""
        if needed > len(self.nodes):
            self.size = needed
            self.up()
        self.recreate([node for node in self.nodes if any(map(node.machine.has_changed, CHANGES_THAT_NEED_A_NEW_DISK))])
        cluster.reset(self.nodes)
        if self.upgrade_to:
            self.offer_upgrade(self.upgrade_to)

    def heal(self) -> None:
        """Undo every fault of every node."""
        each(self.nodes, lambda node: node.heal())


def _begin(made: Cluster, start: bool, wait: bool) -> None:
    made.deploy(start=start)
    if start and wait:
        made.wait_ring()
        if made.qnetd:
            made.start_qdevice()


def session_lock(lab: Lab) -> TextIO | None:
    """Take a lab for this process alone: an open file to close in the end, or None when another process has it."""
    return host.try_lock(host.state_dir() / (f"{lab.id}.session"))


def all_labs() -> list[Lab]:
    """Every lab of this checkout that is up, or was when something ended it."""
    labs = []
    for record in sorted(host.state_dir().glob("*/lab.json")):
        recorded: Record = json.loads(record.read_text())
        if recorded["checkout"] == str(host.CHECKOUT):
            labs.append(Lab(recorded["name"], suite=recorded["suite"], stack=recorded.get("stack"), private=recorded["private"]))
    return labs


@contextlib.contextmanager
def private_lab(
    prefix: str, nodes: int = 3, suite: str = "bookworm", keep: bool = False, stack: str | None = None, upgrade_to: str | None = None
) -> Iterator[Lab]:
    """A lab that no other process uses meanwhile: PREFIX1, or PREFIX2 while another session has that one, and so on.

    It is taken down at the end unless `keep`. The other arguments are those of Lab().
    """
    host.require()
    for number in range(1, 10):
        lab = Lab(f"{prefix}{number}", nodes, suite, private=True, stack=stack, upgrade_to=upgrade_to)
        mine = session_lock(lab)
        if mine:
            break
    else:
        raise LabError(f"nine labs {prefix}1 to {prefix}9 are in use already: end some of their sessions")
    with mine:
        try:
            yield lab.up(fresh=not keep)
        finally:
            if not keep:
                lab.down()
