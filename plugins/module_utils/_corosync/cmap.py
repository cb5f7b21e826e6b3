# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""cmap: reading corosync's configuration map, for what votequorum itself cannot answer."""

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.connection import Connection
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.deadline import Lane
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.errors import DoesNotExist, NoSections
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.library import CMAP

CmapValue = t.Union[int, float, str, bytes]

# cmap_value_types_t (corosync/cmap.h) of the numbers, as C types
_NUMBERS = {1: "int8_t", 2: "uint8_t", 3: "int16_t", 4: "uint16_t", 5: "int32_t", 6: "uint32_t", 7: "int64_t", 8: "uint64_t", 9: "float", 10: "double"}
_STRING = 11
_UINT8 = 2

# CMAP_KEYNAME_MAXLEN and the 0 that ends it; the longest value read at once. Bytes.
KEY_ROOM = 256
VALUE_ROOM = 4096


class Cmap(Connection):
    """One connection to cmap."""

    service = "cmap"
    soname = CMAP

    def __init__(self, lane: Lane) -> None:
        super().__init__(lane)
        self._key = self.ffi.new("char[]", KEY_ROOM)
        self._value = self.ffi.new("char[]", VALUE_ROOM)
        self._length = self.ffi.new("size_t *")
        self._type = self.ffi.new("cmap_value_types_t *")

    def read(self, *prefixes: str, keys: t.Sequence[str] = ()) -> t.Dict[str, CmapValue]:
        """Every key below these prefixes, and of these keys those that are there, with their values. One job for the lane, since it is many calls."""
        return self.lane.call(self._read, prefixes, keys)

    def get(self, key: str) -> t.Optional[CmapValue]:
        """The value of a key, None where there is no such key."""
        return self.lane.call(self._get, key)

    def set_uint8(self, key: str, value: int) -> None:
        """Raises AccessDenied for a read-only key."""
        self.call("set", key.encode("ascii"), self.ffi.new("uint8_t *", value), 1, _UINT8)

    def _read(self, prefixes: t.Tuple[str, ...], keys: t.Sequence[str]) -> t.Dict[str, CmapValue]:
        values = self._got(keys)
        for prefix in prefixes:
            values.update(self._got(self._keys(prefix)))
        return values

    def _got(self, keys: t.Sequence[str]) -> t.Dict[str, CmapValue]:
        found = [(key, self._get(key)) for key in keys]
        return {key: value for key, value in found if value is not None}

    def _keys(self, prefix: str) -> t.List[str]:
        iteration = self.ffi.new("cmap_iter_handle_t *")
        self.call("iter_init", prefix.encode("ascii"), iteration)
        keys = []
        try:
            while True:
                self.call("iter_next", iteration[0], self._key, self._length, self._type)
                keys.append(self.ffi.string(self._key).decode("utf-8", "replace"))
        except (NoSections, DoesNotExist):
            return keys
        finally:
            self.call("iter_finalize", iteration[0])

    def _get(self, key: str) -> t.Optional[CmapValue]:
        self._length[0] = VALUE_ROOM
        try:
            self.call("get", key.encode("utf-8"), self._value, self._length, self._type)
        except DoesNotExist:
            return None
        kind = int(self._type[0])
        if kind in _NUMBERS:
            number = self.ffi.cast(f"{_NUMBERS[kind]} *", self._value)[0]
            return float(number) if kind > 8 else int(number)
        raw = bytes(self.ffi.buffer(self._value, self._length[0]))
        return raw.rstrip(b"\0").decode("utf-8", "replace") if kind == _STRING else raw
