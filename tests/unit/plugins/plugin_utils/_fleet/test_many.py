# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run over many clusters: what was given, its rounds, whether a cluster goes on, and its last words."""

from __future__ import annotations

import re
import typing as t

import pytest
from ansible.errors import AnsibleUndefinedVariable
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.corosync.quorum.plugins.module_utils._value.errors import Unusable
from ansible_collections.corosync.quorum.plugins.plugin_utils._fleet import ending, many
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade import registered, standing
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.hosts import Play
from ansible_collections.corosync.quorum.tests.unit.fakes.many import LOST, concluded, done, failed, fleet, pages, part, run
from ansible_collections.corosync.quorum.tests.unit.fakes.properties import examples

# ---- what was given ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("value", "number"), [(None, 10), ("", 10), (1, 1), ("25", 25)])
def test_how_many_at_once(value: t.Any, number: int) -> None:
    assert many.at_once(value) == number


@pytest.mark.parametrize("value", [0, -1, "many", True, 1.5, [3]])
def test_what_is_no_number_of_clusters(value: t.Any) -> None:
    with pytest.raises(Unusable, match=f"rolling_upgrade_clusters_at_once is {re.escape(str(value))}, but must be a number of clusters, 1 or more"):
        many.at_once(value)


def test_groups_that_are_not_there_or_named_twice() -> None:
    assert many.groups_not_there("web", ["web"]) == many.groups_not_there(["web", "db"], ["web", "db"]) == []
    assert many.groups_not_there("web, nope,web", ["web"]) == [
        "rolling_upgrade_group names nope, which the inventory does not have.",
        "rolling_upgrade_group names web more than once.",
    ]


def test_a_device_is_not_relied_on_in_every_cluster_at_once() -> None:
    (sentence,) = many.not_for_all({"qdevice": "as_now"}, {"rolling_upgrade_qdevice": "as_now"})
    assert "set it only for the hosts of the clusters whose device you trust" in sentence
    assert many.not_for_all({"qdevice": "as_now"}, {}) == many.not_for_all({"qdevice": "either"}, {"rolling_upgrade_qdevice": "as_now"}) == []


def trusting(*hosts: str, options: t.Sequence[str] = ("web1", "web2"), all_hosts: t.Sequence[str] = ("web1", "web2")) -> dict[str, t.Any]:
    """Variables of hosts. hosts: whose inventory says as_now. options: for whom the role has it, from wherever it is."""
    found: dict[str, t.Any] = {}
    for host in all_hosts:
        given = {"qdevice": "as_now" if host in options else "either"}
        found[host] = {registered.VIEWS: {"results": [{"options": given}]}, **({"rolling_upgrade_qdevice": "as_now"} if host in hosts else {})}
    return found


def test_a_device_is_relied_on_only_where_the_inventory_says_so_of_each_host_of_the_cluster() -> None:
    """The variables of a play are the same for every cluster."""
    hosts = ["web1", "web2"]
    assert many.not_its_own(hosts, trusting("web1", "web2")) == many.not_its_own(hosts, trusting("web1", options=())) == []
    (sentence,) = many.not_its_own(hosts, trusting())
    assert sentence.startswith("rolling_upgrade_qdevice is as_now for web1, web2, but the inventory does not say so for web1, web2.")
    (sentence,) = many.not_its_own(hosts, trusting("web1"))
    assert "does not say so for web2." in sentence
    (sentence,) = many.not_its_own(hosts, trusting("web2", options=["web2"]))
    assert sentence.startswith("rolling_upgrade_qdevice is as_now for web2, but the inventory does not say so for web1.")


def test_a_variable_that_cannot_be_rendered_without_the_play_says_nothing() -> None:
    class Undefined(dict[str, t.Any]):
        def get(self, name: str, default: t.Any = None) -> t.Any:
            if name == "rolling_upgrade_qdevice":
                raise AnsibleUndefinedVariable("'device' is undefined")
            return super().get(name, default)

    variables = {host: Undefined(found) for host, found in trusting().items()}
    assert "does not say so for web1, web2." in many.not_its_own(["web1", "web2"], variables)[0]


# ---- the rounds ----------------------------------------------------------------------------------------------------------


