# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is missing on a node is said in words."""

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._corosync import _abi, library
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.errors import CallbacksRefused, LibraryMissing
from ansible_collections.corosync.quorum.tests.unit.fakes.libraries import Backend


def use(monkeypatch, backend):
    monkeypatch.setattr(_abi, "ffi", backend)


def test_libraries_are_loaded_by_soname(monkeypatch):
    use(monkeypatch, Backend("libvotequorum.so.8", "libquorum.so.5", "libcmap.so.4"))
    assert [library.load(soname).name for soname in (library.VOTEQUORUM, library.QUORUM, library.CMAP)] == [
        "libvotequorum.so.8",
        "libquorum.so.5",
        "libcmap.so.4",
    ]


@pytest.mark.parametrize("soname, package", [("libvotequorum.so.8", "libvotequorum8"), ("libquorum.so.5", "libquorum5"), ("libcmap.so.4", "libcmap4")])
def test_a_missing_library_is_named_with_its_package(monkeypatch, soname, package):
    use(monkeypatch, Backend())
    with pytest.raises(
        LibraryMissing,
        match=f"^{soname} was not found on this host. It comes with corosync: install the package corosync "
        rf"\(Debian and Ubuntu: also {package}; ",
    ):
        library.load(soname)


@pytest.mark.parametrize("old", ["libvotequorum.so.4", "libvotequorum.so.5", "libvotequorum.so.6", "libvotequorum.so.7"])
def test_a_library_of_another_layout_is_refused_by_name(monkeypatch, old):
    use(monkeypatch, Backend(old, "libcmap.so.4"))
    with pytest.raises(LibraryMissing, match=f"^This host has {old}, which this collection refuses: .* Upgrade corosync to 2.4.2 or newer"):
        library.load(library.VOTEQUORUM)


def test_the_new_library_is_used_beside_an_old_one(monkeypatch):
    use(monkeypatch, Backend("libvotequorum.so.7", "libvotequorum.so.8"))
    assert library.load(library.VOTEQUORUM).name == "libvotequorum.so.8"


def test_a_library_that_is_there_and_cannot_be_loaded_keeps_the_loaders_words(monkeypatch):
    use(monkeypatch, Backend(error="cannot load library '%s': %s: cannot open shared object file: Permission denied"))
    with pytest.raises(LibraryMissing, match="^libquorum.so.5 cannot be loaded on this host: .*Permission denied"):
        library.load(library.QUORUM)


def test_a_library_whose_own_dependency_is_missing_is_not_called_missing(monkeypatch):
    use(monkeypatch, Backend(error="cannot load library '%s': libqb.so.100: cannot open shared object file: No such file or directory%.0s"))
    with pytest.raises(LibraryMissing, match="^libcmap.so.4 cannot be loaded on this host: .*libqb.so.100"):
        library.load(library.CMAP)


@pytest.mark.parametrize("call", [library.ffi, lambda: library.load(library.CMAP), lambda: library.callback("quorum_notification_fn_t", print)])
def test_a_missing_backend_is_named_with_its_package(monkeypatch, call):
    use(monkeypatch, None)
    monkeypatch.setattr(_abi, "BACKEND_ERROR", ImportError("No module named '_cffi_backend'"))
    with pytest.raises(
        LibraryMissing,
        match=r"_cffi_backend: No module named '_cffi_backend'\)\. Install it for that Python with the role corosync\.quorum\.prerequisites "
        r"\(package python3-cffi-backend on Debian and Ubuntu, python3-cffi on ",
    ):
        call()


@pytest.mark.parametrize(
    "error", [MemoryError("Cannot allocate write+execute memory for ffi.callback()"), SystemError("libffi"), OSError(1, "Operation not permitted")]
)
def test_refused_closures_are_explained_and_are_no_reason_to_report(monkeypatch, error):
    use(monkeypatch, Backend(error=error))
    with pytest.raises(CallbacksRefused, match="deny_execmem.*MemoryDenyWriteExecute=") as caught:
        library.callback("quorum_notification_fn_t", print)
    assert str(error) in str(caught.value)
    assert caught.value.reason is None
