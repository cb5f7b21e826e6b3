# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A picture of samples: one row for each way, one dot for each sample, on a logarithmic scale of seconds."""

import math
from html import escape

from .figures import median

WIDTH, ROW, LEFT, RIGHT, TOP, BOTTOM = 760, 44, 190, 90, 14, 44
FROM, TO = 0.01, 30.0
TICKS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30)
# Colours of their own for a light and for a dark page; the background stays the page's.
SVG = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-label="{label}">
<!-- SPDX-FileCopyrightText: 2026 corosync.quorum contributors -->
<!-- SPDX-License-Identifier: GPL-3.0-or-later -->
<style>
text {{ font: 13px system-ui, sans-serif; fill: #1f2328; }}
.small {{ font-size: 11px; fill: #59636e; }}
.grid {{ stroke: #d1d9e0; stroke-width: 1; }}
.dot {{ fill: #0969da; fill-opacity: .45; }}
.median {{ stroke: #bc4c00; stroke-width: 3; }}
@media (prefers-color-scheme: dark) {{
text {{ fill: #e6edf3; }} .small {{ fill: #9198a1; }} .grid {{ stroke: #3d444d; }} .dot {{ fill: #58a6ff; }} .median {{ stroke: #ff9b50; }}
}}
</style>
{body}
</svg>
"""


def dots(rows):
    """SVG of {label: [seconds]}."""
    height = TOP + ROW * len(rows) + BOTTOM
    body = []
    for tick in TICKS:
        at = _x(tick)
        body.append(f'<line class="grid" x1="{at:.1f}" x2="{at:.1f}" y1="{TOP}" y2="{height - BOTTOM + 6}"/>')
        body.append(f'<text class="small" x="{at:.1f}" y="{height - BOTTOM + 20}" text-anchor="middle">{tick:g} s</text>')
    body.append(f'<text class="small" x="{LEFT}" y="{height - 6}">from quorum on the node to the result at the controller; the bar is the median</text>')
    for number, (label, samples) in enumerate(rows.items()):
        middle = TOP + ROW * number + ROW / 2
        body.append(f'<text x="{LEFT - 14}" y="{middle + 4:.1f}" text-anchor="end">{escape(label)}</text>')
        for index, seconds in enumerate(samples):
            body.append(f'<circle class="dot" cx="{_x(seconds):.1f}" cy="{middle + (index % 5 - 2) * 4:.1f}" r="4.5"/>')
        at = _x(median(samples))
        body.append(f'<line class="median" x1="{at:.1f}" x2="{at:.1f}" y1="{middle - 15:.1f}" y2="{middle + 15:.1f}"/>')
        body.append(f'<text x="{WIDTH - RIGHT + 22}" y="{middle + 4:.1f}">{median(samples):.2f} s</text>')
    return SVG.format(
        width=WIDTH,
        height=height,
        label=escape("Seconds from quorum to result: " + "; ".join(f"{label} {median(samples):.2f}" for label, samples in rows.items())),
        body="\n".join(body),
    )


def _x(seconds):
    """Where on the scale."""
    share = math.log(min(max(seconds, FROM), TO) / FROM) / math.log(TO / FROM)
    return LEFT + share * (WIDTH - LEFT - RIGHT)
