# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""Whether a node has what the service corosync-quorum is to use there. A fault is a sentence's end after the path, empty where there is none."""

import os
import ssl
import stat

from ansible_collections.corosync.quorum.plugins.module_utils._node.trusted import UnsafePath, check_service_folder


def textfile_fault(path: str) -> str:
    """Why the service cannot write this file."""
    folder = os.path.dirname(path)
    if not os.path.exists(folder):
        return f"the folder {folder} is not there"
    if not os.path.isdir(folder):
        return f"{folder} is not a folder"
    if os.path.lexists(path) and not os.path.isfile(path):
        return "it is there, and is not a file"
    return "" if os.access(folder, os.W_OK) else f"the folder {folder} cannot be written to, not even by root"


def textfile_danger(path: str) -> str:
    """Who else could lead root to another folder than that of this file, or replace the metrics: what users give is looked at before root writes there."""
    try:
        check_service_folder(os.path.dirname(path))
    except UnsafePath as exc:
        return str(exc).rstrip(".")
    return ""


def is_roots(folder: str) -> bool:
    """Whether root may write to a folder without the right to overrule modes, which the service should not have."""
    seen = os.stat(folder)
    return seen.st_uid == 0 and bool(seen.st_mode & stat.S_IWUSR)


def ca_fault(path: str) -> str:
    """Why this is no file with certificates."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=path)
    except ssl.SSLError:
        return "it has no certificate in PEM format"
    except OSError as error:
        return f"it cannot be read: {error.strerror}"
    return ""


def has_systemd() -> bool:
    """Whether systemd runs here."""
    return os.path.isdir("/run/systemd/system")
