# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ansible-galaxy builds is packed again, so that the same files give the same bytes; the stage `package` builds the real one twice."""

from __future__ import annotations

import hashlib
import io
import json
import pathlib
import subprocess
import tarfile
import typing as t

import pytest
from run import artifact, paths
from run.steps import package

MOMENT = 1700000000
CONTENTS = {"README.md": b"Read me\n", "plugins/b.py": b"b = 1\n", "plugins/a.sh": b"#!/bin/sh\n"}
FOLDERS = ("plugins",)


def built(path: pathlib.Path, backwards: bool = False, mtime: float = 1.5, owner: int = 1000, umask: int = 0o022) -> pathlib.Path:
    """An artifact as ansible-galaxy writes it on some machine."""
    names = sorted([*CONTENTS, *FOLDERS], reverse=backwards)
    files = [{"name": ".", "chksum_sha256": None}]
    files += [{"name": name, "chksum_sha256": hashlib.sha256(CONTENTS[name]).hexdigest() if name in CONTENTS else None} for name in names]
    listed = json.dumps({"files": files, "format": 1}, indent=True).encode()
    manifest = json.dumps({"file_manifest_file": {"name": "FILES.json", "chksum_sha256": hashlib.sha256(listed).hexdigest()}}, indent=True).encode()
    contents = {"MANIFEST.json": manifest, "FILES.json": listed, **CONTENTS}
    with tarfile.open(path, "w:gz") as archive:
        for name in ["MANIFEST.json", "FILES.json", *names]:
            entry = tarfile.TarInfo(name)
            entry.mtime, entry.uid, entry.gid, entry.uname = mtime, owner, owner, "somebody"
            entry.type = tarfile.DIRTYPE if name in FOLDERS else tarfile.REGTYPE
            entry.mode = (0o777 if name in FOLDERS or name.endswith(".sh") else 0o666) & ~umask
            entry.size = len(contents.get(name, b""))
            archive.addfile(entry, io.BytesIO(contents.get(name, b"")))
    return path


def repacked(tmp_path: pathlib.Path, name: str, when: int = MOMENT, **machine: t.Any) -> pathlib.Path:
    target = tmp_path / f"{name}.tar.gz"
    artifact.repack(built(tmp_path / f"{name}-built.tar.gz", **machine), target, when)
    return target


@pytest.mark.parametrize("machine", [{"backwards": True}, {"mtime": 1e9}, {"owner": 0}, {"umask": 0o077}], ids=str)
def test_another_machine_makes_the_same_bytes(tmp_path: pathlib.Path, machine: dict[str, t.Any]) -> None:
    one, other = repacked(tmp_path, "one"), repacked(tmp_path, "other", **machine)
    assert (tmp_path / "one-built.tar.gz").read_bytes() != (tmp_path / "other-built.tar.gz").read_bytes()
    assert artifact.digest(one) == artifact.digest(other) == hashlib.sha256(one.read_bytes()).hexdigest()


def test_another_time_makes_other_bytes(tmp_path: pathlib.Path) -> None:
    assert artifact.digest(repacked(tmp_path, "one")) != artifact.digest(repacked(tmp_path, "other", when=MOMENT + 1))


def test_nothing_is_lost_and_nothing_of_the_machine_is_left(tmp_path: pathlib.Path) -> None:
    path = repacked(tmp_path, "one", backwards=True)
    with tarfile.open(path) as archive:
        entries = archive.getmembers()
        contents = {entry.name: t.cast(t.IO[bytes], archive.extractfile(entry)).read() for entry in entries if entry.isfile()}
    assert [(entry.name, oct(entry.mode)) for entry in entries] == [
        ("MANIFEST.json", "0o644"),
        ("FILES.json", "0o644"),
        ("README.md", "0o644"),
        ("plugins", "0o755"),
        ("plugins/a.sh", "0o755"),
        ("plugins/b.py", "0o644"),
    ]
    assert {(entry.mtime, entry.uid, entry.gid, entry.uname, entry.gname) for entry in entries} == {(MOMENT, 0, 0, "", "")}
    assert {name: contents[name] for name in CONTENTS} == CONTENTS
    assert path.read_bytes()[3:8] == bytes(5), "gzip's header has flags or a time"
    # ansible-galaxy compares both when it installs.
    listed = {file["name"]: file["chksum_sha256"] for file in json.loads(contents["FILES.json"])["files"]}
    assert list(listed) == [".", "README.md", "plugins", "plugins/a.sh", "plugins/b.py"]
    assert {name: listed[name] for name in CONTENTS} == {name: hashlib.sha256(content).hexdigest() for name, content in CONTENTS.items()}
    assert json.loads(contents["MANIFEST.json"])["file_manifest_file"]["chksum_sha256"] == hashlib.sha256(contents["FILES.json"]).hexdigest()


def test_the_time_is_what_the_environment_says_or_that_of_the_newest_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(MOMENT))
    assert artifact.moment() == MOMENT
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    newest = subprocess.run(["git", "-C", str(paths.CHECKOUT), "show", "-s", "--format=%ct", "HEAD"], check=True, capture_output=True, text=True)
    assert artifact.moment() == int(newest.stdout)


def test_ansible_sees_the_installed_collection_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    for name in ("PYTHONPATH", "COLLECTIONS_TREE", "ANSIBLE_COLLECTIONS_PATH", "ANSIBLE_DEPRECATION_WARNINGS"):
        monkeypatch.setenv(name, "of the checkout")
    environment = artifact.alone(tmp_path)
    assert "of the checkout" not in environment.values()
    assert environment["ANSIBLE_COLLECTIONS_PATH"] == str(tmp_path)
    assert pathlib.Path(environment["ANSIBLE_CONFIG"]).read_text(encoding="utf-8") == ""


def test_a_tool_that_fails_ends_the_run_with_what_it_said(tmp_path: pathlib.Path) -> None:
    with pytest.raises(SystemExit, match=r"FAILED: python -c .*\n.*no such thing"):
        artifact.run_tool("python", "-c", "raise SystemExit('no such thing')", cwd=tmp_path)


def test_warnings_of_ansible_are_complaints() -> None:
    said = "[WARNING]: one\ncontinued\n[DEPRECATION WARNING]: two\nUsing a file as configuration\n[ERROR]: three\n"
    assert package.complaints(said) == ["[WARNING]: one", "[DEPRECATION WARNING]: two", "[ERROR]: three"]
