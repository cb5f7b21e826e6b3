# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: what each verb prints and ends with, also for what it cannot understand."""

import io
import json
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.errors import DaemonGone, NoSpace
from ansible_collections.corosync.quorum.plugins.module_utils._program import check, cli, metrics, output, reading, status
from ansible_collections.corosync.quorum.tests.unit.fakes.properties import examples
from ansible_collections.corosync.quorum.tests.unit.fakes.readings import ASKED_AT, answer, none


class Stream:
    """A text stream as Python has it for a process."""

    def __init__(self):
        self.buffer = io.BytesIO()

    def flush(self):
        """Nothing is kept back."""


def said(*words):
    """(exit code, standard output, standard error) of a command line."""
    streams = Stream(), Stream()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sys, "stdout", streams[0])
        patched.setattr(sys, "stderr", streams[1])
        code = cli.main(list(words))
    return (code, *(stream.buffer.getvalue().decode("utf-8") for stream in streams))


@pytest.fixture(name="read")
def _read(monkeypatch):
    """Let the verbs get this reading. The timeouts that they gave are in the list that is returned."""
    timeouts = []

    def gets(given):
        def ask(timeout):
            timeouts.append(timeout)
            return given

        for verb in (status, check, metrics):
            monkeypatch.setattr(verb, "ask", ask)
        return timeouts

    return gets


def test_help_names_every_verb():
    code, out, err = said("--help")
    assert (code, err) == (0, "") and said("-h")[1] == out
    assert [line.split()[0] for line in out.splitlines() if line.startswith("  ")] == [verb.name for verb in cli.VERBS]


@pytest.mark.parametrize("verb", cli.VERBS, ids=lambda verb: verb.name)
def test_help_of_a_verb_names_each_option_and_asks_corosync_nothing(verb):
    code, out, err = said(verb.name, "--help")
    assert (code, err) == (0, "") and out.startswith(f"usage: corosync-quorum {verb.name}")
    loaded = verb.load()
    assert [line.split()[0][2:] for line in out.splitlines() if line.startswith("  --")] == [*(option.name for option in loaded.OPTIONS), "help"]
    assert all(len(line) <= 100 for line in out.splitlines())
    assert said(verb.name, "--no-such-option", "-h")[1] == out


@pytest.mark.parametrize(
    "words, sentence",
    [
        ([], "corosync-quorum: a verb is missing: give one of status,"),
        (["stat"], "corosync-quorum: there is no verb 'stat': give one of status,"),
        (["\x1b[2J"], "there is no verb '\\x1b[2J'"),
        (["--json"], "there is no verb '--json'"),
        (["status", "--jso"], "corosync-quorum status: unrecognized arguments: --jso."),
        (["status", "now"], "corosync-quorum status: unrecognized arguments: now."),
        (["status", "--timeout"], "corosync-quorum status: argument --timeout: expected one argument."),
        (["status", "--timeout", "0"], "corosync-quorum status: --timeout must be a number of seconds greater than 0 and at most"),
        (["status", "--timeout", "nan"], "got nan."),
        (["metrics", "--timeout", "soon"], "corosync-quorum metrics: --timeout must be a number of seconds greater than 0, such as 5; got 'soon'."),
        (["metrics", "--timeout", "-1"], "got -1."),
    ],
)
def test_what_it_does_not_understand_ends_with_2_and_a_sentence(words, sentence):
    code, out, err = said(*words)
    assert (code, out) == (2, "") and sentence in err and err.endswith(".\n") and err.count("\n") == 1


@pytest.mark.parametrize("tolerates", ["", "-1", "1.5", "385", "many", "9" * 5000])
def test_a_plugin_tells_a_wrong_option_where_it_is_read(tolerates):
    code, out, err = said("check", "--tolerates", tolerates)
    assert (code, err) == (3, "") and len(out) < 1500
    assert out.startswith("QUORUM UNKNOWN - corosync-quorum check: --tolerates must be a number of nodes from 0 to 384, such as 1; got '")
    assert said("check", "now")[:2] == (
        3,
        "QUORUM UNKNOWN - corosync-quorum check: unrecognized arguments: now. 'corosync-quorum check --help' lists its options.\n",
    )


def test_options_are_given_to_the_verb_with_their_defaults(read):
    timeouts = read(answer())
    assert [said(*words)[0] for words in (["check"], ["check", "--tolerates=2"], ["check", "--tolerates", "0", "--timeout", "2.5"])] == [0, 1, 0]
    assert timeouts == [5.0, 5.0, 2.5]


