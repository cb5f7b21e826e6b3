# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From samples to a table."""

import math
import statistics


def median(samples):
    """The middle of them."""
    return statistics.median(samples)


def percentile(samples, percent):
    """The smallest sample that at least so many percent do not exceed (nearest rank): always a value that was measured."""
    ordered = sorted(samples)
    return ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)]


def ms(seconds):
    """Seconds as milliseconds, in words."""
    return f"{seconds * 1000:.1f} ms"


def middle_half(samples):
    """The range of the middle half of the samples, in milliseconds."""
    return f"{percentile(samples, 25) * 1000:.1f} to {percentile(samples, 75) * 1000:.1f}"


def table(head, rows):
    """A Markdown table; every column but the first is aligned to the right."""
    cells = [[str(cell) for cell in row] for row in [head] + rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]

    def line(row):
        return "| " + " | ".join(cell.rjust(width) if column else cell.ljust(width) for column, (cell, width) in enumerate(zip(row, widths))) + " |"

    rule = "|" + "|".join("-" * (width + 1) + (":" if column else "-") for column, width in enumerate(widths)) + "|"
    return "\n".join([line(cells[0]), rule] + [line(row) for row in cells[1:]])


class Target:
    """A figure that is to be at most so much, and what was measured."""

    def __init__(self, what, measured, most, unit=""):
        self.what = what
        self.measured = measured
        self.most = most
        self.unit = unit

    @property
    def met(self):
        """Whether it is reached."""
        return self.measured <= self.most

    def row(self):
        """Its line in a table."""
        return [self.what, f"{self.measured:.2f}{self.unit}", f"at most {self.most:g}{self.unit}", "yes" if self.met else "**no**"]


def targets(items):
    """A table of targets."""
    return table(["to reach", "measured", "wanted", "reached"], [item.row() for item in items])
