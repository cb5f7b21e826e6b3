# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The language of everything that users read: phrases that a reader with English as a second language stumbles over, and sentences that are too long."""

import ast
import re

import pytest
import yaml

from .examples import CHECKOUT, GUIDES, private_plugins

LONGEST = 35  # words of a sentence; what stands for a value, a name or code counts as one
# What a calque, a riddle or a poem is made of -> what to write
BANNED = {
    r"\banew\b": "again",
    r"\bby event\b": "event-driven",
    r"\bmend(s|ed|ing)?\b": "fix, correct, repair",
    r"\bstands (in|there|above|below)\b": "is in",
    r"\bgoes on\b": "continues",
    r"\bgo on\b": "continue",
    r"\b(every|after|exactly|at least|at most) so many\b": "N",
    r"\bfirst of all\b": "first",
    r"\bis (told of|foretold)\b": "hears of, gets an event for",
    r"\bforetell": "predict",
    r"\bcannot be helped\b": "say what to do",
    r"\ball the same\b": "anyway, nevertheless",
    r"\bwhereupon\b|\bthereof\b|\bwherein\b|\bhereby\b|\btherein\b": "two sentences",
    r"\bin the hand\b|\bin hand\b": "has",
    r"\bbut for\b": "except",
    r"\bthat is to say\b": "which means",
    r"\bought to\b": "should",
    r"\bshall\b": "must, will",
    r"\blest\b|\bnought\b|\bwhilst\b|\bere\b|\bhence\b|\bhenceforth\b": "plain words",
    r"\bof no use\b|\bto no avail\b": "has no effect",
    r"\bhas not got\b": "does not have",
    r"\bof its own accord\b": "by itself",
}


def _prose(text):
    """rst or Markdown without code, comments, tables of output and markup."""
    text = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"^( *)\.\. code-block::.*\n(?:\1 +.*\n|\n)*", "\n", text, flags=re.MULTILINE)
    text = re.sub(r"^=+ =.*?\n\n", "", text, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"^\.\. generated: (?!findings).*?^\.\. end of .*?$", "", text, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    text = re.sub(r"^\.\. .*$|^ +:[a-z-]+:.*$|^(?:    )+(?! *- ).*$|^[=\- ]{4,}$", "", text, flags=re.MULTILINE)
    return re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)


def _plain(text):
    """Text without the markup of Ansible's documentation, rst and code: each such piece is one word."""
    text = re.sub(r"\b(?:[CVOEMPBIU]|RV|HORIZONTALLINE)\((?:[^()]|\\\))*\)", "NAME", text)
    text = re.sub(r":[a-z]+:`[^`]*`|``[^`]*``|`[^`]*`_*", "NAME", text)
    return re.sub(r"\bhttps?://\S+", "ADDRESS", text)


def sentences(text):
    """Sentences of prose: what ends with a full stop, and items of lists, cells, headings and paragraphs."""
    for block in re.split(r"\n\s*\n|\n\s*(?:[-*#]|\d+\.|\|) |\n(?=\s*\* - )|\n\s+- | \| ", _plain(text)):
        for sentence in re.split(r"(?<=[.!?:;])\s+", " ".join(block.split())):
            if sentence:
                yield sentence


def _descriptions(data):
    if isinstance(data, dict):
        for key, value in data.items():
            if key in ("description", "short_description", "details", "notes", "requirements"):
                yield from value if isinstance(value, list) else [value]
            if not isinstance(value, str):
                yield from _descriptions(value)
    elif isinstance(data, list):
        for item in data:
            yield from _descriptions(item)


def _documentation():
    """(file, text) of every description in modules, filters, tests and roles that users see."""
    for path in sorted((CHECKOUT / "plugins/modules").glob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in ("DOCUMENTATION", "RETURN"):
                yield path, "\n\n".join(map(str, _descriptions(yaml.safe_load(ast.literal_eval(node.value)))))
    for path in sorted([*(CHECKOUT / "plugins").glob("*/*.yml"), *(CHECKOUT / "roles").glob("*/meta/argument_specs.yml")]):
        yield path, "\n\n".join(map(str, _descriptions(yaml.safe_load(path.read_text(encoding="utf-8")))))


def _messages():
    """(file, text) of what the code may print: texts with a full stop that are no docstrings. A value of an f-string is one word."""
    for path in sorted((CHECKOUT / "plugins").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
        parts |= {id(node.value) for node in ast.walk(tree) if isinstance(node, (ast.Expr, ast.Assign))}
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                text = "".join(part.value if isinstance(part, ast.Constant) else "VALUE" for part in node.values)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
                text = node.value
            else:
                continue
            if len(text.split()) > 4 and "DOCUMENTATION" not in text:
                yield path, text


def _pages():
    for path in [CHECKOUT / "README.md", *sorted(GUIDES.glob("*.rst")), *sorted((CHECKOUT / "roles").glob("*/README.md"))]:
        yield path, _prose(path.read_text(encoding="utf-8"))


def _names(found):
    return sorted({f"{path.relative_to(CHECKOUT)}: {sentence}" for path, sentence in found})


@pytest.mark.parametrize("source", [_pages, _documentation, _messages], ids=lambda source: source.__name__)
def test_no_phrase_makes_a_reader_stumble(source):
    found = []
    for path, text in source():
        plain = " ".join(_plain(text).split())
        for phrase, better in BANNED.items():
            found += [(path, f"…{plain[max(0, hit.start() - 40) : hit.end() + 20]}… ({better})") for hit in re.finditer(phrase, plain)]
    assert _names(found) == []


@pytest.mark.parametrize("source", [_pages, _documentation, _messages], ids=lambda source: source.__name__)
def test_no_sentence_is_too_long(source):
    long = [(path, f"{len(one.split())} words: {one}") for path, text in source() for one in sentences(text) if len(one.split()) > LONGEST]
    assert _names(long) == []


def test_a_bad_sentence_is_found():
    assert max(len(one.split()) for one in sentences("One. " + "word " * 50 + ".\n\n- Two `a b c`.")) == 51
    assert any(re.search(phrase, "What is wrong is mended anew.") for phrase in BANNED)
    assert private_plugins()
