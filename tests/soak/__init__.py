# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Endurance: a cluster of five nodes with a random fault every few seconds, and everything of the collection at work meanwhile.

`make soak` runs it. Afterwards what was told, waited for and allowed is compared with what C programs saw on the nodes.
"""
