# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab from a shell: `PYTHONPATH=tests python3 -m lab --help`."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Sequence

from . import host, image
from .errors import LabError
from .lab import MOST_NODES, Lab, all_labs, session_lock
from .pacemaker import Pacemaker

# The lab of the molecule scenarios, see molecule/default/create.yml
MOLECULE = "molecule"

# What carries out a command; None is the exit status 0
Action = Callable[[argparse.Namespace], int | None]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    arguments = parser().parse_args(argv)
    try:
        if arguments.command != "prepare":
            become_root("lab")
        action: Action = arguments.action
        return action(arguments) or 0
    except LabError as error:
        print(f"lab: {arguments.command} failed: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nlab: interrupted; run the same command again to go on, or `make lab-down` to remove what is there", file=sys.stderr)
        return 130


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="lab", description="Real corosync nodes on this machine, to try and to test things on.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, action: Action, text: str, named: bool = True) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(action=action)
        if named:
            sub.add_argument("--name", default="lab", help="which lab of this checkout (default: %(default)s)")
        return sub

    command("prepare", cmd_prepare, "install the packages that this machine lacks for the lab", named=False)
    up = command("up", cmd_up, "boot the nodes, or those that are not up")
    up.add_argument("--nodes", type=int, default=3, help=f"how many, 1 to {MOST_NODES} (default: %(default)s)")
    up.add_argument("--suite", default="bookworm", choices=image.SUITES, help="the nodes' Debian (default: %(default)s)")
    up.add_argument("--stack", choices=sorted(image.STACKS), help="with pacemaker and this shell of it, or with prometheus (default: corosync alone)")
    up.add_argument("--upgrade-to", metavar="SUITE", help="let apt on the nodes offer the corosync of this newer Debian, such as trixie on bookworm")
    up.add_argument("--fresh", action="store_true", help="remove nodes that are there first")
    cluster = command("cluster", cmd_cluster, "make a fresh corosync cluster of nodes that are up, with pacemaker where they have a stack")
    cluster.add_argument("--nodes", type=int, help="how many of them (default: all)")
    down = command("down", cmd_down, "remove the nodes and everything they left on this machine", named=False)
    which = down.add_mutually_exclusive_group()
    which.add_argument("--name", default="lab", help="which lab of this checkout (default: %(default)s, and what ended test sessions left)")
    which.add_argument("--all", action="store_true", help="every lab of this checkout that no test session uses")
    command("status", cmd_status, "say which nodes are up", named=False)
    ssh = command("ssh", cmd_ssh, "log in to a node by ssh, or run a command there")
    ssh.add_argument("node", nargs="?", default="node1")
    ssh.add_argument("remote", nargs=argparse.REMAINDER, metavar="-- COMMAND")
    command("inventory", lambda arguments: print(Lab(arguments.name).find().inventory), "print the path of the nodes' Ansible inventory")
    command("ansible-cfg", lambda arguments: print(Lab(arguments.name).find().ansible_cfg), "print the path for ANSIBLE_CONFIG")
    return top


def become_root(module: str) -> None:
    """Start this command again by sudo when it has not root's rights."""
    if os.geteuid() == 0:
        return
    keep = [f"{name}={value}" for name, value in os.environ.items() if name.startswith("QUORUM_LAB_") or name == "PYTHONPATH"]
    sys.stdout.flush()
    try:
        os.execvp("sudo", ["sudo", "env"] + keep + [sys.executable, "-m", module] + sys.argv[1:])
    except FileNotFoundError:
        raise LabError("booting machines needs root, and there is no sudo: run it as root") from None


def cmd_prepare(_arguments: argparse.Namespace) -> None:
    """lab prepare"""
    host.prepare()


def cmd_up(arguments: argparse.Namespace) -> None:
    """lab up"""
    wanted = Lab(arguments.name, arguments.nodes, arguments.suite, stack=arguments.stack, upgrade_to=arguments.upgrade_to)
    lab = wanted.up(fresh=arguments.fresh)
    for node in lab.nodes:
        print(f"{node.name:<7} {node.address}")
    print("log in:         make lab-ssh NODE=node1")
    print(f"run a playbook: ANSIBLE_CONFIG={lab.ansible_cfg} .venv/bin/ansible-playbook PLAYBOOK   (group `nodes`)")
    print("remove them:    make lab-down")


def cmd_cluster(arguments: argparse.Namespace) -> None:
    """lab cluster"""
    lab = Lab(arguments.name).find()
    cluster = lab.cluster(nodes=arguments.nodes)
    cluster.wait_quorate()
    if lab.stack in image.WITH_PACEMAKER:
        Pacemaker(cluster).start()
    print(cluster[1].run(["corosync-quorumtool", "-s"], check=False).stdout)


def cmd_down(arguments: argparse.Namespace) -> None:
    """lab down"""
    labs = {lab.name: lab for lab in all_labs() if arguments.all or (arguments.name == "lab" and _belongs_to_the_tests(lab))}
    labs.setdefault(arguments.name, Lab(arguments.name))
    for lab in labs.values():
        mine = session_lock(lab)
        if mine is None:
            if not lab.private or arguments.name == lab.name or arguments.all:
                host.say(f"kept {lab.name}: a test session uses it")
            continue
        with mine:
            lab.down()
        host.say(f"stopped{'' if lab.name == 'lab' else f' {lab.name}'}; its nodes, disks and network are removed")


def _belongs_to_the_tests(lab: Lab) -> bool:
    """Whether a lab is a test session's. Molecule's is booted by one process and used by others: it goes with the run of the tests."""
    return lab.private or (lab.name == MOLECULE and not _tests_are_running())


def _tests_are_running() -> bool:
    """Whether a run of this checkout's tests is under way."""
    lock = host.CHECKOUT / ".cache" / "run.lock"
    mine = host.try_lock(lock) if lock.exists() else None
    if mine:
        mine.close()
    return lock.exists() and mine is None


def cmd_status(_arguments: argparse.Namespace) -> None:
    """lab status"""
    labs = all_labs()
    if not labs:
        print("no lab of this checkout is up")
    for lab in labs:
        try:
            nodes = lab.find().nodes
        except LabError:
            print(f"{lab.name:<8} is starting or stopping, or was interrupted while it did")
            continue
        for node in nodes:
            print(f"{lab.name:<8} {node.name:<7} {node.address:<15} {'up' if node.is_on() else 'off'}")


def cmd_ssh(arguments: argparse.Namespace) -> int:
    """lab ssh"""
    remote: list[str] = arguments.remote[1:] if arguments.remote[:1] == ["--"] else arguments.remote
    return subprocess.call(Lab(arguments.name).find()[arguments.node].ssh_args + remote)


if __name__ == "__main__":
    sys.exit(main())
