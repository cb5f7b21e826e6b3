# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The calls by which an Observer opens its three connections and closes them, for a Script."""

from ansible_collections.corosync.quorum.tests.unit.fakes.corosync import ANY, PROVIDER

CMAP, QUORUM, VOTEQUORUM, STATISTICS = 1, 2, 3, 4
RING = (1, 13)


def expect_open(script, first=lambda *arguments: None, pipe=(-1,)):
    script.expect_initialize("cmap", handle=CMAP, first=first)
    script.expect("cmap_get", CMAP, b"quorum.provider", ANY, ANY, ANY, do=script.cmap_string(PROVIDER))
    expect_tracking(script, pipe)


def expect_tracking(script, pipe=(-1,)):
    script.expect_initialize("quorum", handle=QUORUM).expect_initialize("votequorum", handle=VOTEQUORUM)
    script.expect("votequorum_trackstart", VOTEQUORUM, 0, 2)
    script.expect("votequorum_fd_get", VOTEQUORUM, ANY, do=script.out(pipe[0]))


def expect_close(script, code=1):
    script.expect("votequorum_finalize", VOTEQUORUM, code=code).expect("quorum_finalize", QUORUM, code=code).expect("cmap_finalize", CMAP, code=code)


def first_events(script, ring=RING, members=(1, 2)):
    return [script.nodelist_event(ring, members), script.quorum_event(True, [(nodeid, 1) for nodeid in members])]
