# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Those who have to read metrics: promtool, and Python's client of Prometheus."""

import subprocess

from prometheus_client.parser import text_string_to_metric_families


def promtool(*arguments, text=None):
    """The finished process of `promtool ARGUMENT ...`, whose errors are on its standard output, too."""
    return subprocess.run(["promtool", *arguments], input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", check=False)


def refused(text):
    """What promtool says against these metrics, its lint included; nothing where it takes them."""
    done = promtool("check", "metrics", text=text)
    return f"exit code {done.returncode}: {done.stdout}" if done.returncode or done.stdout else ""


def parsed(text):
    """{(name, labels): number} by Python's client. labels: pairs, in order. ValueError for what is no such text."""
    families = text_string_to_metric_families(text)
    return {(sample.name, tuple(sorted(sample.labels.items()))): sample.value for family in families for sample in family.samples}
