# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the lab keeps in its cache, and what it offers to nodes as an upgrade."""

import hashlib

import pytest
from lab import Lab, LabError, cache, host, image, packages, upgrade


@pytest.fixture(name="folder")
def _folder(tmp_path, monkeypatch):
    """A place in a cache of its own."""
    monkeypatch.setattr(host, "require", lambda: None)
    return tmp_path / "things/one"


def test_a_folder_is_made_once(folder):
    made = []
    for _twice in range(2):
        assert cache.made_once(folder, "one", lambda half: (made.append(half), half.mkdir())) == folder
    assert len(made) == 1
    assert folder.is_dir()


def test_what_an_interrupted_run_left_is_neither_taken_nor_kept(folder):
    def interrupted(half):
        half.mkdir()
        (half / "some").touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.made_once(folder, "one", interrupted)
    assert not folder.exists()
    cache.made_once(folder, "one", lambda half: half.mkdir())
    assert not list(folder.iterdir())
    assert [path.name for path in folder.parent.iterdir()] == ["one"]


def test_every_part_of_a_recipe_counts():
    assert cache.recipe_hash("a", "b") == cache.recipe_hash("a", "b")
    assert len({cache.recipe_hash(*parts) for parts in (("a", "b"), ("a", "c"), ("b", "a"), ("a",), ("a", "b", ""))}) == 5


def test_the_index_of_a_repository_is_what_apt_reads(tmp_path):
    packages.write_index(tmp_path, [("a_1_all.deb", "Package: a\nVersion: 1\n\n", b"content"), ("b_2_all.deb", "Package: b\nVersion: 2\n", b"")])
    index = (tmp_path / "Packages").read_bytes()
    assert index.decode().split("\n\n")[0] == f"Package: a\nVersion: 1\nFilename: ./a_1_all.deb\nSize: 7\nSHA256: {hashlib.sha256(b'content').hexdigest()}"
    assert index.decode().count("\n\n") == 1
    assert f"{hashlib.sha256(index).hexdigest()} {len(index)} Packages" in (tmp_path / "Release").read_text()


def test_a_repository_without_a_package_is_an_error(tmp_path):
    with pytest.raises(LabError, match="no package"):
        packages.write_index(tmp_path, [])


@pytest.mark.parametrize(
    "suite, target", [("bookworm", "bullseye"), ("bookworm", "bookworm"), ("bullseye", "trixie"), ("bookworm", "forky"), ("forky", "trixie"), ("bookworm", "")]
)
def test_only_the_next_debian_is_offered(suite, target):
    with pytest.raises(LabError, match="bookworm to trixie, bullseye to bookworm, trixie to forky"):
        upgrade.check(suite, target)


def test_a_lab_with_an_impossible_offer_or_stack_is_refused_before_anything_boots():
    with pytest.raises(LabError, match="cannot be upgraded"):
        Lab(suite="trixie", upgrade_to="bookworm")
    with pytest.raises(LabError, match="pcs, crmsh"):
        Lab(stack="heartbeat")


def test_a_stack_is_a_layer_over_the_base_image_and_changes_nothing_of_it():
    assert image.layers("bookworm", "pcs")[1:] == image.layers("bookworm") == [image.path("bookworm")]
    assert image.layers("bookworm", "pcs")[0] != image.layers("bookworm", "crmsh")[0]
