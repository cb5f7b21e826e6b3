# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of the role monitor on a node: found, written, removed, and compiled."""

import hashlib
import os
import pathlib
import subprocess
import sys

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._node import installed, service_paths, trusted
from ansible_collections.corosync.quorum.plugins.module_utils._program import textfile
from ansible_collections.corosync.quorum.plugins.module_utils._program.exposition import exposition
from ansible_collections.corosync.quorum.tests.unit.fakes.readings import answer

METRICS = exposition(answer(), 0.0)


@pytest.fixture(name="owner", autouse=True)
def _owner(monkeypatch):
    """Whoever runs the tests may not give files to root."""
    given = []
    monkeypatch.setattr(os, "chown", lambda path, *owner: given.append(owner))
    return given


@pytest.fixture(name="beside", autouse=True)
def _beside(monkeypatch):
    """The tests' runner has Python compile to a folder of its own."""
    monkeypatch.setattr(sys, "pycache_prefix", None, raising=False)
    monkeypatch.delenv("PYTHONPYCACHEPREFIX", raising=False)


@pytest.fixture(name="root")
def _root(tmp_path):
    folder = tmp_path / "program"
    installed.write(str(folder / "a" / "one.py"), b"ONE = 1\n", 0o644)
    installed.write(str(folder / "two.py"), b"TWO = 2\n", 0o644)
    installed.compile_below(str(folder))
    return folder


def test_files_are_found_with_what_tells_them_apart_and_without_what_python_made(root, tmp_path):
    (root / "link").symlink_to("two.py")
    (root / "folder").symlink_to("a")
    launcher = tmp_path / "launcher"
    launcher.write_bytes(b"x")
    found = installed.found([str(root), str(launcher), str(tmp_path / "absent")])
    assert sorted(os.path.relpath(path, str(tmp_path)) for path in found) == [
        "launcher",
        "program/a/one.py",
        "program/folder",
        "program/link",
        "program/two.py",
    ]
    two = found[str(root / "two.py")]
    assert (two.digest, two.mode) == (hashlib.sha256(b"TWO = 2\n").hexdigest(), "0644")
    assert found[str(root / "link")].digest == found[str(root / "folder")].digest == ""
    assert (root / "__pycache__").is_dir()


def test_a_folder_that_is_a_link_is_no_folder(root, tmp_path):
    link = tmp_path / "elsewhere"
    link.symlink_to(root)
    assert list(installed.found([str(link)])) == [str(link)]


def test_a_file_is_written_whole_with_its_mode_whatever_the_umask(tmp_path, owner):
    before = os.umask(0o077)
    try:
        installed.write(str(tmp_path / "new" / "below" / "file"), b"x", 0o755)
    finally:
        os.umask(before)
    assert [oct(path.stat().st_mode & 0o777) for path in (tmp_path / "new", tmp_path / "new/below", tmp_path / "new/below/file")] == ["0o755"] * 3
    assert owner == [(0, 0)] and os.listdir(str(tmp_path / "new/below")) == ["file"]


def test_nothing_is_left_of_a_file_that_cannot_be_put_in_place(tmp_path):
    (tmp_path / "taken" / "full").mkdir(parents=True)
    with pytest.raises(OSError):
        installed.write(str(tmp_path / "taken"), b"x", 0o644)
    assert os.listdir(str(tmp_path)) == ["taken"]


def test_what_is_removed_takes_its_compiled_file_and_empty_folders_along(root, tmp_path):
    folders = [str(root)]
    installed.remove(str(root / "a" / "one.py"), folders)
    assert sorted(path.name for path in root.iterdir()) == ["__pycache__", "two.py"]
    installed.write(str(root / "three.py"), b"", 0o644)
    installed.remove(str(root / "two.py"), folders)
    assert [path.name for path in root.rglob("*.pyc")] == []
    installed.remove(str(root / "three.py"), folders)
    assert list(tmp_path.iterdir()) == []


def test_no_folder_of_somebody_else_goes(tmp_path):
    file = tmp_path / "metrics" / "x.prom"
    file.parent.mkdir()
    file.touch()
    installed.remove(str(file), [str(tmp_path / "program")])
    installed.remove(str(file), [str(tmp_path / "program")])
    assert list(tmp_path.iterdir()) == [file.parent]


def test_what_cannot_be_compiled_stops_nothing(root):
    installed.write(str(root / "wrong.py"), b"def", 0o644)
    installed.compile_below(str(root))


