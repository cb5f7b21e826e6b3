# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The alerting rules by promtool: what it says of them, that their own tests pass, and that these notice a change of any duration."""

import re

import pytest
import yaml
from alerts.accepting import promtool
from run import paths

FOLDER = paths.CHECKOUT / "extensions" / "monitoring" / "prometheus"
RULES = FOLDER / "corosync-quorum.rules.yml"
TESTS = FOLDER / "corosync-quorum.test.yml"
NAMED = re.compile(r'alertname="(\w+)"')
ALERTS = [rule for group in yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"] for rule in group["rules"] if "alert" in rule]


def test_promtool_finds_nothing_wrong_with_the_rules():
    checked = promtool("check", "rules", str(RULES))
    assert checked.returncode == 0 and "SUCCESS" in checked.stdout, checked.stdout


def test_their_own_tests_pass():
    tested = promtool("test", "rules", str(TESTS))
    assert tested.returncode == 0 and "SUCCESS" in tested.stdout, tested.stdout


def test_each_alert_fires_in_their_tests():
    assert [alert["alert"] for alert in ALERTS if f'alertname="{alert["alert"]}"' not in TESTS.read_text(encoding="utf-8")] == []


def test_each_alert_has_a_severity_and_says_in_words_what_to_do():
    assert {alert["labels"]["severity"] for alert in ALERTS} == {"critical", "warning"}
    for alert in ALERTS:
        assert re.search(r"(Run|Start|Bring back) ", alert["annotations"]["description"]), alert["alert"]
        assert "{{ $labels." in alert["annotations"]["summary"], alert["alert"]


@pytest.mark.parametrize("minutes", [-1, 1])
def test_their_tests_notice_another_duration_of_any_alert(minutes, tmp_path):
    rules = yaml.safe_load(RULES.read_text(encoding="utf-8"))
    for rule in rules["groups"][0]["rules"]:
        if "alert" in rule:
            rule["for"] = f"{int(rule['for'].rstrip('m')) + minutes}m"
    (tmp_path / RULES.name).write_text(yaml.safe_dump(rules), encoding="utf-8")
    (tmp_path / TESTS.name).write_text(TESTS.read_text(encoding="utf-8"), encoding="utf-8")
    said = promtool("test", "rules", str(tmp_path / TESTS.name)).stdout
    wrong = set()
    for expected, got in re.findall(r"exp: (.*)\n\s*got: (.*)", said):
        wrong |= set(NAMED.findall(expected)) ^ set(NAMED.findall(got))
    assert wrong == {alert["alert"] for alert in ALERTS}
