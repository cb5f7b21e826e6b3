# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""Import this collection from the zip archive that Ansible sends, and compile each module once.

Python compiles it twice: to find it, zipimport asks for the name of its file, and for that it compiles the source, throws the code away, and compiles
again to load it (get_filename() in Lib/zipimport.py, the same from Python 3.6 to 3.13). In a task nothing is cached, so half of a module's import was that.
"""

import contextlib
import gc
import sys
import typing as t
import zipimport

if t.TYPE_CHECKING:
    from importlib.machinery import ModuleSpec

_OURS = "ansible_collections.corosync.quorum."


class _Finder:
    """Finds a module where zipimport would, with zipimport's own loader. What is in no archive, and packages, are left to the finders behind it."""

    @staticmethod
    def find_spec(fullname: str, path: t.Optional[t.Sequence[str]] = None, target: t.Any = None) -> "t.Optional[ModuleSpec]":
        for entry in path or () if fullname.startswith(_OURS) else ():
            loader: t.Any = _loader_of(entry)
            if loader is not None and _has_module(loader, fullname):
                spec = _spec_class()(fullname, loader, origin=f"{entry}/{fullname.rpartition('.')[2]}.py")
                spec.has_location = True
                return spec
        return None


def _spec_class() -> "t.Type[ModuleSpec]":
    """Whoever imports from an archive has this already. For a program in a folder it is one import less."""
    from importlib.machinery import ModuleSpec

    return ModuleSpec


def _loader_of(entry: str) -> t.Optional[zipimport.zipimporter]:
    """Of an archive, or of a folder in one; None for what is none. As pkgutil.get_importer() does it, whose import costs more than all that is found here."""
    known: t.Any = sys.path_importer_cache.get(entry)
    if known is None:
        try:
            known = zipimport.zipimporter(entry)
        except zipimport.ZipImportError:
            return None
        sys.path_importer_cache[entry] = known
    return known if isinstance(known, zipimport.zipimporter) else None


def _has_module(loader: zipimport.zipimporter, fullname: str) -> bool:
    try:
        return not loader.is_package(fullname)
    except zipimport.ZipImportError:
        return False


@contextlib.contextmanager
def compiled_once() -> t.Iterator[None]:
    """What is imported within is. Behind it, imports are Python's own again.

    Garbage is not looked for meanwhile, as compiling leaves next to none; and never among what is there by then, AnsibleModule included: these objects
    live until the process ends. A module that runs for some tenths of a second has spent a tenth of them on that search, the last one at its end.
    Where nothing is imported, garbage stays garbage: what connects to corosync again and again comes by here each time, and would only ever grow.
    """
    collects = gc.isenabled()
    known = len(sys.modules)
    gc.disable()
    sys.meta_path.insert(0, _Finder)
    try:
        yield
    finally:
        sys.meta_path.remove(_Finder)
        if len(sys.modules) > known:
            getattr(gc, "freeze", lambda: None)()  # from Python 3.7 on
        if collects:
            gc.enable()
