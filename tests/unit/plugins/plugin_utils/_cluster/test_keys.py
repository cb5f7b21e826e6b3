# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The authentication key: who gets it from whom, and when a running cluster has to load it."""

import pytest

from ansible_collections.corosync.quorum.tests.unit.fakes.clusters import planned, running, stopped, wishes

ROTATION = {"rotate_key": True}
LOOK = {"stable_for": 9.03, "timeout": 28.06}


def keys(seen, *keys_):
    """The same hosts with these keys; None: none."""
    for host, key in zip(seen, keys_):
        seen[host]["key"] = key
    return seen


def test_a_key_that_all_have_and_have_read_is_no_work():
    steps = planned(wishes(), running(wishes()))
    assert (steps["key_to"], steps["key_put"], steps["key_load"], steps["look"], steps["reload"]) == ([], [], [], None, None)


def test_a_new_cluster_has_nothing_to_load():
    steps = planned(wishes())
    assert (steps["key_missing"], steps["key_put"], steps["key_load"], steps["look"]) == (True, ["host1", "host2", "host3"], [], None)


@pytest.mark.parametrize(
    ("found", "source", "made", "to"),
    [
        (["new", None, None], "host1", False, ["host2", "host3"]),
        ([None, "k", "k"], "host2", False, ["host1"]),
        ([None, None, None], "host1", True, ["host2", "host3"]),
    ],
)
def test_a_member_never_gets_a_key_without_a_reload_and_a_look(found, source, made, to):
    """A new version of the file goes with it: so each node can be asked whether it has read both."""
    steps = planned(wishes(), keys(running(wishes()), *found))
    assert (steps["key_from"], steps["key_missing"], steps["key_to"]) == (source, made, to)
    assert (steps["config_version"], steps["reload"], steps["write"]) == (2, "host1", ["host1", "host2", "host3"])
    assert steps["key_put"] == (["host1", *to] if made else to)
    assert steps["look"] == LOOK and steps["present"] == [1, 2, 3] and set(to) <= set(steps["key_load"])
    assert steps["action"] == "reload" and steps["restart"] == []
    assert any(line.startswith("let corosync load the key") for line in steps["summary"])


def test_a_key_that_was_changed_by_hand_on_all_nodes_is_loaded():
    """The next restart would leave that node alone."""
    seen = running(wishes())
    seen["host2"]["key_changed"] = 201.0
    steps = planned(wishes(), seen)
    assert (steps["key_load"], steps["key_put"], steps["reload"], steps["look"]) == (["host2"], [], "host1", LOOK)


@pytest.mark.parametrize("unknown", [{"key_changed": None}, {"started": None}, {"key_changed": float("nan")}, {"key_changed": "x"}])
def test_in_doubt_it_is_loaded(unknown):
    seen = running(wishes())
    seen["host3"].update(unknown)
    assert planned(wishes(), seen)["key_load"] == ["host3"]


def test_what_the_role_has_made_corosync_load_is_known_whatever_the_clocks_say():
    seen = running(wishes())
    seen["host2"].update(key_changed=300.0, key_loaded="k")
    assert planned(wishes(), seen)["reload"] is None
    seen["host2"]["key_loaded"] = "older"
    assert planned(wishes(), seen)["key_load"] == ["host2"]


def test_a_host_that_does_not_run_reads_the_key_when_it_starts():
    seen = stopped(running(wishes()), "host3")
    seen["host3"].update(key="other", key_changed=300.0)
    steps = planned(wishes(), seen)
    assert (steps["key_to"], steps["key_load"], steps["reload"]) == (["host3"], [], None)


def test_a_rotation_gives_a_new_key_to_all():
    steps = planned(wishes(shared=ROTATION), running(wishes()))
    assert (steps["key_missing"], steps["key_from"], steps["key_to"]) == (True, "host1", ["host2", "host3"])
    assert (steps["key_load"], steps["reload"], steps["look"]) == (["host1", "host2", "host3"], "host1", LOOK)


def test_keys_that_differ_are_mended_by_a_rotation_and_by_nothing_else():
    seen = keys(running(wishes()), "k", "k", "other")
    refusals = planned(wishes(), seen)["refusals"]
    assert len(refusals) == 1 and "that of host1, host2 from host3" in refusals[0] and "cluster_rotate_key=true" in refusals[0]
    assert planned(wishes(shared=ROTATION), seen)["key_load"] == ["host1", "host2", "host3"]


