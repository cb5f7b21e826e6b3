# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""Let this node's own corosync judge a corosync.conf before it is written: `corosync -t`. Nothing of the trial stays on the node.

Only this node knows its addresses, users and folders. The trial is in a folder of its own, which has a link to uidgid.d, because corosync reads the
folder of that name beside its file (read_uidgid_files_into_icmap() in exec/coroparse.c). A node without a key gets one for the trial. What corosync
says goes to standard error, which it does not by itself after it has read the logging section.
"""

import glob
import os
import shutil
import stat
import subprocess
import tempfile
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._conf.parser import parse

FOLDER = "/etc/corosync"
STATE = "/var/lib/corosync"
PLUGINS = ["/usr/lib/kronosnet", "/usr/lib64/kronosnet", "/usr/lib/*/kronosnet"]
_KEY_BYTES = 1024
_SAY_IT = "logging {\n    to_stderr: yes\n    to_syslog: no\n}\n"
_LONGEST = 10000  # characters of what corosync says


class Verdict(t.NamedTuple):
    accepted: bool
    output: str  # what corosync said, or why it was not asked


def judge(text: str, program: str, timeout: float, scratch: t.Optional[str] = None, folder: str = FOLDER) -> Verdict:
    """What this corosync says of this text. scratch: where the folder of the trial is made."""
    logs = log_files(text)
    doubt = next(filter(None, map(_doubt_about, logs)), "") or _missing_plugin(text)
    if doubt:
        return Verdict(False, doubt)
    new_logs = [path for path in logs if not os.path.lexists(path)]
    trial = tempfile.mkdtemp(prefix="corosync-trial-", dir=scratch)
    try:
        return _run([program, "-t", "-c", _prepare(trial, text, folder)], timeout)
    finally:
        # corosync makes its log files even for a test.
        for path in new_logs:
            _remove(path)
        shutil.rmtree(trial, ignore_errors=True)


def log_files(text: str) -> t.List[str]:
    """The files that corosync would write its log to."""
    values = parse(text).values
    return sorted({str(value) for key, value in values.items() if key.startswith("logging.") and key.endswith("logfile") and str(value).startswith("/")})


def _doubt_about(path: str) -> str:
    """Why root does not write to this file: in a folder in which everybody may put a link, corosync would write wherever the link points to."""
    try:
        mode = os.stat(os.path.dirname(path)).st_mode
    except OSError:
        return ""  # corosync says it better
    if stat.S_ISDIR(mode) and mode & stat.S_IWOTH:
        return f"the folder of the log file {path} is writable by everybody: corosync runs as root and would follow a link that somebody puts there"
    return ""


def _missing_plugin(text: str) -> str:
    """Which library kronosnet does not find for the encryption. It loads it when corosync starts, and a test loads nothing."""
    model = parse(text).text("totem.crypto_model")
    folders = [folder for pattern in PLUGINS for folder in glob.glob(pattern)]
    plugin = f"crypto_{model}.so"
    if not model or not folders or any(os.path.exists(os.path.join(folder, plugin)) for folder in folders):
        return ""
    return f"totem.crypto_model is {model}, but kronosnet's plugin {plugin} is not in {' or '.join(folders)}. Install the package that has it"


def _prepare(trial: str, text: str, folder: str) -> str:
    """The path of the file to judge."""
    os.symlink(os.path.join(folder, "uidgid.d"), os.path.join(trial, "uidgid.d"))
    more = _SAY_IT
    if not os.path.exists(os.path.join(folder, "authkey")):
        key = os.path.join(trial, "authkey")
        _write(key, os.urandom(_KEY_BYTES))
        more += f"totem {{\n    keyfile: {key}\n}}\n"
    # On newer systems systemd makes this folder when it starts corosync for the first time (StateDirectory=). Without it even a test fails.
    if not os.path.isdir(STATE) and not parse(text).text("system.state_dir"):
        more += f"system {{\n    state_dir: {trial}\n}}\n"
    path = os.path.join(trial, "corosync.conf")
    _write(path, (text + more).encode("utf-8"))
    return path


def _write(path: str, content: bytes) -> None:
    with open(path, "wb") as file:
        file.write(content)


def _run(command: t.List[str], timeout: float) -> Verdict:
    try:
        # AnsibleModule.run_command() knows no timeout, and a corosync that does not end must not hold a play.
        done = subprocess.run(  # pylint: disable=ansible-bad-function
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout,
            check=False,
            env=dict(os.environ, LC_ALL="C"),
        )
    except subprocess.TimeoutExpired:
        return Verdict(False, f"it did not end within {timeout:g} s")
    except OSError as exc:
        return Verdict(False, f"it cannot be run: {os.strerror(exc.errno or 0)}")  # Python 3.6 and 3.7 have the path in strerror
    return Verdict(done.returncode == 0, done.stdout.decode("utf-8", "replace")[:_LONGEST].strip())


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        pass  # it was not made
