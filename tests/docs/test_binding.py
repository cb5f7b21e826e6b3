# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page about the binding: every function and callback of votequorum.h is in its table, and the tests it names are there and about it."""

import ast
import re

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.errors import BY_CODE, CorosyncError, meaning

from .examples import CHECKOUT, GUIDES

PAGE = (GUIDES / "binding.rst").read_text(encoding="utf-8")
CDEF = (CHECKOUT / "tests/abi/corosync.cdef.h").read_text(encoding="utf-8")
BINDING = CHECKOUT / "plugins/module_utils/_corosync"
FUNCTIONS = set(re.findall(r"^cs_error_t (votequorum_\w+)\(", CDEF, re.MULTILINE))
CALLBACKS = set(re.findall(r"^typedef void \(\*(votequorum_\w+)\)\(", CDEF, re.MULTILINE))
CLASSES = {error.name: error for error in BY_CODE.values()}
ALL = "every function"
UNTESTED = re.compile(r"[Nn]o test\b(.*)")
TEST = re.compile(r"``(test_\w+\.py)::(test_\w+)``")


def _rows():
    """(function, wrapped as, [(answer, where it is tested), ...]) of each row of the table."""
    for row in PAGE.split("\n  * - ")[2:]:
        name, wrapped, answers = re.fullmatch(r"(.+?)\n    - (.+?)\n    - (.*)", row.rstrip(), re.DOTALL).groups()
        yield name.strip("`"), wrapped, [tuple(line.strip("- ").split(": ", 1)) for line in answers.splitlines()]


ROWS = list(_rows())
ANSWERS = [(name, wrapped, answer.strip("`"), text) for name, wrapped, answers in ROWS for answer, text in answers]


def _methods():
    """The methods of a connection to votequorum, by name: their docstrings."""
    bodies = [ast.parse((BINDING / name).read_text(encoding="utf-8")).body for name in ("connection.py", "votequorum.py")]
    classes = [node for body in bodies for node in body if isinstance(node, ast.ClassDef) and node.name in ("Connection", "Votequorum")]
    return {node.name: ast.get_docstring(node) or "" for one in classes for node in one.body if isinstance(node, ast.FunctionDef)}


METHODS = _methods()


def _reached(file, test):
    """The text of a test, and of everything in its file that it names, directly or not; empty where there is no such test."""
    text = (CHECKOUT / "tests/live" / file).read_text(encoding="utf-8")
    parts = {}
    for node in ast.parse(text).body:
        for target in node.targets if isinstance(node, ast.Assign) else [node]:
            if isinstance(target, ast.Name) or hasattr(target, "name"):
                parts[getattr(target, "id", None) or target.name] = node
    wanted, seen = [test], {}
    while wanted:
        name = wanted.pop()
        if name in parts and name not in seen:
            seen[name] = ast.get_source_segment(text, parts[name])
            wanted += [node.id for node in ast.walk(parts[name]) if isinstance(node, ast.Name)]
    return "\n".join(seen.values())


def _calls(text, name):
    """Whether a program in this text calls a method of the binding, or a test in it looks for an event."""
    return re.search(rf"\b{name}\b", text) or name in ("initialize", "finalize") and "with Votequorum(" in text


def test_there_is_something_to_check():
    assert len(FUNCTIONS) == 16 and len(CALLBACKS) == 3
    assert {"initialize", "getinfo", "qdevice_poll"} <= set(METHODS)
    assert len(ANSWERS) > 50


def test_every_function_and_callback_has_one_row():
    assert sorted(name for name, _wrapped, _answers in ROWS) == sorted({ALL} | FUNCTIONS | CALLBACKS)


def test_every_function_is_wrapped_as_it_says():
    source = (BINDING / "votequorum.py").read_text(encoding="utf-8")
    for name, wrapped, _answers in ROWS:
        if name in FUNCTIONS:
            method = name[len("votequorum_") :]
            assert method in METHODS and wrapped.startswith(f"``Votequorum.{method}``"), name
        elif name in CALLBACKS:
            assert f"class {wrapped.strip('`')}(t.NamedTuple)" in source and f'"{name}"' in source, name


@pytest.mark.parametrize("name, answers", [(name, answers) for name, _wrapped, answers in ROWS if name != ALL], ids=lambda item: str(item)[:40])
def test_every_success_is_tested_and_no_answer_stands_there_twice(name, answers):
    documented = [answer for answer, _text in answers]
    assert "success" in documented and len(set(documented)) == len(documented), name


@pytest.mark.parametrize("name, wrapped, answer, text", ANSWERS, ids=[f"{name}: {answer}" for name, _wrapped, answer, _text in ANSWERS])
def test_every_answer_has_tests_or_a_reason(name, wrapped, answer, text):
    """Each test is there, calls the function and looks for the exception."""
    assert answer in ("success", "no answer") or answer in CLASSES, answer
    named, untested = TEST.findall(text), UNTESTED.search(text)
    assert named or untested, "neither a test nor a reason"
    assert not untested or len(untested.group(1).split()) > 5, "the reason is missing"
    for file, test in named:
        reached = _reached(file, test)
        assert reached, f"{file} has no {test}"
        called = wrapped.strip("`") if name in CALLBACKS else name[len("votequorum_") :]
        assert name == ALL or _calls(reached, called), f"{test} does not call {called}"
        wanted = meaning(CLASSES[answer].code, name).__name__ if answer in CLASSES else ""
        # dispatch makes no exception of this one
        assert wanted in reached or (name, answer) == ("votequorum_dispatch", "CS_ERR_TRY_AGAIN"), f"{test} does not look for {wanted}"


def test_every_exception_that_a_docstring_names_has_an_answer():
    """Those of every function, and of no answer at all, are in the row about every function."""
    documented = {name: {answer for row, _wrapped, answer, _text in ANSWERS if row in (name, ALL)} for name in FUNCTIONS}
    by_class = {error.__name__: error.name for error in CorosyncError.__subclasses__()}
    for name in FUNCTIONS:
        raises = {by_class[word] for word in re.findall(r"\b[A-Z]\w+\b", METHODS[name[len("votequorum_") :]]) if word in by_class}
        assert raises <= documented[name], f"the docstring of {name} names {sorted(raises - documented[name])}"
