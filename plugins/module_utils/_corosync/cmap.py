# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""cmap: reading corosync's configuration map, for what votequorum itself cannot answer."""

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.connection import Connection
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.constants import CMAP_LONGEST_KEY, CMAP_MAP_STATS, CMAP_NUMBERS, CMAP_STRING, CMAP_UINT8
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.deadline import Lane
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.errors import DoesNotExist, NoSections
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.library import CMAP

CmapValue = t.Union[int, float, str, bytes]

# The longest value read at once. Bytes.
VALUE_ROOM = 4096


class Cmap(Connection):
    """One connection to cmap."""

    service = "cmap"
    soname = CMAP

    def __init__(self, lane: Lane) -> None:
        super().__init__(lane)
        self._key = self.ffi.new("char[]", CMAP_LONGEST_KEY + 1)
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
        """Raises KeyReadOnly where it is."""
        self.call("set", key.encode("ascii"), self.ffi.new("uint8_t *", value), 1, CMAP_UINT8)

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
        if kind in CMAP_NUMBERS:
            number = self.ffi.cast(f"{CMAP_NUMBERS[kind]} *", self._value)[0]
            return float(number) if kind > 8 else int(number)
        raw = bytes(self.ffi.buffer(self._value, self._length[0]))
        return raw.rstrip(b"\0").decode("utf-8", "replace") if kind == CMAP_STRING else raw


class Statistics(Cmap):
    """One connection to the map of statistics, which corosync has from version 3 on. It is read like the other map."""

    opens_with = "initialize_map"

    def is_offered(self) -> bool:
        """Whether this library knows that map at all."""
        return hasattr(self._library, self._name(self.opens_with))

    def _initialize_args(self) -> t.Tuple[t.Any, ...]:
        return (CMAP_MAP_STATS,)
