# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An Observer whose readings are scripted, for whoever follows corosync for long."""

import os


class Observer:
    """Gives these readings one after the other: values, or errors. `last` is called with the last one.

    flips: what corosync has reported before each reading, by the number of the reading, from 0.
    """

    def __init__(self, readings, last=lambda: None, flips=None):
        self._readings = list(readings)
        self._flips, self._number, self._reported = flips or {}, 0, []
        self._last = last
        self._reading, self._writing = os.pipe()
        os.write(self._writing, b"x")  # there is always something to dispatch
        self.changes, self.configuration, self.lane, self.deadline = 0, {}, self, None

    def __call__(self, deadline, while_waiting):
        assert deadline.seconds > 0 and callable(while_waiting)
        return self

    def __enter__(self):
        self._reported = []  # a new connection knows nothing of what the one before was told
        return self

    def __exit__(self, *_exception):
        pass

    def fileno(self):
        return self._reading

    def dispatch(self):
        return []

    def take_flips(self):
        reported, self._reported = self._reported, []
        return reported

    def moved(self):
        return False

    def read(self):
        if len(self._readings) == 1:
            self._last()
        self._reported += self._flips.get(self._number, [])
        self._number += 1
        reading = self._readings.pop(0) if len(self._readings) > 1 else self._readings[0]
        if isinstance(reading, Exception):
            raise reading
        return reading
