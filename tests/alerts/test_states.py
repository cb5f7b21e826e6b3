# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which alerts fire for what the program says of a cluster that stays as it is for a quarter of an hour: none while it is healthy."""

import pytest
import yaml
from alerts.accepting import promtool
from alerts.test_rules import RULES
from prometheus_client.parser import text_string_to_metric_families

from ansible_collections.corosync.quorum.plugins.module_utils._program.exposition import exposition
from ansible_collections.corosync.quorum.tests.unit.fakes.readings import answer, none
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import device, node


def each(count, **changes):
    """The readings of all nodes of a cluster, by their places."""
    return {place: answer((1,) * count, asked=place, **changes) for place in range(1, count + 1)}


def of(places, *names):
    """These alerts, each of every one of these nodes."""
    return [f"{name} {place}" for name in names for place in places]


STATES = {
    "three nodes": (each(3), []),
    "three nodes and a device (ffsplit)": (each(3, qdevice=1), []),
    "two nodes and a device": (each(2, qdevice=1), []),
    "two nodes with two_node": (each(2, two_node=True), []),
    "one node": (each(1), []),
    "a device that does not vote": (each(3, qdevice=device("alive")), of((1, 2, 3), "CorosyncNoReserve", "CorosyncQdeviceNotVoting")),
    "a device whose daemon does not run": (each(2, qdevice=device("absent")), of((1, 2), "CorosyncNoReserve", "CorosyncQdeviceNotVoting")),
    "a node is missing": ({place: answer((1, 1, 1), asked=place, members=[1, 2]) for place in (1, 2)}, of((1, 2), "CorosyncNoReserve")),
    "the membership does not settle": (each(3, settled=False), of((1, 2, 3), "CorosyncReserveUnknown")),
    "a member that is not in the nodelist": (
        {place: answer(nodes=[node(1), node(2), node(3, configured=None)], asked=place) for place in (1, 2, 3)},
        of((1, 2, 3), "CorosyncReserveUnknown"),
    ),
    "without quorum the reserve is nobody's question": (each(3, settled=False, quorate=False), of((1, 2, 3), "CorosyncQuorumLost")),
    "corosync is frozen on one": ({**each(3), 3: none("timeout")}, ["CorosyncDown 3"]),
    "one node has lost the others": (
        {1: answer((1, 1, 1), members=[1, 2]), 2: answer((1, 1, 1), asked=2, members=[1, 2]), 3: answer((1, 1, 1), asked=3, members=[3])},
        [*of((1, 2), "CorosyncNoReserve"), "CorosyncNodesDisagree ", "CorosyncNodesDisagree ", "CorosyncQuorumLost 3"],
    ),
}


def series(place, reading):
    """What Prometheus scrapes from a node for a quarter of an hour."""
    for family in text_string_to_metric_families(exposition(reading, 0.0)):
        for sample in family.samples:
            labels = ",".join(f'{name}="{text}"' for name, text in dict(sample.labels, job="node", instance=str(place)).items())
            yield {"series": f"{sample.name}{{{labels}}}", "values": "0+60x15" if sample.name.endswith("timestamp_seconds") else f"{sample.value:g}x15"}


@pytest.mark.parametrize("name", STATES)
def test_what_fires(name, tmp_path):
    readings, wanted = STATES[name]
    fires = 'label_join(ALERTS{alertstate="firing"}, "said", " ", "alertname", "instance")'
    test = {
        "interval": "1m",
        "input_series": [entry for place, reading in readings.items() for entry in series(place, reading)],
        "promql_expr_test": [
            {
                "expr": f"count by (said) ({fires})",
                "eval_time": "15m",
                "exp_samples": [{"labels": f'{{said="{said}"}}', "value": wanted.count(said)} for said in sorted(set(wanted))],
            }
        ],
    }
    (tmp_path / "test.yml").write_text(yaml.safe_dump({"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": [test]}), encoding="utf-8")
    done = promtool("test", "rules", str(tmp_path / "test.yml"))
    assert done.returncode == 0, done.stdout
