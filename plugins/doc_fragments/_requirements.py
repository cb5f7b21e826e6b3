# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This doc fragment is PRIVATE to the collection: no other code may rely on it.

from __future__ import annotations


class ModuleDocFragment:
    # What a managed node needs
    DOCUMENTATION = r"""
requirements:
  - corosync 2.4.2 or newer with its libraries C(libvotequorum.so.8), C(libquorum.so.5) and C(libcmap.so.4), which come with corosync's packages.
  - The Python module C(_cffi_backend) for the Python that Ansible uses on the node. It is in C(python3-cffi-backend) on Debian and Ubuntu, and in
    C(python3-cffi) elsewhere.
  - Root, or a user whose primary group corosync accepts (see C(uidgid) in corosync.conf(5)).
options: {}
"""
