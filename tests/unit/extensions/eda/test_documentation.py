# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What extensions/eda says of itself is so: the documentation, the schema and the code agree, and the checks are those that Galaxy makes."""

import configparser
import importlib.util
import json
import pathlib
import re
import shlex

import jsonschema
import pytest
import yaml

from ansible_collections.corosync.quorum.plugins.plugin_utils._eda import arguments

CHECKOUT = pathlib.Path(__file__).resolve().parents[4]
EDA = CHECKOUT / "extensions" / "eda"
SOURCE = EDA / "plugins" / "event_source"
OPTIONS = yaml.safe_load((SOURCE / "votequorum.yaml").read_text(encoding="utf-8"))["DOCUMENTATION"]["options"]
SCHEMA = json.loads((SOURCE / "schemas" / "votequorum.json").read_text(encoding="utf-8"))
TYPES = {"list": "array", "str": "string", "bool": "boolean", "int": "integer", "float": "number"}


def test_every_plugin_has_its_documentation_beside_it():
    plugins = sorted(path for path in EDA.rglob("plugins/*/*.py"))
    assert plugins and all(path.with_suffix(".yaml").is_file() for path in plugins)
    for path in plugins:
        documented = yaml.safe_load(path.with_suffix(".yaml").read_text(encoding="utf-8"))
        assert documented["DOCUMENTATION"]["name"] == path.stem and yaml.safe_load(documented["EXAMPLES"])


def plain(description):
    """A description without Ansible's markup, as one text. Of an option, `hosts[].host` is `host`."""
    text = " ".join([description] if isinstance(description, str) else description)
    return re.sub(r"\b[A-Z]{1,2}\((?:[\w.]+#\w+:)?(?:\w+\[\]\.)?([^()]*)\)", r"\1", text)


def agrees(options, schema):
    assert set(schema["properties"]) == set(options)
    assert schema["required"] == [name for name, option in options.items() if option.get("required")]
    for name, option in options.items():
        assert schema["properties"][name]["type"] == TYPES[option["type"]]
        assert schema["properties"][name].get("default") == option.get("default")
        assert schema["properties"][name]["description"] == plain(option["description"])


def test_the_schema_is_what_is_documented():
    agrees(OPTIONS, SCHEMA)
    agrees(OPTIONS["hosts"]["suboptions"], SCHEMA["properties"]["hosts"]["items"]["anyOf"][1])


def test_the_defaults_are_those_of_the_code():
    used = arguments.settings_of({"hosts": ["node1"]})
    given = {**used._asdict(), **used.hosts[0]._asdict()}
    documented = {name: option["default"] for name, option in OPTIONS.items() if "default" in option}
    assert documented == {name: list(given[name]) if name == "ssh_args" else given[name] for name in documented}


@pytest.mark.parametrize(
    "args",
    [
        {"hosts": ["node1", {"host": "a", "address": "b", "port": 22, "become": True, "cluster": "c"}], "split": False, "timeout": 5},
        {"hosts": []},
        {"hosts": [{"address": "a"}]},
        {"hosts": ["a"], "port": 0},
        {"hosts": ["a"], "delay": 0},
        {"hosts": ["a"], "become": "yes"},
        {"hosts": ["a"], "ssh_args": "-v"},
        {"hosts": ["a"], "retries": 1},
    ],
)
def test_the_schema_refuses_what_the_code_does(args):
    try:
        arguments.settings_of(args)
    except arguments.ArgumentError:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(args, SCHEMA)
    else:
        jsonschema.validate(args, SCHEMA)


def test_ruff_asks_of_us_what_galaxy_asks():
    """extensions/eda/.ruff.toml has the rules of the importer's tox.ini, which the stage `importer` runs on the artifact."""
    importer = importlib.util.find_spec("galaxy_importer")
    if importer is None:
        pytest.skip("galaxy-importer is not installed here: `make test` does that")
    settings = configparser.ConfigParser(interpolation=None)
    settings.read(pathlib.Path(importer.origin).with_name("ansible_test") / "container" / "eda" / "tox.ini", encoding="utf-8")
    words = shlex.split(settings["testenv:ruff"]["commands"])
    ours = (EDA / ".ruff.toml").read_text(encoding="utf-8")
    assert words[words.index("--select") + 1] == "ALL" and 'select = ["ALL"]' in ours
    (ignored,) = re.findall(r"^ignore = \[(.*)\]$", ours, re.MULTILINE)
    assert set(re.findall(r"\w+", ignored)) == set(words[words.index("--ignore") + 1].split(","))


def test_rulebooks_run_playbooks_of_the_collection():
    rulebooks = sorted(EDA.glob("rulebooks/*.yml"))
    names = set(re.findall(r"name: corosync\.quorum\.(\w+)", "".join(path.read_text(encoding="utf-8") for path in rulebooks)))
    assert len(rulebooks) == 4 and names == {"notify", "stop_upgrade", "collect_diagnostics"}
    assert all((CHECKOUT / "playbooks" / f"{name}.yml").is_file() for name in names)
