# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages on troubleshooting: a function provokes each message that it quotes, and no code of corosync is left out."""

import importlib
import inspect
import re

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.errors import BY_CODE, CorosyncError, check
from ansible_collections.corosync.quorum.tests.unit.fakes.nodes import Nodes

from .examples import GUIDES
from .provoked import PROVOKED

# They fill PROVOKED.
for part in ("cluster", "lock", "many", "monitor", "node", "plays", "upgrade", "votes", "waits"):
    importlib.import_module(f"{__package__}.provoked.{part}")
# All pages as one text: no message stands on two of them.
GUIDE = "\n".join(path.read_text(encoding="utf-8") for path in sorted(GUIDES.glob("guide_troubleshooting*.rst")))
# The terms of the definition lists: a line of quoted messages, its explanation indented below it
QUOTED = [text for line in re.findall(r"^(``.*)\n  \S", GUIDE, re.MULTILINE) for text in re.findall(r"``([^`]+)``", line)]
ROW = re.compile(r"^  \* - ``(CS_ERR_\w+)`` \((\d+)\)\n    - (.+)$", re.MULTILINE)


def test_there_is_something_to_check():
    assert len(QUOTED) > 150
    assert len(ROW.findall(GUIDE)) > 15


@pytest.mark.parametrize("section", ["Changing votes", "The role cluster", "A rolling upgrade", "Many clusters in one run", "The lock", "The role monitor"])
def test_what_changes_a_cluster_or_a_node_has_a_section_of_its_own(section):
    text = re.search(rf"^{section}\n-+\n(.*?)(?=^\S[^\n]*\n---|\Z)", GUIDE, re.MULTILINE | re.DOTALL).group(1)
    assert len(re.findall(r"^``", text, re.MULTILINE)) >= 10


def test_every_quoted_message_is_provoked_and_only_those_are():
    assert sorted(set(QUOTED) - set(PROVOKED)) == sorted(set(PROVOKED) - set(QUOTED)) == []
    assert sorted({one for one in QUOTED if QUOTED.count(one) > 1}) == []


@pytest.fixture(name="nodes")
def _nodes(tmp_path):
    return Nodes(tmp_path)


def _fixtures(provoke):
    return list(inspect.signature(provoke).parameters)


@pytest.mark.parametrize("quoted", [pytest.param(one, marks=pytest.mark.plays) if "nodes" in _fixtures(PROVOKED[one]) else one for one in sorted(PROVOKED)])
def test_the_code_says_it_as_the_guide_quotes_it(quoted, request):
    """A "…" in the guide is a value in the message."""
    provoke = PROVOKED[quoted]
    said = provoke(**{name: request.getfixturevalue(name) for name in _fixtures(provoke)})
    assert re.search(".+".join(map(re.escape, quoted.split("…"))), said), f"the guide has {quoted!r}, the code says {said!r}"


def test_every_code_of_corosync_is_there_with_its_advice():
    documented = set(ROW.findall(GUIDE))
    wanted = {(error.name, str(error.code), error.advice) for error in BY_CODE.values() if error.advice != CorosyncError.advice}
    rows = [f"  * - ``{name}`` ({code})\n    - {advice}\n" for name, code, advice in sorted(wanted - documented)]
    assert documented == wanted, "rows to be in the guide:\n" + "".join(rows)


@pytest.mark.parametrize("name, code, advice", ROW.findall(GUIDE))
def test_the_error_of_a_code_says_what_the_guide_says(name, code, advice):
    with pytest.raises(CorosyncError) as caught:
        check(int(code), "votequorum_getinfo")
    assert str(caught.value) == f"{advice[:-1]} (votequorum_getinfo: {name}, {code})."
