# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The binding on a real cluster: what votequorum_initialize(3) promises, what a thousand connections leave, and what a fork may do."""

import pytest
from looking import Background, program


@pytest.fixture(scope="module", name="three")
def _three(lab):
    """Three plain nodes with one vote each; every test leaves them so."""
    yield lab.cluster(nodes=3)
    lab.heal()


SEVERAL = """
lane = Lane(Deadline(60))
heard = {"first": [], "second": []}
def connection(name):
    return Votequorum(lane, *[(lambda event: heard[name].append(event))] * 3)
first, second, silent = connection("first"), connection("second"), Votequorum(lane)
for one in (first, second, silent):
    one.initialize()
handles = {int(one._handle) for one in (first, second, silent)}
descriptors = {one.fd_get() for one in (first, second, silent)}
first.trackstart(TRACK_CHANGES, 11)
second.trackstart(TRACK_CHANGES_ONLY, 22)
initial = first.dispatch() + second.dispatch()
again = tried(first.trackstart)
first.dispatch()
for one, name in ((first, "first"), (second, "second")):
    one.context_set({"name": name})
del heard["first"][:], heard["second"][:]

# Another connection changes the expected votes, which is told to those that track, in a dispatch and not before.
silent.setexpected(4)
before = dict((name, list(events)) for name, events in heard.items())
first_events, second_events = first.dispatch(DISPATCH_ONE), second.dispatch(DISPATCH_ONE)
expected = first.getinfo().node_expected_votes
nothing = silent.dispatch()

# A finalised connection does not take the others with it.
second.finalize()
silent.setexpected(3)
later = first.dispatch(DISPATCH_ONE)
first.trackstop()
twice = tried(first.trackstop)
silent.trackstart()
silent.dispatch()
silent.setexpected(4)
silent.setexpected(3)
tracked = [type(event).__name__ for dummy in range(2) for event in silent.dispatch(DISPATCH_ONE)]
untracked = first.dispatch()
print(json.dumps({
    "handles": len(handles), "descriptors": len(descriptors), "initial": [(type(event).__name__, event.context) for event in initial], "again": again,
    "contexts": [first.context_get()], "before": before, "heard": heard, "first": first_events, "second": second_events, "expected": expected,
    "nothing": nothing, "later": later, "twice": twice,
    "tracked": tracked, "untracked": untracked,
    "types": [type(event).__name__ for event in first_events + second_events + later]}))
for one in (first, silent):
    one.finalize()
lane.close()
"""


def test_several_connections_in_one_process_each_with_its_own_handle_and_callbacks(three):
    told = program(three[1], SEVERAL)
    assert (told["handles"], told["descriptors"]) == (3, 3)
    assert told["initial"] == [["NodelistEvent", 11], ["QuorumEvent", 11]], "CHANGES_ONLY sends nothing to begin with"
    assert told["again"]["error"] == "AlreadyExists"
    assert told["contexts"] == [{"name": "first"}]
    assert told["before"] == {"first": [], "second": []}
    assert (told["first"], told["second"]) == ([[11, 4]], [[22, 4]])
    assert told["heard"] == {"first": [[11, 4], [11, 3]], "second": [[22, 4]]}
    assert told["types"] == ["ExpectedVotesEvent"] * 3
    assert told["expected"] == 4
    assert told["nothing"] == [], "it does not track"
    assert told["later"] == [[11, 3]]
    assert told["twice"]["error"] == "DoesNotExist"
    assert (told["tracked"], told["untracked"]) == (["ExpectedVotesEvent"] * 2, [])


TRACK = """
# Every event until it has seen the end of a membership change: nodelist, then quorum.
lane = Lane(Deadline(30))
with Votequorum(lane) as votequorum:
    votequorum.trackstart()
    first = votequorum.dispatch()
    open("/run/tracking", "w").close()
    later = []
    while not any(isinstance(event, QuorumEvent) for event in later):
        later += votequorum.dispatch(DISPATCH_ONE)
lane.close()
print(json.dumps([[[type(event).__name__] + list(event) for event in events] for events in (first, later)]))
"""


def test_a_node_that_leaves_is_reported_by_nodelist_then_quorum(three):
    try:
        with Background(three[1], TRACK, "/run/tracking") as tracker:
            three[3].stop_corosync()
        first, later = tracker.answer
    finally:
        three[3].start_corosync()
        three.wait_ring()
    (nodelist, _context, ring_id, members), (quorum, _context2, quorate, nodes) = first
    assert (nodelist, sorted(members), quorum, bool(quorate), sorted(nodes)) == ("NodelistEvent", [1, 2, 3], "QuorumEvent", True, [[1, 1], [2, 1], [3, 1]])
    assert [event[0] for event in later] == ["NodelistEvent", "QuorumEvent"]
    assert sorted(later[0][3]) == [1, 2] and later[0][2][1] > ring_id[1]
    assert bool(later[1][2]) is True and sorted(later[1][3]) == [[1, 1], [2, 1], [3, 2]]


