# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sessions of antsibull-nox, as antsibull-nox.toml describes them."""

import antsibull_nox

antsibull_nox.load_antsibull_nox_toml()
