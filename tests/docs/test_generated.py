# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The generated parts of the documentation are what the code makes, nothing is left out of them, and values are what the schema says."""

import json
import re

import jsonschema
import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._judge.problems import CHECKS as PROBLEMS
from ansible_collections.corosync.quorum.plugins.plugin_utils._lint import refusals
from ansible_collections.corosync.quorum.plugins.plugin_utils._lint.checks import CHECKS
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import value

from . import schema
from .examples import GUIDES, values
from .generated import findings, pages

STRICT = jsonschema.Draft202012Validator(schema.strict(schema.schema()))


@pytest.mark.parametrize("path", pages(), ids=lambda path: path.name)
def test_the_documentation_is_what_the_code_makes(path):
    assert path.read_text(encoding="utf-8") == pages()[path], "run make generated"


def test_every_finding_is_in_the_index():
    wanted = {(name, severity) for name, severity, dummy in (*CHECKS, *PROBLEMS)}
    wanted |= {(name, "error") for name, dummy in (*refusals.ALWAYS, *refusals.VOTEQUORUM)}
    assert wanted <= {(one.id, one.severity) for one in findings()}
    assert len(wanted) > 80


def test_every_key_of_the_value_is_documented_and_typed_alike():
    def paths(contains, path=""):
        for name, docs in contains.items():
            yield path + name
            yield from paths(docs.get("contains", {}), path + name + ("[]." if docs["type"] == "list" else "."))

    assert [path for path, part in schema.keys(schema.schema()) if not part.get("description")] == []
    assert {path for path, dummy in schema.keys(schema.schema())} == set(paths(schema.documented()))


def test_what_changed_names_keys_of_the_value():
    """In the table of the page about the value."""
    page = (GUIDES / "value.rst").read_text(encoding="utf-8").split("What changed")[1].split("\nKeys\n")[0]
    named = set(re.findall(r"``([a-z_\[\].]+)``", page))
    assert named and named <= {path for path, dummy in schema.keys(schema.schema())}


def test_the_value_of_the_guide_is_what_the_schema_says():
    shown = [example.data["votequorum"] for example in values() if "votequorum" in example.data]
    assert shown
    for one in shown:
        STRICT.validate(json.loads(json.dumps(one)))


def test_a_value_that_is_none_is_refused():
    wrong = json.loads(json.dumps(value((1, 1, 1))))
    jsonschema.Draft202012Validator(schema.schema()).validate(wrong)
    wrong["ring_id"]["seq"] = "13"
    assert not STRICT.is_valid(wrong)
