# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packed modules go from one playbook of the tests to the next, whole, and only to one with the same ansible-core and collections."""

from __future__ import annotations

import pathlib
import runpy
import typing as t

import pytest
from ansible import constants
from run import kept_modules

Run = t.Callable[[str, str], t.Any]


@pytest.fixture(name="run")
def _run(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> Run:
    """run(name, collections): the callback of an ansible-playbook with a folder of its own and these collections."""
    monkeypatch.setenv("KEPT_MODULES", str(tmp_path / "kept"))

    def run(name: str, collections: str) -> t.Any:
        (tmp_path / name).mkdir()
        monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path / name))
        monkeypatch.setattr(constants, "COLLECTIONS_PATHS", [collections])
        callback = runpy.run_path(str(pathlib.Path(kept_modules.CALLBACKS, "kept_modules.py")))["CallbackModule"]()
        callback.v2_playbook_on_start(None)
        return callback

    return run


def packed(folder: pathlib.Path) -> dict[str, str]:
    return {file.name: file.read_text(encoding="utf-8") for file in (folder / "ansiballz_cache").iterdir()}


def test_the_next_run_has_what_the_first_has_packed_and_nothing_half(run: Run, tmp_path: pathlib.Path) -> None:
    first = run("first", "/collections")
    assert packed(tmp_path / "first") == {}
    for name in ("ping", "ping.lock", "setup-part"):
        (tmp_path / "first" / "ansiballz_cache" / name).write_text(name, encoding="utf-8")
    first.v2_playbook_on_stats(None)
    second = run("second", "/collections")
    assert packed(tmp_path / "second") == {"ping": "ping"}
    (tmp_path / "second" / "ansiballz_cache" / "ping").write_text("another", encoding="utf-8")
    second.v2_playbook_on_stats(None)
    run("third", "/collections")
    assert packed(tmp_path / "third") == {"ping": "ping"}, "what is kept stays as it is"


def test_another_state_of_the_collection_has_its_own(run: Run, tmp_path: pathlib.Path) -> None:
    first = run("first", "/collections")
    (tmp_path / "first" / "ansiballz_cache" / "ping").write_text("ping", encoding="utf-8")
    first.v2_playbook_on_stats(None)
    run("second", "/changed")
    assert packed(tmp_path / "second") == {}
