# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module's main() as Ansible runs it: its options as JSON, its result on standard output, its exit code."""

import json

import pytest


def run_main(module, basic, arguments, monkeypatch, capsys):
    """What main() printed, as data. basic: ansible.module_utils.basic, which a bare Python does not have."""
    monkeypatch.setattr(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode("utf-8"))
    monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
    with pytest.raises(SystemExit) as ended:
        module.main()
    printed = json.loads(capsys.readouterr().out)
    assert bool(ended.value.code) == bool(printed.get("failed"))
    printed.pop("invocation", None)
    return printed
