# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes the collection importable before pytest looks for tests, so that `.venv/bin/pytest tests/unit -k ring` needs no preparation.

Where the tests' runner has set the variables already, they stay as they are: it also runs tests with other Pythons (from 3.6 on) and other
ansible-cores.
"""

import os
import pathlib
import sys

if "COLLECTIONS_TREE" not in os.environ:
    from run import trees

    os.environ.update(trees.variables())
    # ansible-playbook and ansible-doc, of the Python that runs this.
    os.environ["PATH"] = os.pathsep.join([str(pathlib.Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])

TREE = os.environ["COLLECTIONS_TREE"]

# In front: the collection of this checkout counts, not another one that is installed.
if TREE not in sys.path:
    sys.path.insert(0, TREE)
# Where another collection was imported before, Python has fixed the folders in which it looks for the next one.
for name in ("ansible_collections", "ansible_collections.corosync"):
    place = str(pathlib.Path(TREE, *name.split(".")))
    if name in sys.modules and place not in sys.modules[name].__path__:
        sys.modules[name].__path__.append(place)
