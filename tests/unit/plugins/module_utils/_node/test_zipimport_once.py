# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module in an archive is found and loaded as without the finder, only that it is compiled once. In a process of its own, as all share the import system."""

import gc
import json
import pathlib
import subprocess
import sys
import weakref
import zipfile

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._node import zipimport_once as _archive

UTILS = "ansible_collections.corosync.quorum.plugins.module_utils"
PROGRAM = """
import importlib, json, sys, traceback
archive, utils = sys.argv[1:]
sys.path.insert(0, archive)
compiled_once = importlib.import_module(utils + "._archive").compiled_once
compiled, finders = [], list(sys.meta_path)
if hasattr(sys, "addaudithook"):
    sys.addaudithook(lambda event, args: compiled.append(str(args[1])) if event == "compile" else None)
try:
    with compiled_once():
        with compiled_once():
            used = importlib.import_module(utils + "._pure.used")
        importlib.import_module("other.used")
        try:
            importlib.import_module(utils + "._pure.absent")
        except ImportError as exc:
            missing = [type(exc).__name__, exc.name]
        importlib.import_module(utils + "._pure.broken")
except ZeroDivisionError as exc:
    where = traceback.extract_tb(exc.__traceback__)[-1]
print(json.dumps({
    "restored": sys.meta_path == finders, "missing": missing, "where": [where[0], where[1]],
    "file": used.__file__, "name": used.__name__, "package": used.__package__, "answer": used.ANSWER,
    "ours": [name for name in compiled if name.endswith("_pure/used.py")], "others": [name for name in compiled if name.endswith("other/used.py")]}))
"""


@pytest.fixture(name="seen", scope="module")
def _seen(tmp_path_factory):
    """What the program tells, and in `folder` where its module utils were."""
    archive = tmp_path_factory.mktemp("archive") / "sent.zip"
    parts, root = UTILS.split("."), UTILS.replace(".", "/")
    files = {"/".join(parts[:count]) + "/__init__.py": "" for count in range(1, len(parts) + 1)}
    files.update(
        {
            root + "/_archive.py": pathlib.Path(_archive.__file__).read_text(encoding="utf-8"),
            root + "/_pure/__init__.py": "",
            root + "/_pure/used.py": "ANSWER = 42\n",
            root + "/_pure/broken.py": "\n1 / 0\n",
            "other/__init__.py": "",
            "other/used.py": "",
        }
    )
    with zipfile.ZipFile(str(archive), "w") as made:
        for name in sorted(files):
            made.writestr(name, files[name])
    done = subprocess.run([sys.executable, "-c", PROGRAM, str(archive), UTILS], stdout=subprocess.PIPE, check=True, timeout=60)
    return dict(json.loads(done.stdout.decode("utf-8")), folder=f"{archive}/{root}/_pure")


def test_a_module_of_the_archive_is_loaded_as_it_always_was(seen):
    assert (seen["answer"], seen["name"], seen["package"]) == (42, UTILS + "._pure.used", UTILS + "._pure")
    assert seen["file"] == seen["folder"] + "/used.py"


@pytest.mark.skipif(sys.version_info < (3, 8), reason="this Python does not tell what it compiles")
def test_it_is_compiled_once_and_one_of_others_is_left_to_python(seen):
    assert len(seen["ours"]) == 1
    assert len(seen["others"]) == 2, "this Python compiles once by itself: the finder is not needed any more"


def test_what_is_not_there_and_what_fails_are_told_as_python_tells_them(seen):
    assert seen["missing"] == ["ModuleNotFoundError", UTILS + "._pure.absent"]
    assert seen["where"] == [seen["folder"] + "/broken.py", 2]


def test_afterwards_the_finders_are_those_from_before_an_import_that_failed_included(seen):
    assert seen["restored"] is True


def test_what_is_in_no_archive_is_left_to_other_finders():
    assert _archive._Finder.find_spec(_archive.__name__, [str(pathlib.Path(_archive.__file__).parent)]) is None
    assert _archive._Finder.find_spec("json", None) is None


def test_where_nothing_is_imported_garbage_is_still_collected():
    class Circle:
        pass

    circle = Circle()
    circle.itself = circle
    kept = weakref.ref(circle)
    with _archive.compiled_once():
        pass
    del circle
    gc.collect()
    assert kept() is None
