# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""votequorum_info: which errors become data, which end the task, and with what."""

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._corosync import errors
from ansible_collections.corosync.quorum.plugins.module_utils._node.observe import Reading
from ansible_collections.corosync.quorum.tests.unit.fakes.modules import run_main

# A managed node has ansible.module_utils and nothing else of Ansible; a bare Python has neither.
basic = pytest.importorskip("ansible.module_utils.basic", reason="ansible.module_utils is not there, which the module itself needs")

from ansible_collections.corosync.quorum.plugins.modules import votequorum_info as tested  # noqa: E402  pylint: disable=wrong-import-position

VALUE = {"quorate": True, "settled": True, "nodeid": 1}
REPORTED = [
    (errors.DaemonGone("cmap_initialize"), "not_running"),
    (errors.NotConfigured("corosync runs without votequorum."), "not_configured"),
    (errors.AccessDenied("cmap_initialize"), "not_allowed"),
    (errors.LibraryMissing("libcmap.so.4 was not found."), "no_library"),
    (errors.DeadlineExceeded("corosync did not answer."), "timeout"),
    (errors.TryAgain("cmap_initialize"), "timeout"),
]
NEVER_REPORTED = [
    errors.CallbacksRefused("This host refuses memory."),
    errors.NoSpace("cmap_initialize"),
    errors.DoesNotExist("cmap_initialize"),
    errors.QuorumError("This process cannot start a thread."),
    errors.CorosyncError("cmap_get", 77),
]


@pytest.fixture(name="observed")
def _observed(monkeypatch):
    """Let observe() return or raise this, and record the timeout it is given."""
    given = []

    def use(answer):
        def observe(timeout):
            given.append(timeout)
            if isinstance(answer, Exception):
                raise answer
            return answer

        monkeypatch.setattr(tested, "observe", observe)
        return given

    return use


@pytest.fixture(name="run")
def _run(monkeypatch, capsys):
    """Run main() as Ansible does, and return what it printed as JSON."""

    def run(**arguments):
        return run_main(tested, basic, arguments, monkeypatch, capsys)

    return run


@pytest.mark.parametrize("if_unavailable", ["fail", "report"])
def test_what_was_read_is_the_result(observed, if_unavailable):
    given = observed(VALUE)
    assert tested.read(7.5, if_unavailable, True) == {"available": True, "quorate": True, "votequorum": VALUE}
    assert given == [7.5]


def test_what_was_read_goes_unjudged_to_the_action_plugin(monkeypatch, run):
    reading = Reading(VALUE, {"quorum.two_node": 0}, {})
    monkeypatch.setattr(tested, "take_reading", lambda timeout: reading)
    assert run(_judge=False) == {"changed": False, "available": True, "quorate": True, "reading": reading._asdict()}


@pytest.mark.parametrize("error, reason", REPORTED, ids=lambda value: value if isinstance(value, str) else type(value).__name__)
def test_a_documented_reason_is_reported_or_raised(observed, error, reason):
    observed(error)
    assert tested.read(1, "report", True) == {"available": False, "quorate": False, "reason": reason, "msg": str(error)}
    with pytest.raises(type(error)):
        tested.read(1, "fail", True)


@pytest.mark.parametrize("error", NEVER_REPORTED, ids=lambda value: type(value).__name__)
def test_any_other_error_is_raised_either_way(observed, error):
    observed(error)
    for if_unavailable in ("fail", "report"):
        with pytest.raises(type(error)):
            tested.read(1, if_unavailable, True)


def test_only_errors_of_the_collection_are_caught(observed):
    observed(ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        tested.read(1, "report", True)


def test_main_by_default(observed, run):
    given = observed(VALUE)
    assert run() == {"changed": False, "available": True, "quorate": True, "votequorum": VALUE}
    assert given == [10]


def test_main_in_check_mode_reads_just_the_same(observed, run):
    given = observed(VALUE)
    assert run(timeout="2.5", _ansible_check_mode=True)["votequorum"] == VALUE
    assert given == [2.5]


def test_main_fails_with_the_sentence_and_the_reason(observed, run):
    error = errors.DaemonGone("cmap_initialize")
    observed(error)
    assert run() == {"failed": True, "msg": str(error), "reason": "not_running"}


def test_main_reports_and_changes_nothing(observed, run):
    observed(errors.AccessDenied("cmap_initialize"))
    result = run(if_unavailable="report")
    assert (result["changed"], result["available"], result["quorate"], result["reason"]) == (False, False, False, "not_allowed")
    assert "failed" not in result and "votequorum" not in result


def test_main_fails_for_what_is_not_to_be_reported(observed, run):
    observed(errors.NoSpace("cmap_initialize"))
    result = run(if_unavailable="report")
    assert result["failed"] is True and "/dev/shm is full" in result["msg"]


@pytest.mark.parametrize("timeout", [0, -1, "nan", "inf", "-inf", 1e12])
def test_main_refuses_a_timeout_that_is_none_and_reads_nothing(observed, run, timeout):
    given = observed(VALUE)
    result = run(timeout=timeout, if_unavailable="report")
    assert result["failed"] is True
    assert result["msg"].startswith("timeout must be a number of seconds greater than 0 and at most 31622400 (a year); got ")
    assert given == []


@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"timeout": "soon"}, ["timeout", "float"]),
        ({"if_unavailable": "ignore"}, ["if_unavailable", "fail", "report", "ignore"]),
        ({"timout": 3}, ["timout", "timeout"]),
    ],
)
def test_main_refuses_what_the_specification_does_not_know(observed, run, arguments, words):
    given = observed(VALUE)
    result = run(**arguments)
    assert result["failed"] is True and given == []
    for word in words:
        assert word in result["msg"]
