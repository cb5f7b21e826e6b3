# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""python -m run.steps.sanity CORE [all]: ansible-test sanity of one ansible-core, without an ignore entry.

It looks at what users get, with the Python of ansible-test. With `all` it looks at the tests, too, which are most of the files, and compiles and imports the
plugins with every Python that it finds.
"""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence

from .. import environments, interpreters, paths, trees

_NOT_BUILT = ("tests", "molecule")
# ansible-test fetches get-pip.py by URL, unless it finds its cached copy. This one uses the pip that Python itself brings, so that no machine
# needs more of the network than its package index; and installs once for all the environments that ansible-test makes, which get copies.
_GET_PIP = """\
import ensurepip, glob, os, re, shutil, sys, sysconfig
arguments = [a for a in sys.argv[1:] if a not in ('--no-setuptools', '--no-wheel')]
store = 'installed-%d.%d-' % sys.version_info[:2] + re.sub('[^a-z0-9.=]+', '_', ' '.join(arguments))
store = os.path.join(os.path.expanduser('~/.ansible/test/cache'), store)
if not os.path.isdir(store):
    wheel = glob.glob(os.path.join(os.path.dirname(ensurepip.__file__), '_bundled', 'pip-*.whl'))
    wheel += glob.glob('/usr/share/python-wheels/pip-*.whl')
    sys.path.insert(0, wheel[0])
    from pip._internal.cli.main import main
    half = '%s.%d' % (store, os.getpid())
    status = main(['install', '--target', half] + arguments)
    if status:
        sys.exit(status)
    os.rename(half, store)
for name in os.listdir(store):
    copied = shutil.copytree if os.path.isdir(os.path.join(store, name)) else shutil.copy2
    copied(os.path.join(store, name), os.path.join(sysconfig.get_path('purelib'), name))
"""


def _furnish(home: pathlib.Path, core: str, python: pathlib.Path) -> None:
    """Make a home for ansible-test, so that what it keeps there does not mix with the user's own."""
    cache = home / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    requirements = subprocess.run(
        [str(python), "-c", "import ansible_test._internal.python_requirements as module; print(module.__file__)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    _take_from_the_index(core, pathlib.Path(requirements).parents[1] / "_data" / "requirements")
    source = pathlib.Path(requirements).read_text(encoding="utf-8")
    versions = set(re.findall(r"""\bpip=['"]([\d.]+)['"]""", source))
    if not versions:
        sys.exit(f"ansible-core {core} names its version of pip no longer where it did ({requirements}): correct run/steps/sanity.py")
    for version in versions:
        (cache / (f"get_pip_{version.replace('.', '_')}.py")).write_text(_GET_PIP, encoding="utf-8")
    _link_pip_configuration(home)


def _of_the_index(text: str) -> str:
    """A file of requirements in which what was named by its address is named by its name; the address follows as a comment."""
    return re.sub(r"^(\S+) @ (https?://\S+).*$", r"\1  # by address: \2", text, flags=re.MULTILINE)


def _take_from_the_index(core: str, folder: pathlib.Path) -> None:
    """Let ansible-test install what its requirements name by an address from the package index, as no more of the network is needed here."""
    for file in sorted(folder.glob("sanity.*.txt")):
        before = file.read_text(encoding="utf-8")
        text = _of_the_index(before)
        if text != before:
            file.write_text(text, encoding="utf-8")
        for name in re.findall(r"^(\S+)  # by address: ", text, flags=re.MULTILINE):
            test = file.name.split(".")[1]
            print(f"LEFT OUT: {test} of ansible-core {core} with the unreleased {name} that it names by address: it ran with the newest release")


def _link_pip_configuration(home: pathlib.Path) -> None:
    for name in (".pip", ".config/pip"):
        theirs, ours = pathlib.Path.home() / name, home / name
        if theirs.is_dir() and not ours.is_symlink():
            ours.parent.mkdir(parents=True, exist_ok=True)
            ours.symlink_to(theirs)


def _passed_on(command: Sequence[str], cwd: pathlib.Path, env: Mapping[str, str]) -> tuple[int, list[str]]:
    """Run a command, pass its output on, and return its exit code and the complaints in it: they stand far apart, between what pip says."""
    complaints = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", cwd=cwd, env=env) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            if line.startswith(("ERROR: ", "FATAL: ")):
                complaints.append(line.rstrip())
    return process.returncode, complaints


def main(core: str, everything: bool) -> int:
    python = environments.core_environment(core, own=True)
    collection = trees.copied("sanity-all" if everything else "sanity-" + core, without=() if everything else _NOT_BUILT)
    path = os.pathsep.join([str(python.parent), interpreters.search_path()])
    command = [str(python.parent / "ansible-test"), "sanity", "--local", "--color", "no"]
    version = environments.python_of_core(core, own=True)
    if version and not everything:
        command += ["--python", interpreters.name(version)]
    home = paths.shared() / "ansible-test" / core
    # Two checkouts take turns: ansible-test makes its environments in there, and expects nobody else to.
    with environments.locked(home):
        _furnish(home, core, python)
        code, complaints = _passed_on(command, cwd=collection, env=dict(os.environ, HOME=str(home), PATH=path))
    shutil.rmtree(collection, ignore_errors=True)
    print("\n".join(complaints))
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:] == ["all"]))
