# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the resident program makes of events: the answer that metrics are of, and what the next process goes on from."""

from ansible_collections.corosync.quorum.plugins.module_utils._forecast.losses import forecast_entry
from ansible_collections.corosync.quorum.plugins.module_utils._program.exposition import exposition
from ansible_collections.corosync.quorum.plugins.module_utils._program.follow import Seen
from ansible_collections.corosync.quorum.plugins.module_utils._program.known import Known
from ansible_collections.corosync.quorum.plugins.module_utils._program.reading import Answer
from ansible_collections.corosync.quorum.plugins.module_utils._value.events import Teller
from ansible_collections.corosync.quorum.plugins.module_utils._value.timeline import Flip
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import value


def complete(**changes):
    made = value(**changes)
    return dict(made, forecast=forecast_entry(made), problems=[])


def test_events_become_answers():
    known = Known()
    assert (known.answer(), known.seen) == (None, Seen())
    known.beat(0.5)
    assert known.answer() is None, "corosync has been asked, but nothing was told yet"
    teller = Teller(None, "host1", lambda event: known.take(event, event["at"]))
    teller.add_marker(1.0, "corosync_unavailable", "not_running", "It does not run.")
    assert known.answer() == Answer(None, 1.0, "not_running", "It does not run.")
    known.beat(3.0)
    assert known.answer().asked_at == 3.0
    teller.add_marker(4.0, "corosync_available")
    teller.add_value(4.0, complete())
    assert known.answer() == Answer(complete(), 4.0)
    assert known.seen == Seen(complete())
    teller.add_marker(5.0, "corosync_unavailable", None, "Something else.")
    assert known.answer() == Answer(None, 5.0, "failed", "Something else.")
    assert known.seen == Seen(complete(), "failed")
    assert known.changes == 0


def test_each_change_of_quorum_counts_also_one_that_was_over_before_it_could_be_read():
    known, pages = Known(), []

    def tell(event):
        known.take(event, event["at"])
        pages.append(exposition(known.answer(), event["at"], known.changes))

    teller = Teller(complete(), "host1", tell)
    teller.add_value(0.0, complete(settled=False))
    teller.add_flips(1.0, [Flip(False, {"nodeid": 1, "seq": 14}, [1])])
    teller.add_flips(2.0, [Flip(True, {"nodeid": 1, "seq": 18}, [1, 2, 3])])
    teller.add_value(3.0, complete(ring=18))
    assert known.changes == 2
    assert "corosync_quorum_changes_total 2" in pages[-1]
    assert all("corosync_quorum_up 1" in page for page in pages), "what is not known of the moment is not in the metrics"
