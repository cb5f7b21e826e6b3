# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Provoke each message that the troubleshooting guide quotes: functions that bring the real code into the state in which it says it.

A function names the messages that it provokes as the guide writes them, and returns what the code said. Its arguments are fixtures of pytest.
"""

from __future__ import annotations

import typing as t

import pytest

Provoke = t.Callable[..., str]
# By the message as the guide quotes it.
PROVOKED: dict[str, Provoke] = {}


def provokes(*quoted: str) -> t.Callable[[Provoke], Provoke]:
    """The function returns a text in which all these messages are."""

    def keep(function: Provoke) -> Provoke:
        for one in quoted:
            if one in PROVOKED:
                raise ValueError(f"two functions provoke {one!r}")
            PROVOKED[one] = function
        return function

    return keep


def refusal(error: type[BaseException], function: t.Callable[..., t.Any], *args: t.Any, **more: t.Any) -> str:
    """What this says of itself that is raised."""
    with pytest.raises(error) as caught:
        function(*args, **more)
    return str(caught.value)
