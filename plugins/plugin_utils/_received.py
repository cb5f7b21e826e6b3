# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""What is taken over of a node's answer: what the collection's own modules say, in the shape and the size in which they say it.

Root of a node answers what they like, and Ansible acts on it: facts become variables that outrank the inventory, statistics become variables of later
jobs, and texts go to the terminal as they are. So an action returns nothing that it has not looked at.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase

from ansible_collections.corosync.quorum.plugins.module_utils._node.options import is_run_id
from ansible_collections.corosync.quorum.plugins.module_utils._value.errors import Unusable
from ansible_collections.corosync.quorum.plugins.module_utils._value.shape import (
    DEVICE,
    DEVICE_FLAGS,
    MOST_ENTRIES,
    MOST_NODES,
    NODE,
    PROBLEM,
    VALUE,
    are_natural,
    described,
    fault_of,
    is_natural,
)
from ansible_collections.corosync.quorum.plugins.module_utils._value.words import LONGEST_NAME, printable, quoted, shortened

from ._actions import unreadable

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Problem, Tolerance, Value

Vars = dict[str, t.Any]
Shape = t.Sequence[tuple[str, str]]

# Characters of what a program wrote, of a file, and of a text in cmap
_LONGEST_OUTPUT = 20_000
_LONGEST_FILE = 1_000_000
_LONGEST_TEXT = 4096
_MOST_KEYS = 20_000
_MOST_WARNINGS = 20
_MOST_PROBLEMS = 200
_MOST_RUNS = 1000
_MOST = 2**64
_INTERPRETER = re.compile(r"/[A-Za-z0-9._/+-]{1,255}")
_JOB = re.compile(r"[A-Za-z0-9._-]{1,100}")
_EVENT = re.compile(r"[a-z_]{1,40}")


class StrangeAnswer(Unusable):
    """A node has answered what the module does not say. The message says what."""


# ---- the answer as a whole -----------------------------------------------------------------------------------------------


def answer_of(action: ActionBase, own: t.Sequence[str], **arguments: t.Any) -> Vars:
    """What a module answers: what any module may say, checked, and its `own` keys as they are. Errors of Ansible's connections pass."""
    try:
        answer = action._execute_module(**arguments)
    except AnsibleError:
        raise
    except Exception as error:
        return unreadable(action, arguments.get("task_vars") or {}, error)
    found = _of_any_module(answer)
    found.update((key, answer[key]) for key in own if key in answer)
    return found


def discovered(action: ActionBase) -> Vars:
    """The fact that ansible-core adds where it has looked for the node's Python, for later tasks. Not what a node says of it."""
    key, path = action._discovered_interpreter_key, action._discovered_interpreter
    return {key: path} if key and isinstance(path, str) and _INTERPRETER.fullmatch(path) else {}


def _of_any_module(answer: Vars) -> Vars:
    found: Vars = {"changed": answer["changed"] is True} if "changed" in answer else {}
    if answer.get("failed") or answer.get("unreachable"):
        found["failed"] = True
    found.update((key, quoted(str(answer[key]))) for key in ("msg", "reason") if answer.get(key) is not None)
    found.update((key, _output(answer[key])) for key in ("module_stdout", "module_stderr") if key in answer)
    found.update((key, answer[key]) for key in ("rc", "started", "finished") if isinstance(answer.get(key), int) and abs(answer[key]) < _MOST)
    if answer.get("exception"):
        found["exception"] = _without_tricks(answer["exception"])
    if isinstance(answer.get("warnings"), list) and answer["warnings"]:
        found["warnings"] = [_without_tricks(warning) for warning in answer["warnings"][:_MOST_WARNINGS]]
    if isinstance(answer.get("ansible_job_id"), str) and _JOB.fullmatch(answer["ansible_job_id"]):
        found["ansible_job_id"] = answer["ansible_job_id"]
    if isinstance(answer.get("results_file"), str):
        found["results_file"] = quoted(answer["results_file"])
    return found


def _output(text: t.Any) -> str:
    """The end of what a program wrote: that is where an error stands."""
    return printable(str(text)[-_LONGEST_OUTPUT:], kept="\n\t")


