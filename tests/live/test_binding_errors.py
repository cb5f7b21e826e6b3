# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each function of votequorum answers when it cannot: by a real corosync and its real library, as far as they can be made to."""

import contextlib
import statistics
import time

import pytest
from lab.corosync_conf import SLOW_TOKEN
from looking import Background, program
from pretending import UNIT, pretending


@pytest.fixture(scope="module", name="alone")
def _alone(lab):
    """The one node of a cluster that is well; every test leaves it so."""
    yield lab.cluster(nodes=1)[1]
    lab.heal()


# Every method but initialize, with arguments that a node alone would take.
CALLS = """
def calls(votequorum):
    ring = RingId(1, 5)
    return {
        "getinfo": (votequorum.getinfo,), "setexpected": (votequorum.setexpected, 1), "setvotes": (votequorum.setvotes, 1, 1),
        "trackstart": (votequorum.trackstart,), "trackstop": (votequorum.trackstop,), "fd_get": (votequorum.fd_get,), "dispatch": (votequorum.dispatch,),
        "context_set": (votequorum.context_set, "x"), "context_get": (votequorum.context_get,),
        "qdevice_register": (votequorum.qdevice_register, "x"), "qdevice_unregister": (votequorum.qdevice_unregister, "x"),
        "qdevice_update": (votequorum.qdevice_update, "x", "y"), "qdevice_poll": (votequorum.qdevice_poll, "x", True, ring),
        "qdevice_master_wins": (votequorum.qdevice_master_wins, "x", True), "finalize": (votequorum.finalize,)}

def all_tried(votequorum):
    return dict((name, tried(*call)) for name, call in calls(votequorum).items())
"""
LOCAL = {"fd_get", "context_set", "context_get", "finalize"}  # the library answers them by itself

INITIALIZE = "print(json.dumps(tried(Votequorum(Lane(Deadline(5))).initialize)))"
SHORT_OF_MEMORY = """
import resource
lane = Lane(Deadline(5))
Votequorum(lane).__enter__().finalize()     # libraries are loaded, and threads begun
size = [int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmSize")][0] * 1024
resource.setrlimit(resource.RLIMIT_AS, (size + 2 ** 20, resource.RLIM_INFINITY))
told = tried(Votequorum(lane).initialize)
resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print(json.dumps(told))
"""
ONE_DESCRIPTOR = "pid=$(pgrep -x corosync); prlimit --nofile=$(($(ls /proc/$pid/fd | wc -l) + 1)):4096 --pid $pid"
DESCRIPTORS = "prlimit --nofile=1024:4096 --pid $(pgrep -x corosync)"
STARTING = """
# Meets corosync while it listens and has not yet formed its first ring: it is held there until the connection waits.
for attempt in range(20):
    corosync = subprocess.Popen(["corosync", "-f"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while "@votequorum" not in open("/proc/net/unix").read() and corosync.poll() is None:
        pass
    corosync.send_signal(signal.SIGSTOP)
    waker = threading.Timer(0.3, corosync.send_signal, [signal.SIGCONT])
    waker.start()
    lane, codes = Lane(Deadline(5)), []
    votequorum = Votequorum(lane)
    raw = votequorum._library.votequorum_initialize
    lane.call(lambda: codes.append(int(raw(votequorum.ffi.new("uint64_t *"), *votequorum._initialize_args()))))
    again = tried(votequorum.initialize)["error"]
    waker.join()
    corosync.terminate()
    corosync.wait()
    if codes == [errors.TryAgain.code]:
        break
print(json.dumps([codes, again]))
"""


@contextlib.contextmanager
def undone(fault, remedy):
    fault()
    try:
        yield
    finally:
        remedy()


def test_initialize(alone):
    """In one test, since each of these faults takes no more than a moment."""
    assert program(alone, INITIALIZE)["error"] is None
    denied = program(alone, INITIALIZE, user="nobody")
    assert (denied["error"], denied["reason"]) == ("AccessDenied", "not_allowed")
    assert "(votequorum_initialize: CS_ERR_ACCESS, 11)" in denied["message"]
    assert program(alone, SHORT_OF_MEMORY)["error"] == "NoMemory"
    alone.put('#!/bin/sh\nexec unshare -m sh -c \'mount -t tmpfs none /dev/shm && exec /usr/bin/python3 "$@"\' sh "$@"\n', "/usr/local/bin/boxed", mode=0o755)
    hidden = program(alone, INITIALIZE, interpreter="/usr/local/bin/boxed")
    assert hidden["error"] == "SharedMemoryHidden" and "a container without the host's /dev/shm" in hidden["message"]
    with undone(alone.fill_dev_shm, alone.free_dev_shm):
        full = program(alone, INITIALIZE)
    assert full["error"] == "NoSpace" and "df -h /dev/shm" in full["message"]
    with undone(lambda: alone.sh(ONE_DESCRIPTOR), lambda: alone.sh(DESCRIPTORS)):
        crowded = program(alone, INITIALIZE)
        told = alone.run(["journalctl", "-u", "corosync", "-n", "20", "-o", "cat", "--no-pager"]).stdout
    assert (crowded["error"], crowded["reason"]) == ("OutOfDescriptors", None), "corosync that has no descriptor left answers as none does, but it listens"
    assert "Too many open files" in told, "the message sends people there"
    assert program(alone, INITIALIZE)["error"] is None
    with undone(alone.stop_corosync, alone.start_corosync):
        gone = program(alone, INITIALIZE)
        starting, again = program(alone, STARTING)
    assert (gone["error"], gone["reason"]) == ("DaemonGone", "not_running")
    assert starting == [6], "no corosync was met while it was starting: this proves nothing"
    assert again is None, "initialize tries again by itself"