def test_rounds_have_a_helper_each_and_an_interrupted_cluster_goes_first() -> None:
    found = fleet(part("web"), part("db", "no"), part("mail", resumed=[]) | {"run": run("mail", [["mail1"], ["mail2"]]) | {"resumed": ["mail1"]}})
    assert [cluster["name"] for cluster in found["clusters"]] == ["mail", "web", "db"]
    assert [one["helper"] for one in found["rounds"]] == [f"round-{number}-of-4" for number in (1, 2, 3, 4)]
    assert [one["hosts"] for one in found["rounds"]] == [["mail1"], ["mail2", "web3"], ["web2"], ["web1"]]
    assert found["rounds"][1]["says"] == "Round 2 of 4. mail: mail2; web: web3"
    assert many.fleet([part("web")], {}, [], 10, "", ["round-1-of-3"])["rounds"][0]["helper"] == "round-1-of-3-"


def test_what_each_host_is_told() -> None:
    found = fleet(part("web"), part("db"), part("mail", "no"))
    assert many.own(found, "web1")["first"] == [] and many.own(found, "web1")["cluster"] == ["web1", "web2", "web3"]
    assert many.own(found, "db2")["first"] == ["web3"] and many.own(found, "db2")["first_run"] == many.own(found, "web1")["run_id"]
    assert many.own(found, "mail1") == many.own(found, "stranger") == {"cluster": []}


def test_the_plan_in_words() -> None:
    found = fleet(part("web"), part("db"), part("mail", "mail3 is down."), strangers={"printer": "No route to host"}, faults=["A fault."])
    lines = many.plan_in_words(found, is_dry=True, forks=5)
    assert lines[0] == "2 clusters with 6 nodes would be upgraded in 4 rounds."
    assert lines[1:3] == ["  Round 1 of 4. web: web3", "  Round 2 of 4. web: web2; db: db3"]
    assert lines[-3:] == ["mail is not upgraded: mail3 is down.", "Hosts that belong to no known cluster: printer. No route to host", "A fault."]


# ---- does it go on -------------------------------------------------------------------------------------------------------


def why_not(found: t.Any, hostvars: t.Any, host: str, gone: t.Sequence[str] = ()) -> str:
    own = many.own(found, host)
    hosts = tuple(own["cluster"])
    active = tuple(one for one in hosts if one not in gone)
    return standing.why_not(Play(host, hosts, (host,), hosts, active, tuple(gone)), hostvars, own)


def test_a_cluster_in_which_a_node_failed_does_nothing_more_and_the_others_go_on() -> None:
    found = fleet(part("web"), part("db"), part("mail"))
    hostvars = {"web3": done(found, "web3"), "db3": failed(found, "db3")}
    assert why_not(found, hostvars, "db2") == "db3 failed."
    assert why_not(found, hostvars, "web2") == why_not(found, hostvars, "mail2") == ""
    assert why_not(found, {}, "db2", gone=["db3"]) == "Ansible lost contact with db3."
    assert why_not(found, {}, "mail2", gone=["db3"]) == ""


def test_where_the_first_batch_fails_no_other_cluster_is_begun() -> None:
    found = fleet(part("web"), part("db"))
    for hostvars, gone in (({"web3": failed(found, "web3")}, []), ({}, ["web3"])):
        assert why_not(found, hostvars, "db3", gone).startswith("The first batch of this run failed on web3, so no other cluster was begun.")
    assert why_not(found, {"web3": failed(found, "web3", broken=False)}, "db3") == "", "a gate said no because of others, and web3 is well"
    assert why_not(found, {"web2": failed(found, "web2")}, "db3") == "", "a later batch of that cluster"


def test_what_an_earlier_run_has_noted_is_of_none() -> None:
    found = fleet(part("web"), part("db"))
    old = failed(found, "db3")
    old[registered.ENDED]["run"] = "f" * 16
    assert why_not(found, {"db3": old}, "db2") == ""


# ---- the end -------------------------------------------------------------------------------------------------------------


def test_all_done() -> None:
    found = fleet(part("web"), part("db"))
    ends = concluded(found, {host: done(found, host) for host in found["places"]})
    assert [end.how for end in ends] == ["done", "done"] and not ending.failure(found, ends)
    assert ending.in_words(found, ends) == "2 of 2 clusters are done.\nDone: web, db."


