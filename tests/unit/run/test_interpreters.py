# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Pythons the tests' environments are made with."""

import sys

import pytest
from run import interpreters

OWN = sys.version_info[:2]


@pytest.mark.parametrize("environment", [False, True])
def test_one_on_path_is_found_unless_it_is_of_a_virtual_environment(tmp_path, monkeypatch, environment):
    folder = tmp_path / "bin"
    folder.mkdir()
    python = folder / ("python" + interpreters.name(OWN))
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    if environment:
        (tmp_path / "pyvenv.cfg").touch()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(interpreters, "_pyenv_folders", list)
    assert interpreters.found.__wrapped__() == ({} if environment else {OWN: str(python)})
