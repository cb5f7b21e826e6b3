# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""Load corosync's libraries by SONAME, and say in words what is missing."""

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._corosync import _abi
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.errors import CallbacksRefused, LibraryMissing

# Layouts differ below .so.8 (corosync 2.4.2, 2016), and .so.7 even names two incompatible ones: never use those.
VOTEQUORUM = "libvotequorum.so.8"
QUORUM = "libquorum.so.5"
CMAP = "libcmap.so.4"
REFUSED = ("libvotequorum.so.7", "libvotequorum.so.6", "libvotequorum.so.5", "libvotequorum.so.4")


def ffi() -> t.Any:
    """The cffi object that knows the declarations. Raises LibraryMissing where _cffi_backend cannot be used."""
    if _abi.ffi is None:
        raise LibraryMissing(
            f"The Python of this task cannot use cffi's backend (_cffi_backend: {_abi.BACKEND_ERROR}). Install it for that Python with the role "
            "corosync.quorum.prerequisites (package python3-cffi-backend on Debian and Ubuntu, python3-cffi on the RHEL family and SUSE), or set "
            "ansible_python_interpreter to a Python that has it."
        )
    return _abi.ffi


def load(soname: str) -> t.Any:
    """The library of this SONAME, its functions as attributes. Raises LibraryMissing with what to install."""
    backend = ffi()
    try:
        return backend.dlopen(soname)
    except OSError as exc:
        raise LibraryMissing(_why_not(soname, exc))


def callback(c_type: str, function: t.Callable[..., None]) -> t.Any:
    """A C function pointer that calls `function`. Keep the result for as long as C may call it. Raises CallbacksRefused."""
    try:
        return ffi().callback(c_type, function)
    except (MemoryError, SystemError, OSError) as exc:
        raise CallbacksRefused(
            f"This host refuses the writable and executable memory that callbacks from corosync need ({exc}). SELinux's boolean deny_execmem "
            "(setsebool -P deny_execmem off) or systemd's MemoryDenyWriteExecute= on the session's unit does that."
        )


def _why_not(soname: str, exc: OSError) -> str:
    if soname == VOTEQUORUM:
        for old in REFUSED:
            if _loads(old):
                return (
                    f"This host has {old}, which this collection refuses: its structures differ from those of {VOTEQUORUM} and reading them would give "
                    "wrong numbers. Upgrade corosync to 2.4.2 or newer."
                )
    if f"{soname}: cannot open shared object file: No such file" in str(exc):  # else it is something it depends on
        return (
            f"{soname} was not found on this host. It comes with corosync: install the package corosync (Debian and Ubuntu: also "
            f"{_debian_package(soname)}; RHEL family and SUSE: corosynclib or libcorosync)."
        )
    return f"{soname} cannot be loaded on this host: {exc}"


def _loads(soname: str) -> bool:
    try:
        return ffi().dlopen(soname) is not None
    except OSError:
        return False


def _debian_package(soname: str) -> str:
    return soname.replace(".so.", "")
