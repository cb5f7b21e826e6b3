# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many examples a property test draws."""

import os

from hypothesis import settings

# `make check` is a verdict within a minute and draws a quarter of the examples, and so do the stages on other Pythons and ansible-cores. The stage `unit`
# of `make test`, and pytest by itself, draw all of them.
_SHARE = 4 if os.environ.get("PROPERTY_EXAMPLES") == "few" else 1


def examples(number, **others):
    """At most so many examples, without a deadline for each: a busy machine is no fault. others: further settings of hypothesis."""
    return settings(max_examples=max(1, number // _SHARE), deadline=None, **others)
