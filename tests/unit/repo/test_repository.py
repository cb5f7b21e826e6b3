# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What holds for the repository as a whole, and no linter knows."""

import ast
import fnmatch
import pathlib
import re
import subprocess

import yaml
from run import paths, trees

LICENCE_TEXTS = ("LICENSES/*", "CHANGELOG.*", "changelogs/*")
MACHINE_PATHS = re.compile(r"/home/[a-z]\w*/|/\.pyenv/versions/\d")
BSD = re.compile(r"^# SPDX-License-Identifier[:] BSD-2-Clause$", re.MULTILINE)
HOST = re.compile(r"https?://(?:[^@/\s]*@)?([^/:\s'\"]+)")


def contents():
    """(name, text) of each text file of the project."""
    for name in trees.project_files():
        path = paths.CHECKOUT / name
        if path.is_symlink() or not path.is_file():
            continue
        try:
            yield str(name), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def ours():
    """contents() without licences and changelogs, which have rules of their own."""
    return [(name, text) for name, text in contents() if not any(fnmatch.fnmatch(name, pattern) for pattern in LICENCE_TEXTS)]


def registry_hosts():
    """The hosts from which this machine takes its packages; a distribution's own archive says nothing of a machine."""
    configured = [
        path.read_text(encoding="utf-8")
        for folder in ("/etc/apt", "/etc/apt/sources.list.d")
        for path in pathlib.Path(folder).glob("*.[ls][io]*")
        if path.is_file()
    ]
    configured += [path.read_text(encoding="utf-8") for path in (pathlib.Path("/etc/pip.conf"),) if path.is_file()]
    return {host for host in HOST.findall("\n".join(configured)) if not host.endswith((".debian.org", ".ubuntu.com"))}


def none_of(offenders):
    assert not offenders, "\n" + "\n".join(map(str, offenders))


def test_there_are_files():
    names = [name for name, dummy in contents()]
    assert "galaxy.yml" in names
    assert "Makefile" in names


def test_no_file_is_too_long_to_find_the_way():
    none_of([name for name, text in ours() if text.count("\n") > 600])


def test_no_line_is_too_wide():
    wide = [name for name, text in ours() if name.endswith((".py", ".yml", ".yaml", ".sh", ".toml")) if any(len(line) > 160 for line in text.splitlines())]
    none_of(wide)


def test_no_line_of_an_event_plugin_is_wider_than_the_importer_of_galaxy_allows():
    plugins = [(name, text) for name, text in ours() if name.startswith("extensions/eda/plugins/") and name.endswith(".py")]
    assert plugins
    none_of([name for name, text in plugins if any(len(line) > 100 for line in text.splitlines())])


def without_comments():
    """Patterns of the files that REUSE.toml names, as their formats have no comments."""
    return re.findall(r'"([^"]+)"', "".join(re.findall(r"^path = \[(.*)\]$", (paths.CHECKOUT / "REUSE.toml").read_text(encoding="utf-8"), re.MULTILINE)))


def test_every_file_names_its_licence_in_its_head():
    named = [name for name, dummy in ours() if not any(fnmatch.fnmatch(name, pattern) for pattern in without_comments())]
    none_of([name for name, text in ours() if name in named and text.strip() and "SPDX-License-Identifier" + ":" not in text[:1000]])


def test_module_utils_are_bsd_and_other_plugins_gpl():
    wrong = [name for name, text in ours() if name.startswith("plugins/") if bool(BSD.search(text)) != name.startswith("plugins/module_utils/")]
    none_of(wrong)


def test_plugins_do_not_assert():
    asserting = [
        name
        for name, text in ours()
        if name.startswith("plugins/") and name.endswith(".py")
        if any(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(text)))
    ]
    none_of(asserting)


def test_no_sanity_test_is_ignored():
    none_of([name for name, dummy in contents() if fnmatch.fnmatch(name, "tests/sanity/ignore-*")])


def test_nothing_names_this_machine():
    checkout = str(paths.CHECKOUT)
    # A checkout directly below / would have its name found in half of all texts.
    named = [name for name, text in ours() if MACHINE_PATHS.search(text) or (checkout.count("/") > 1 and checkout + "/" in text)]
    none_of([name for name in named if name != "tests/unit/repo/test_repository.py"])


def test_nothing_names_a_package_registry():
    hosts = registry_hosts()
    none_of([(name, host) for name, text in ours() for host in hosts if host in text])


def test_the_changelog_has_the_version_of_galaxy_yml():
    galaxy = yaml.safe_load((paths.CHECKOUT / "galaxy.yml").read_text(encoding="utf-8"))
    changelog = yaml.safe_load((paths.CHECKOUT / "changelogs" / "changelog.yaml").read_text(encoding="utf-8"))
    assert galaxy["version"] in changelog["releases"]


def test_every_make_target_of_the_contract_is_there():
    wanted = {"help", "demo", "check", "test", "lab-up", "lab-down", "lab-ssh", "bench", "truth", "docs", "dist", "clean"}
    listed = subprocess.run(["make", "--no-print-directory", "-C", str(paths.CHECKOUT), "help"], capture_output=True, text=True, check=True).stdout
    assert wanted <= set(re.findall(r"^make ([a-z-]+)", listed, re.MULTILINE))


def test_ci_runs_make_test_and_nothing_else():
    script = (paths.CHECKOUT / ".ci" / "run").read_text(encoding="utf-8")
    commands = [line for line in script.splitlines() if line.strip() and not line.startswith("#")]
    assert commands == ['exec make -C "$(dirname "$0")/.." --no-print-directory test']


def test_no_property_has_a_deadline():
    """hypothesis gives each example 200 ms, which a busy machine does not always have; examples() takes that away."""
    offenders = []
    for name, text in ours():
        if name.startswith("tests/") and name.endswith(".py") and "@given(" in text:
            for node in ast.walk(ast.parse(text)):
                decorators = [ast.unparse(decorator) for decorator in getattr(node, "decorator_list", [])]
                if any(word.startswith("given(") for word in decorators) and not any(word.startswith(("examples(", "settings(")) for word in decorators):
                    offenders.append(f"{name}: {node.name}")
    none_of(offenders)


def test_git_has_nothing_that_it_is_told_to_ignore():
    """Where a checkout's .venv is a link, git would put the link into every other checkout in place of the folder."""
    command = ["git", "-C", str(paths.CHECKOUT), "ls-files", "--cached", "--ignored", "--exclude-standard"]
    found = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    assert found.stdout == "", "git rm --cached"


def mutable_defaults(text):
    """(line, name) of each default argument that is a list, dictionary or set of the module: pylint of the newest ansible-test refuses it, ruff does not."""
    tree = ast.parse(text)
    mutable = {
        target.id
        for node in tree.body
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and isinstance(node.value, (ast.List, ast.Dict, ast.Set))
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for default in [*node.args.defaults, *node.args.kw_defaults]:
                if isinstance(default, ast.Name) and default.id in mutable:
                    yield default.lineno, default.id


def test_no_default_argument_can_be_changed():
    assert list(mutable_defaults("A = [1]\nB: dict = {}\nC = (1,)\ndef f(a=A, *, b=B, c=C): pass")) == [(4, "A"), (4, "B")]
    python = [(name, text) for name, text in ours() if name.endswith(".py")]
    none_of([f"{name}:{line}: {default}" for name, text in python for line, default in mutable_defaults(text)])
