# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""cmap: every type of value, iteration to its end, and what is not there."""

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.cmap import Cmap
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.errors import DaemonGone, KeyReadOnly
from ansible_collections.corosync.quorum.tests.unit.fakes.corosync import ANY


@pytest.fixture(name="cmap")
def _cmap(script, lane):
    script.expect_initialize("cmap")
    cmap = Cmap(lane)
    cmap.initialize()
    return cmap


@pytest.mark.parametrize(
    "c_type, kind, value",
    [
        ("int8_t *", 1, -128),
        ("uint8_t *", 2, 255),
        ("int16_t *", 3, -(2**15)),
        ("uint16_t *", 4, 2**16 - 1),
        ("int32_t *", 5, -(2**31)),
        ("uint32_t *", 6, 2**32 - 1),
        ("int64_t *", 7, -(2**63)),
        ("uint64_t *", 8, 2**64 - 1),
        ("float *", 9, 0.5),
        ("double *", 10, 0.1),
    ],
)
def test_a_number_of_each_type(script, cmap, c_type, kind, value):
    script.expect("cmap_get", 7, b"some.key", ANY, lambda length: length[0] == 4096, ANY, do=script.cmap_value(c_type, kind, value))
    found = cmap.get("some.key")
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize("raw, text", [(b"corosync_votequorum", "corosync_votequorum"), (b"", ""), (b"caf\xc3\xa9", "caf\u00e9"), (b"\xff", "\ufffd")])
def test_a_string(script, cmap, raw, text):
    script.expect("cmap_get", 7, b"quorum.provider", ANY, ANY, ANY, do=script.cmap_string(raw))
    assert cmap.get("quorum.provider") == text


def test_a_short_string_behind_a_long_one_is_short(script, cmap):
    script.expect("cmap_get", 7, b"a", ANY, ANY, ANY, do=script.cmap_string(b"long text"))
    script.expect("cmap_get", 7, b"b", ANY, ANY, ANY, do=script.cmap_string(b"x"))
    assert (cmap.get("a"), cmap.get("b")) == ("long text", "x")


def test_binary_stays_binary(script, cmap):
    script.expect("cmap_get", 7, b"raw", ANY, ANY, ANY, do=script.cmap_value("uint8_t[]", 12, [0, 1, 0]))
    assert cmap.get("raw") == b"\0\1\0"


def test_a_key_that_is_not_there(script, cmap):
    script.expect("cmap_get", 7, b"quorum.provider", ANY, ANY, ANY, code=12)
    assert cmap.get("quorum.provider") is None


def test_read_takes_every_key_below_the_prefixes(script, cmap):
    script.expect_cmap_read(b"quorum.", [(b"quorum.provider", script.cmap_string(b"p")), (b"quorum.two_node", script.cmap_value("uint8_t *", 2, 1))])
    script.expect_cmap_read(b"nodelist.", [])
    assert cmap.read("quorum.", "nodelist.") == {"quorum.provider": "p", "quorum.two_node": 1}


def test_read_takes_the_keys_that_are_there(script, cmap):
    script.expect("cmap_get", 7, b"totem.config_version", ANY, ANY, ANY, do=script.cmap_value("uint64_t *", 8, 3))
    script.expect("cmap_get", 7, b"runtime.members.2.config_version", ANY, ANY, ANY, code=12)
    script.expect_cmap_read(b"config.", [])
    assert cmap.read("config.", keys=["totem.config_version", "runtime.members.2.config_version"]) == {"totem.config_version": 3}


def test_read_leaves_out_a_key_that_vanishes_meanwhile(script, cmap):
    script.expect("cmap_iter_init", 7, b"quorum.", ANY, do=script.out(99, at=2))
    script.expect("cmap_iter_next", 7, 99, ANY, ANY, ANY, do=script.cmap_key(b"quorum.gone"))
    script.expect("cmap_iter_next", 7, 99, ANY, ANY, ANY, code=27).expect("cmap_iter_finalize", 7, 99)
    script.expect("cmap_get", 7, b"quorum.gone", ANY, ANY, ANY, code=12)
    assert cmap.read("quorum.") == {}


def test_an_iteration_that_breaks_is_finalised_and_raises(script, cmap):
    script.expect("cmap_iter_init", 7, b"quorum.", ANY, do=script.out(99, at=2))
    script.expect("cmap_iter_next", 7, 99, ANY, ANY, ANY, code=2)
    script.expect("cmap_iter_finalize", 7, 99, code=2)
    with pytest.raises(DaemonGone):
        cmap.read("quorum.")


def test_set_uint8(script, cmap):
    script.expect("cmap_set", 7, b"quorum.cancel_wait_for_all", lambda value: value[0] == 1, 1, 2)
    cmap.set_uint8("quorum.cancel_wait_for_all", 1)
    script.expect("cmap_set", 7, b"nodelist.local_node_pos", ANY, 1, 2, code=11)
    with pytest.raises(KeyReadOnly, match="read-only: change corosync.conf"):
        cmap.set_uint8("nodelist.local_node_pos", 1)
