# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The `votequorum` value as JSON Schema, made of its types in module_utils/_value/types.py and of the documentation of votequorum_info."""

import ast
import copy
import re
import typing as t

import yaml

from .examples import CHECKOUT

PATH = CHECKOUT / "docs/votequorum.schema.json"
_TYPES = CHECKOUT / "plugins/module_utils/_value/types.py"
_MODULE = CHECKOUT / "plugins/modules/votequorum_info.py"
_PLAIN = {"int": "integer", "str": "string", "bool": "boolean"}

Schema = dict[str, t.Any]


def documented() -> dict[str, t.Any]:
    """`contains` of the return value `votequorum`, as votequorum_info documents it."""
    for node in ast.parse(_MODULE.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "RETURN":
            contains: dict[str, t.Any] = yaml.safe_load(ast.literal_eval(node.value))["votequorum"]["contains"]
            return contains
    raise ValueError(f"{_MODULE} has no RETURN")


def schema() -> Schema:
    """The JSON Schema of a complete value. Keys may be added in minor releases, so it allows others."""
    made = _of_class("Value", _classes(), documented())
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": "Copyright (c) 2026 corosync.quorum contributors. " + "SPDX-License-Identifier" + ": GPL-3.0-or-later",
        "$id": "https://github.com/corosync-quorum/corosync.quorum/blob/main/docs/votequorum.schema.json",
        "title": "votequorum",
        "description": "What one node knows of the quorum of its cluster, as corosync.quorum.votequorum_info returns it.",
        **made,
    }


def strict(given: Schema) -> Schema:
    """The same schema without room for other keys, and with all keys required: what this version returns."""
    made = copy.deepcopy(given)
    for part in _objects(made):
        part["additionalProperties"] = False
        part["required"] = sorted(part["properties"])
    return made


def keys(given: Schema, path: str = "") -> t.Iterator[tuple[str, Schema]]:
    """(path, schema) of each key, such as nodes[].votes, in the order of the types."""
    for name, part in given.get("properties", {}).items():
        yield path + name, part
        inner = part.get("items", part)
        yield from keys(inner, path + name + ("[]." if "items" in part else "."))


def _objects(part: t.Any) -> t.Iterator[Schema]:
    if isinstance(part, dict):
        if "properties" in part:
            yield part
        for inner in part.values():
            yield from _objects(inner)


def _classes() -> dict[str, ast.ClassDef]:
    return {node.name: node for node in ast.walk(ast.parse(_TYPES.read_text(encoding="utf-8"))) if isinstance(node, ast.ClassDef)}


def _aliases() -> dict[str, ast.expr]:
    tree = ast.walk(ast.parse(_TYPES.read_text(encoding="utf-8")))
    return {node.targets[0].id: node.value for node in tree if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)}


def _of_class(name: str, classes: dict[str, ast.ClassDef], docs: dict[str, t.Any]) -> Schema:
    fields, required = _fields(name, classes)
    properties = {key: {**_described(docs.get(key, {})), **_of_type(kind, classes, docs.get(key, {}).get("contains", {}))} for key, kind in fields.items()}
    return {"type": "object", "properties": properties, "required": required}


def _fields(name: str, classes: dict[str, ast.ClassDef]) -> tuple[dict[str, ast.expr], list[str]]:
    """The keys of a TypedDict with those that it inherits, and which of them are always there."""
    fields: dict[str, ast.expr] = {}
    required: list[str] = []
    for base in classes[name].bases:
        if isinstance(base, ast.Name):
            inherited, needed = _fields(base.id, classes)
            fields.update(inherited)
            required += needed
    own = {node.target.id: node.annotation for node in classes[name].body if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)}
    is_total = not any(word.arg == "total" and isinstance(word.value, ast.Constant) and word.value.value is False for word in classes[name].keywords)
    return {**fields, **own}, required + (list(own) if is_total else [])


def _of_type(kind: ast.expr, classes: dict[str, ast.ClassDef], docs: dict[str, t.Any]) -> Schema:
    if isinstance(kind, ast.Name):
        if kind.id in _PLAIN:
            return {"type": _PLAIN[kind.id]}
        return _of_class(kind.id, classes, docs) if kind.id in classes else _of_type(_aliases()[kind.id], classes, docs)
    if isinstance(kind, ast.Subscript) and isinstance(kind.value, ast.Attribute):
        return _of_generic(kind.value.attr, kind.slice, classes, docs)
    raise ValueError(f"no JSON Schema for {ast.dump(kind)}")


def _of_generic(name: str, inner: ast.expr, classes: dict[str, ast.ClassDef], docs: dict[str, t.Any]) -> Schema:
    if name == "Literal":
        return {"type": "string", "enum": list(ast.literal_eval(inner))}
    if name == "List":
        return {"type": "array", "items": _of_type(inner, classes, docs)}
    if name == "Optional":
        made = _of_type(inner, classes, docs)
        return {**made, "type": [made["type"], "null"]}
    raise ValueError(f"no JSON Schema for {name}")


def _described(docs: dict[str, t.Any]) -> Schema:
    text = docs.get("description", "")
    plain = re.sub(r"\b[A-Z]{1,2}\(([^()]*)\)", r"\1", " ".join(text) if isinstance(text, list) else text)
    return {"description": plain} if plain else {}
