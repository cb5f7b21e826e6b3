# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turn C declarations into a C program that compiles only where corosync's real headers agree with every one of them."""

import re
import subprocess

import cffi

INCLUDES = ("corosync/corotypes.h", "corosync/votequorum.h", "corosync/quorum.h", "corosync/cmap.h")


def without_comments(text):
    return re.sub(r"/\*.*?\*/", "", text, flags=re.S)


def split(cdef):
    """(defines, declarations) of the text: {name: value as text}, and each declaration up to its ';' as a string."""
    text = without_comments(cdef)
    defines = dict(re.findall(r"^#define (\w+) (\w+)$", text, re.M))
    text = re.sub(r"^#define .*$", "", text, flags=re.M)
    declarations, depth, start = [], 0, 0
    for at, char in enumerate(text):
        depth += {"{": 1, "}": -1}.get(char, 0)
        if char == ";" and depth == 0:
            declarations.append(" ".join(text[start : at + 1].split()))
            start = at + 1
    if text[start:].strip():
        raise ValueError(f"no declaration: {text[start:]!r}")
    return defines, declarations


def is_enum(declaration):
    return declaration.startswith("typedef enum {")


def is_struct(declaration):
    return declaration.startswith(("typedef struct {", "struct "))


def type_name(declaration):
    """The C type that an enum or struct declaration makes."""
    if declaration.startswith("struct "):
        return declaration.split(" {")[0]
    return re.search(r"(\w+);$", declaration).group(1)


def assertion(condition, text):
    return f'_Static_assert({condition}, "{text}");'


def enum_assertions(ctype):
    return [assertion(f"{name} == {value}", name) for name, value in ctype.relements.items()]


def struct_assertions(ffi, ctype, name):
    """Size, and name, place and type of every member, in the order of their offsets."""
    lines = [assertion(f"sizeof({name}) == {ffi.sizeof(ctype)}", "size of " + name)]
    for member, field in ctype.fields:
        what = f"{name}.{member}"
        lines.append(assertion(f"offsetof({name}, {member}) == {field.offset}", "offset of " + what))
        lines.append(assertion(f"__builtin_types_compatible_p(__typeof__((({name} *)0)->{member}), {field.type.cname})", "type of " + what))
    return lines


def program(cdef):
    """The C program. Every declaration that is no enum or struct (a prototype, a callback's type, a handle's type) is stated again behind
    the headers, and C takes the second statement only if it is the same; so `const` counts, which cffi forgets."""
    ffi = cffi.FFI()
    ffi.cdef(without_comments(cdef))
    defines, declarations = split(cdef)
    lines = ["#include <stddef.h>"] + [f"#include <{header}>" for header in INCLUDES]
    lines += [assertion(f"{name} == {value}", name) for name, value in defines.items()]
    for declaration in declarations:
        if is_enum(declaration):
            lines += enum_assertions(ffi.typeof(type_name(declaration)))
        elif is_struct(declaration):
            lines += struct_assertions(ffi, ffi.typeof(type_name(declaration)), type_name(declaration))
        else:
            lines.append(declaration)
    return "\n".join(lines) + "\n"


def compile_errors(source):
    """What the C compiler says against this program; '' if nothing."""
    command = ["cc", "-std=gnu11", "-fsyntax-only", "-Wall", "-Werror", "-x", "c", "-"]
    done = subprocess.run(command, input=source, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, check=False)
    return done.stdout if done.returncode else ""
