# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""Corosync's constants, flags and limits, without the prefixes that C needs. A test compares those of the headers with the headers."""

# corosync/corotypes.h: cs_error_t; what votequorum_dispatch runs; what votequorum_trackstart sends
CS_OK = 1
DISPATCH_ONE, DISPATCH_ALL, DISPATCH_BLOCKING, DISPATCH_ONE_NONBLOCKING = 1, 2, 3, 4
TRACK_CURRENT, TRACK_CHANGES, TRACK_CHANGES_ONLY = 1, 2, 4

# corosync/votequorum.h: VOTEQUORUM_NODESTATE_*; VOTEQUORUM_INFO_*, bit 0 first; the quorum device; the longest name of one, without the 0 that ends it
MEMBER, DEAD, LEAVING = 1, 2, 3
FLAGS = (
    "two_node",
    "quorate",
    "wait_for_all",
    "last_man_standing",
    "auto_tie_breaker",
    "allow_downscale",
    "qdevice_registered",
    "qdevice_alive",
    "qdevice_cast_vote",
    "qdevice_master_wins",
    "qdevice_has_extra_info",
)
INFO_QUORATE = 1 << FLAGS.index("quorate")
QDEVICE_NODEID = 0
QDEVICE_MAX_NAME = 254

# corosync/cmap.h: cmap_value_types_t, the numbers as C types; CMAP_KEYNAME_MAXLEN; cmap_map_t
CMAP_NUMBERS = {1: "int8_t", 2: "uint8_t", 3: "int16_t", 4: "uint16_t", 5: "int32_t", 6: "uint32_t", 7: "int64_t", 8: "uint64_t", 9: "float", 10: "double"}
CMAP_UINT8 = 2
CMAP_STRING = 11
CMAP_LONGEST_KEY = 255
CMAP_MAP_STATS = 1

# exec/votequorum.c keeps the quorum in 8 bits (197), and (510 + 2) / 2 is 256
VOTES_THAT_WRAP = 510
# exec/votequorum.c, DEFAULT_LMS_WIN. Milliseconds.
LAST_MAN_STANDING_WINDOW = 10000
