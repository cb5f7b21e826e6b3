# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which unit tests run on a managed node's Python, and with which ansible-core."""

from run import environments, paths
from run.steps import units


def test_what_modules_import_is_tested_on_a_nodes_python_and_what_filters_alone_import_is_not():
    tests = {path.rpartition("/")[2] for path in units.managed_tests()}
    assert {"test_votequorum_info.py", "test_zipimport_once.py", "test_observe.py", "test_votequorum.py", "test_problems.py", "test_change.py"} <= tests
    assert not {"test_batches.py", "test_plan.py", "test_checks.py"} & tests


def test_what_uses_no_ansible_core_is_tested_with_one_of_them():
    some, every = (set(units.controller_tests(pure)) for pure in (False, True))
    names = {path.rpartition("/")[2] for path in some}
    assert {"test_wait_for_quorum.py", "test_rolling_upgrade_gate.py", "test_forecast.py", "test_received.py", "test_hostile_nodes.py"} <= names
    assert not {"test_batches.py", "test_gate.py", "test_checks.py"} & names
    assert some < every and "tests/unit/plugins/plugin_utils/_upgrade/test_gate.py" in every


def test_the_messages_that_the_guide_quotes_are_provoked_with_every_ansible_core():
    assert (paths.CHECKOUT / units.QUOTED).is_file()
    assert all(units.QUOTED in units.core_tests(core) for core in environments.CORES)
