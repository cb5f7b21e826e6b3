# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of the documentation that are made of the code: `make generated` writes them, and tests/docs/test_generated.py compares them.

In a page such a part stands between two comments, ".. generated: NAME" and ".. end of NAME".
"""

import json
import pathlib
import re
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._judge.problems import problems
from ansible_collections.corosync.quorum.plugins.plugin_utils._lint.checks import lint
from ansible_collections.corosync.quorum.tests.unit.plugins.module_utils._judge.test_problems import CMAP, LINKS, SEEN, cluster, with_node
from ansible_collections.corosync.quorum.tests.unit.plugins.plugin_utils._lint.test_checks import REFUSALS, TRAPS

from . import program, schema
from .alerts import alerts
from .examples import CHECKOUT, GUIDES

_PART = r"(\.\. generated: %s\n\n).*?(^\.\. end of %s$)"
_SEVERITIES = ("error", "warning", "info")
_MODULE = "corosync.quorum.votequorum_info#module"


# A case that the unit tests have apart from the others, because it never comes alone
ONE_LINK_LEFT = ("no_link_redundancy", with_node(with_node(cluster(), 2, links=LINKS), 3, links=LINKS), {}, None, "")


# where: the sources of a finding, of "file" and "cluster". message and advice: as the first case of the unit tests gives them.
class Finding(t.NamedTuple):
    id: str
    severity: str
    where: tuple[str, ...]
    message: str
    advice: str


def findings() -> list[Finding]:
    """Every id with each of its severities, by severity and id. The examples are the cases of the unit tests, which have one for each."""
    found: dict[tuple[str, str], Finding] = {}
    cases = [("file", name, lint(text)) for name, text, _words in TRAPS + REFUSALS]
    cases += [("cluster", name, problems(value, dict(CMAP, **added), _files(text))) for name, value, added, text, _words in SEEN + [ONE_LINK_LEFT]]
    for where, name, hits in cases:
        for hit in hits:
            if hit["id"] != name:
                continue
            key = (hit["severity"], name)
            known = found.get(key)
            if known is None:
                found[key] = Finding(name, hit["severity"], (where,), hit["message"], hit["advice"])
            elif where not in known.where:
                found[key] = known._replace(where=(*known.where, where))
    return [found[key] for key in sorted(found, key=lambda key: (_SEVERITIES.index(key[0]), key[1]))]


def _files(text: t.Any) -> t.Any:
    """The files that a case of SEEN has read, as problems() takes them."""
    return {"corosync.conf": text} if isinstance(text, str) else text


def _literal(text: str) -> str:
    """Text as it is, whatever of it rst would take for markup."""
    return re.sub(r"([*`|\\_])", r"\\\1", text)


def _findings_part() -> str:
    titles = {"error": "Errors", "warning": "Warnings", "info": "Worth checking"}
    places = {("file",): "in a file", ("cluster",): "in a running cluster", ("file", "cluster"): "in a file and in a running cluster"}
    parts = []
    for severity in _SEVERITIES:
        parts.append(f"{titles[severity]}\n{'-' * len(titles[severity])}\n")
        for one in findings():
            if one.severity == severity:
                parts.append(f"``{one.id}``\n  Found {places[one.where]}. {_literal(one.message)}\n\n  *What to do:* {_literal(one.advice)}\n")
    return "\n".join(parts)


def _markup(text: str) -> str:
    """Ansible's semantic markup as rst."""
    text = re.sub(r"\bP\(([^()]*)\)", r":ansplugin:`\1`", text)
    text = re.sub(r"\bM\(([^()]*)\)", r":ansplugin:`\1#module`", text)
    text = re.sub(r"\bRV\(([^()]*)\)", rf":ansretval:`{_MODULE}:\1`", text)
    text = re.sub(r"\bO\(([^()]*)\)", rf":ansopt:`{_MODULE}:\1`", text)
    return re.sub(r"\b[VCE]\(([^()]*)\)", r"``\1``", text)


def _value_part() -> str:
    parts = []
    for path, part in schema.keys(schema.schema()):
        kinds = part["type"] if isinstance(part["type"], list) else [part["type"]]
        kind = " or ".join(f"list of {part['items']['type']}s" if kind == "array" else kind for kind in kinds)
        if "enum" in part:
            kind = "one of " + ", ".join(f"``{word}``" for word in part["enum"])
        parts.append(f"``{path}``\n  {kind[0].upper()}{kind[1:]}. {_markup(_documentation(path))}\n")
    return "\n".join(parts)


def _documentation(path: str) -> str:
    docs: t.Any = {"contains": schema.documented()}
    for name in path.replace("[]", "").split("."):
        docs = docs["contains"][name]
    text = docs["description"]
    return " ".join(text) if isinstance(text, list) else str(text)


def _measured(section: str, head: str) -> t.Callable[[], str]:
    """The table of tests/benchmark/results/SECTION.md whose first column has this head."""

    def part() -> str:
        text = (CHECKOUT / "tests/benchmark/results" / (section + ".md")).read_text(encoding="utf-8")
        lines = text[text.index(f"| {head} ") :].split("\n\n", 1)[0].splitlines()
        rows = [[cell.strip().replace("`", "``") for cell in line.strip().strip("|").split("|")] for line in lines if not re.fullmatch(r"[|:-]+", line)]
        body = "".join("   * - " + "\n     - ".join(row) + "\n" for row in rows)
        return ".. list-table::\n   :header-rows: 1\n\n" + body

    return part


# page -> its parts, by name
PARTS: dict[str, dict[str, t.Callable[[], str]]] = {
    "findings": {"findings": _findings_part},
    "value": {"keys": _value_part},
    "program": {"overview": program.overview, "help": program.help_pages, "metrics": program.metrics},
    "guide_monitoring": {"status": program.status, "check": program.check, "alerts": alerts},
    "comparison": {
        "wait": _measured("wait", "way of waiting"),
        "idle": _measured("idle", "way of waiting"),
        "task": _measured("task", "with pipelining"),
    },
}


def pages() -> dict[pathlib.Path, str]:
    """Every file that has a generated part, with that part as the code makes it now."""
    made = {schema.PATH: json.dumps(schema.schema(), indent=2) + "\n"}
    for page, parts in PARTS.items():
        path = GUIDES / (page + ".rst")
        text = path.read_text(encoding="utf-8")
        for name, part in parts.items():
            pattern = re.compile(_PART % (name, name), re.MULTILINE | re.DOTALL)
            if not pattern.search(text):
                raise ValueError(f"{path} has no place for the generated part {name}")
            text = pattern.sub(lambda found, part=part: f"{found.group(1)}{part()}\n{found.group(2)}", text)
        made[path] = text
    return made


def main() -> None:
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
        print(f"wrote {path.relative_to(CHECKOUT)}")


if __name__ == "__main__":
    main()
