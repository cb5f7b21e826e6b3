# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""python -m run.steps.docs: render the documentation of every public plugin and role, and the guides, as web pages."""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import subprocess
import sys
from typing import TextIO

import yaml
from docs.examples import private_plugins, role_examples

from .. import paths, trees

_COLLECTION = "corosync.quorum"
_SITE = paths.SCRATCH / "docs"
_RST = _SITE / "rst"
_KINDS = {"Modules": "module", "Filters": "filter", "Tests": "test", "Roles": "role"}
_ENTRY_POINT = re.compile(r"^(?=\.\. _ansible_collections\.corosync\.quorum\.\w+_role__entrypoint-(\w+):$)", re.MULTILINE)
# The theme keeps each cell of a table on one line and cuts long words off, which nobody can read on a phone.
_STYLE = """
.rst-content table.docutils td, .rst-content table.docutils th { white-space: normal !important; overflow-wrap: anywhere; min-width: 3em; }
.rst-content h1, .rst-content h2, .rst-content h3, .rst-content h4, .rst-content li, .rst-content p, .rst-content dt { overflow-wrap: anywhere; }
.rst-content code, .rst-content code.literal { white-space: normal !important; overflow-wrap: anywhere; }
"""
_LINKS = "\n.. Extra links\n"
# antsibull-docs writes a link to this label at the end of each page, and the section into the index that _entry_page() replaces.
_COMMUNICATION = """
.. _communication_for_corosync.quorum:

Communication
-------------

- Questions: `Ansible Forum <https://forum.ansible.com/c/help/6>`__, tags ``corosync`` and ``cluster``.
- Bugs and wishes: `issues <https://github.com/corosync-quorum/corosync.quorum/issues>`__.
"""


def _command(log: TextIO, name: str, *arguments: str) -> None:
    bin_folder = pathlib.Path(sys.executable).parent
    environment = dict(os.environ, ANSIBLE_COLLECTIONS_PATH=str(trees.linked()), PATH=os.pathsep.join([str(bin_folder), os.environ["PATH"]]))
    done = subprocess.run([str(bin_folder / name), *arguments], cwd=_SITE, env=environment, stdout=log, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        sys.exit(f"FAILED: {name} ended with {done.returncode}. What it said is in {log.name}")


def _collect(log: TextIO) -> None:
    options = ("--use-current", "--squash-hierarchy")
    about = ("--project", _COLLECTION, "--title", _COLLECTION, "--copyright", "corosync.quorum contributors")
    _command(log, "antsibull-docs", "sphinx-init", *options, _COLLECTION, "--dest-dir", str(_SITE), *about)
    cleanup = ("--config-file", "antsibull-docs.cfg", "collection", "--cleanup", "everything")
    _command(log, "antsibull-docs", *cleanup, *options, "--dest-dir", "rst", _COLLECTION)


def _style() -> None:
    static = _SITE / "static"
    static.mkdir()
    (static / "readable.css").write_text(_STYLE, encoding="utf-8")
    with open(_SITE / "conf.py", "a", encoding="utf-8") as settings:
        settings.write("\nhtml_static_path = ['static']\nhtml_css_files = ['readable.css']\n")


def _leave_out_private() -> None:
    """antsibull-docs knows no private plugins."""
    for name in private_plugins():
        for kind in _KINDS.values():
            (_RST / f"{name}_{kind}.rst").unlink(missing_ok=True)


def _role_page(path: pathlib.Path) -> None:
    """Begin with the entry point main, whose place is otherwise that of its letter, and show an example of the role's README in it."""
    head, *parts = _ENTRY_POINT.split(path.read_text(encoding="utf-8"))
    entries = dict(zip(parts[::2], parts[1::2]))
    last = list(entries)[-1]
    entries[last], links, tail = entries[last].partition(_LINKS)
    example = role_examples(path.stem.removesuffix("_role"))[0].text
    shown = "".join("    " + line if line.strip() else line for line in example.splitlines(keepends=True))
    section = f"\nExample\n^^^^^^^\n\n.. code-block:: yaml+jinja\n\n{shown}\n"
    entries["main"] = entries["main"].replace("\n.. Options\n", section + "\n.. Options\n", 1)
    ordered = [entries.pop("main"), *entries.values()]
    path.write_text(head + "\n".join(ordered) + links + tail, encoding="utf-8")


def _toctree(caption: str, pages: list[str]) -> str:
    return f".. toctree::\n   :maxdepth: 1\n   :caption: {caption}\n\n" + "".join(f"   {page}\n" for page in pages) + "\n"


def _entry_page() -> None:
    """The page "start" of the guides, with a tree of all pages by kind, under short titles."""
    sections = yaml.safe_load((paths.CHECKOUT / "docs/docsite/extra-docs.yml").read_text(encoding="utf-8"))["sections"]
    start = _RST / "docsite/start.rst"
    text = start.read_text(encoding="utf-8") + "\n"
    start.unlink()
    for section in sections:
        pages = [f"docsite/{name}" for name in section["toctree"] if name != "start"]
        if pages:
            text += _toctree(section["title"], pages)
    for caption, kind in _KINDS.items():
        names = sorted(path.stem.removesuffix("_" + kind) for path in _RST.glob(f"*_{kind}.rst"))
        text += _toctree(caption, [f"{name} <{name}_{kind}>" for name in names])
    text += _toctree("Changes", ["changelog"]) + _COMMUNICATION
    (_RST / "index.rst").write_text(text, encoding="utf-8")


def main() -> None:
    shutil.rmtree(_SITE, ignore_errors=True)
    # antsibull-docs wants its folders writable by their owner only.
    _RST.mkdir(parents=True, mode=0o755)
    paths.LOGS.mkdir(exist_ok=True)
    with open(paths.LOGS / "render.log", "w", encoding="utf-8") as log:
        print("==> Collecting the documentation of plugins and roles", flush=True)
        _collect(log)
        _style()
        _leave_out_private()
        for path in _RST.glob("*_role.rst"):
            _role_page(path)
        _entry_page()
        for picture in (paths.CHECKOUT / "docs").glob("*.png"):
            shutil.copy(picture, _SITE)  # where the pages look for it, as they do in the checkout
        (_RST / "environment_variables.rst").unlink(missing_ok=True)  # the collection has none of its own
        print("==> Rendering it. Without network, references to Ansible's own pages stay plain text", flush=True)
        _command(log, "sphinx-build", "-M", "html", "rst", "build", "-c", ".", "--keep-going")
    print(f"Open {_SITE / 'build' / 'html' / 'index.html'}")


if __name__ == "__main__":
    main()
