# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of the guide "Is it safe to stop this node?" are what the filters answer.

Each example has its cluster in an rst comment, as arguments of the fake `votequorum` value, which the rendered page does not show.
"""

from __future__ import annotations

import ast
import json
import pathlib
import re
import time
import typing as t

import jinja2
import pytest

from ansible_collections.corosync.quorum.plugins.filter.forecast import FilterModule as Forecast
from ansible_collections.corosync.quorum.plugins.filter.upgrade_batches import FilterModule as UpgradeBatches
from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import utc
from ansible_collections.corosync.quorum.plugins.test.quorate_without import TestModule as QuorateWithout
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import value

GUIDE = pathlib.Path(__file__).resolve().parents[3] / "docs" / "docsite" / "rst" / "guide_safe_to_stop.rst"
EXAMPLE = re.compile(r"^\.\. cluster: (?P<cluster>.*)\n\n\.\. code-block:: jinja\n\n(?P<lines>(?:    .*\n)+)", re.MULTILINE)


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(autoescape=False)
    for module in (Forecast(), UpgradeBatches()):
        environment.filters.update({"corosync.quorum." + name: function for name, function in module.filters().items()})
    environment.tests.update({"corosync.quorum." + name: function for name, function in QuorateWithout().tests().items()})
    return environment


def _cluster(arguments: str) -> dict[str, t.Any]:
    call = ast.parse(f"value({arguments})", mode="eval").body
    return value(*map(ast.literal_eval, call.args), read_at=utc(time.time()), **{word.arg: ast.literal_eval(word.value) for word in call.keywords})


def answered(expression: str, cluster: str) -> str:
    """What the guide has to say of an expression, behind "# => "."""
    result = _environment().compile_expression(expression)(votequorum=_cluster(cluster))
    return f"{json.dumps(result['quorate'])}. {result['reason']}" if isinstance(result, dict) else json.dumps(result)


def examples(text: str) -> t.Iterator[tuple[str, str, str]]:
    """Cluster, expression and what the guide says of it."""
    for example in EXAMPLE.finditer(text):
        lines = [line.strip() for line in example["lines"].splitlines()]
        assert len(lines) % 2 == 0, f"an expression without its answer: {lines}"
        for expression, answer in zip(lines[::2], lines[1::2]):
            assert answer.startswith("# => "), answer
            yield example["cluster"], expression, answer[len("# => ") :]


@pytest.mark.parametrize("cluster, expression, answer", list(examples(GUIDE.read_text(encoding="utf-8"))))
def test_the_guide_says_what_the_filters_answer(cluster: str, expression: str, answer: str) -> None:
    assert answered(expression, cluster) == answer


def test_every_mode_has_an_example() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    clusters = " ".join(cluster for cluster, dummy, dummy in examples(text))
    for mode in (
        "two_node",
        "wait_for_all",
        "last_man_standing",
        'tie_breaker="lowest"',
        'tie_breaker="highest"',
        "tie_breaker=[",
        "allow_downscale",
        "qdevice",
        "master_wins",
    ):
        assert mode in clusters
    assert text.count(".. code-block:: jinja\n") == len(EXAMPLE.findall(text)), "an example that no test calculates"
