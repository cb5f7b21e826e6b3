# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad days of a node, for real: each ends in time, names cause and remedy, and leaves nothing behind.

`if_unavailable: report` makes data of the documented reasons and of nothing else.
"""

import contextlib

import pytest
from looking import Background, look, module, program, put_module_library
from patience import comes_to
from pretending import pretending

# How long after its timeout a read has ended, whatever happened. Seconds.
MARGIN = 1.0
# How much longer on a machine that is just then busy with something else. Seconds.
BUSY = 10.0


@pytest.fixture(scope="module", name="alone")
def _alone(lab):
    """The one node of a cluster that is well; every test leaves it so."""
    node = lab.cluster(nodes=1)[1]
    put_module_library(node)
    yield node
    lab.heal()


def left_behind(node):
    """Files of connections in /dev/shm (corosync's own flight recorder is not one), and processes of this collection."""
    files = [name for name in node.run(["ls", "/dev/shm"]).stdout.split() if "blackbox" not in name]
    return files + node.run(["pgrep", "-f", "votequorum_info|^/usr/bin/python3 -"], check=False).stdout.split()


def wait_until_nothing_is_left(node):
    """A daemon that was frozen clears away, once it is thawed, what clients left that gave up meanwhile."""
    assert comes_to([], lambda: left_behind(node)) == []


def assert_unavailable(node, reason, *words, timeout=2, **how):
    """votequorum_info says so in time, in both ways of saying it; reason None: it fails in both."""
    failed, reported = (module(node, timeout=timeout, if_unavailable=choice, **how) for choice in ("fail", "report"))
    assert min(failed["seconds"], reported["seconds"]) < timeout + MARGIN
    for result in (failed, reported):
        assert result["seconds"] < timeout + MARGIN + BUSY
        for word in words:
            assert word in result["msg"]
    assert (failed["failed"], failed["reason"]) == (True, reason)
    if reason is None:
        assert reported["failed"] is True and "available" not in reported
    else:
        wanted = {"changed": False, "available": False, "quorate": False, "reason": reason, "msg": reported["msg"]}
        assert {key: value for key, value in reported.items() if key != "seconds"} == wanted
    return failed["msg"]


@contextlib.contextmanager
def frozen(node):
    node.freeze_corosync()
    try:
        yield
    finally:
        node.thaw_corosync()


@contextlib.contextmanager
def moved(node, pattern, script):
    """With files of the node moved as a shell script says ($1: the first that fits the pattern), and back again."""
    path = node.sh(f"ls -d {pattern} | head -n 1").stdout.strip()
    node.run(["sh", "-ec", "mkdir -p /root/aside && cp -a $1* /root/aside/ && rm $1*; " + script, "moved", path])
    try:
        yield
    finally:
        node.run(["sh", "-ec", 'rm -f "$(dirname $1)"/libvotequorum.so.7; cp -a /root/aside/. "$(dirname $1)/" && rm -r /root/aside', "moved", path])


def test_all_is_well_to_begin_with(alone):
    result = module(alone, timeout=5)
    assert (result["available"], result["quorate"], result["votequorum"]["settled"]) == (True, True, True)
    assert left_behind(alone) == []


def test_corosync_stopped(alone):
    """And somebody else in its place."""
    alone.stop_corosync()
    try:
        assert_unavailable(alone, "not_running", "corosync is not running on this node", "systemctl start corosync")
        assert look(alone, 30)["seconds"] < 10, "there is nothing to wait for"
        with pretending(alone, "cmap", user="nobody"):
            assert_unavailable(alone, "not_trusted", "belongs to process", "of the user nobody (uid 65534), not to root, so nothing was sent to it")
    finally:
        alone.start_corosync()


def test_corosync_frozen_before_the_connect(alone):
    with frozen(alone):
        assert_unavailable(alone, "timeout", "corosync did not answer cmap_initialize within 1 s", "frozen", "systemctl status corosync", timeout=1)
        told = look(alone, 1)
        assert told["error"] == "DeadlineExceeded" and 1 <= told["seconds"] < 1 + MARGIN
    wait_until_nothing_is_left(alone)


FREEZE_BETWEEN = """
observer = Observer(Deadline(10))
observer.__enter__()
assert observer.snapshot()["settled"]
subprocess.check_call(["pkill", "-STOP", "-x", "corosync"])
observer.lane.deadline = Deadline(1)
def use():
    try:
        {use}
    finally:
        observer.close()
print(json.dumps(tried(use)))
"""
# What is done on a connection whose daemon has been frozen, and the C function that never returns then
BETWEEN = [
    ("observer.read()", "votequorum_getinfo"),
    ("observer.snapshot()", "votequorum_getinfo"),
    ("observer._quorum.settled()", "quorum_trackstart"),
    ("observer.cmap.read('quorum.')", "cmap_iter_init"),
    ("observer.votequorum.setexpected(1)", "votequorum_setexpected"),
]


@pytest.mark.parametrize("use, function", BETWEEN)
def test_corosync_frozen_between_two_calls(alone, use, function):
    try:
        told = program(alone, FREEZE_BETWEEN.format(use=use))
    finally:
        alone.thaw_corosync()
    assert (told["error"], told["reason"]) == ("DeadlineExceeded", "timeout")
    assert told["message"].startswith(f"corosync did not answer {function} within 1 s: it is stopped, frozen or overloaded. ")
    assert 1 <= told["seconds"] < 1 + MARGIN
    wait_until_nothing_is_left(alone)


KILLED = """
import random
def connect_again_and_again():
    while True:
        observe(5)
def read_again_and_again():
    with Observer(Deadline(5)) as observer:
        while True:
            observer.read()
answers = []
for attempt in range(int(sys.argv[1])):
    # The killer is there before the first connection, and takes its own time.
    killer = subprocess.Popen(["sh", "-c", "sleep %.4f; pkill -KILL -x corosync" % random.uniform(0.02, 0.12)])
    told = tried((connect_again_and_again, read_again_and_again)[attempt % 2])
    killer.wait()
    time.sleep(0.05)
    told["connecting"] = attempt % 2 == 0
    told["threads"] = threading.active_count()
    told["descriptors"] = len(os.listdir("/proc/self/fd"))
    told["shared"] = [name for name in os.listdir("/dev/shm") if "-%d-" % os.getpid() in name]
    subprocess.check_call("rm -rf /dev/shm/qb-*-%d-*" % os.getpid(), shell=True)
    answers.append(told)
    subprocess.check_call("systemctl reset-failed corosync; systemctl start corosync", shell=True)
print(json.dumps(answers))
"""


def test_corosync_killed_in_mid_read_at_any_moment(alone):
    answers = program(alone, KILLED, "10", timeout=120)
    assert len(answers) == 10
    for told in answers:
        assert (told["error"], told["reason"]) == ("DaemonGone", "not_running"), told
        assert "it stopped during the call" in told["message"] and "systemctl start corosync" in told["message"]
        assert told["seconds"] < 5 + MARGIN
        assert told["threads"] == 1
        # What corosync was about to give, or to take away after a goodbye, when it died, is corosync's own: the client has no hold of it.
        assert told["shared"] == [] or told["connecting"], told
    assert len({told["descriptors"] for told in answers}) == 1
    assert left_behind(alone) == []


def test_an_unprivileged_user(alone):
    assert_unavailable(alone, "not_allowed", "CS_ERR_ACCESS", "run the task as root (become: true)", "/etc/corosync/uidgid.d", user="nobody")
    assert left_behind(alone) == []


def test_libvotequorum_missing(alone):
    with moved(alone, "/usr/lib/*/libvotequorum.so.8", ""):
        assert_unavailable(alone, "no_library", "libvotequorum.so.8 was not found on this host", "install the package corosync", "libvotequorum8")


def test_a_libvotequorum_that_is_too_old(alone):
    with moved(alone, "/usr/lib/*/libvotequorum.so.8", 'cp -L /root/aside/libvotequorum.so.8 "$(dirname $1)"/libvotequorum.so.7'):
        assert_unavailable(alone, "no_library", "This host has libvotequorum.so.7, which this collection refuses", "Upgrade corosync to 2.4.2 or newer")


def test_a_library_that_libvotequorum_needs_missing(alone):
    """corosync itself needs libqb, but keeps the one it was started with."""
    with moved(alone, "/usr/lib/*/libqb.so.100", ""):
        said = assert_unavailable(alone, "no_library", "libvotequorum.so.8 cannot be loaded on this host", "libqb.so.100")
    assert "was not found on this host" not in said


def test_the_backend_of_cffi_missing(alone):
    with moved(alone, "/usr/lib/python3/dist-packages/_cffi_backend*.so", ""):
        assert_unavailable(alone, "no_library", "_cffi_backend: No module named '_cffi_backend'", "python3-cffi-backend", "ansible_python_interpreter")


def boxed(node, command):
    """An interpreter on the node that a command starts."""
    path = "/usr/local/bin/python-in-a-box"
    node.put(f'#!/bin/sh\nexec {command} /usr/bin/python3 "$@"\n', path, mode=0o755)
    return path


CLOSURE = """
from ansible_collections.corosync.quorum.plugins.module_utils._corosync import _abi
try:
    _abi.ffi.callback("quorum_notification_fn_t", print)
    print(json.dumps("allowed"))
except MemoryError as exc:
    print(json.dumps(str(exc)))
"""


def test_closures_refused(alone):
    interpreter = boxed(alone, 'systemd-run -q --pipe --wait -p MemoryDenyWriteExecute=yes -E PYTHONPATH="$PYTHONPATH"')
    answer = program(alone, CLOSURE, interpreter=interpreter)
    if answer == "allowed":
        # libffi with static trampolines needs no such memory: then there must be nothing to refuse.
        assert module(alone, interpreter=interpreter)["available"] is True
        pytest.skip("this node's libffi needs no writable and executable memory")
    assert_unavailable(alone, None, answer, "deny_execmem", "MemoryDenyWriteExecute=", interpreter=interpreter)
    assert left_behind(alone) == []


def test_no_thread_allowed(alone):
    interpreter = boxed(alone, "prlimit --nproc=1")
    assert_unavailable(alone, None, "cannot start the thread that calls corosync", "ulimit -u", "TasksMax=", interpreter=interpreter, user="nobody")


def test_dev_shm_full(alone):
    alone.fill_dev_shm()
    try:
        assert_unavailable(alone, None, "CS_ERR_NO_SPACE", "/dev/shm is full on this node", "df -h /dev/shm")
    finally:
        alone.free_dev_shm()
    assert left_behind(alone) == []
    assert module(alone)["available"] is True


@pytest.mark.parametrize("timeout, seen", [(0, "0"), (-1, "-1"), (-0.5, "-0.5"), ("nan", "nan"), ("inf", "inf"), ("-inf", "-inf"), (1e9, "1e+09")])
def test_a_timeout_that_is_none(alone, timeout, seen):
    for choice in ("fail", "report"):
        result = module(alone, timeout=timeout, if_unavailable=choice)
        assert result["failed"] is True and result["seconds"] < MARGIN + BUSY
        assert result["msg"] == f"timeout must be a number of seconds greater than 0 and at most 31622400 (a year); got {seen}."


def test_a_timeout_that_is_no_number(alone):
    result = module(alone, timeout="soon", if_unavailable="report")
    assert result["failed"] is True
    assert "timeout" in result["msg"] and "float" in result["msg"]


NO_SUCH_NODE = """
lane = Lane(Deadline(5))
with Votequorum(lane) as votequorum:
    answers = [tried(votequorum.getinfo, nodeid) for nodeid in (99, 2 ** 32 - 1)] + [tried(votequorum.setvotes, 99, 1), tried(votequorum.getinfo, 1)]
lane.close()
print(json.dumps(answers))
"""


def test_a_node_asked_for_that_does_not_exist(alone):
    unknown, largest, votes, own = program(alone, NO_SUCH_NODE)
    for told in (unknown, largest):
        assert (told["error"], told["reason"], told["value"]) == ("DoesNotExist", None, None)
        assert "a node it has not seen since it started" in told["message"]
    assert votes["error"] == "NameNotFound" and "has not seen a node of this id" in votes["message"]
    assert own["error"] is None and own["value"][0] == 1


STARTING = """
from ansible_collections.corosync.quorum.plugins.module_utils._corosync import connection
seen = []
class Listening:
    # A library whose answers are written down
    def __init__(self, library):
        self._library = library
    def __getattr__(self, name):
        def call(*args):
            code = getattr(self._library, name)(*args)
            seen.append(int(code))
            return code
        return call
load = connection.load
connection.load = lambda soname: Listening(load(soname))

for attempt in range(20):
    # Hold corosync at the moment when it listens and has not yet formed its first ring; let it go on once somebody waits.
    corosync = subprocess.Popen(["corosync", "-f"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while "@cmap" not in open("/proc/net/unix").read():
        pass
    corosync.send_signal(signal.SIGSTOP)
    waker = threading.Timer(0.3, corosync.send_signal, [signal.SIGCONT])
    waker.start()
    del seen[:]
    told = tried(observe, 10)
    waker.join()
    corosync.terminate()
    corosync.wait()
    if 6 in seen:
        break
print(json.dumps(dict(told, again=seen.count(6))))
"""


def test_corosync_starting(alone):
    alone.stop_corosync()
    try:
        told = program(alone, STARTING, timeout=120)
    finally:
        alone.start_corosync()
    assert told["again"] > 0, "no corosync was met while it was starting: this proves nothing"
    assert told["error"] is None and told["value"]["settled"] is True


# From here on every test makes a cluster of its own, and `alone` is no more.


def test_no_quorum_section(cluster):
    node = cluster(nodes=1, quorum=False)[1]
    put_module_library(node)
    assert_unavailable(node, "not_configured", "its configuration has no quorum provider", "provider: corosync_votequorum", "corosync.conf")


def test_a_reload_that_has_removed_the_provider(cluster):
    """votequorum goes on, which corosync-quorumtool does not see, and would be gone after a restart."""
    made = cluster(nodes=1)
    made[1].put(made.conf.replace("provider: corosync_votequorum", ""), "/etc/corosync/corosync.conf")
    made[1].run(["corosync-cfgtool", "-R"])
    told = look(made[1], 5)
    assert told["value"]["quorate"] is True, told
    assert [problem["id"] for problem in told["value"]["problems"] if problem["severity"] == "error"] == ["provider_removed"]
    made[1].put(made.conf, "/etc/corosync/corosync.conf")
    made[1].run(["corosync-cfgtool", "-R"])
    assert not [problem for problem in look(made[1], 5)["value"]["problems"] if problem["severity"] == "error"], "a restart will bring it back"


def test_a_key_that_was_changed_and_that_nobody_loaded(cluster):
    """The advice is followed, and the node that starts with the new key is not alone."""
    made = cluster(nodes=2)

    def problems(number):
        return [problem["id"] for problem in look(made[number], 5)["value"]["problems"]]

    assert [problems(1), problems(2)] == [[], []]
    made[1].run(["corosync-keygen", "-k", "/etc/corosync/authkey"])
    key = made[1].run(["base64", "/etc/corosync/authkey"]).stdout
    assert problems(1) == ["authkey_not_loaded"] and key[:20] not in str(look(made[1], 5))
    made[2].run(["sh", "-c", "base64 -d >/etc/corosync/authkey"], input=key)
    assert problems(2) == ["authkey_not_loaded"]
    made[1].run(["corosync-cfgtool", "-R"])
    assert comes_to([[], []], lambda: [problems(1), problems(2)]) == [[], []]
    made[2].stop_corosync()
    made[2].start_corosync()
    made.wait_ring()


def test_another_quorum_provider(cluster):
    node = cluster(nodes=1, quorum={"provider": "corosync_ykd"})[1]
    put_module_library(node)
    assert_unavailable(node, "not_configured", "its quorum provider is 'corosync_ykd'", "Set 'provider: corosync_votequorum'")


# A device on node 1 that is registered and never gives its vote for a new ring: the next sync then lasts for sync_timeout.
SYNC = 8
SILENT_DEVICE = """
lane = Lane(Deadline(30))
with Votequorum(lane) as votequorum:
    votequorum.trackstart()
    ring_id = [event.ring_id for event in votequorum.dispatch() if isinstance(event, NodelistEvent)][-1]
    votequorum.qdevice_register("silent")
    votequorum.qdevice_poll("silent", True, ring_id)
    open("/run/registered", "w").close()
    while os.path.exists("/run/registered"):
        time.sleep(0.1)
lane.close()
print("null")
"""


UNDER_WAY = """
# Looks at once when the sync begins: as votequorum_info does, and as a fresh connection to votequorum alone sees it.
lane = Lane(Deadline(30))
with Votequorum(lane) as votequorum:
    votequorum.trackstart()
    votequorum.dispatch()
    open("/run/tracking", "w").close()
    begun = []
    while not any(isinstance(event, NodelistEvent) for event in begun):
        begun = votequorum.dispatch(DISPATCH_ONE)
    start = time.monotonic()
    told = tried(observe, 2)
    with Votequorum(lane) as fresh:
        fresh.trackstart()
        events = [type(event).__name__ for event in fresh.dispatch()]
        info = fresh.getinfo()
    elapsed = time.monotonic() - start
    ended = votequorum.dispatch()
lane.close()
print(json.dumps({"told": told, "members": begun[0].members, "ring": begun[0].ring_id, "elapsed": elapsed, "ended": len(ended),
                  "alone": {"events": events, "quorate": bool(info.flags & 2), "total_votes": info.total_votes, "quorum": info.quorum}}))
"""


def test_a_membership_change_under_way(cluster):
    device = {"model": "net", "votes": 1, "timeout": 30000, "sync_timeout": SYNC * 1000, "net": {"host": "127.0.0.1", "algorithm": "ffsplit"}}
    made = cluster(nodes=3, device=device)
    made[3].stop_corosync()
    made.wait_ring([1, 2])
    with Background(made[1], SILENT_DEVICE, "/run/registered"):
        with Background(made[1], UNDER_WAY, "/run/tracking") as looking:
            made[3].start_corosync(wait=False)
        seen = looking.answer
        assert seen["ended"] == 0, "the sync was over before all was asked: this proves nothing"
        value = seen["told"]["value"]
        assert seen["told"]["seconds"] < 2 + MARGIN
        assert (value["settled"], value["members"]) == (False, [1, 2, 3])
        assert value["ring_id"] == {"nodeid": seen["ring"][0], "seq": seen["ring"][1]}
        # Only libquorum can tell: a fresh connection to votequorum gets both notifications, and figures that fit each other.
        alone = seen["alone"]
        assert alone["events"] == ["NodelistEvent", "QuorumEvent"] and alone["quorate"] and alone["total_votes"] >= alone["quorum"]

        # and who has the time gets the answer, here as on the node that joins
        for node in (made[1], made[3]):
            value = look(node, 25)["value"]
            assert (value["settled"], value["members"]) == (True, [1, 2, 3])
