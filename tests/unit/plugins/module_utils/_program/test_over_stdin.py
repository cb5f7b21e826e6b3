# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A program that comes over the standard input: it runs, it ends with its life line, and it leaves nothing behind."""

import hashlib
import io
import os
import subprocess
import sys
import tempfile
import zipfile

from ansible_collections.corosync.quorum.plugins.module_utils._program import over_stdin

PATIENCE = 60
SHOWS = "import sys, helper; print(helper.WORD, sys.argv[1:], flush=True)\n"
READS = SHOWS + "import os\nwhile os.read(0, 10): print('more', flush=True)\n"
ANEW = """
import os, sys
if "again" in sys.argv:
    import helper
    print(helper.WORD, "again")
else:
    os.execv(sys.executable, [sys.executable, "-I", sys.path[0], "again"])
"""


def application(main):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as target:
        target.writestr("__main__.py", main)
        target.writestr("helper.py", "WORD = 'here'\n")
    return packed.getvalue()


def started(program, digest=None, cwd=None, arrived=None):
    with open(over_stdin.__file__, "rb") as source:
        receiver = source.read()
    digest = digest or hashlib.sha256(program).hexdigest()
    command = [sys.executable, "-I", "-c", f"import sys; exec(sys.stdin.buffer.read({len(receiver)}))", str(len(program)), digest, "events", "--x"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=cwd)
    process.stdin.write(receiver + program[:arrived])
    process.stdin.flush()
    return process


def test_it_runs_with_its_words_and_imports_what_is_in_it(tmp_path):
    (tmp_path / "helper.py").write_text("WORD = 'of the folder in which it is called'\n")
    process = started(application(SHOWS), cwd=str(tmp_path))
    assert process.stdout.readline() == b"here ['events', '--x']\n"
    assert process.wait(PATIENCE) == 0
    assert process.communicate()[1] == b""


def test_its_exit_code_is_that_of_the_program():
    process = started(application("import sys\nsys.exit(7)\n"))
    assert process.wait(PATIENCE) == 7
    process.communicate()


def test_the_program_has_the_rest_of_the_standard_input_and_sees_its_end():
    process = started(application(READS))
    assert process.stdout.readline()
    process.stdin.write(b"x")
    process.stdin.flush()
    assert process.stdout.readline() == b"more\n"
    assert process.poll() is None
    process.stdin.close()
    assert process.wait(PATIENCE) == 0
    assert process.stderr.read() == b""
    process.stdout.close()
    process.stderr.close()


def test_the_program_may_go_on_as_a_new_one_that_reads_itself_again():
    out, err = started(application(ANEW)).communicate(timeout=PATIENCE)
    assert (out, err) == (b"here again\n", b"")


def test_what_did_not_arrive_as_it_was_sent_is_not_run():
    process = started(application(SHOWS), digest="0" * 64)
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (1, b"")
    assert b"The program did not arrive as it was sent" in err and b"Traceback" not in err


def test_what_arrived_in_part_is_not_run():
    program = application(SHOWS)
    process = started(program, arrived=len(program) - 10)
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (1, b"")
    assert f"{len(program) - 10} of {len(program)} bytes came".encode() in err


def test_without_files_in_memory_the_file_has_no_name(monkeypatch, tmp_path):
    monkeypatch.delattr(os, "memfd_create", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with over_stdin._without_name(application(SHOWS)) as path:
        assert list(tmp_path.iterdir()) == []
        assert subprocess.run([sys.executable, path], stdout=subprocess.PIPE, check=True, pass_fds=[int(path.rpartition("/")[2])]).stdout.startswith(b"here")
