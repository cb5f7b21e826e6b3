# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ansible-doc of this ansible-core shows of roles and modules, it shows without a warning."""

import os
import pathlib
import subprocess
import sys

import pytest

CHECKOUT = pathlib.Path(__file__).resolve().parents[3]
NAMES = {
    "role": [path.name for path in (CHECKOUT / "roles").iterdir() if path.is_dir()],
    "module": [path.stem for path in (CHECKOUT / "plugins/modules").glob("*.py")],
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", NAMES)
def test_it_is_shown_without_a_warning(kind, tmp_path):
    place = tmp_path / "ansible_collections/corosync"
    place.mkdir(parents=True)
    (place / "quorum").symlink_to(CHECKOUT)
    program = pathlib.Path(sys.executable).with_name("ansible-doc")
    environment = dict(os.environ, ANSIBLE_COLLECTIONS_PATH=str(tmp_path), ANSIBLE_HOME=str(tmp_path), LC_ALL="C.UTF-8", NO_COLOR="1")
    command = [str(program), "--type", kind, *(f"corosync.quorum.{name}" for name in sorted(NAMES[kind]))]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    # ansible-core 2.20 to 2.22 complain of a collection of their own, which has no version.
    complaints = [line for line in done.stderr.splitlines() if "WARNING" in line and "_protomatter" not in line]
    assert complaints == [], done.stderr
    assert all(name in done.stdout for name in NAMES[kind])
