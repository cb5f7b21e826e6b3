# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""The mark on a node that tells a later run how far its upgrade came: a file whose path a user may choose, so nothing else is overwritten or removed."""

import json
import os
import time
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._node import lock as _lock
from ansible_collections.corosync.quorum.plugins.module_utils._node.clocks import boot_id
from ansible_collections.corosync.quorum.plugins.module_utils._node.trusted import (
    FOLDER,
    LARGEST,
    UnsafePath,
    cannot,
    check_file,
    content_of,
    make_folder,
    replace,
    sync_folder,
)
from ansible_collections.corosync.quorum.plugins.module_utils._value.errors import Unusable
from ansible_collections.corosync.quorum.plugins.module_utils._value.shape import is_number
from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import utc

# What is left to be done: all of it, what comes after the reboot that is about to be, the node's return, nothing while the run goes on with other nodes.
PHASES = ("stop", "reboot", "start", "done")
_BEGINNING = b'{"phase": "'

Mark = t.Dict[str, t.Any]


class MarkError(Unusable):
    """The mark cannot be read, written or removed. The message names the file and says what to do."""


def read(path: str) -> t.Optional[Mark]:
    """{phase, nodeid, rebooted, at}, None where there is no mark. Raises MarkError.

    nodeid: None where a power cut has left nothing of the mark but its file. rebooted: whether the node was rebooted since its upgrade.
    at: when the mark was written, by the node's clock; empty where that is not known.
    """
    try:
        content = content_of(path)
    except (UnsafePath, OSError) as exc:
        raise MarkError(_cannot("read", path, exc))
    return None if content is None else _mark(path, content)


def write(path: str, phase: str, nodeid: int, run_id: str, must_hold: bool, check_mode: bool, rebooted: bool = False) -> bool:
    """Write the mark, where it is another one. False where nothing changes. Raises MarkError, LockError.

    run_id: of the run that writes, empty for none. must_hold: whether it has to have the lock of this node.
    """
    wanted = (phase, nodeid, rebooted)
    if check_mode:
        return _told(read(path)) != wanted
    with _lock.held() as lock:
        _check_holder(lock, run_id, must_hold)
        if _told(read(path)) == wanted:
            return False
        mark = {"phase": phase, "nodeid": nodeid, "rebooted": rebooted, "at": utc(time.time()), "boot_id": boot_id()}
        try:
            make_folder(os.path.dirname(path), 0o700 if os.path.dirname(path) == FOLDER else 0o755)
            check_file(path)
            replace(path, (json.dumps(mark) + "\n").encode("ascii"))
        except (UnsafePath, OSError) as exc:
            raise MarkError(_cannot("write", path, exc))
    return True


def remove(path: str, run_id: str, check_mode: bool, only_done: bool = False) -> bool:
    """Remove the mark, and nothing else. False where there is none. Raises MarkError, LockError. run_id: as for write().

    only_done: leave the mark of an upgrade that has not ended.
    """
    if check_mode:
        return _is_removed(read(path), only_done)
    with _lock.held() as lock:
        _check_holder(lock, run_id, False)
        if not _is_removed(read(path), only_done):
            return False
        try:
            os.unlink(path)
            sync_folder(os.path.dirname(path))
        except OSError as exc:
            raise MarkError(_cannot("remove", path, exc))
    return True


def _is_removed(mark: t.Optional[Mark], only_done: bool) -> bool:
    return mark is not None and (not only_done or mark["phase"] == "done")


def _told(mark: t.Optional[Mark]) -> t.Optional[t.Tuple[str, t.Optional[int], bool]]:
    """What a mark tells a later run."""
    return None if mark is None else (mark["phase"], mark["nodeid"], mark["rebooted"])


def _check_holder(lock: t.Optional[_lock.Holder], run_id: str, must_hold: bool) -> None:
    """Raise MarkError where another run has the lock of this node, or none has that must."""
    if lock is not None and lock["run_id"] != run_id:
        raise MarkError(f"Run {lock['run_id']} has taken the lock of this node by now. This run{f' ({run_id})' if run_id else ''} has to end.")
    if lock is None and run_id and must_hold:
        raise MarkError(f"This run ({run_id}) does not have the lock of this node any more. Somebody has removed {_lock.LOCK}.")


def _mark(path: str, content: bytes) -> Mark:
    """What a file with this content says. Raises MarkError."""
    found = _document(content)
    if found is not None and found.get("phase") in PHASES and is_number(found.get("nodeid")):
        return {"phase": found["phase"], "nodeid": found["nodeid"], "rebooted": _was_rebooted(found), "at": str(found.get("at") or "")}
    if found is None and os.path.dirname(path) == FOLDER and _is_torn(content):
        return {"phase": PHASES[0], "nodeid": None, "rebooted": False, "at": ""}
    shown = content[:60].decode("utf-8", "replace")
    raise MarkError(
        f"{path} is not what this role writes there (it begins with {json.dumps(shown)}), so nobody can say whether an upgrade of this node was interrupted. "
        "Check that the node is well, and remove the file; or set rolling_upgrade_state_file to another one."
    )


def _was_rebooted(mark: Mark) -> bool:
    """As the mark says; or where it was written right before a reboot, and this is another boot."""
    now = boot_id()
    return mark.get("rebooted") is True or mark["phase"] == "reboot" and bool(now) and mark.get("boot_id", "") not in ("", now)


def _document(content: bytes) -> t.Optional[Mark]:
    try:
        found = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else {}


def _is_torn(content: bytes) -> bool:
    """Whether it may be what a power cut leaves of a mark: nothing, zeros, or its beginning."""
    left = content.strip(b"\0 \t\r\n") if len(content) <= LARGEST else content
    return left == _BEGINNING[: len(left)] or left.startswith(_BEGINNING)


def _cannot(what: str, path: str, exc: t.Union[UnsafePath, OSError]) -> str:
    unsafe = "Set rolling_upgrade_state_file to a file in a folder that only root can write to."
    return cannot(f"{what} the state file of the upgrade", path, exc, unsafe)
