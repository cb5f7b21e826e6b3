# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a node says of its authkey: never the key."""

import os
import time

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._node import key as tested
from ansible_collections.corosync.quorum.plugins.module_utils._node import observe

ENCRYPTED = "totem {\n    crypto_cipher: aes256\n}\n"


@pytest.fixture(name="node")
def _node(tmp_path, monkeypatch):
    """The files of a node: conf, key, pid, in the order in which they were written."""
    monkeypatch.setattr(tested, "KEY", str(tmp_path / "key"))
    monkeypatch.setattr(observe, "PID_FILE", str(tmp_path / "pid"))
    monkeypatch.setattr(tested, "configuration_file", lambda: str(tmp_path / "conf"))
    (tmp_path / "conf").write_text(ENCRYPTED)
    (tmp_path / "key").write_bytes(b"secret" * 30)
    (tmp_path / "pid").write_text("1")
    later = time.time() + 1
    os.utime(str(tmp_path / "pid"), (later, later))
    return tmp_path


def touched(node):
    """The pid file is older than the last change of the key, whatever time the key itself claims."""
    os.utime(str(node / "key"), (1, 1))
    os.utime(str(node / "pid"), (2, 2))


def test_a_key_that_nobody_touched(node):
    assert tested.newer_key() == {}
    assert tested.seen()["changed"] is False


def test_a_key_that_was_touched(node):
    touched(node)
    assert tested.newer_key() == {"authkey": "changed"}
    assert tested.seen()["changed"] is True


def test_a_digest_tells_keys_apart_and_says_nothing_of_them(node):
    digest = tested.seen()["digest"]
    assert len(digest) == 16 and set(digest) <= set("0123456789abcdef") and "secret" not in digest
    assert tested.seen()["digest"] == digest
    (node / "key").write_bytes(b"Secret" * 30)
    assert tested.seen()["digest"] != digest


@pytest.mark.parametrize("conf", ["totem {\n    version: 2\n}\n", ENCRYPTED + "totem {\n    key: inline\n}\n", ENCRYPTED + "totem {\n    keyfile: /k\n}\n"])
def test_a_key_that_is_not_used(node, conf):
    (node / "conf").write_text(conf)
    touched(node)
    assert tested.newer_key() == {} and tested.seen() == {"digest": None, "changed": None}


def test_a_key_that_is_not_there(node):
    os.unlink(str(node / "key"))
    assert tested.newer_key() == {} and tested.seen() == {"digest": "", "changed": None}


def test_without_a_pid_file_and_without_a_configuration(node):
    os.unlink(str(node / "pid"))
    assert tested.newer_key() == {} and tested.seen()["changed"] is None
    os.unlink(str(node / "conf"))
    assert tested.seen() == {"digest": None, "changed": None}
