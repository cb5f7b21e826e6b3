# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The troubleshooting guide: it quotes messages as they are, and no code of corosync is left out."""

import ast
import re

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.errors import BY_CODE, CorosyncError

from .examples import CHECKOUT, GUIDES

GUIDE = (GUIDES / "guide_troubleshooting.rst").read_text(encoding="utf-8")
# The terms of the definition lists: a line of quoted messages, its explanation indented below it
QUOTED = [text for line in re.findall(r"^(``.*)\n  \S", GUIDE, re.MULTILINE) for text in re.findall(r"``([^`]+)``", line)]
ROW = re.compile(r"^  \* - ``(CS_ERR_\w+)`` \((\d+)\)\n    - (.+)$", re.MULTILINE)
VALUE = r"(?:%[sdgr]|%\d*[a-z]|\{[^{}]*\})"


def _sentences():
    """Every text in the plugins' code, an f-string with "%s" for each of its values."""
    for path in (CHECKOUT / "plugins").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                yield "".join(part.value if isinstance(part, ast.Constant) else "%s" for part in node.values)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


# What ansible-core says of an option before any code of this collection runs
BY_ANSIBLE = ArgumentSpecValidator({"timeout": {"type": "float"}}).validate({"timeout": "5m"}).error_messages
SENTENCES = list(_sentences())


def test_there_is_something_to_check():
    assert len(QUOTED) > 15
    assert len(ROW.findall(GUIDE)) > 15


@pytest.mark.parametrize("quoted", QUOTED)
def test_every_quoted_message_is_printed_by_some_code(quoted):
    """A "…" in the guide is a value in the code."""
    parts = [re.escape(part) for part in quoted.split("…")]
    ours, ansibles = re.compile(VALUE.join(parts)), re.compile(".+".join(parts))
    assert any(map(ours.search, SENTENCES)) or any(map(ansibles.search, BY_ANSIBLE)), f"no code says {quoted!r}"


def test_every_code_of_corosync_is_there_with_its_advice():
    documented = set(ROW.findall(GUIDE))
    wanted = {(error.name, str(error.code), error.advice) for error in BY_CODE.values() if error.advice != CorosyncError.advice}
    rows = [f"  * - ``{name}`` ({code})\n    - {advice}\n" for name, code, advice in sorted(wanted - documented)]
    assert documented == wanted, "rows to be in the guide:\n" + "".join(rows)
