# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests find the collection, however pytest is started."""

import os
import pathlib
import subprocess
import sys

import pytest
from run import paths, trees

# Of each folder that somebody gives to pytest alone.
ALONE = ("tests/unit/plugins/filter/test_forecast.py", "tests/docs/test_binding.py", "tests/abi", "tests/live/test_votequorum_info.py")


@pytest.mark.slow
def test_pytest_needs_no_preparation():
    alone = {name: value for name, value in os.environ.items() if name not in trees.variables()}
    command = [sys.executable, "-m", "pytest", "--collect-only", "-p", "no:cacheprovider", *ALONE]
    done = subprocess.run(command, cwd=paths.CHECKOUT, env=alone, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_tree_has_the_checkout_as_the_collection():
    collection = pathlib.Path(trees.variables()["COLLECTIONS_TREE"], "ansible_collections", "corosync", "quorum")
    assert collection.resolve() == paths.CHECKOUT
