# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook notify, which tells people about an event: a bad state never reads as good news."""

from __future__ import annotations

import pathlib
import re
import typing as t

import pytest

from ansible_collections.corosync.quorum.tests.unit.fakes.nodes import Nodes
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import value

pytestmark = pytest.mark.plays

AT = "2026-11-22T10:15:02.123Z"
UNKNOWN = dict(value(members=[1], quorate=False, settled=False), total_votes=None, quorum=None, forecast=None)


def event(name: str, change: str | None = None, tolerates: int = 0, **of_value: t.Any) -> dict[str, t.Any]:
    of_value.setdefault("members", [1, 2])
    read = value(forecast={"as_now": {"tolerates": tolerates}}, **of_value)
    meta = {"hosts": ["web1"], **({"reserve_change": change} if change else {})}
    return {"event": name, "at": AT, "node": "node1", "cluster_name": "web", "votequorum": read, "meta": meta}


TOLD = {
    f"web: reserve_lost, says node1 at {AT} (2 of 3 votes, 2 needed; no node may fail)": event("reserve_lost"),
    f"web: state, says node1 at {AT} (2 of 3 votes, 2 needed; no node may fail)": event("state"),
    f"web: quorum_gained, says node1 at {AT} (2 of 3 votes, 2 needed; no node may fail)": event("quorum_gained"),
    f"web: reserve_lost, says node1 at {AT} (3 of 3 votes, 2 needed; no node may fail)": event("state", "lost", members=[1, 2, 3]),
    f"web: reserve_back, says node1 at {AT} (3 of 3 votes, 2 needed; 1 node may fail)": event("state", "back", 1, members=[1, 2, 3]),
    f"web: reserve_back, says node1 at {AT} (5 of 5 votes, 3 needed; 2 nodes may fail)": event("reserve_back", None, 2, votes=[1] * 5, members=range(1, 6)),
    # What nobody knows is not told.
    f"web: quorum_gained, says node1 at {AT} (2 of 3 votes, 2 needed)": event("quorum_gained", settled=False),
    f"web: quorum_lost, says node1 at {AT} (1 of 3 votes, 2 needed)": event("quorum_lost", members=[1]),
    f"web: quorum_lost, says node1 at {AT}": dict(event("quorum_lost"), votequorum=UNKNOWN),
    # Events of the source, and one that a webhook gives without the filter
    f"a cluster: unreachable, says web1 at {AT}": dict(event("unreachable"), votequorum=None, node="", cluster_name=None),
    f"db: state, says node1 at {AT} (2 of 3 votes, 2 needed; no node may fail)": {"payload": dict(event("state"), cluster_name="db", meta=None)},
    "db: odd, says ?": {"payload": {"event": "odd", "cluster_name": "db"}, "meta": {}},
}


def test_what_people_are_told(tmp_path: pathlib.Path) -> None:
    """All of them in one run, as each run of Ansible takes seconds."""
    nodes = Nodes(tmp_path, 1)
    book = pathlib.Path(__file__).resolve().parents[4] / "playbooks" / "notify.yml"
    (tmp_path / "all.yml").write_text(
        "".join(f"- import_playbook: {book}\n  vars:\n    ansible_eda: {{event: '{{{{ told[{place}] }}}}'}}\n" for place in range(len(TOLD))), encoding="utf-8"
    )
    done = nodes.plays(playbook="all.yml", variables={"told": [dict(told) for told in TOLD.values()]})
    assert done.returncode == 0, done.stdout
    assert re.findall(r'"msg": "(.*)"', done.stdout) == list(TOLD)