UNASKED = """
# The probe has seen nobody, or somebody else: libqb connects to a stranger all the same, and the connection tells.
from ansible_collections.corosync.quorum.plugins.module_utils._corosync import connection
probed = tried(Votequorum(Lane(Deadline(5))).initialize), tried(observe, 5)
connection.refuse_stranger = lambda service: None
votequorum = Votequorum(Lane(Deadline(5)))
told = tried(votequorum.initialize)
print(json.dumps([probed, told, tried(votequorum.getinfo)]))
"""
NEWER = """
lane = Lane(Deadline(5))
with Votequorum(lane) as votequorum:
    votequorum.trackstart()
    told = [tried(votequorum.dispatch)]
    subprocess.check_call(["systemctl", "stop", sys.argv[1]])
    told.append(tried(votequorum.dispatch))
print(json.dumps(told))
"""


def test_somebody_else_listens_while_corosync_does_not_run(alone):
    with undone(alone.stop_corosync, alone.start_corosync), pretending(alone, "cmap", "votequorum", user="daemon"):
        probed, unasked, after = program(alone, UNASKED)
    for told, service in zip(probed, ("votequorum", "cmap")):
        assert (told["error"], told["reason"]) == ("NotTrusted", "not_trusted")
        assert told["message"].startswith(f"The socket of corosync's service {service} on this node belongs to process ")
        assert "of the user daemon (uid 1), not to root, so nothing was sent to it." in told["message"]
    assert unasked["error"] == "NotTrusted" and "so its answer is not used" in unasked["message"]
    assert after["error"] == "BadHandle"


def test_an_event_of_a_newer_corosync(alone):
    """The library calls it a loss of the connection, which it is not, and is then left without."""
    with undone(alone.stop_corosync, alone.start_corosync), pretending(alone, "votequorum"):
        told, gone = program(alone, NEWER, UNIT)
    assert (told["error"], told["reason"]) == ("LibraryOutdated", "no_library")
    assert "older than the daemon" in told["message"] and "(votequorum_dispatch: CS_ERR_LIBRARY, 2)" in told["message"]
    assert gone["error"] == "DaemonGone" and gone["seconds"] < 5


def test_a_finalised_handle(alone):
    """The binding does not hand it on; the library, given one all the same, knows that it was one."""
    own, librarys, there = program(
        alone,
        CALLS
        + """
lane = Lane(Deadline(5))
votequorum = Votequorum(lane)
votequorum.initialize()
handle = votequorum._handle
votequorum.finalize()
own = all_tried(votequorum)
def stale():
    votequorum._handle = handle
    return votequorum
librarys = dict((name, tried(*calls(stale())[name])) for name in own)
there = [name[len("votequorum_"):] for name in dir(votequorum._library) if name.startswith("votequorum_")]
print(json.dumps([own, librarys, there]))
""",
    )
    assert set(own) | {"initialize"} == set(there), "CALLS has every function of the library that is declared"
    assert {name: told["error"] for name, told in own.items()} == dict.fromkeys(own, "BadHandle")
    assert {name: told["error"] for name, told in librarys.items()} == dict.fromkeys(own, "BadHandle")


def test_corosync_is_gone(alone):
    """Killed under a connection: what needs it says so at once, the rest goes on, and the connection can be finalised."""
    try:
        told = program(
            alone,
            CALLS
            + """
with Votequorum(Lane(Deadline(20))) as votequorum:
    subprocess.check_call(["pkill", "-KILL", "-x", "corosync"])
    deadline = time.monotonic() + 10
    while subprocess.call(["pgrep", "-x", "corosync"], stdout=subprocess.DEVNULL) == 0 and time.monotonic() < deadline:
        time.sleep(0.05)
    told = all_tried(votequorum)
print(json.dumps(told))
""",
        )
    finally:
        alone.sh("systemctl reset-failed corosync; systemctl start corosync")
    assert {name: answer["error"] for name, answer in told.items()} == {name: None if name in LOCAL else "DaemonGone" for name in told}
    assert all(answer["seconds"] < 10 for answer in told.values()), "libqb looks after it every two seconds"