def _without_tricks(message: t.Any) -> t.Any:
    """A text, or from ansible-core 2.19 on an object with texts, which is of the same kind afterwards."""
    event = getattr(message, "event", None)
    if event is None:
        return _output(message)
    try:
        traceback = _output(event.formatted_traceback) if event.formatted_traceback else None
        clean = dataclasses.replace(event, msg=quoted(str(event.msg)), formatted_traceback=traceback, formatted_source_context=None, help_text=None, chain=None)
        return dataclasses.replace(message, event=dataclasses.replace(clean, events=None))
    except (AttributeError, TypeError):
        return _output(getattr(event, "msg", "it cannot be shown"))


# ---- a value -------------------------------------------------------------------------------------------------------------


def value_of(given: t.Any) -> Value:
    """A `votequorum` value without what does not belong to it. Raises StrangeAnswer."""
    fault = fault_of(given)
    if fault:
        raise StrangeAnswer(f"of its votequorum value, {fault}")
    value = _known(given, VALUE)
    value["nodes"] = [
        dict(_known(node, NODE), qdevice=_device(node["qdevice"], DEVICE_FLAGS), addresses=node.get("addresses"), links=_links(node.get("links")))
        for node in given["nodes"]
    ]
    value["qdevice"] = _device(given["qdevice"], DEVICE)
    if "forecast" in given:
        value["forecast"] = _tolerance(given["forecast"])
    if "problems" in given:
        value["problems"] = _problems(given["problems"])
    return t.cast("Value", {key: value[key] for key in given if key in value})


def reading_of(given: t.Any) -> tuple[Value, Vars, dict[str, str]]:
    """(value, cmap, files) of a module that leaves the judgement to the controller. Raises StrangeAnswer."""
    if not isinstance(given, dict) or not isinstance(given.get("cmap"), dict) or not isinstance(given.get("files"), dict):
        raise StrangeAnswer("its reading has no value, cmap and files")
    if len(given["cmap"]) > _MOST_KEYS:
        raise StrangeAnswer(f"its cmap has {len(given['cmap'])} keys, and corosync's has at most some thousands")
    text = given["files"].get("corosync.conf")
    if text is not None and not (isinstance(text, str) and len(text) <= _LONGEST_FILE):
        raise StrangeAnswer("its corosync.conf is no text of a length that corosync would read")
    cmap = {key: item for key, item in given["cmap"].items() if len(key) <= _LONGEST_TEXT and _is_of_cmap(item)}
    files = {} if text is None else {"corosync.conf": text}
    # Of the key only whether it was changed: it does not leave the node.
    return value_of(given.get("value")), cmap, dict(files, authkey="changed") if given["files"].get("authkey") == "changed" else files


def _known(data: Vars, shape: Shape) -> Vars:
    """Without keys that the shape does not have, in the same order. For data that fit it."""
    below: dict[str, list[tuple[str, str]]] = {}
    for path, kind in shape:
        key, _dot, rest = path.partition(".")
        below.setdefault(key, []).extend([(rest, kind)] if rest else [])
    return {key: _known(item, below[key]) if below[key] else item for key, item in data.items() if key in below}


def _device(given: Vars | None, shape: Shape) -> Vars | None:
    return _known(given, shape) if given else None


def _links(given: list[Vars] | None) -> list[Vars] | None:
    return given if given is None else [{"link": entry["link"], "connected": entry["connected"]} for entry in given]


def _is_of_cmap(item: t.Any) -> bool:
    if isinstance(item, str):
        return len(item) <= _LONGEST_TEXT
    return isinstance(item, (int, float)) and abs(item) < _MOST  # neither infinity nor NaN is


def _tolerance(given: t.Any) -> Tolerance:
    if not (_is_tolerance(given) and _is_tolerance(given.get("as_now"))):
        raise StrangeAnswer("its forecast is none")
    as_now = given["as_now"]
    return {
        "tolerates": given["tolerates"],
        "quorate_without": given["quorate_without"],
        "as_now": {"tolerates": as_now["tolerates"], "quorate_without": as_now["quorate_without"]},
    }


def _is_tolerance(given: t.Any) -> bool:
    return isinstance(given, dict) and is_natural(given.get("tolerates")) and are_nodeids(given.get("quorate_without"))


def are_nodeids(items: t.Any) -> bool:
    """Whether it is a list of numbers, of no more nodes than a cluster can have."""
    return isinstance(items, list) and len(items) <= MOST_NODES and are_natural(items)


def _problems(given: t.Sequence[Vars]) -> list[Problem]:
    return [t.cast("Problem", {key: printable(shortened(problem[key], _LONGEST_TEXT)) for key in PROBLEM}) for problem in given[:_MOST_PROBLEMS]]


# ---- a record ------------------------------------------------------------------------------------------------------------