VOTES = """
lane = Lane(Deadline(60))
answers = {}
with Votequorum(lane) as votequorum:
    def seen(*fields):
        # Returning from a set means queued: give it the moment it takes to come round the ring.
        deadline = time.monotonic() + 20
        while True:
            info = votequorum.getinfo(2)
            found = (info.node_votes, info.highest_expected, info.total_votes, info.quorum)
            if found == fields or time.monotonic() > deadline:
                return found
            time.sleep(0.01)
    answers["begin"] = seen(1, 3, 3, 2)
    votequorum.setvotes(2, 3)
    answers["votes"] = seen(3, 5, 5, 3)
    votequorum.setvotes(2, 1)
    votequorum.setexpected(3)
    answers["back"] = seen(1, 3, 3, 2)
    votequorum.setexpected(5)
    answers["expected"] = seen(1, 5, 3, 3)
    answers["too many"] = tried(votequorum.setexpected, 9)
    answers["zero"] = tried(votequorum.setexpected, 0)
    votequorum.setexpected(3)
    answers["end"] = seen(1, 3, 3, 2)
    answers["unknown"] = tried(votequorum.setvotes, 77, 1)
    answers["device"] = tried(votequorum.setvotes, 0, 1)
    answers["register"] = tried(votequorum.qdevice_unregister, "none")
    answers["flags"] = tried(votequorum.trackstart, 0)
lane.close()
print(json.dumps(answers))
"""


def test_votes_and_expected_votes_change_for_the_whole_cluster(three):
    told = program(three[1], VOTES)
    wanted = {"begin": [1, 3, 3, 2], "votes": [3, 5, 5, 3], "back": [1, 3, 3, 2], "expected": [1, 5, 3, 3], "end": [1, 3, 3, 2]}
    assert {name: told[name] for name in wanted} == wanted
    for name in ("too many", "zero", "device"):
        assert told[name]["error"] == "InvalidParameter"
    assert "would lose quorum" in told["too many"]["message"]
    assert told["unknown"]["error"] == "NameNotFound"
    assert told["register"]["error"] == "DoesNotExist"
    assert told["flags"]["error"] is None, "corosync takes flags that ask for nothing"
    # the other nodes saw the same
    assert program(three[3], "print(json.dumps(observe(5)['expected_votes']))") == 3


FORK = """
import warnings
warnings.simplefilter("ignore")
with Observer(Deadline(10)) as observer:
    before = observer.snapshot()["ring_id"]
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        told = tried(observer.read)
        observer.close()
        own = tried(observe, 5)
        os.write(writing, json.dumps([told["error"], told["message"], own["error"], own["value"]["ring_id"]]).encode())
        os._exit(0)
    os.waitpid(pid, 0)
    child = json.loads(os.read(reading, 65536).decode())
    after = observer.snapshot()["ring_id"]
print(json.dumps({"child": child, "same": before == after == child[3]}))
"""


def test_a_forked_process_neither_uses_nor_ends_the_connection_of_its_parent(three):
    told = program(three[1], FORK)
    error, message, own, dummy = told["child"]
    assert error == "QuorumError" and "which forked this one" in message
    assert own is None and told["same"] is True


THOUSAND = """
def memory():
    # Resident, in KiB
    return int([line for line in open("/proc/self/status") if line.startswith("VmRSS")][0].split()[1])

def state():
    return {
        "descriptors": sorted(os.readlink("/proc/self/fd/" + name) for name in os.listdir("/proc/self/fd") if os.path.exists("/proc/self/fd/" + name)),
        "threads": len(os.listdir("/proc/self/task")),
        "children": open("/proc/self/task/%d/children" % os.getpid()).read(),
        "shared": sorted(set(os.listdir("/dev/shm")) - found),
    }

def rest(wanted=None):
    # What is left in the end: a thread that was joined takes a moment to end, and corosync one to take its files away.
    deadline = time.monotonic() + 10
    found = state()
    while (found != wanted if wanted else found["shared"] or found["threads"] != 1) and time.monotonic() < deadline:
        time.sleep(0.05)
        found = state()
    return found

def connect(times):
    for dummy in range(times):
        lane = Lane(Deadline(5))
        with Votequorum(lane) as votequorum:
            votequorum.trackstart()
            assert len(votequorum.dispatch()) == 2
        lane.close()

found = set(os.listdir("/dev/shm"))  # what a corosync that was killed in an earlier test left there is not ours
for dummy in range(150):  # what Python and its threads reserve once, they keep; only what comes on top of it is a leak
    observe(5)
connect(100)
before, memory_before = rest(), memory()
connect(1000)
for dummy in range(50):
    assert observe(5)["settled"]
after = rest(before)
print(json.dumps({"before": before, "after": after, "grown": memory() - memory_before}))
"""


def test_a_thousand_connections_in_a_row_leave_nothing(three):
    told = program(three[1], THOUSAND, timeout=180)
    assert told["after"] == told["before"]
    assert (told["after"]["threads"], told["after"]["children"], told["after"]["shared"]) == (1, "", [])
    # A lane's stack is 4 MiB and a connection's buffers are 3: what each left, even in part, would be gigabytes.
    assert told["grown"] < 4096


def test_corosync_has_no_connection_left_of_all_that(three):
    keys = three[1].run(["corosync-cmapctl", "-m", "stats", "stats.ipcs.service"], check=False).stdout
    names = [line for line in keys.splitlines() if ".procname" in line]
    assert names, "corosync counts its connections here: at least that of the command itself"
    assert [line for line in names if "python" in line] == []