def test_each_cluster_that_is_not_done_is_named_with_the_reason() -> None:
    found = fleet(part("web"), part("db"), part("mail", "mail3 is down."), strangers={"printer": "No route to host"})
    hostvars = {host: done(found, host) for host in ("web1", "web2", "web3")}
    hostvars["db3"] = failed(found, "db3")
    ends = concluded(found, hostvars)
    words = ending.in_words(found, ends)
    assert ending.failure(found, ends) and [end.how for end in ends] == ["done", "failed", "refused"]
    assert words.startswith("1 of 3 clusters is done.\nDone: web.\nStopped: db.\nRefused: mail.\ndb: Stopped because db3 failed. ")
    assert "As they were: db1, db2." in words and "mail is not upgraded: mail3 is down." in words and "Hosts that belong to no known cluster: printer." in words


def test_a_cluster_whose_run_did_not_begin_or_ended_strangely() -> None:
    found = fleet(part("web"), part("db"), part("mail"))
    hostvars: dict[str, t.Any] = {host: done(found, host) for host in found["places"]}
    hostvars["web1"] = failed(found, "web1", how="not_begun")
    hostvars["db1"][registered.ENDED] = dict(failed(found, "db1", how="not_as_before")[registered.ENDED], msg="db1 does not see db2.")
    ends = concluded(found, hostvars, LOST)
    assert [end.how for end in ends] == ["not_begun", "not_as_before", "lost"]
    assert ends[1].said.startswith("All nodes were done, but the cluster is not as it was before. db1 does not see db2.")
    assert ends[2].said == "The upgrade is done, but: Quorum was lost on web1."


def test_a_cluster_that_was_not_begun_because_of_the_first_one() -> None:
    found = fleet(part("web"), part("db"))
    ends = concluded(found, {"web3": failed(found, "web3")})
    assert [end.how for end in ends] == ["failed", "not_begun"]
    assert ends[1].said.startswith("The first batch of this run failed on web3")


def test_a_host_that_ansible_has_lost() -> None:
    found = fleet(part("web"), part("db"))
    hostvars = {host: done(found, host) for host in ("web1", "web2", "web3", "db1", "db2")}
    ends = concluded(found, hostvars, gone=["db3"])
    assert [end.how for end in ends] == ["done", "failed"] and "Ansible lost contact with db3." in ends[1].said


def test_a_stranger_or_a_fault_fails_the_run() -> None:
    for more in ({"strangers": {"printer": "gone"}}, {"faults": ["A fault."]}):
        found = fleet(part("web"), **more)
        assert ending.failure(found, concluded(found, {host: done(found, host) for host in found["places"]}))


def test_the_page_has_a_card_for_each_cluster() -> None:
    text = pages()["many-mixed"]
    assert [re.search(rf"{name} <span class=.badge.>(.*?)</span>", text)[1] for name in ("web", "db", "mail", "storage")] == [  # type: ignore[index]
        "done",
        "stopped",
        "refused",
        "not begun",
    ]
    assert "1 of 4 clusters is done" in text and "Hosts that belong to no known cluster: printer." in text and "alice on admin1" in text
    ids = re.findall(r' id="([^"]+)"', text)
    assert len(ids) == len(set(ids)) and set(re.findall(r'href="#([^"]+)"', text)) <= set(ids)
    assert "2 of 2 clusters are done" in pages()["many-well"]


@examples(100)
@given(st.lists(st.sampled_from(["done", "failed", "refused", "not_begun", "untouched"]), min_size=1, max_size=8))
def test_every_cluster_is_named_once_with_what_became_of_it(states: list[str]) -> None:
    found = fleet(*[part(f"c{number}n", "no" if state == "refused" else "") for number, state in enumerate(states)])
    hostvars: dict[str, t.Any] = {}
    for number, state in enumerate(states):
        hosts = [f"c{number}n{host}" for host in (1, 2, 3)]
        if state == "done":
            hostvars.update((host, done(found, host)) for host in hosts)
        elif state in ("failed", "not_begun"):
            hostvars[hosts[2]] = failed(found, hosts[2], how=state)
    ends = concluded(found, hostvars) if found["rounds"] else []
    first = ending.in_words(found, ends).split("\n") if ends else []
    named = [name for line in first[1:] if re.match(r"(Done|Stopped|Refused|Not begun)", line) for name in line.partition(": ")[2].rstrip(".").split(", ")]
    assert sorted(named) == sorted(end.part["name"] for end in ends)
    assert not ends or ending.failure(found, ends) == (set(states) != {"done"})
