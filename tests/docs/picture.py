# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures of the documentation: what real runs print in a terminal, as SVG. `PYTHONPATH=tests .venv/bin/python -m docs.picture demo gate`

Nothing in them is written by hand. Rows of asterisks are cut short, empty lines in a row are one, the checkout is ~/corosync.quorum, and what comes
before the first line of interest is left out. rich, which draws them, comes with molecule.
"""

import argparse
import codecs
import contextlib
import fcntl
import io
import os
import pathlib
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
import typing as t

import yaml
from lab import private_lab
from rich.console import Console
from rich.text import Text

from .examples import CHECKOUT, all_examples, title

COLUMNS = 120
FRAME = """\
<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<!-- Copyright (c) 2026 corosync.quorum contributors
GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
SPDX-License-Identifier: GPL-3.0-or-later
Made by tests/docs/picture.py from a real run. -->
<style>
.{unique_id}-matrix {{ font-family: "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: {char_height}px; line-height: {line_height}px; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: arial, sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" /></clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


# title: what stands above the terminal. command: makes a context manager that gives what to run, and what to add to its environment.
# begins: the picture begins at the first line that this pattern matches. ends: it ends before the first one that this matches, where one is given.
# code: with which exit code the command has to end.
class Picture(t.NamedTuple):
    title: str
    command: t.Callable[[], t.Any]
    begins: str
    ends: str | None
    code: int = 0


@contextlib.contextmanager
def _make(target):
    yield ["make", "--no-print-directory", target], {}


@contextlib.contextmanager
def _playbook(book, stopped=()):
    """A playbook on three nodes of its own, with corosync stopped on some of them. book: a playbook of the collection, or the name of a play."""
    with private_lab("picture", nodes=3) as lab, tempfile.TemporaryDirectory() as folder:
        cluster = lab.cluster(nodes=3)
        cluster.wait_quorate()
        for name in stopped:
            cluster[name].stop_corosync()
        cluster.wait_ring([node.nodeid for node in cluster if node.name not in stopped])
        if not book.startswith("corosync.quorum."):
            example = [one for one in all_examples() if title(one) == book][0]
            book = str(pathlib.Path(folder) / "playbook.yml")
            pathlib.Path(book).write_text(yaml.safe_dump(example.data, sort_keys=False), encoding="utf-8")
        group = pathlib.Path(folder) / "group.yml"
        group.write_text("cluster: {children: {nodes: {}}}\n", encoding="utf-8")
        program = str(pathlib.Path(sys.executable).with_name("ansible-playbook"))
        command = [program, "-i", str(lab.inventory), "-i", str(group), "-e", "rolling_upgrade_report=", book]
        yield command, {"ANSIBLE_CONFIG": str(lab.ansible_cfg)}


PICTURES = {
    "demo": Picture("make demo", lambda: _make("demo"), r"^\d+\. May node3 be stopped", r"^The three nodes are still up"),
    "test": Picture("make test", lambda: _make("test"), r"^==> ", None),
    "gate": Picture("ansible-playbook playbook.yml", lambda: _playbook("Restart corosync everywhere without losing quorum"), r"^PLAY ", None),
    "refusal": Picture(
        "ansible-playbook -b corosync.quorum.rolling_upgrade",
        lambda: _playbook("corosync.quorum.rolling_upgrade", ["node3"]),
        r"^TASK .*Check that the upgrade can start",
        r"^Origin:",
        2,
    ),
}


def record(command, environment, columns=COLUMNS, code=0):
    """What a command prints in a terminal of that width, with its colours. RuntimeError where it ends with another exit code."""
    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_") and name != "NO_COLOR"}
    process = subprocess.Popen(
        command,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        cwd=str(CHECKOUT),
        start_new_session=True,
        env=dict(inherited, TERM="xterm-256color", LC_ALL="C.UTF-8", COLUMNS=str(columns), **environment),
    )
    os.close(terminal)
    text = "".join(_until_closed(controller))
    os.close(controller)
    if process.wait() != code:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{text[-2000:]}")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _until_closed(controller):
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    while True:
        try:
            data = os.read(controller, 65536)
        except OSError:  # EIO: nobody has the terminal open any more
            return
        if not data:
            return
        sys.stderr.buffer.write(data)
        yield decoder.decode(data)


def tidied(text, begins, ends=None):
    """From the first line that `begins` matches to the one before the first that `ends` does.

    Without empty lines in a row, without the rows of asterisks that fill a line, and with the checkout where a reader may have it.
    """
    lines = text.split("\n")
    plain = [Text.from_ansi(line).plain for line in lines]
    first = [number for number, line in enumerate(plain) if re.search(begins, line)]
    if not first:
        raise RuntimeError(f"no line of the output is like {begins}: see PICTURES")
    last = [number for number, line in enumerate(plain) if ends and re.search(ends, line)] or [len(lines)]
    kept = [line for number, line in enumerate(lines) if first[0] <= number < last[0] and (plain[number].strip() or plain[number - 1].strip())]
    return re.sub(r"\*{10,}", "***", "\n".join(kept).strip("\n")).replace(str(CHECKOUT), "~/corosync.quorum")


def svg(text, name, columns=COLUMNS):
    """The text with its colours as the picture of a terminal."""
    console = Console(record=True, width=columns, file=io.StringIO(), force_terminal=True, color_system="truecolor", legacy_windows=False)
    console.print(Text.from_ansi(text), overflow="fold")
    return console.export_svg(title=name, code_format=FRAME, unique_id="terminal")


def main():
    parser = argparse.ArgumentParser(prog="docs.picture", description="Run commands, and write pictures of what they print to docs/NAME.svg.")
    parser.add_argument("names", nargs="+", choices=sorted(PICTURES), metavar="NAME", help=f"which: {', '.join(sorted(PICTURES))}")
    for name in parser.parse_args().names:
        picture = PICTURES[name]
        with picture.command() as (command, environment):
            text = record(command, environment, code=picture.code)
        path = CHECKOUT / "docs" / (name + ".svg")
        path.write_text(svg(tidied(text, picture.begins, picture.ends), picture.title), encoding="utf-8")
        print(f"wrote {path.relative_to(CHECKOUT)}")


if __name__ == "__main__":
    main()
