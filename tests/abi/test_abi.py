# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The binding's declarations are those of corosync's headers, and the checked-in module is what they generate.

A declaration that differs from the header does not fail at run time: it reads wrong numbers. So every line counts here.
"""

import pathlib
import re
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

# Imported late, as the two programs beside this file are found only now.
import against_headers  # noqa: E402  pylint: disable=wrong-import-position
import generate  # noqa: E402  pylint: disable=wrong-import-position

from ansible_collections.corosync.quorum.plugins.module_utils._corosync import (  # noqa: E402  pylint: disable=wrong-import-position
    _abi,
    constants,
    errors,
    votequorum,
)
from ansible_collections.corosync.quorum.plugins.module_utils._value import snapshot  # noqa: E402  pylint: disable=wrong-import-position

CDEF = generate.CDEF.read_text(encoding="utf-8")
DEFINES, DECLARATIONS = against_headers.split(CDEF)
HEADERS = pathlib.Path("/usr/include/corosync")

# What newer headers have and the binding does not use, by name: anything else that is new is to be looked at.
UNUSED_FUNCTIONS = {
    "votequorum_model_initialize",
    "votequorum_get_qdevice_extra_info",
    "votequorum_set_qdevice_extra_info",
}
# Flags that older headers do not have
NEWER_FLAGS = {"qdevice_has_extra_info"}
# Of corosync's main branch
NEWER = """
#define VOTEQUORUM_INFO_QDEVICE_HAS_EXTRA_INFO  1024
cs_error_t votequorum_model_initialize (
    votequorum_handle_t *handle,
    const votequorum_model_v1_data_t *model);