# How many nodes the entries of a record can name together.
_MOST_NAMED = 2_000_000
Fits = t.Callable[[t.Any], bool]


def record_of(given: Vars, has_offset: bool) -> Vars:
    """What watch_quorum says of a record, without what does not belong to it. has_offset: whether it was asked with a reference. Raises StrangeAnswer."""
    timeline = given.get("timeline")
    if not isinstance(timeline, list) or len(timeline) > MOST_ENTRIES:
        found = f"has {len(timeline)} entries, and a record at most {MOST_ENTRIES}" if isinstance(timeline, list) else f"is {described(timeline)}"
        raise StrangeAnswer(f"the timeline of its record {found}")
    record = _fitting(given, _REST, "its record")
    if has_offset and "offset" not in record:
        raise StrangeAnswer("its record lacks offset")
    record["timeline"] = [entry_of(entry, f"entry {number} of its record", _RECORDED) for number, entry in enumerate(timeline, start=1)]
    if sum(record["boots"]) != len(timeline):
        raise StrangeAnswer(f"boots of its record is of {sum(record['boots'])} entries, and the record has {len(timeline)}")
    if sum(len(entry[key]) for entry in record["timeline"] for key in ("members", "joined", "left")) > _MOST_NAMED:
        raise StrangeAnswer(f"the entries of its record name more than {_MOST_NAMED} nodes together, and a record has no room for that")
    return record


def entry_of(given: t.Any, what: str, shape: t.Mapping[str, Fits]) -> Vars:
    """An entry of a timeline, without what does not belong to it. Raises StrangeAnswer."""
    if not isinstance(given, dict):
        raise StrangeAnswer(f"{what} is {described(given)}")
    return _fitting(given, shape, what)


def _fitting(given: Vars, shape: t.Mapping[str, Fits], what: str) -> Vars:
    """What the shape has. Raises StrangeAnswer for what does not fit."""
    for key, fits in shape.items():
        if key not in given and key not in _MAY_LACK:
            raise StrangeAnswer(f"{what} lacks {key}")
        if key in given and not fits(given[key]):
            raise StrangeAnswer(f"{key} of {what} is {described(given[key])}")
    return {key: given[key] for key in shape if key in given}


def _or_null(fits: Fits) -> Fits:
    return lambda item: item is None or fits(item)


def _is_boolean(item: t.Any) -> bool:
    return isinstance(item, bool)


def _is_name(item: t.Any) -> bool:
    return isinstance(item, str) and len(item) <= LONGEST_NAME and item.isprintable()


def _is_event(item: t.Any) -> bool:
    return isinstance(item, str) and bool(_EVENT.fullmatch(item))


def _is_seconds(item: t.Any) -> bool:
    return isinstance(item, (int, float)) and not isinstance(item, bool) and abs(item) < _MOST


def _is_ring(item: t.Any) -> bool:
    return isinstance(item, dict) and set(item) == {"nodeid", "seq"} and are_natural(list(item.values()))


def _are_runs(item: t.Any) -> bool:
    return isinstance(item, list) and len(item) <= _MOST_RUNS and all(map(is_run_id, item))


def _are_boots(item: t.Any) -> bool:
    """Each has some entries but for the last, which is going on."""
    return isinstance(item, list) and 0 < len(item) <= MOST_ENTRIES + 1 and are_natural(item) and all(item[:-1])


_REST: dict[str, Fits] = {
    "run": _or_null(is_run_id),
    "boots": _are_boots,
    "unreadable": is_natural,
    "running": _is_boolean,
    "looked": _is_boolean,
    "was_running": _is_boolean,
    "now": _is_name,
    "until": _or_null(_is_name),
    "offset": _is_seconds,
    "runs": _are_runs,
}
# All of an entry but its time, which is a moment in a record and seconds in a wait
ENTRY: dict[str, Fits] = {
    "event": _is_event,
    "quorate": _or_null(_is_boolean),
    "total_votes": _or_null(is_natural),
    "quorum": _or_null(is_natural),
    "ring_id": _or_null(_is_ring),
    "members": are_nodeids,
    "joined": are_nodeids,
    "left": are_nodeids,
}
_RECORDED: dict[str, Fits] = {"at": _is_name, **ENTRY, "reason": _or_null(_is_name)}
# The keys of a record
RECORD = ("timeline", *_REST)
# With state=stopped, with a reference, and where corosync could not be read
_MAY_LACK = ("was_running", "offset", "reason")
