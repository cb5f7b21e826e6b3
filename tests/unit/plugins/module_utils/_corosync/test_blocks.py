# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a process no longer needs of large blocks, the kernel has back. In processes of their own: it holds for as long as they live."""

import os
import pathlib
import platform
import subprocess
import sys

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._corosync import blocks as tested

# As libqb does on the thread that makes all calls: buffers of 1 MiB for connections, which are closed and opened again. Prints by how many KiB the process
# has grown while they are open.
CONNECTIONS = """
import ctypes, sys, threading
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.blocks import give_back_large_blocks
c = ctypes.CDLL(None)
c.calloc.restype = ctypes.c_void_p
c.calloc.argtypes = [ctypes.c_size_t, ctypes.c_size_t]
c.free.argtypes = [ctypes.c_void_p]
def anonymous():
    with open("/proc/self/smaps") as file:
        return sum(int(line.split()[1]) for line in file if line.startswith("Anonymous:"))
def connect():
    before = anonymous()
    for _time in range(4):
        blocks = [(c.calloc(1, 1024 * 1024), c.calloc(1, 100)) for _connection in range(2)]
        grown = anonymous() - before
        for large, _small in blocks:
            c.free(large)
    print(grown)
if sys.argv[1] == "given back":
    give_back_large_blocks()
thread = threading.Thread(target=connect)
thread.start()
thread.join()
"""


def growth(how):
    path = os.pathsep.join([str(pathlib.Path(tested.__file__).parents[6]), *filter(None, sys.path)])
    return int(subprocess.check_output([sys.executable, "-c", CONNECTIONS, how], env=dict(os.environ, PYTHONPATH=path), timeout=60))


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_buffers_of_connections_do_not_stay():
    assert growth("given back") < 700 < growth("kept")


def test_without_such_a_function_nothing_happens(monkeypatch):
    class Backend:
        new_primitive_type = new_function_type = staticmethod(lambda *dummy: None)

        def __init__(self, error):
            self.error = error

        def load_library(self, _path):
            return self

        def load_function(self, _type, name):
            assert name == "mallopt"
            raise self.error

    for error in (AttributeError("mallopt"), KeyError("mallopt")):
        monkeypatch.setitem(sys.modules, "_cffi_backend", Backend(error))
        tested.give_back_large_blocks()
    monkeypatch.setitem(sys.modules, "_cffi_backend", None)
    tested.give_back_large_blocks()


# As a process that reads for long: the forecast makes many named tuples. Prints by how many blocks it has grown.
READINGS = """
import sys
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.blocks import give_back_tuples
from ansible_collections.corosync.quorum.plugins.module_utils._forecast.losses import forecast_entry
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import value
seen = value()
def read(times):
    for _time in range(times):
        forecast_entry(seen)
        if sys.argv[1] == "given back":
            give_back_tuples()
    return sys.getallocatedblocks()
begun = read(50)
print(read(500) - begun)
"""


def grown_by_reading(how):
    done = subprocess.run([sys.executable, "-c", READINGS, how], check=True, stdout=subprocess.PIPE, env=dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)))
    return int(done.stdout)


def test_the_memory_of_a_process_that_reads_for_long_stays_flat():
    assert grown_by_reading("given back") < 100
