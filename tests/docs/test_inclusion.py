# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page about Ansible's requirements: each has a proof, and the files and stages that it names are there."""

import fnmatch
import re

import pytest
from run.stages import all_stages

from .examples import CHECKOUT, GUIDES

PAGE = (GUIDES / "inclusion.rst").read_text(encoding="utf-8")
ROWS = re.findall(r"^   \* - (.+)\n     - (.+)$", PAGE, re.MULTILINE)
STAGES = [stage.name for stage in all_stages()]


def test_there_are_rows():
    assert len(ROWS) > 30


@pytest.mark.parametrize(("requirement", "proof"), [row for row in ROWS if row[1] != "Proof"])
def test_every_requirement_has_a_proof_that_is_there_or_is_open(requirement, proof):
    stages, files = re.findall(r"[Ss]tage ``([^`]+)``", proof), re.findall(r"(?:[Ff]ile|[Ff]older) ``([^`]+)``", proof)
    assert stages or files or "Open." in proof or ":ref:" in proof or "There are n" in proof or proof.startswith("Met, except"), requirement
    assert [stage for stage in stages if not fnmatch.filter(STAGES, stage)] == []
    assert [name for name in files if not (CHECKOUT / name).exists()] == []


def test_there_is_no_sanity_ignore_entry():
    assert not list((CHECKOUT / "tests").glob("sanity/ignore*"))
