# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every key that the manual pages name, with right and wrong values: does lint say what the real `corosync -t` says?

The keys are those of the pages in the lab's image, and those that lint knows beside them. A key without a case fails. What corosync judges only
when it starts (votequorum's own settings, the priority) is started, too; and each value of the quorum device is shown to a real corosync-qdevice.
"""

from __future__ import annotations

import re
import shlex
import typing as t
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ansible_collections.corosync.quorum.plugins.plugin_utils._lint.checks import lint
from ansible_collections.corosync.quorum.plugins.plugin_utils._lint.keys import KEYS

from . import keys, real_corosync
from .keys import Key

TOGETHER = 12  # values that lint accepts, in one file
# Keys that are younger than the corosync of the image, which takes them for unknown ones.
YOUNGER = {("totem", "ip_dscp")}
# Whether a path or a user is there, and whether a name resolves, is the host's: lint says nothing of it, and corosync may refuse.
_OF_THE_HOST = re.compile(r"(logging\.(.*\.)?logfile|system\.state_dir|uidgid\.[ug]id|nodelist\.node\.ring0_addr|totem\.interface\.mcastaddr)\Z")
# What corosync judges only when it starts.
_AT_START = re.compile(r"(quorum\.(?!device\.).*|quorum\.device\.(model|votes)|system\.(priority|qb_ipc_type))\Z")
# A number that -t takes for one makes no difference at the start but by what it means: right values are enough.
_NUMBERED = re.compile(r"quorum\.(?!provider|auto_tie_breaker_node|device\.model).*\Z")

Case = tuple[Key, str]


@pytest.fixture(scope="module", autouse=True)
def _real_corosync() -> None:
    real_corosync.needed()


RIGHT = keys.right_values()
CASES: list[Case] = [(key, value) for key, right in RIGHT.items() for value in keys.values(key, right)]


def test_the_manual_pages_have_the_keys_that_are_known() -> None:
    """Where a page is written in another way, this finds less than it should."""
    conf = keys.of_corosync_conf(real_corosync.man_page("man5/corosync.conf.5"))
    assert len(conf) >= 79 and {("totem", "token"), ("totem.interface", "linknumber"), ("logging", "to_syslog"), ("nodelist.node", "ring0_addr")} <= conf
    assert {("quorum", "auto_tie_breaker_node"), ("nodelist.node", "quorum_votes")} <= keys.of_votequorum(real_corosync.man_page("man5/votequorum.5"))
    device = keys.of_corosync_qdevice(real_corosync.man_page("man8/corosync-qdevice.8"))
    assert len(device) >= 14 and {("quorum.device", "model"), ("quorum.device.net", "tls"), ("quorum.device.heuristics", "mode")} <= device


def of_all_pages(suite: str) -> set[Key]:
    conf, votequorum, device = (real_corosync.man_page(page, suite) for page in ("man5/corosync.conf.5", "man5/votequorum.5", "man8/corosync-qdevice.8"))
    of_device = {(path, key.replace("exec_NAME", "exec_ping")) for path, key in keys.of_corosync_qdevice(device)}
    return keys.of_corosync_conf(conf) | keys.of_votequorum(votequorum) | of_device


def test_every_key_has_a_case_here_and_lint_knows_it() -> None:
    assert of_all_pages(real_corosync.SUITE) <= set(RIGHT)
    known = {(path, key) for path, names in KEYS.items() for key in names if not re.match(r"ring[1-7]_addr\Z", key)}
    assert known <= set(RIGHT)
    assert set(RIGHT) - known == {("quorum.device.heuristics", "exec_ping")}


def refused(text: str) -> list[str]:
    """What only the next corosync takes, the one of the image refuses."""
    return [found["message"] for found in lint(text) if found["id"].startswith(("refused_", "only_next_corosync"))]


def differences(cases: t.Sequence[Case], real: t.Sequence[tuple[bool, str]]) -> list[str]:
    found = []
    for (key, value), (refuses, said) in zip(cases, real):
        reasons = refused(keys.file_with([(key, value)]))
        name = ".".join(key)
        if bool(reasons) != refuses and not (refuses and _OF_THE_HOST.match(name) and value not in ("", *RIGHT[key])):
            found.append(f"{name}: {value!r}: corosync {'refuses' if refuses else 'accepts'}, lint says {reasons or 'nothing'}: {said.strip()[-200:]}")
    return found


def test_the_verdict_on_each_value_is_that_of_corosync_t(tmp_path: Path) -> None:
    cases = [case for case in CASES if case[0] not in YOUNGER and not _AT_START.match(".".join(case[0]))]
    fine = [case for case in cases if not refused(keys.file_with([case])) and not _OF_THE_HOST.match(".".join(case[0]))]
    groups = _groups(fine)
    together = real_corosync.verdicts([keys.file_with(group) for group in groups], tmp_path / "together")
    # What is in no group of accepted ones is asked alone.
    doubtful = [case for group, (refuses, _said) in zip(groups, together) if refuses for case in group]
    alone = [case for case in cases if case not in fine] + doubtful
    assert len(fine) > 300 and len(alone) > 300 and len(doubtful) < 50, "too few, or too many, to be asked alone"
    assert not differences(alone, real_corosync.verdicts([keys.file_with([case]) for case in alone], tmp_path / "alone"))


def test_a_key_that_the_next_debian_adds_has_a_case_and_its_corosync_says_the_same(tmp_path: Path) -> None:
    real_corosync.needed(real_corosync.NEXT)
    of_next = of_all_pages(real_corosync.NEXT)
    assert of_next - of_all_pages(real_corosync.SUITE) == YOUNGER and of_next <= set(RIGHT)
    cases = [case for case in CASES if case[0] in YOUNGER]
    assert len(cases) > 5
    assert not differences(cases, real_corosync.verdicts([keys.file_with([case]) for case in cases], tmp_path / "next", real_corosync.NEXT))


def _groups(cases: t.Sequence[Case]) -> list[list[Case]]:
    """Cases of different keys in one group."""
    groups: list[list[Case]] = []
    for case in cases:
        for group in groups:
            if len(group) < TOGETHER and all(case[0] != other for other, _value in group) and not refused(keys.file_with([*group, case])):
                group.append(case)
                break
        else:
            groups.append([case])
    return groups


def test_the_verdict_on_what_is_judged_at_the_start_is_corosyncs(tmp_path: Path) -> None:
    cases = [case for case in CASES if _AT_START.match(".".join(case[0]))]
    tested = real_corosync.verdicts([keys.file_with([case]) for case in cases], tmp_path / "tested")
    left = [case for case, (refuses, _said) in zip(cases, tested) if not refuses and (case[1] in RIGHT[case[0]] or not _NUMBERED.match(".".join(case[0])))]

    def started(number: int) -> tuple[bool, str]:
        folder = tmp_path / str(number)
        folder.mkdir()
        return real_corosync.refuses(keys.file_with([left[number]], transport="udpu"), folder)

    with ThreadPoolExecutor(2) as pool:
        real = dict(zip(left, pool.map(started, range(len(left)))))
    assert len(left) > 30
    assert not differences(cases, [real.get(case, verdict) for case, verdict in zip(cases, tested)])


# --- the quorum device's daemon --------------------------------------------------------------------------------------

_DEVICE_BASE = [(("quorum.device.net", "host"), "127.0.0.9"), (("quorum.device.net", "tls"), "off")]
_DEVICE_CASES = [case for case in CASES if case[0][0].startswith("quorum.device.") and case[1]] + [
    (("quorum.device.net", "algorithm"), "test"),
    (("quorum.device.net", "algorithm"), "2nodelms"),
    (("quorum.device.net", "algorithm"), "FFSPLIT"),
    (("quorum.device.net", "port"), "65536"),
    (("quorum.device.net", "port"), "0"),
    (("quorum.device.net", "tie_breaker"), "9"),
    (("quorum.device.net", "tie_breaker"), "0"),
    (("quorum.device.net", "tie_breaker"), "truth1"),
    (("quorum.device.net", "connect_timeout"), "999"),
    (("quorum.device.net", "connect_timeout"), "+120000"),
    (("quorum.device.net", "force_ip_version"), "5"),
    (("quorum.device.net", "tls"), "Required"),
    (("quorum.device.heuristics", "timeout"), "120001"),
    (("quorum.device.heuristics", "sync_timeout"), "999"),
    (("quorum.device.heuristics", "interval"), "3600000"),
    (("quorum.device.heuristics", "mode"), "SYNC"),
]
# A corosync with a device; for each case the key is set, corosync-qdevice started, and ended as soon as it has taken its configuration.
_SCRIPT = """
corosync -f -c /run/configuration/corosync.conf >/run/corosync.log 2>&1 &
corosync=$!
mkdir -p /run/corosync-qdevice
for dummy in $(seq 200); do corosync-cmapctl totem.version >/dev/null 2>&1 && break; sleep 0.05; done
try() {
    corosync-cmapctl -s "$1" str "$2"
    rm -f /run/said
    (sh -c 'echo $$ >/run/qdevice.pid; exec corosync-qdevice -f -d'; echo ended) >/run/said 2>&1 &
    for dummy in $(seq 1000); do grep -q -e "QDevice main loop" -e "Initializing NSS" -e ended /run/said 2>/dev/null && break; sleep 0.02; done
    if grep -q -e "QDevice main loop" -e "Initializing NSS" /run/said; then echo takes; else echo refuses; fi
    kill -KILL $(cat /run/qdevice.pid) 2>/dev/null
    wait $!
    corosync-cmapctl -d "$1"
    corosync-cmapctl -s quorum.device.net.host str 127.0.0.9
    corosync-cmapctl -s quorum.device.net.tls str off
}
%s
kill $corosync
wait $corosync
"""


def does_not_start(text: str) -> bool:
    return any(found["id"].startswith("qdevice_") and "corosync-qdevice does not start" in found["message"] for found in lint(text))


def test_the_verdict_on_values_of_the_device_is_that_of_corosync_qdevice(tmp_path: Path) -> None:
    steps = [f"try {shlex.quote('.'.join(key))} {shlex.quote(value)}" for key, value in _DEVICE_CASES]
    base = keys.file_with(_DEVICE_BASE, transport="udpu")
    said = real_corosync.run(_SCRIPT % "\n".join(steps), {"corosync.conf": base}, tmp_path / "device").split()
    assert len(said) == len(_DEVICE_CASES) and 20 < said.count("takes") < len(said) - 20
    assert not does_not_start(base)
    wrong = [
        f"{'.'.join(key)}: {value!r}: corosync-qdevice {verdict} it"
        for (key, value), verdict in zip(_DEVICE_CASES, said)
        if does_not_start(keys.file_with([*_DEVICE_BASE, (key, value)], transport="udpu")) != (verdict == "refuses")
    ]
    assert not wrong
