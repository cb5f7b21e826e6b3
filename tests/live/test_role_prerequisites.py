# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role `prerequisites`: a real package that is missing is installed, and a node that has all is left alone."""

import json

import pytest
from docs.examples import role_examples
from playing import Play

MINIMAL, REALISTIC = role_examples("prerequisites")
PACKAGE = "python3-cffi-backend"
# The nodes have no way to an archive, so the package is built again from what is installed, put into an archive of its own, and removed.
ARCHIVE = f"""\
set -e
mkdir -p /srv/archive/{PACKAGE}/DEBIAN
cd /srv/archive
dpkg -L {PACKAGE} | while read -r path; do [ -d "$path" ] || install -D "$path" "{PACKAGE}$path"; done
dpkg-query -W -f 'Package: ${{Package}}\\nVersion: ${{Version}}\\nArchitecture: ${{Architecture}}\\nMaintainer: ${{Maintainer}}\\nProvides: ${{Provides}}\\n' \
{PACKAGE} >{PACKAGE}/DEBIAN/control
echo "Description: of the lab" >>{PACKAGE}/DEBIAN/control
dpkg-deb --build --root-owner-group {PACKAGE} package.deb >/dev/null
cp {PACKAGE}/DEBIAN/control Packages
printf 'Filename: ./package.deb\\nSize: %s\\nSHA256: %s\\n' $(stat -c '%s' package.deb) $(sha256sum package.deb | cut -d' ' -f1) >>Packages
mkdir -p /srv/lists
touch /etc/apt/sources.list
mv /etc/apt/sources.list /etc/apt/sources.list.d /srv/lists/
mkdir /etc/apt/sources.list.d
echo 'deb [trusted=yes] file:/srv/archive ./' >/etc/apt/sources.list
dpkg --purge --force-depends {PACKAGE}
"""
RESTORE = "[ ! -d /srv/lists ] || { rm -rf /etc/apt/sources.list /etc/apt/sources.list.d; mv /srv/lists/* /etc/apt/; rm -rf /srv/lists /srv/archive; }"
ELSEWHERE = {
    "os_family": "Gentoo",
    "distribution": "Gentoo",
    "distribution_major_version": "2",
    "pkg_mgr": "portage",
    "python": {"executable": "/usr/bin/python3", "version": {"major": 3, "minor": 11}},
    "cacheable": True,
}


@pytest.fixture(name="run")
def _run(lab, tmp_path):
    """Run plays on node1, where the package is missing; it is there again afterwards."""
    node = lab["node1"]
    node.sh(ARCHIVE, timeout=120)

    def run(plays, arguments=(), code=0):
        (tmp_path / "book.json").write_text(json.dumps(plays), encoding="utf-8")
        (tmp_path / "group.json").write_text(json.dumps({"cluster": {"hosts": {"node1": {}}}}), encoding="utf-8")
        with Play(lab, tmp_path / "book.json", arguments=["-i", str(lab.inventory), "-i", str(tmp_path / "group.json"), *arguments]) as play:
            results = play.end(120)
            assert play.process.returncode == code, play.output
            return results

    yield run
    node.sh(f"dpkg -s {PACKAGE} >/dev/null 2>&1 || dpkg -i /srv/archive/package.deb\n{RESTORE}", timeout=60)


def done(results):
    """What was not skipped, and whether it changed something."""
    return {result.task.split(" : ")[-1]: bool(result.result.get("changed")) for result in results if result.status == "ok"}


def test_what_is_missing_is_installed_and_nothing_else(lab, run):
    role = {
        "hosts": "cluster",
        "gather_facts": False,
        "tasks": [{"ansible.builtin.set_fact": ELSEWHERE}, {"ansible.builtin.import_role": {"name": "corosync.quorum.prerequisites"}}],
    }
    told = next(result.result["msg"] for result in run([role], code=2) if result.status == "failed")
    assert "node1 is of the family Gentoo" in told and "_cffi_backend" in told and "libvotequorum.so.8" in told and "/usr/bin/python3" in told

    promised = run(MINIMAL.data, ["--check"])
    assert done(promised)["Show which packages would be installed"]
    assert any(PACKAGE in str(result.result.get("msg")) for result in promised)
    assert lab["node1"].run(["/usr/bin/python3", "-c", "import _cffi_backend"], check=False).returncode == 1

    installed = done(run(MINIMAL.data))
    assert installed["Refresh the package list and install the packages"]
    assert lab["node1"].run(["/usr/bin/python3", "-c", "import _cffi_backend"]).returncode == 0

    again = done(run(REALISTIC.data))
    assert not any(again.values())
    assert "List the missing components" in again
    assert not {"Gather facts about distribution, package manager and Python", "Refresh the package list and install the packages"}.intersection(again)