def test_status_as_a_page_and_as_data(read):
    read(answer())
    assert said("status")[:1] + said("status")[2:] == (0, "") and "quorate, 3 of 3 votes" in said("status")[1]
    code, out, dummy = said("status", "--json")
    assert (code, json.loads(out)) == (0, {"available": True, "quorate": True, "votequorum": answer().value})
    read(answer(quorate=False))
    assert said("status")[0] == 0, "it was read"


def test_status_of_a_node_without_corosync(read):
    read(none("timeout", "corosync does not answer."))
    assert said("status") == (1, "", "corosync-quorum status: corosync does not answer.\n")
    code, out, err = said("status", "--json")
    assert (code, err, json.loads(out)) == (1, "", {"available": False, "quorate": False, "reason": "timeout", "msg": "corosync does not answer."})


def test_metrics_end_with_0_whatever_was_read(read):
    read(answer())
    assert said("metrics")[::2] == (0, "") and "\ncorosync_quorum_votes 3\n" in said("metrics")[1]
    read(none())
    assert said("metrics")[::2] == (0, "") and 'corosync_quorum_down_info{reason="not_running"} 1\n' in said("metrics")[1]


def test_a_fault_of_the_check_itself_is_no_warning(monkeypatch):
    def ask(dummy):
        raise ValueError("of\nno use")

    monkeypatch.setattr(check, "ask", ask)
    assert said("check") == (3, "QUORUM UNKNOWN - this program has failed: ValueError: of no use\n", "")
    monkeypatch.setattr(status, "ask", ask)
    with pytest.raises(ValueError):
        said("status")


def test_an_interrupted_program_ends_without_a_word(monkeypatch):
    def ask(dummy):
        raise KeyboardInterrupt

    monkeypatch.setattr(status, "ask", ask)
    assert said("status") == (130, "", "")


def test_nobody_reads_what_it_says():
    program = f"import sys; from {cli.__name__} import main; sys.exit(main(['--help']))"
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={"PYTHONPATH": ":".join(sys.path)}) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
@pytest.mark.parametrize("verb", ["status", "check"])
def test_a_disk_that_is_full_is_told_in_a_sentence(verb):
    program = f"import sys; from {cli.__name__} import main; sys.exit(main(['{verb}', '--help']))"
    with open("/dev/full", "wb") as full:
        done = subprocess.Popen([sys.executable, "-c", program], stdout=full, stderr=subprocess.PIPE, env={"PYTHONPATH": ":".join(sys.path)})
        said_ = done.communicate()[1]
    assert (done.returncode, said_) == (74, b"corosync-quorum: The output could not be written: No space left on device.\n")


def test_a_closed_output_and_characters_that_utf_8_does_not_have(monkeypatch):
    stream = Stream()
    output.say("näme \ud800", stream)
    assert stream.buffer.getvalue() == b"n\xc3\xa4me \\ud800\n"
    monkeypatch.setattr(sys, "stdout", None)
    output.say("nothing")


@pytest.mark.parametrize("error, reason", [(DaemonGone("initialize"), "not_running"), (NoSpace("initialize"), "failed")])
def test_a_reading_that_fails_has_a_reason(monkeypatch, error, reason):
    def observe(dummy):
        raise error

    monkeypatch.setattr(reading, "observe", observe)
    monkeypatch.setattr(reading.time, "time", lambda: ASKED_AT)
    assert reading.ask(5) == reading.Answer(None, ASKED_AT, reason, str(error))


def test_a_reading_says_when_it_was_asked_for(monkeypatch):
    monkeypatch.setattr(reading, "observe", lambda timeout: {"read_at": None, "timeout": timeout})
    monkeypatch.setattr(reading.time, "time", lambda: ASKED_AT)
    assert reading.ask(5) == reading.Answer({"read_at": "2026-11-27T10:15:02.250Z", "timeout": 5}, ASKED_AT)


@examples(100)
@given(st.lists(st.one_of(st.text(), st.sampled_from(["--json", "--timeout", "--links", "--", "-", "@file"])), max_size=4))
def test_no_traceback_whatever_stands_on_the_command_line(words):
    for verb in cli.VERBS:
        loaded = verb.load()
        try:
            given_ = cli._given(loaded.OPTIONS, words)
        except cli.OptionError as exc:
            assert str(exc).endswith(".") and len(str(exc)) < 1500 and str(exc).isprintable()
        else:
            assert set(given_) == {option.key for option in loaded.OPTIONS}
