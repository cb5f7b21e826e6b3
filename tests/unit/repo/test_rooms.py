# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rooms of the plugins: who may import whom, and that nothing which only a controller runs is among what nodes get."""

import pytest
from run.imports import PLUGINS, PROGRAM, RECEIVER, imported, reached

# A room, and the rooms whose files its own may import. CONTRIBUTING.md says what they are.
BELOW = "_forecast _value _conf constants"
SENT = f"_node _judge {BELOW}"
CONTROLLER = f"{SENT} plugin_utils _lint _cluster _upgrade _fleet _report _wait _monitor"
MAY_IMPORT = {
    # module_utils: what a node runs
    "constants": "",
    "_corosync": "constants",
    "_conf": "",
    "_value": "constants",
    "_forecast": "_value _conf constants",
    "_judge": BELOW,
    "_node": f"_judge {BELOW} _corosync",
    "_program": f"{SENT} _corosync",
    "modules": f"{SENT} _corosync",
    # plugin_utils: what only a controller runs, which has no corosync to talk to. plugin_utils itself: its files that are in no room.
    "plugin_utils": SENT,
    "_lint": f"{SENT} plugin_utils",
    "_cluster": f"{SENT} plugin_utils _lint",
    "_upgrade": f"{SENT} plugin_utils",
    "_fleet": f"{SENT} plugin_utils _upgrade",
    "_report": f"{SENT} plugin_utils _upgrade _fleet",
    "_wait": f"{SENT} plugin_utils",
    "_monitor": f"{SENT} _program plugin_utils",
    # ansible-rulebook runs it without the collection: what it imports is of the standard library alone.
    "_eda": "_value",
    "action": CONTROLLER,
    "filter": CONTROLLER,
    "test": CONTROLLER,
    "doc_fragments": "",
}
# Numbers of corosync's headers, which calculations need and no library. The rest of its folder talks to corosync.
CONSTANTS = PLUGINS / "module_utils" / "_corosync" / "constants.py"
FILES = sorted(PLUGINS.rglob("*.py"))


def room(path):
    if path == CONSTANTS:
        return "constants"
    parts = path.relative_to(PLUGINS).parts
    return parts[1] if parts[0] in ("module_utils", "plugin_utils") and len(parts) > 2 else parts[0]


def test_every_file_is_in_a_room():
    assert {room(path) for path in FILES} <= set(MAY_IMPORT)


@pytest.mark.parametrize("name", MAY_IMPORT)
def test_imports_go_downwards_only(name):
    allowed = {name, *MAY_IMPORT[name].split()}
    imports = [(path, other) for path in FILES if room(path) == name for other in imported(path)]
    wrong = [f"{path.relative_to(PLUGINS)} imports {other.relative_to(PLUGINS)}" for path, other in imports if room(other) not in allowed]
    assert not wrong


def test_module_utils_are_what_modules_and_the_program_import():
    """Code that only a controller runs is in plugin_utils: it need not be Python 3.6, and is not sent to nodes."""
    starts = [path for path in FILES if room(path) == "modules"] + [PROGRAM, RECEIVER]
    idle = set(PLUGINS.joinpath("module_utils").rglob("*.py")) - reached(starts)
    assert sorted(str(path.relative_to(PLUGINS)) for path in idle) == []


def test_imports_inside_of_functions_count_too():
    observed = {str(path.relative_to(PLUGINS)) for path in imported(PLUGINS / "modules" / "votequorum_info.py")}
    assert "module_utils/_node/lock.py" in observed, "this one is inside of a function"
