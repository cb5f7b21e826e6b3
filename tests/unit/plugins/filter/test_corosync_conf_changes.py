# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter corosync_conf_changes: plain data, and what it takes."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.corosync.quorum.plugins.filter.corosync_conf_changes import FilterModule

corosync_conf_changes = FilterModule().filters()["corosync_conf_changes"]


TEXT = """\
totem {
    version: 2
}
nodelist {
    node {
        name: node1
        nodeid: 1
        ring0_addr: 10.0.0.1
    }
}
quorum {
    provider: corosync_votequorum
}
"""


def test_changes_are_plain_data() -> None:
    found = corosync_conf_changes(TEXT, TEXT.replace("    provider", "    wait_for_all: 1\n    provider"))
    assert json.loads(json.dumps(found)) == found
    assert found == {"action": "restart", "changes": [{"key": "quorum.wait_for_all", "old": None, "new": 1, "action": "restart"}]}


def with_totem(lines: str) -> str:
    return TEXT.replace("    version: 2\n", f"    version: 2\n{lines}\n")


def test_a_secret_is_not_shown() -> None:
    secrets = [with_totem(f"crypto_cipher: aes256\ncrypto_hash: sha256\n{line}") for line in ("key: S3cretOne", "key: S3cretTwo", "")]
    for old, new, shown in ((0, 1, ("(hidden)", "(hidden)")), (0, 2, ("(hidden)", None)), (2, 0, (None, "(hidden)"))):
        found = corosync_conf_changes(secrets[old], secrets[new])
        assert found == {"action": "reload", "changes": [{"key": "totem.key", "old": shown[0], "new": shown[1], "action": "reload"}]}


REFUSED = TEXT.replace("version: 2", "version: 2\n    token: 5000 # slow network")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (TEXT, REFUSED, "corosync would not start with the new text, so it cannot be rolled out: line 3: totem.token takes a number"),
        (TEXT, TEXT.rstrip("}\n"), "cannot be rolled out: Line 11 opens section"),
        (REFUSED, TEXT, "corosync would not start with the text given as input, so it has loaded another one"),
        ("", TEXT, "Give the text that corosync has loaded."),
        (
            TEXT,
            with_totem("crypto_cipher: aes-256-cbc\ncrypto_hash: sha256"),
            "corosync 3.1 would not start with the new text, so it cannot be rolled out: line 3:",
        ),
        (
            with_totem("crypto_cipher: aes256\ncrypto_hash: sha256"),
            with_totem("crypto_cipher: aes256"),
            "Set crypto_hash: sha256 while a node has corosync 3.1.",
        ),
    ],
)
def test_a_text_that_corosync_refuses_is_no_change(old: str, new: str, words: str) -> None:
    with pytest.raises(AnsibleFilterError) as error:
        corosync_conf_changes(old, new)
    assert words in str(error.value)


@pytest.mark.parametrize("new", ["crypto_cipher: aes-256-cbc\ncrypto_hash: sha256\ntoken: 2000", "crypto_cipher: aes256\ntoken: 2000"])
def test_nodes_that_run_the_main_branch_may_go_on_with_what_only_it_takes(new: str) -> None:
    """corosync has loaded such a text, so it is no corosync 3.1."""
    old = with_totem("crypto_cipher: aes-256-cbc\ncrypto_hash: sha256")
    assert {"key": "totem.token", "old": None, "new": 2000, "action": "reload"} in corosync_conf_changes(old, with_totem(new))["changes"]


@pytest.mark.parametrize(("old", "new", "words"), [(None, "", "input is a NoneType"), ("", {"a": 1}, "new is a dict"), (b"", "", "input is a bytes")])
def test_anything_but_text_is_an_error(old: t.Any, new: t.Any, words: str) -> None:
    with pytest.raises(AnsibleFilterError) as error:
        corosync_conf_changes(old, new)
    assert words in str(error.value)
