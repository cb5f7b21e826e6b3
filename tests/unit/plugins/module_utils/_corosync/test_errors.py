# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every cs_error_t ends as its own exception, which says what to do."""

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._corosync import errors

# What `if_unavailable: report` turns into data, as documented for votequorum_info. Everything else fails the task.
REASONS = {
    errors.DaemonGone: "not_running",
    errors.ShuttingDown: "not_running",
    errors.SocketMissing: "not_running",
    errors.NotConfigured: "not_configured",
    errors.AccessDenied: "not_allowed",
    errors.LibraryMissing: "no_library",
    errors.LibraryOutdated: "no_library",
    errors.NotTrusted: "not_trusted",
    errors.DeadlineExceeded: "timeout",
    errors.TimedOut: "timeout",
    errors.TryAgain: "timeout",
}


def every_error(error=errors.QuorumError):
    """Every error of the binding; those that a use case adds are its own affair."""
    yield error
    for below in error.__subclasses__():
        if below.__module__ != errors.__name__:
            continue
        yield from every_error(below)


def test_cs_ok_is_one_and_raises_nothing():
    errors.check(1, "votequorum_getinfo")


def test_zero_is_no_success():
    with pytest.raises(errors.CorosyncError, match=r" \(votequorum_getinfo: unknown error, 0\)\.$"):
        errors.check(0, "votequorum_getinfo")


@pytest.mark.parametrize("code", sorted(errors.BY_CODE))
def test_a_code_has_an_exception_of_its_own_that_names_the_call_and_says_what_to_do(code):
    with pytest.raises(errors.CorosyncError) as caught:
        errors.check(code, "votequorum_setvotes")
    error = caught.value
    assert error.__class__ is errors.BY_CODE[code]
    assert (error.code, error.operation) == (code, "votequorum_setvotes")
    assert error.advice.endswith(".")
    assert str(error) == f"{error.advice[:-1]} (votequorum_setvotes: {error.name}, {code})."
    assert error.name.startswith("CS_ERR_")


# What a code means in particular: its error, that of the code in general, and the functions that it is the answer of (none: found otherwise).
PARTICULAR = [
    (errors.ShuttingDown, errors.NotSupported, ["cmap_initialize", "quorum_initialize", "votequorum_initialize"]),
    (errors.SharedMemoryHidden, errors.DoesNotExist, ["cmap_initialize", "votequorum_initialize"]),
    (errors.DeviceDisabled, errors.AccessDenied, ["votequorum_qdevice_register", "votequorum_qdevice_poll", "votequorum_qdevice_master_wins"]),
    (errors.KeyReadOnly, errors.AccessDenied, ["cmap_set"]),
    (errors.OutOfDescriptors, errors.DaemonGone, []),
    (errors.LibraryOutdated, errors.DaemonGone, []),
]


@pytest.mark.parametrize("error, general, functions", PARTICULAR)
def test_what_a_code_means_as_the_answer_of_a_function(error, general, functions):
    assert (error.code, error.name) == (general.code, general.name)
    assert errors.BY_CODE[error.code] is general and errors.meaning(error.code, "votequorum_getinfo") is general
    for function in functions:
        with pytest.raises(error, match=rf"\({function}: {error.name}, {error.code}\)\.$"):
            errors.check(error.code, function)


@pytest.mark.parametrize("error", [errors.CorosyncError, *errors.BY_CODE.values(), *(one[0] for one in PARTICULAR)])
def test_the_cause_comes_first_and_then_what_to_do(error):
    assert ": " in error.advice and ". " not in error.advice, "the cause, a colon, the remedy"


def test_no_two_codes_share_an_exception():
    assert len(set(errors.BY_CODE.values())) == len(errors.BY_CODE) == 29


def test_an_unknown_code_keeps_its_number():
    with pytest.raises(errors.CorosyncError, match=r"^corosync refused the call: see its log .* \(quorum_dispatch: unknown error, 77\)\.$") as caught:
        errors.check(77, "quorum_dispatch")
    assert caught.value.code == 77


def test_exactly_the_documented_errors_have_a_reason():
    assert {error: error.reason for error in every_error() if error.reason} == REASONS


@pytest.mark.parametrize(
    "name, advice",
    [
        ("DaemonGone", "systemctl start corosync"),
        ("TryAgain", "still starting"),
        ("AccessDenied", "become: true"),
        ("NoSpace", "/dev/shm is full"),
        ("NotSupported", "shutting down"),
        ("ShuttingDown", "wait until it has ended"),
        ("SharedMemoryHidden", "the host's /dev/shm"),
        ("OutOfDescriptors", "LimitNOFILE="),
        ("LibraryOutdated", "the library is older than the daemon"),
        ("DeviceDisabled", "correct the section quorum"),
        ("MessageError", "newest node list"),
        ("NoMemory", "out of memory"),
        ("Interrupted", "signal"),
        ("DoesNotExist", "has not seen"),
        ("NoResources", "network"),
    ],
)
def test_the_advice_names_the_remedy(name, advice):
    assert advice in str(getattr(errors, name)("votequorum_initialize"))
