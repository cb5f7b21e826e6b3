# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""What is to be written and removed on a node, from what is wanted and what is there."""

from __future__ import annotations

import hashlib
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._program.textfile import aside_of
from ansible_collections.corosync.quorum.plugins.module_utils._value.errors import Unusable
from ansible_collections.corosync.quorum.plugins.module_utils._value.words import printable, quoted
from ansible_collections.corosync.quorum.plugins.plugin_utils import _program

from . import unit as _unit
from .wishes import Wishes, hidden_from_service

ROOTS = (_program.FOLDER, _program.LAUNCHER, _unit.PATH)
FOLDERS = (_program.FOLDER, _unit.TOKEN_FOLDER)
# More, or larger ones, are not what this role has put there.
_MOST_FILES, _LONGEST_TEXT = 2000, 1_000_000
_MAKE_SAFE = (  # what follows a danger
    " Another user could replace the metrics, or lead root to another folder. Give the folder to root or to node_exporter's user (chown), and let nobody else "
    "write to it (chmod), or choose another folder."
)


class Wanted(t.NamedTuple):
    """A file as it is to be. mode: as `0644`."""

    text: str
    mode: str


class Seen(t.NamedTuple):
    """A node as it is. files: path -> {digest, mode, ours}. unit: the text of the unit, empty for none. token: same, other or absent."""

    files: t.Mapping[str, t.Mapping[str, t.Any]]
    unit: str
    token: str
    python: str
    textfile_is_roots: bool


class Plan(t.NamedTuple):
    """write: by path. remove: paths. token: whether it is to be written.

    stop: whether the service has to be stopped before. So it never runs with files of two versions, and not at all where a run was interrupted: the next
    run starts it.
    """

    write: dict[str, Wanted]
    remove: list[str]
    token: bool
    stop: bool

    @property
    def metrics(self) -> list[str]:
        """Those of the removed files that are in folders of others."""
        return [path for path in self.remove if path != _unit.TOKEN_FILE and not _is_ours(path)]

    @property
    def changes(self) -> bool:
        return bool(self.write or self.remove or self.token)


def seen_of(answer: t.Mapping[str, t.Any], wishes: Wishes, host: str) -> Seen:
    """What the module monitor_files says of a node. Raises Unusable where the node cannot have what is wished, or where the answer is none."""
    files, texts = answer.get("files"), answer.get("texts")
    if not _are_files(files) or not isinstance(texts, dict) or not isinstance(texts.get(_unit.PATH), str) or not isinstance(answer.get("python"), str):
        raise Unusable(f"What {host} says of its files cannot be used.")
    faults = [*_privileges(answer, wishes, host), *_python(answer["python"], wishes, host), *_paths(answer, wishes, host)]
    if faults:
        raise Unusable(" ".join(faults))
    return Seen(files, texts[_unit.PATH], str(answer.get("token")), answer["python"], answer.get("textfile_is_roots") is True)


def _are_files(given: t.Any) -> t.TypeGuard[dict[str, dict[str, t.Any]]]:
    """Whether these are files at and below ROOTS: nothing else is ever removed."""
    keys = {"digest", "mode", "ours"}
    if not isinstance(given, dict) or len(given) > _MOST_FILES:
        return False
    return all(isinstance(file, dict) and set(file) == keys and _is_ours(path) for path, file in given.items())


def _is_ours(path: str) -> bool:
    """Whether it is at or below a path that is the role's alone."""
    return any(f"{path}/".startswith(f"{root}/") for root in ROOTS)


def _privileges(answer: t.Mapping[str, t.Any], wishes: Wishes, host: str) -> t.Iterator[str]:
    if answer.get("root") is not True:
        yield f"The role monitor needs root on {host}: set become: true."
    if wishes.service and answer.get("systemd") is not True:
        yield (
            f"systemd does not run on {host}, so nothing there can run the service. Without monitor_textfile and monitor_post_url the role installs the "
            "program alone, for use by hand and by a monitoring system."
        )


def _python(path: str, wishes: Wishes, host: str) -> t.Iterator[str]:
    """The launcher names this Python. By hand the program works with it."""
    hidden = hidden_from_service(path)
    if wishes.service and hidden:
        yield (
            f"The Python that Ansible uses on {host} is {quoted(path)}, but {hidden}. Set ansible_python_interpreter to a Python in another folder, such as "
            "/usr/bin/python3."
        )


def _paths(answer: t.Mapping[str, t.Any], wishes: Wishes, host: str) -> t.Iterator[str]:
    given = (
        ("monitor_textfile", wishes.textfile, "textfile_fault", " Install node_exporter first, or choose the folder that it reads."),
        ("monitor_textfile", wishes.textfile, "textfile_danger", _MAKE_SAFE),
        ("monitor_post_ca_file", wishes.ca_file, "ca_fault", ""),
    )
    for name, path, key, more in given:
        if path and answer.get(key):
            yield f"{name} is {path}, but on {host} {quoted(str(answer[key]))}.{more}"


def wanted(wishes: Wishes, seen: Seen) -> dict[str, Wanted]:
    """All files that are to be there but the token, by path."""
    if not wishes.present:
        return {}
    found = {f"{_program.FOLDER}/{file.path}": Wanted(file.content.decode("utf-8"), "0644") for file in _program.files()}
    found[_program.LAUNCHER] = Wanted(_program.launcher(seen.python).decode("utf-8"), "0755")
    if wishes.service:
        found[_unit.PATH] = Wanted(_unit.unit(wishes, seen.textfile_is_roots), "0644")
    return found


def plan(wishes: Wishes, seen: Seen) -> Plan:
    """What makes the node as it is to be."""
    files = wanted(wishes, seen)
    write = {path: file for path, file in sorted(files.items()) if not _is_so(seen.files.get(path), file)}
    old = _unit.textfile_of(seen.unit)
    remove = sorted(set(seen.files) - set(files))
    if old and old != wishes.textfile:
        remove += [old, aside_of(old)]
    if not wishes.token and seen.token != "absent":
        remove.append(_unit.TOKEN_FILE)
    token = bool(wishes.token) and seen.token != "same"
    return Plan(write, remove, token, _unit.PATH in seen.files and bool(write or remove or token))


def _is_so(found: t.Mapping[str, t.Any] | None, file: Wanted) -> bool:
    digest = hashlib.sha256(file.text.encode("utf-8")).hexdigest()
    return found is not None and (found["digest"], found["mode"], found["ours"]) == (digest, file.mode, True)


def diffs(made: Plan, before: t.Mapping[str, t.Any]) -> list[dict[str, str]]:
    """For Ansible's --diff: the texts of files that change, and the names of those that come and go. before: texts of the node by path.

    Of the token and the metrics there are only the names.
    """
    same = [path for path, file in made.write.items() if before.get(path) == file.text]
    changed = [path for path in made.write if path not in same and (before.get(path) or not path.startswith(f"{_program.FOLDER}/"))]
    texts = [{"before_header": path, "after_header": path, "before": _shown(before.get(path)), "after": made.write[path].text} for path in changed]
    names = [f"+ {path}" for path in made.write if path not in same + changed] + [f"- {printable(path)}" for path in made.remove]
    names += [f"~ {path} (mode {made.write[path].mode}, owner root)" for path in same]
    names += [f"~ {_unit.TOKEN_FILE} (not shown)"] * made.token
    return texts + [{"prepared": "".join(f"{name}\n" for name in names)}] * bool(names)


def _shown(text: t.Any) -> str:
    """A text of a node, for a terminal."""
    return printable(text[:_LONGEST_TEXT], kept="\n\t") if isinstance(text, str) else ""
