# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What users copy from extensions/monitoring asks for what the program says, and for nothing else."""

import json
import re

import pytest
import yaml
from run import paths

from ansible_collections.corosync.quorum.plugins.module_utils._corosync import errors
from ansible_collections.corosync.quorum.plugins.module_utils._program import check
from ansible_collections.corosync.quorum.plugins.module_utils._program.exposition import ALWAYS, PREFIX, WHILE_UP, exposition
from ansible_collections.corosync.quorum.plugins.module_utils._program.verdict import _CRITICAL_REASONS as CRITICAL_REASONS
from ansible_collections.corosync.quorum.tests.unit.fakes.readings import answer, none
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import node

FOLDER = paths.CHECKOUT / "extensions" / "monitoring"
DASHBOARD = json.loads((FOLDER / "grafana" / "corosync-quorum.json").read_text(encoding="utf-8"))
NAMES = {PREFIX + metric.name for metric in ALWAYS + WHILE_UP}
NAMED = re.compile(rf"\b{PREFIX}\w+")
SERIES = re.compile(rf"\b({PREFIX}\w+)(?:\{{(.*?)\}})? ")
# Prometheus adds them when it scrapes.
SCRAPED = {"job", "instance"}


def labels_of(text):
    """{name of a metric: the names of its labels}."""
    return {name: set(re.findall(r'(\w+)="', labels)) for name, labels in SERIES.findall(text)}


def expressions(panels):
    return [target["expr"] for panel in panels for target in panel["targets"]]


def texts():
    """{place: its queries}"""
    rules = (FOLDER / "prometheus" / "corosync-quorum.rules.yml").read_text(encoding="utf-8")
    found = {rule.get("alert") or rule["record"]: rule["expr"] for group in yaml.safe_load(rules)["groups"] for rule in group["rules"]}
    found.update((panel["title"], "\n".join(expressions([panel]))) for panel in DASHBOARD["panels"])
    found.update((variable["name"], variable["definition"]) for variable in DASHBOARD["templating"]["list"] if "definition" in variable)
    return found


@pytest.mark.parametrize("place", texts())
def test_every_metric_is_one_of_the_program(place):
    named = set(NAMED.findall(re.sub(rf"{PREFIX[:-1]}:\w+", "", texts()[place])))
    assert named - NAMES == set()


def test_the_dashboard_shows_every_metric():
    """But for one that only says how long the program took."""
    shown = set(NAMED.findall("\n".join([*expressions(DASHBOARD["panels"]), str(DASHBOARD["templating"])])))
    assert NAMES - shown == {PREFIX + "reading_age_seconds"}


def test_the_tests_of_the_rules_have_the_labels_that_the_program_writes():
    links = [{"link": 0, "connected": True}]
    text = exposition(answer((1, 1), qdevice=1, nodes=[node(1), node(2, links=links)]), 0.0, changes=1) + exposition(none(), 0.0)
    written, used = labels_of(text), labels_of((FOLDER / "prometheus" / "corosync-quorum.test.yml").read_text(encoding="utf-8").replace("}'", "} "))
    assert used and {name: labels - SCRAPED for name, labels in used.items()} == {name: written[name] for name in used}


def test_the_panels_of_the_dashboard_do_not_overlap():
    places = [panel["gridPos"] for panel in DASHBOARD["panels"]]
    cells = [(x, y) for place in places for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])]
    assert len(cells) == len(set(cells)) and max(x for x, dummy in cells) < 24
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(places)


def test_the_alert_about_corosync_names_reasons_that_the_program_gives():
    rules = yaml.safe_load((FOLDER / "prometheus" / "corosync-quorum.rules.yml").read_text(encoding="utf-8"))["groups"][0]["rules"]
    (said,) = [rule["annotations"]["description"] for rule in rules if rule.get("alert") == "CorosyncDown"]
    named = re.findall(r"[a-z_]+", said.split("If it is ", 1)[1].split(", the node takes no part", 1)[0].replace(" or ", " "))
    given = {error.reason for error in vars(errors).values() if isinstance(error, type) and issubclass(error, errors.QuorumError)}
    assert set(named) == set(CRITICAL_REASONS) and set(named) <= given


def test_icinga_calls_the_check_with_options_that_it_has():
    text = (FOLDER / "icinga" / "corosync-quorum.conf").read_text(encoding="utf-8")
    assert '"/usr/local/sbin/corosync-quorum", "check"' in text
    options = {f"--{option.name}" for option in check.OPTIONS}
    assert set(re.findall(r'"(--[\w-]+)" = \{', text)) == options - {"--timeout"}