def test_corosync_is_frozen(alone):
    """Every function that waits for an answer gives up when its deadline is over. dispatch waits for none."""
    answered = LOCAL | {"dispatch"}
    try:
        told = program(
            alone,
            CALLS
            + """
connections = {}
for name in calls(Votequorum(Lane(Deadline(5)))):
    connections[name] = Votequorum(Lane(Deadline(20)))
    connections[name].initialize()
subprocess.check_call(["pkill", "-STOP", "-x", "corosync"])
told = {}
for name, votequorum in connections.items():
    votequorum.lane.deadline = Deadline(5 if name in sys.argv else 0.2)
    told[name] = tried(*calls(votequorum)[name])
fresh = Votequorum(Lane(Deadline(0.2)))
told["initialize"] = tried(fresh.initialize)
print(json.dumps(told))
os._exit(0 if not sys.stdout.flush() else 1)
""",
            *answered,
        )
    finally:
        alone.thaw_corosync()
    assert {name: answer["error"] for name, answer in told.items()} == {name: None if name in answered else "DeadlineExceeded" for name in told}
    assert statistics.median(told[name]["seconds"] for name in set(told) - answered) < 1.2
    assert all(answer["seconds"] < 5 for answer in told.values())


def test_dispatch(alone):
    """What it may be asked for, and what ends the one that goes on for ever."""
    told = program(
        alone,
        """
def ends(event):
    endless.finalize()
endless, lane = Votequorum(Lane(Deadline(30)), on_quorum=ends), Lane(Deadline(20))
with Votequorum(lane) as votequorum:
    wrong = [tried(votequorum.dispatch, number) for number in (0, 5, 77)]
    nothing = [votequorum.dispatch(DISPATCH_ONE_NONBLOCKING), votequorum.dispatch(DISPATCH_ALL)]
    lane.deadline = Deadline(0.5)
    waiting = [tried(votequorum.dispatch, DISPATCH_ONE), tried(votequorum.dispatch, DISPATCH_BLOCKING)]
    lane.deadline = Deadline(20)
    votequorum.trackstart(TRACK_CURRENT)
    one_by_one = [type(event).__name__ for dummy in range(3) for event in votequorum.dispatch(DISPATCH_ONE_NONBLOCKING)]
endless.initialize()
endless.trackstart()
told = [type(event).__name__ for event in endless.dispatch(DISPATCH_BLOCKING)]
print(json.dumps({"wrong": wrong, "nothing": nothing, "waiting": waiting, "one by one": one_by_one, "endless": told, "after": tried(endless.dispatch)}))
""",
    )
    assert [answer["error"] for answer in told["wrong"]] == ["InvalidParameter"] * 3
    assert told["nothing"] == [[], []]
    assert [answer["error"] for answer in told["waiting"]] == ["DeadlineExceeded"] * 2
    assert told["one by one"] == told["endless"] == ["NodelistEvent", "QuorumEvent"]
    assert told["after"]["error"] == "BadHandle"


def test_names_that_are_none(alone):
    """The binding refuses the name of a device that the library refuses, before the library is asked."""
    own, librarys = program(
        alone,
        """
with Votequorum(Lane(Deadline(5))) as votequorum:
    names = ["", "x" * 255]
    own = [tried(votequorum.qdevice_register, name) for name in names] + [tried(votequorum.qdevice_update, "x", name) for name in names]
    librarys = [tried(votequorum.call, "qdevice_register", name.encode()) for name in names]
    votequorum.qdevice_register("x" * 254)
    votequorum.qdevice_unregister("x" * 254)
print(json.dumps([own, librarys]))
""",
    )
    assert [told["error"] for told in own + librarys] == ["InvalidParameter"] * 6


IN_FLIGHT = """
# One node of the ring is frozen: what is sent waits for it to go on, and a registration is answered only once it has come round.
first, second = Votequorum(Lane(Deadline(50))), Votequorum(Lane(Deadline(50)))
for one in (first, second):
    one.initialize()
answers = []
waiting = threading.Thread(target=lambda: answers.append(tried(first.qdevice_register, "python")))
waiting.start()
time.sleep(2)
second.lane.deadline = Deadline(1)
answers.append(tried(second.qdevice_register, "python"))
open("/run/in-flight", "w").close()
waiting.join()
second.lane.deadline = Deadline(20)
answers.append(tried(second.qdevice_register, "python"))
second.qdevice_unregister("python")
for one in (first, second):
    one.finalize()
print(json.dumps(answers))
"""


def test_a_registration_while_another_is_on_its_way(cluster):
    device = {"model": "net", "votes": 1, "net": {"host": "127.0.0.1", "algorithm": "ffsplit"}}
    made = cluster(nodes=2, device=device, totem=SLOW_TOKEN)
    made[2].freeze_corosync()
    time.sleep(0.3)
    with Background(made[1], IN_FLIGHT, "/run/in-flight") as registering:
        made[2].thaw_corosync()
    early, first, late = registering.answer
    assert (early["error"], early["reason"]) == ("TryAgain", "timeout")
    assert early["seconds"] < 10, "it was tried again until the deadline, and not until the ring went on"
    assert (first["error"], late["error"]) == (None, None)