cs_error_t votequorum_get_qdevice_extra_info (
cs_error_t votequorum_set_qdevice_extra_info (
"""

pytestmark = pytest.mark.skipif(not (HEADERS / "votequorum.h").exists(), reason="corosync's C headers are not installed (libvotequorum-dev)")


def header_text(*names):
    return "\n".join(against_headers.without_comments((HEADERS / name).read_text(encoding="utf-8")) for name in names)


def declared_functions():
    return {match.group(1) for match in (re.match(r"cs_error_t (\w+)\(", declaration) for declaration in DECLARATIONS) if match}


def test_the_checked_in_module_is_what_the_generator_makes():
    done = subprocess.run(
        [sys.executable, str(HERE / "generate.py"), "--check"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_the_generator_notices_a_changed_declaration(tmp_path, monkeypatch):
    changed = tmp_path / "corosync.cdef.h"
    changed.write_text(CDEF.replace("unsigned int node_votes;", "uint64_t node_votes;"), encoding="utf-8")
    monkeypatch.setattr(generate, "CDEF", changed)
    assert generate.render() != generate.TARGET.read_text(encoding="utf-8")


def test_the_headers_agree_with_every_declaration():
    assert against_headers.compile_errors(against_headers.program(CDEF)) == ""


def test_every_declaration_is_in_the_program():
    program = against_headers.program(CDEF)
    assert len(DECLARATIONS) > 40 and len(DEFINES) > 15
    for name in DEFINES:
        assert f'"{name}");' in program
    for declaration in DECLARATIONS:
        body = re.search(r"\{(.*)\}", declaration)
        if body is None:
            assert f"\n{declaration}\n" in program
        elif against_headers.is_enum(declaration):
            for enumerator in body.group(1).split(","):
                name = enumerator.split("=")[0].strip()
                assert f'"{name}");' in program
        else:
            for member in filter(str.strip, body.group(1).split(";")):
                name = re.search(r"(\w+)(\[\d+\])?$", member.strip()).group(1)
                assert f'"type of {against_headers.type_name(declaration)}.{name}");' in program


# A change of one declaration, of each kind that would make the binding read or pass something else.
MUTATIONS = {
    "an enumerator's value": ("CS_ERR_TRY_AGAIN = 6,", "CS_ERR_TRY_AGAIN = 5,"),
    "a dispatch flag": ("CS_DISPATCH_BLOCKING = 3,", "CS_DISPATCH_BLOCKING = 5,"),
    "a constant": ("VOTEQUORUM_INFO_QDEVICE_ALIVE 128", "VOTEQUORUM_INFO_QDEVICE_ALIVE 129"),
    "a node's state": ("VOTEQUORUM_NODESTATE_DEAD 2", "VOTEQUORUM_NODESTATE_DEAD 3"),
    "a constant that is not there": ("QUORUM_FREE 0", "QUORUM_FRAIL 0"),
    "the type of a member": ("unsigned int node_votes;", "int node_votes;"),
    "the width of a member": ("unsigned int flags;", "uint64_t flags;"),
    "the order of two members": ("unsigned int quorum;\n    unsigned int flags;", "unsigned int flags;\n    unsigned int quorum;"),
    "a missing member": ("    unsigned int highest_expected;\n", ""),
    "the length of an array": ("char qdevice_name[255];", "char qdevice_name[256];"),
    "the order of two callbacks": (
        (
            "    votequorum_quorum_notification_fn_t votequorum_quorum_notify_fn;\n"
            "    votequorum_expectedvotes_notification_fn_t votequorum_expectedvotes_notify_fn;\n"
        ),
        (
            "    votequorum_expectedvotes_notification_fn_t votequorum_expectedvotes_notify_fn;\n"
            "    votequorum_quorum_notification_fn_t votequorum_quorum_notify_fn;\n"
        ),
    ),
    "a missing callback": ("    votequorum_nodelist_notification_fn_t votequorum_nodelist_notify_fn;\n", ""),
    "a missing argument of a callback": (
        "votequorum_handle_t handle, uint64_t context, votequorum_ring_id_t ring_id,",
        "votequorum_handle_t handle, uint64_t context,",
    ),
    "the width of a callback's argument": ("uint32_t quorate, uint64_t ring_seq", "uint32_t quorate, uint32_t ring_seq"),
    "an argument by pointer instead of by value": (
        "unsigned int cast_vote, votequorum_ring_id_t ring_id)",
        "unsigned int cast_vote, votequorum_ring_id_t *ring_id)",
    ),
    "a missing argument": (
        "votequorum_trackstart(votequorum_handle_t handle, uint64_t context,",
        "votequorum_trackstart(votequorum_handle_t handle,",
    ),
    "the order of two arguments": ("uint64_t context, unsigned int flags)", "unsigned int flags, uint64_t context)"),
    "the type of a result": ("cs_error_t votequorum_trackstop(", "int votequorum_trackstop("),
    "a forgotten const": (
        "votequorum_qdevice_register(votequorum_handle_t handle, const char *name)",
        "votequorum_qdevice_register(votequorum_handle_t handle, char *name)",
    ),
    "the width of a handle": ("typedef uint64_t votequorum_handle_t;", "typedef uint32_t votequorum_handle_t;"),
    "the type of a value of cmap": ("CMAP_VALUETYPE_STRING = 11,", "CMAP_VALUETYPE_STRING = 12,"),
    "a member of the ring id": ("uint64_t seq;", "uint32_t seq;"),
}


@pytest.mark.parametrize("mutation", sorted(MUTATIONS))
def test_the_headers_refuse(mutation):
    old, new = MUTATIONS[mutation]
    assert CDEF.count(old) == 1, "the mutation does not fit the declarations any more"
    assert "error" in against_headers.compile_errors(against_headers.program(CDEF.replace(old, new)))


def functions_to_wrap(header):
    return set(re.findall(r"^cs_error_t (votequorum_\w+) ?\(", header, re.M)) - UNUSED_FUNCTIONS


def flags_of(header):
    flags = {name.lower(): int(value, 0) for name, value in re.findall(r"#define VOTEQUORUM_INFO_(\w+)\s+(\w+)", header)}
    flags["two_node"] = flags.pop("twonode")
    return flags


@pytest.mark.parametrize("newer", ["", NEWER], ids=["installed", "newer"])
def test_the_whole_api_of_votequorum_is_declared_and_each_function_has_its_method(newer):
    functions = functions_to_wrap(header_text("votequorum.h") + newer)
    assert functions == {name for name in declared_functions() if name.startswith("votequorum_")}
    methods = {"votequorum_" + name for name in dir(votequorum.Votequorum) if not name.startswith("_")}
    assert functions - methods == set()


@pytest.mark.parametrize("newer", ["", NEWER], ids=["installed", "newer"])
def test_the_names_of_flags_and_states_are_the_headers(newer):
    header = header_text("votequorum.h") + newer
    ours = {name: 1 << bit for bit, name in enumerate(constants.FLAGS)}
    assert {name: bit for name, bit in ours.items() if name not in NEWER_FLAGS - set(flags_of(header))} == flags_of(header)
    states = re.findall(r"#define VOTEQUORUM_NODESTATE_(\w+)\s+(\w+)", header)
    assert {int(value, 0): name.lower() for name, value in states} == snapshot.STATES


def test_what_nobody_has_looked_at_is_noticed():
    header = header_text("votequorum.h") + NEWER
    surprise = header + "cs_error_t votequorum_surprise (\n#define VOTEQUORUM_INFO_SURPRISE  2048\n"
    assert functions_to_wrap(surprise) - functions_to_wrap(header) == {"votequorum_surprise"}
    assert set(flags_of(surprise)) - set(constants.FLAGS) == {"surprise"}


def test_every_code_of_corosync_has_its_exception():
    enumerators = dict(re.findall(r"\b(CS_(?:ERR_\w+|OK))\s*=\s*(\d+)", header_text("corotypes.h")))
    assert {name: int(value) for name, value in enumerators.items()} == dict(
        {error.name: code for code, error in errors.BY_CODE.items()}, CS_OK=constants.CS_OK
    )
    for name, value in _abi.ffi.typeof("cs_error_t").relements.items():
        assert name == "CS_OK" or (errors.BY_CODE[value].name, errors.BY_CODE[value].code) == (name, value)


def test_the_constants_that_the_code_spells_out_are_the_declared_ones():
    declared = dict({name: int(value, 0) for name, value in DEFINES.items()}, **_abi.ffi.typeof("cs_dispatch_flags_t").relements)
    for name in (
        "DISPATCH_ONE",
        "DISPATCH_ALL",
        "DISPATCH_BLOCKING",
        "DISPATCH_ONE_NONBLOCKING",
        "TRACK_CURRENT",
        "TRACK_CHANGES",
        "TRACK_CHANGES_ONLY",
    ):
        assert getattr(constants, name) == declared["CS_" + name]
    assert declared["VOTEQUORUM_QDEVICE_NODEID"] == constants.QDEVICE_NODEID
    assert declared["VOTEQUORUM_QDEVICE_MAX_NAME_LEN"] - 1 == constants.QDEVICE_MAX_NAME
    assert declared["CMAP_KEYNAME_MAXLEN"] == constants.CMAP_LONGEST_KEY
    assert 2 * _abi.ffi.sizeof("struct votequorum_info") < votequorum.INFO_ROOM
    assert votequorum.NodeInfo._fields == tuple(name for name, dummy in _abi.ffi.typeof("struct votequorum_info").fields)


def test_the_types_of_cmaps_values():
    kinds = _abi.ffi.typeof("cmap_value_types_t").relements
    numbers = {
        kinds["CMAP_VALUETYPE_" + name.upper()]: c_type
        for name, c_type in (
            [(f"{sign}int{bits}", f"{sign}int{bits}_t") for sign in ("", "u") for bits in (8, 16, 32, 64)] + [("float", "float"), ("double", "double")]
        )
    }
    assert numbers == constants.CMAP_NUMBERS
    assert kinds["CMAP_VALUETYPE_STRING"] == constants.CMAP_STRING
    assert kinds["CMAP_VALUETYPE_UINT8"] == constants.CMAP_UINT8
    assert _abi.ffi.typeof("cmap_map_t").relements["CMAP_MAP_STATS"] == constants.CMAP_MAP_STATS