def test_a_text_is_that_of_a_file(tmp_path):
    (tmp_path / "file").write_bytes(b"x\xff")
    (tmp_path / "link").symlink_to("file")
    assert [installed.text(str(tmp_path / name)) for name in ("file", "link", "absent", ".")] == ["x\ufffd", "", "", ""]


def test_the_python_goes_by_a_name_that_stays(monkeypatch, tmp_path):
    lasting, own = tmp_path / "python3", tmp_path / "python3.11"
    own.touch()
    lasting.symlink_to(own)
    monkeypatch.setattr(sys, "executable", str(own))
    monkeypatch.setattr(installed, "_LASTING", (str(tmp_path / "absent"), str(lasting)))
    assert installed.lasting_python() == str(lasting)
    monkeypatch.setattr(installed, "_LASTING", ())
    assert installed.lasting_python() == str(own)


def test_where_metrics_can_be_written(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    assert service_paths.textfile_fault(str(tmp_path / "x.prom")) == service_paths.textfile_fault(str(tmp_path / "file")) == ""
    assert service_paths.textfile_fault(str(tmp_path / "no" / "x.prom")) == f"the folder {tmp_path}/no is not there"
    assert service_paths.textfile_fault(str(tmp_path / "file" / "x.prom")) == f"{tmp_path}/file is not a folder"
    assert service_paths.textfile_fault(str(tmp_path)) == "it is there, and is not a file"
    monkeypatch.setattr(os, "access", lambda *dummy: False)
    assert "cannot be written to" in service_paths.textfile_fault(str(tmp_path / "x.prom"))


def test_who_else_could_write_where_the_metrics_are(tmp_path):
    folder = tmp_path / "metrics"
    folder.mkdir(mode=0o755)
    assert service_paths.textfile_danger(str(folder / "x.prom")) == ""
    folder.chmod(0o777)
    assert service_paths.textfile_danger(str(folder / "x.prom")) == f"{folder} can be written by every user (mode 0777)"


def test_certificates_are_read(tmp_path):
    (tmp_path / "none.pem").write_text("x")
    assert service_paths.ca_fault(str(tmp_path / "none.pem")) == "it has no certificate in PEM format"
    assert service_paths.ca_fault(str(tmp_path / "absent.pem")) == "it cannot be read: No such file or directory"
    system = pathlib.Path("/etc/ssl/certs/ca-certificates.crt")
    if system.exists():
        assert service_paths.ca_fault(str(system)) == ""


def test_whose_a_folder_is(tmp_path):
    assert service_paths.is_roots("/usr") and service_paths.is_roots(str(tmp_path)) == (os.getuid() == 0)
    tmp_path.chmod(0o555)
    assert not service_paths.is_roots(str(tmp_path))
    assert isinstance(service_paths.has_systemd(), bool)


def test_what_was_compiled_is_what_runs(root):
    done = subprocess.run([sys.executable, "-v", "-c", "import two"], cwd=str(root), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True)
    assert b"two.cpython" in done.stdout and b"matches" in done.stdout


@pytest.mark.parametrize("part", [0, 5, len(METRICS)])
def test_what_it_wrote_or_began_to_write_is_removed(tmp_path, part):
    path = str(tmp_path / "q.prom")
    for one in (path, textfile.aside_of(path)):
        textfile.write(one, METRICS[:part])
        installed.remove_metrics(one)
        installed.remove_metrics(one)
    installed.remove_metrics(str(tmp_path / "none" / "q.prom"))
    assert os.listdir(str(tmp_path)) == []


def test_what_it_did_not_write_stays(tmp_path):
    path = tmp_path / "q.prom"
    path.write_text("# HELP node_reboot_required x\n")
    with pytest.raises(trusted.UnsafePath, match="q.prom has other content than metrics of corosync-quorum"):
        installed.remove_metrics(str(path))
    assert path.exists()
    path.unlink()
    (tmp_path / "metrics").write_text(METRICS)
    for make in (lambda: path.symlink_to(tmp_path / "metrics"), path.mkdir, lambda: os.mkfifo(str(path))):
        make()
        with pytest.raises(trusted.UnsafePath, match="q.prom is not a file"):
            installed.remove_metrics(str(path))
        (path.rmdir if path.is_dir() and not path.is_symlink() else path.unlink)()
    assert (tmp_path / "metrics").read_text() == METRICS


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")
def test_what_another_user_put_there_stays(tmp_path):
    path = tmp_path / "q.prom"
    path.write_text(METRICS)
    os.lchown(str(path), 65534, 0)
    with pytest.raises(trusted.UnsafePath, match=r"belongs to another user than root \(uid 65534\)"):
        installed.remove_metrics(str(path))
    assert path.exists()
