# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A scripted stand-in for corosync's three C libraries: an ordered list of the calls that must come, and what each does.

Structs, pointers and callbacks are cffi's real ones. What it cannot show is what corosync does: the live tests are for that.
"""

import contextlib
import threading
import time

from ansible_collections.corosync.quorum.plugins.module_utils._corosync import _abi, connection

OK = 1
PROVIDER = b"corosync_votequorum"


class Anything:
    """Matches every argument."""

    def __repr__(self):
        return "ANY"


ANY = Anything()


class Script:
    """The expected calls. Install it in place of `load`; `finish` fails if a call was wrong, or missing, or made by several threads."""

    def __init__(self):
        self.ffi = _abi.ffi
        self.loaded = []
        self.threads = set()
        self.alive = False  # what is found when a function answers CS_ERR_LIBRARY
        self.absent = set()  # functions that the libraries do not have
        self.listeners = []  # what is found before each initialize: an exception, or None for root's; root's where nothing is left
        self._expected = []
        self._callbacks = {}
        self._wrong = []

    # -- what the binding sees

    def load(self, soname):
        self.loaded.append(soname)
        return _Library(self)

    def asked_for_listener(self, dummy_service):
        found = self.listeners.pop(0) if self.listeners else None
        if found is not None:
            raise found

    def called(self, function, args):
        """The C function was called: check that it was expected, do what the script says, and return its code."""
        self.threads.add(threading.get_ident())
        if not self._expected:
            return self._refuse(f"{function} was called, and nothing more was expected")
        wanted, matchers, code, effects = self._expected.pop(0)
        if function != wanted:
            return self._refuse(f"{function} was called, expected was {wanted}")
        if len(args) != len(matchers) or not all(_matches(matcher, arg) for matcher, arg in zip(matchers, args)):
            return self._refuse(f"{function} was called with {args!r}, expected was {matchers!r}")
        for effect in effects:
            effect(*args)
        if function in ("votequorum_initialize", "quorum_initialize") and code == OK:
            self._keep_callbacks(function.split("_")[0], *args)
        return code

    def _keep_callbacks(self, service, handle, callbacks, *dummy):
        # The C library keeps a copy, too: the caller's struct may be gone by the time something is dispatched.
        self._callbacks[service, int(handle[0])] = self.ffi.new(f"{service}_callbacks_t *", callbacks[0])

    def _refuse(self, text):
        self._wrong.append(text)
        raise AssertionError(text)

    # -- what a test says

    def expect(self, function, *matchers, **options):
        """The next call. matchers: values, predicates, or ANY, one for each argument. code=: what it returns. do=: a function, or a list
        of functions, called with the arguments of the call."""
        effects = options.pop("do", [])
        code = options.pop("code", OK)
        assert not options, options
        self._expected.append((function, matchers, code, effects if isinstance(effects, list) else [effects]))
        return self

    def expect_initialize(self, service, handle=7, code=OK, first=lambda *arguments: None):
        def fill(pointer, *rest):
            pointer[0] = handle
            if service == "quorum":
                rest[1][0] = 1  # there is a quorum provider

        arguments = {"cmap": 0, "votequorum": 1, "quorum": 2}[service]
        return self.expect(service + "_initialize", *([ANY] * (arguments + 1)), code=code, do=[first, fill] if code == OK else [])

    def expect_statistics(self, handle=8, code=OK):
        """The other map of cmap."""
        return self.expect("cmap_initialize_map", ANY, 1, code=code, do=[self.out(handle, at=0)] if code == OK else [])

    def finish(self):
        patience = time.monotonic() + 10  # closing leaves its calls behind after a moment, and on a busy machine they come later
        while self._expected and not self._wrong and time.monotonic() < patience:
            time.sleep(0.01)
        assert self._wrong == []
        assert [call[0] for call in self._expected] == [], "calls that were not made"
        assert len(self.threads) <= 1, "one handle was used from several threads"

    # -- effects

    def quorum_event(self, quorate, nodes, context=0):
        """In a dispatch: votequorum's quorum notification. nodes: (nodeid, state) each."""

        def fire(handle, *dummy):
            array = self.ffi.new("votequorum_node_t[]", [{"nodeid": nodeid, "state": state} for nodeid, state in nodes])
            self._callbacks["votequorum", handle].votequorum_quorum_notify_fn(handle, context, int(quorate), len(nodes), array)
            _spoil(self.ffi, array)

        return fire

    def nodelist_event(self, ring_id, members, context=0):
        def fire(handle, *dummy):
            array = self.ffi.new("uint32_t[]", list(members))
            ring = self.ffi.new("votequorum_ring_id_t *", {"nodeid": ring_id[0], "seq": ring_id[1]})
            self._callbacks["votequorum", handle].votequorum_nodelist_notify_fn(handle, context, ring[0], len(members), array)
            _spoil(self.ffi, array)

        return fire

    def expected_votes_event(self, expected_votes, context=0):
        def fire(handle, *dummy):
            self._callbacks["votequorum", handle].votequorum_expectedvotes_notify_fn(handle, context, expected_votes)

        return fire

    def settled_event(self, ring_seq, quorate, members=()):
        """In a dispatch: libquorum's notification."""

        def fire(handle, *dummy):
            array = self.ffi.new("uint32_t[]", list(members))
            self._callbacks["quorum", handle].quorum_notify_fn(handle, int(quorate), ring_seq, len(members), array)

        return fire

    def info(self, **fields):
        """In a getinfo: these fields of the struct."""

        def fill(dummy_handle, dummy_nodeid, info):
            for name, value in fields.items():
                setattr(info, name, value)

        return fill

    def out(self, value, at=1):
        """Fill the out parameter at this place (0 is the handle)."""

        def fill(*args):
            args[at][0] = value

        return fill

    def cmap_value(self, c_type, kind, value):
        """In a cmap_get: a value of this C type and cmap type."""

        def fill(dummy_handle, dummy_key, room, length, type_):
            raw = self.ffi.new(c_type, value)
            size = self.ffi.sizeof(raw) if c_type.endswith("[]") else self.ffi.sizeof(self.ffi.typeof(raw).item)
            assert size <= length[0]
            self.ffi.memmove(room, raw, size)
            length[0] = size
            type_[0] = kind

        return fill

    def cmap_string(self, text):
        return self.cmap_value("char[]", 11, text)

    def cmap_key(self, key):
        """In a cmap_iter_next: the next key."""

        def fill(dummy_handle, dummy_iteration, room, dummy_length, dummy_type):
            self.ffi.memmove(room, key + b"\0", len(key) + 1)

        return fill

    def expect_cmap_read(self, prefix, values, handle=7):
        """The calls of a read of one prefix. values: [(key, effect of the cmap_get)]."""
        self.expect("cmap_iter_init", handle, prefix, ANY, do=self.out(99, at=2))
        for key, _dummy in values:
            self.expect("cmap_iter_next", handle, 99, ANY, ANY, ANY, do=self.cmap_key(key))
        self.expect("cmap_iter_next", handle, 99, ANY, ANY, ANY, code=27)
        self.expect("cmap_iter_finalize", handle, 99)
        for key, effect in values:
            self.expect("cmap_get", handle, key, ANY, ANY, ANY, do=effect)


@contextlib.contextmanager
def scripted(monkeypatch):
    """A Script in place of the real libraries."""
    script = Script()
    monkeypatch.setattr(connection, "load", script.load)
    # Sockets are not the script's: test_listener.py has real ones.
    monkeypatch.setattr(connection, "refuse_stranger", script.asked_for_listener)
    monkeypatch.setattr(connection.Connection, "_refuse_stranger", lambda self, handle: None)
    monkeypatch.setattr(connection.Connection, "_is_alive", lambda self, handle: script.alive)
    yield script
    script.finish()


class _Library:
    """What `load` returns: every attribute is a function of the script."""

    def __init__(self, script):
        self._script = script

    def __getattr__(self, function):
        if function in self._script.absent:
            raise AttributeError(function)
        return lambda *args: self._script.called(function, args)


def _matches(matcher, arg):
    if matcher is ANY:
        return True
    return bool(matcher(arg)) if callable(matcher) else arg == matcher


def _spoil(ffi, array):
    """A callback's list is C's and ends with the call: what still looks at it afterwards shall see that."""
    ffi.memmove(array, b"\xff" * ffi.sizeof(array), ffi.sizeof(array))
