# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the guide about monitoring that is made of the alerting rules."""

import re

import yaml

from .examples import CHECKOUT

RULES = CHECKOUT / "extensions/monitoring/prometheus/corosync-quorum.rules.yml"


def alerts() -> str:
    """Every alert: after how long it fires, how severe it is, and what to do, as its annotation says."""
    parts = []
    for group in yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]:
        for rule in group["rules"]:
            if "alert" in rule:
                said = rule["annotations"]
                after = re.sub(r"^(\d+)m$", lambda found: f"{found[1]} minute{'s' * (found[1] != '1')}", rule["for"])
                parts.append(f"``{rule['alert']}``\n  *{rule['labels']['severity'].capitalize()}, after {after}.* {_words(said['description'])}\n")
    return "\n".join(parts)


def _words(text: str) -> str:
    """Its commands as code."""
    return re.sub(r'"((?:corosync-|systemctl |journalctl |two_node)[^"]*)"', r"``\1``", text)
