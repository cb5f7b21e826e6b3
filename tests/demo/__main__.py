# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of `make demo`. Each starts from whatever it finds, so an interrupted demo is simply run again."""

import os
import pathlib
import subprocess
import sys
import time

from lab import Lab, LabError, prepare
from lab.__main__ import become_root
from lab.host import CHECKOUT
from lab.image import ensure as ensure_image
from lab.upgrade import ensure as ensure_upgrade

PLAYBOOK = pathlib.Path(__file__).with_name("demo.yml")
SUITE, NEXT_SUITE = "bookworm", "trixie"
REPORT = CHECKOUT / ".cache/rolling-upgrade.html"
GOODBYE = """
The three nodes are still up, with corosync running. Now it is your turn:
  open the report       {report}
  log in to a node      make lab-ssh NODE=node1        (then, for example: corosync-quorumtool)
  run a playbook        ANSIBLE_CONFIG={cfg} {ansible} {playbook}
                        (or one of yours, for the hosts `nodes`)
  take the nodes down   make lab-down
"""


class Step:
    """Prints what comes next. If it fails, the error names the step and says what to do."""

    current = "Starting"
    remedy = ""

    @classmethod
    def begin(cls, text, remedy):
        """Begin the next step."""
        cls.current, cls.remedy = text, remedy
        print("\n==> " + text, flush=True)


def main():
    """Run the demo; returns the exit status."""
    start = time.monotonic()
    try:
        become_root("demo")
        lab = demonstrate()
    except LabError as error:
        print(f"\nFAILED in the step: {Step.current}\n{error}\nWhat to do: {Step.remedy or 'see above, then run `make demo` again'}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\nInterrupted in the step: {Step.current}\n`make demo` starts over; `make lab-down` removes what is there.", file=sys.stderr)
        return 130
    print(GOODBYE.format(report=_shown(REPORT), cfg=lab.ansible_cfg, ansible=_shown(_ansible_playbook()), playbook=_shown(PLAYBOOK)))
    print(f"({time.monotonic() - start:.0f} s)")
    return 0


def demonstrate():
    """All steps; returns the lab, which stays up."""
    Step.begin("What this machine needs for the nodes", "install what is named above by hand, then run `make demo` again")
    print("installed: " + ", ".join(prepare() or ["all there"]))

    Step.begin(
        f"The nodes' base image: Debian {SUITE} with corosync",
        "check that this machine reaches its Debian mirror (apt-get update), or set QUORUM_LAB_MIRROR to one; then run `make demo` again",
    )
    print(f"built: {ensure_image(SUITE)}")

    Step.begin("A repository with the next Debian's corosync, for the upgrade", "as in the step before")
    print(f"made: {ensure_upgrade(SUITE, NEXT_SUITE)}")

    Step.begin("Boot three nodes", "`make lab-down` removes what is left of earlier nodes; then run `make demo` again")
    lab = Lab(nodes=3, suite=SUITE, upgrade_to=NEXT_SUITE).up()
    lab.recreate(lab.nodes)
    print("up: " + ", ".join(f"{node.name} ({node.address})" for node in lab.nodes))

    Step.begin(
        f"Run the playbook {_shown(PLAYBOOK)} on them: deploy, look, stop and start, upgrade",
        "the task that failed is the last one above; look at the node with `make lab-ssh NODE=node1`, or start over with `make demo`",
    )
    callback = {"ANSIBLE_CALLBACK_PLUGINS": str(PLAYBOOK.with_name("callback")), "ANSIBLE_STDOUT_CALLBACK": "story"}
    env = dict(os.environ, ANSIBLE_CONFIG=str(lab.ansible_cfg), LC_ALL="C.UTF-8", PYTHONUNBUFFERED="1", **callback)
    REPORT.parent.mkdir(exist_ok=True)
    status = subprocess.call([str(_ansible_playbook()), str(PLAYBOOK), "-e", f"rolling_upgrade_report={REPORT}"], env=env, cwd=str(CHECKOUT))
    if status:
        raise LabError(f"ansible-playbook ended with {status}")
    return lab


def _ansible_playbook():
    """The one that belongs to the Python this runs with."""
    path = pathlib.Path(sys.prefix) / "bin/ansible-playbook"
    if not path.exists():
        raise LabError(f"there is no {path}: run the demo with `make demo`, which installs it")
    return path


def _shown(path):
    """A path as the user would type it in the checkout."""
    return os.path.relpath(path, CHECKOUT) if CHECKOUT in path.parents else str(path)


if __name__ == "__main__":
    sys.exit(main())
