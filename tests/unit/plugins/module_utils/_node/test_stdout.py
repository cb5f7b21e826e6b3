# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for a descriptor, and noticing that nobody reads any more."""

import os
import socket
import threading
import time

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._node.stdout import ReaderGone, StdoutPoller


@pytest.fixture(name="pipes")
def _pipes():
    """Pipes: pipes() is (read end, write end); all are closed at the end."""
    ends = []

    def make():
        ends.extend(os.pipe())
        return ends[-2], ends[-1]

    yield make
    for end in ends:
        try:
            os.close(end)
        except OSError:
            pass  # closed by the test


def seconds(function, *args):
    start = time.monotonic()
    result = function(*args)
    return result, time.monotonic() - start


def test_nothing_comes(pipes):
    (_unused, stdout), (fd, _idle) = pipes(), pipes()
    came, took = seconds(StdoutPoller(stdout).wait, fd, 0.2)
    assert came is False
    assert 0.2 <= took < 8


def test_something_comes(pipes):
    (_unused, stdout), (fd, other) = pipes(), pipes()
    threading.Timer(0.1, os.write, (other, b"!")).start()
    came, took = seconds(StdoutPoller(stdout).wait, fd, 10)
    assert came is True
    assert 0.05 <= took < 8  # the timer began before the wait


def test_what_breaks_counts_as_something(pipes):
    (_unused, stdout), (fd, other) = pipes(), pipes()
    os.close(other)
    assert seconds(StdoutPoller(stdout).wait, fd, 10)[0] is True


def test_no_descriptor_is_a_pause(pipes):
    came, took = seconds(StdoutPoller(pipes()[1]).wait, None, 0.1)
    assert came is False
    assert 0.1 <= took < 8


@pytest.mark.parametrize("with_fd", [True, False])
def test_the_reader_goes_while_it_waits(pipes, with_fd):
    (read, stdout), (fd, _idle) = pipes(), pipes()
    threading.Timer(0.1, os.close, (read,)).start()
    start = time.monotonic()
    with pytest.raises(ReaderGone):
        StdoutPoller(stdout).wait(fd if with_fd else None, 30)
    assert time.monotonic() - start < 8


def test_the_reader_of_a_socket_goes(pipes):
    mine, theirs = socket.socketpair()
    theirs.close()
    with mine, pytest.raises(ReaderGone):
        StdoutPoller(mine.fileno()).wait(None, 30)


def test_check_does_not_wait(pipes):
    read, stdout = pipes()
    poller = StdoutPoller(stdout)
    assert seconds(poller.check)[1] < 1
    os.close(read)
    with pytest.raises(ReaderGone):
        poller.check()


def test_the_result_wins_over_what_came_for_nobody(pipes):
    """Where both happen at once there is nobody to tell."""
    (read, stdout), (fd, other) = pipes(), pipes()
    os.write(other, b"!")
    os.close(read)
    with pytest.raises(ReaderGone):
        StdoutPoller(stdout).wait(fd, 1)


def test_an_empty_line_now_and_then(pipes):
    read, stdout = pipes()
    poller = StdoutPoller(stdout, pulse=0.1)
    took = seconds(poller.wait, None, 0.55)[1]
    beats = os.read(read, 100)
    assert set(beats) == set(b"\n"), "Ansible skips empty lines, and nothing else"
    assert 1 <= len(beats) <= took / 0.1 + 1


def test_the_pulse_goes_on_over_many_short_waits(pipes):
    read, stdout = pipes()
    poller = StdoutPoller(stdout, pulse=0.1)
    start = time.monotonic()
    for _number in range(40):
        poller.wait(None, 0.01)
    took = time.monotonic() - start
    assert 2 <= len(os.read(read, 1000)) <= took / 0.1 + 1


def test_a_write_that_fails_is_the_readers_end(pipes):
    """What poll(2) does not tell, a write may: between an ssh client and its dead reader, say."""
    read, _stdout = pipes()
    with pytest.raises(ReaderGone):
        StdoutPoller(read, pulse=0.1).wait(None, 5)  # not open for writing


def test_a_file_as_standard_output_never_goes(tmp_path):
    with open(str(tmp_path / "out"), "wb") as out:
        assert StdoutPoller(out.fileno()).wait(None, 0.05) is False