def test_a_rotation_that_could_not_be_taken_back_is_refused():
    """A member without a file has the old key in its memory alone."""
    [told] = planned(wishes(shared=ROTATION), keys(running(wishes()), "k", None, "k"))["refusals"]
    assert "authkey is missing on host2" in told and "Run the play once without cluster_rotate_key" in told
    handed = planned(wishes(), keys(running(wishes()), "k", None, "k"))
    assert (handed["refusals"], handed["key_to"], handed["key_missing"]) == ([], ["host2"], False)
    assert planned(wishes(shared=ROTATION), keys(running(wishes()), None, None, None))["refusals"] == [], "there is no other way"
    assert planned(wishes(shared=ROTATION), keys(running(wishes()), "k", None, "other"))["refusals"] == [], "nor is there here"
    plain = wishes(shared={"totem": {"crypto_cipher": "none", "crypto_hash": "none"}})
    assert planned(wishes(shared=ROTATION), keys(running(plain), "k", None, None))["refusals"] == [], "nobody has loaded a key"


def test_a_rotation_while_nothing_runs_needs_no_reload():
    steps = planned(wishes(shared=ROTATION), stopped(running(wishes()), "host1", "host2", "host3"))
    assert (steps["key_missing"], steps["key_load"], steps["look"], steps["reload"]) == (True, [], None, None)


def test_encryption_that_is_switched_on_or_off_is_looked_at():
    plain = {"totem": {"crypto_cipher": "none", "crypto_hash": "none"}}
    on = planned(wishes(), keys(running(wishes(shared=plain)), None, None, None))
    assert (on["key_missing"], on["look"], on["action"]) == (True, LOOK, "reload")
    off = planned(wishes(shared=plain), running(wishes()))
    assert (off["key_from"], off["key_load"], off["look"]) == (None, [], LOOK)


def test_a_key_in_the_file_gives_way_to_a_file_of_its_own_and_is_not_shown():
    seen = running(wishes())
    for host in seen.values():
        host["conf"] = host["conf"].replace("cluster_name", "key: S3cret\n    cluster_name")
    steps = planned(wishes(), seen)
    assert steps["hide"] == ["host1", "host2", "host3"] and steps["look"] == LOOK
    assert {"key": "totem.key", "old": "(hidden)", "new": None, "action": "reload"} in steps["changes"]
    assert "S3cret" not in str(steps)


@pytest.mark.parametrize("damage", [("", "oops\n"), ("totem {", "totem { version: 2"), ("quorum {", "quorum {{")])
def test_a_key_in_a_file_that_corosync_cannot_read_is_not_shown_either(damage):
    """The file is written anew, and a diff would show the old one."""
    seen = running(wishes())
    text = seen["host2"]["conf"].replace("cluster_name", "key: S3cret\n    cluster_name")
    seen["host2"] = dict(seen["host2"], conf=text.replace(*damage, 1))
    steps = planned(wishes(), seen)
    assert (steps["refusals"], steps["hide"]) == ([], ["host2"]) and "host2" in steps["write"]
    stopped_there = stopped(seen, "host2")
    assert planned(wishes(), stopped_there)["hide"] == ["host2"]


def test_what_the_variables_say_of_it_is_checked():
    assert 'cluster_rotate_key is "maybe", but must be true or false' in planned(wishes(shared={"rotate_key": "maybe"}))["refusals"][0]
    plain = {"rotate_key": True, "totem": {"crypto_cipher": "none", "crypto_hash": "none"}}
    assert "there is no key" in planned(wishes(shared=plain))["refusals"][0]
    told = planned(wishes(host2={"totem": {"key": "S3cret"}}))["refusals"][0]
    assert "cluster_totem" in told and "S3cret" not in told


def test_a_partition_that_the_key_has_made_is_explained():
    seen = running(wishes())
    seen["host3"]["votequorum"]["ring_id"] = {"nodeid": 3, "seq": 20}
    assert "key" not in planned(wishes(), seen)["refusals"][0]
    seen["host1"]["key_changed"] = seen["host2"]["key_changed"] = 300.0
    assert "on host1, host2 the authkey was changed after corosync was started" in planned(wishes(), seen)["refusals"][0]
    seen["host3"]["key"] = "other"
    assert "key" not in planned(wishes(), seen)["refusals"][0]
