# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every YAML example of the documentation: of README.md, the guides, and the EXAMPLES of the plugins."""

import ast
import pathlib
import re
import textwrap
import typing as t

import yaml

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
GUIDES = CHECKOUT / "docs/docsite/rst"

_FENCE = re.compile(r"^```(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CODE_BLOCK = re.compile(r"^( *)\.\. code-block:: (\S+)\n(?:\1 +:.*\n)*((?:\n|\1 +.*\n)+)", re.MULTILINE)
_TESTED = re.compile(r"^\.\. tested: (\S+)\n\n\Z", re.MULTILINE)
_PRIVATE = re.compile(r"^ +- Private to the (?:role P|playbook C)\(", re.MULTILINE)
# Languages of blocks that show output or a single expression, not a playbook or a task
SHOWN = ("text", "console", "jinja")
COPIED = ("yaml", "yaml+jinja")


# data: what YAML makes of the text. elsewhere: the test that runs it, where that is not tests/live/test_docs_examples.py; empty otherwise.
class Example(t.NamedTuple):
    source: str
    line: int
    text: str
    data: t.Any
    elsewhere: str = ""


def title(example: Example) -> str:
    """The name of its first play or task."""
    return str(example.data[0]["name"])


def is_play(entry: t.Any) -> bool:
    """Whether an entry of an example is a play, else it is a task."""
    return "hosts" in entry


def all_examples() -> list[Example]:
    """Everything a user may copy into a playbook, in a stable order."""
    return [example for example in _blocks() if isinstance(example.data, list) and not _is_rulebook(example)]


def rulebook_examples() -> list[Example]:
    """What a user may copy into a rulebook for ansible-rulebook."""
    return [example for example in _blocks() if _is_rulebook(example)]


def _is_rulebook(example: Example) -> bool:
    return isinstance(example.data, list) and any("rules" in entry for entry in example.data)


def role_examples(role: str) -> list[Example]:
    """The playbooks of a role's README, in their order: a minimal one and a realistic one. tests/live/test_role_ROLE.py runs them."""
    page = CHECKOUT / "roles" / role / "README.md"
    return [_example(page, block.line, block.text) for block in code(page) if block.language in COPIED]


def values() -> list[Example]:
    """The `votequorum` values that are shown."""
    return [example for example in _blocks() if isinstance(example.data, dict)]


def private_plugins() -> set[str]:
    """The names of the plugins that belong to a role or a playbook: users do not call them. Their documentation says so."""
    files = [*(CHECKOUT / "plugins").glob("modules/*.py"), *(CHECKOUT / "plugins").glob("filter/*.yml")]
    return {path.stem for path in files if _PRIVATE.search(path.read_text(encoding="utf-8"))}


def languages() -> set[str]:
    """The languages of all blocks of README.md and the guides."""
    return {block.language for page in pages() for block in code(page)}


def playbook(example: Example, hosts: str = "cluster") -> list[t.Any]:
    """It as a playbook: tasks are put into a play for `hosts`. ValueError where it mixes plays and tasks."""
    plays = {is_play(entry) for entry in example.data}
    if len(plays) != 1:
        raise ValueError(f"{example.source} line {example.line} mixes plays and tasks: nobody can copy it as it is")
    return list(example.data) if plays.pop() else [{"hosts": hosts, "gather_facts": False, "tasks": list(example.data)}]


def pages() -> list[pathlib.Path]:
    """README.md and the guides."""
    return [CHECKOUT / "README.md", *sorted(GUIDES.glob("*.rst"))]


def _blocks() -> t.Iterator[Example]:
    for page in pages():
        for block in code(page):
            if block.language in COPIED:
                yield _example(page, block.line, block.text)._replace(elsewhere=block.tested)
    for path in sorted((CHECKOUT / "plugins").glob("modules/*.py")):
        line, text = _constant(path, "EXAMPLES")
        yield _example(path, line, text)
    for kind in ("filter", "test", "lookup"):
        for path in sorted((CHECKOUT / "plugins" / kind).glob("*.yml")):
            text = path.read_text(encoding="utf-8")
            yield _example(path, text[: text.index("\nEXAMPLES:")].count("\n") + 2, yaml.safe_load(text)["EXAMPLES"])


# tested: the test that an rst comment ".. tested: FILE::TEST" above the block names, else empty.
class Block(t.NamedTuple):
    language: str
    line: int
    text: str
    tested: str


def code(path: pathlib.Path) -> t.Iterator[Block]:
    """Each block of code of a page."""
    page = path.read_text(encoding="utf-8")
    for found in (_FENCE if path.suffix == ".md" else _CODE_BLOCK).finditer(page):
        language, text = found.groups()[-2:]
        above = _TESTED.search(page[: found.start()])
        line = page[: found.start(found.lastindex or 0)].count("\n") + 1
        yield Block(language, line, textwrap.dedent(text).strip("\n") + "\n", above.group(1) if above else "")


def _constant(path: pathlib.Path, name: str) -> tuple[int, str]:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == name:
            return node.lineno, ast.literal_eval(node.value)
    raise ValueError(f"{path} has no {name}")


def _example(path: pathlib.Path, line: int, text: str) -> Example:
    return Example(str(path.relative_to(CHECKOUT)), line, text, yaml.safe_load(text))
