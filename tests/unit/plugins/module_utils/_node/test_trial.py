# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The trial of a corosync.conf: what corosync is given, and that nothing of it stays. tests/live asks a real corosync; here a script answers."""

import os
import time

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._node import trial as tested

TEXT = "totem {\n    version: 2\n}\n"


@pytest.fixture(name="place")
def _place(tmp_path):
    """The folders of a node: corosync's, one for trials, one for logs."""
    for name in ("corosync", "corosync/uidgid.d", "scratch", "log"):
        (tmp_path / name).mkdir()
    (tmp_path / "corosync/uidgid.d/one").write_text("uidgid {\n}\n", encoding="utf-8")
    return tmp_path


@pytest.fixture(name="judge")
def _judge(place):
    """Let a script in place of corosync judge a text: `$3` is the file, `$here` the place."""

    def judge(script, text=TEXT, timeout=10.0):
        kept = set(os.listdir(place / "corosync"))
        program = place / "corosync.sh"
        program.write_text(f"#!/bin/sh\nhere='{place}'\n{script}\n", encoding="utf-8")
        program.chmod(0o755)
        verdict = tested.judge(text, str(program), timeout, str(place / "scratch"), str(place / "corosync"))
        assert os.listdir(place / "scratch") == [] and set(os.listdir(place / "corosync")) == kept
        return verdict

    return judge


def test_what_corosync_is_given(judge):
    verdict = judge('echo "$1 $2"; cat "$3" "$(dirname "$3")/uidgid.d/one"')
    assert verdict.accepted and verdict.output.startswith("-t -c\n" + TEXT) and verdict.output.endswith("uidgid {\n}")
    assert "to_stderr: yes" in verdict.output


def test_a_node_without_a_key_gets_one_for_the_trial(judge):
    verdict = judge('file=$(sed -n "s/ *keyfile: //p" "$3"); wc -c <"$file"; stat -c %a "$(dirname "$file")"')
    assert verdict == (True, "1024\n700")


def test_a_node_with_a_key_is_judged_with_its_own(judge, place):
    (place / "corosync/authkey").write_bytes(b"k")
    assert judge('grep -c keyfile "$3"').output == "0"


@pytest.mark.parametrize("text, made", [(TEXT, "1"), (TEXT + "system {\n    state_dir: /srv\n}\n", "0")])
def test_a_node_on_which_corosync_has_never_run_has_a_state_folder_for_the_trial(judge, place, monkeypatch, text, made):
    monkeypatch.setattr(tested, "STATE", str(place / "state"))
    assert judge('grep -c "state_dir: .*corosync-trial-" "$3"; true', text).output == made


def test_a_node_that_has_a_state_folder_is_judged_with_it(judge, place, monkeypatch):
    monkeypatch.setattr(tested, "STATE", str(place))
    assert judge('grep -c state_dir "$3"; true').output == "0"


def test_a_refusal_with_the_words_of_corosync(judge):
    assert judge('echo "no such user" >&2; exit 8') == (False, "no such user")


def test_what_is_said_is_bounded(judge):
    assert len(judge("head -c 100000 /dev/zero | tr '\\0' x").output) == 10000


def test_a_corosync_that_does_not_end(judge):
    start = time.monotonic()
    assert judge("exec sleep 20", timeout=0.3) == (False, "it did not end within 0.3 s")
    assert time.monotonic() - start < 10


def test_a_corosync_that_is_not_there(place):
    verdict = tested.judge(TEXT, str(place / "none"), 1.0, str(place / "scratch"), str(place / "corosync"))
    assert verdict == (False, "it cannot be run: No such file or directory")


def logging(place):
    return TEXT + f"logging {{\n    logfile: {place}/log/new.log\n    logger_subsys {{\n    subsys: QUORUM\n    logfile: {place}/log/other.log\n    }}\n}}\n"


def test_a_log_file_that_corosync_makes_for_the_trial_goes_and_another_stays(judge, place):
    (place / "log/other.log").write_text("mine", encoding="utf-8")
    assert judge('echo x >>"$here/log/new.log"; echo x >>"$here/log/other.log"', logging(place)).accepted
    assert os.listdir(place / "log") == ["other.log"]


def test_a_log_file_in_a_folder_of_everybody_is_refused(judge, place):
    (place / "log").chmod(0o1777)
    verdict = judge("echo >$here/asked", logging(place))
    assert not verdict.accepted and f"the folder of the log file {place}/log/new.log is writable by everybody" in verdict.output
    assert not (place / "asked").exists()


def test_a_folder_that_is_not_there_is_corosyncs_to_refuse(judge, place):
    assert judge("exit 0", TEXT + f"logging {{\n    logfile: {place}/none/x.log\n}}\n").accepted


@pytest.mark.parametrize(("model", "installed", "accepted"), [("nss", ["nss"], True), ("openssl", ["nss"], False), ("openssl", None, True), (None, [], True)])
def test_encryption_for_which_kronosnet_has_no_plugin_is_refused(judge, place, monkeypatch, model, installed, accepted):
    """`corosync -t` does not load it, and corosync does not start without it. Where there is no such folder, nobody knows where the plugins are."""
    if installed is not None:
        (place / "lib/x/kronosnet").mkdir(parents=True)
        for name in installed:
            (place / f"lib/x/kronosnet/crypto_{name}.so").touch()
    monkeypatch.setattr(tested, "PLUGINS", [str(place / "none"), str(place / "lib/*/kronosnet")])
    verdict = judge("exit 0", TEXT + (f"totem {{\n    crypto_model: {model}\n}}\n" if model else ""))
    assert verdict.accepted == accepted and ("plugin crypto_openssl.so is not in" in verdict.output) != accepted
