# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all filters and tests answer: never a template, and an error of Ansible's for what cannot be used."""

from __future__ import annotations

import inspect
import typing as t

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.corosync.quorum.plugins.filter.forecast import forecast
from ansible_collections.corosync.quorum.plugins.module_utils._value.errors import Unusable
from ansible_collections.corosync.quorum.plugins.module_utils._value.shape import ForecastError
from ansible_collections.corosync.quorum.plugins.plugin_utils._answers import answers
from ansible_collections.corosync.quorum.tests.unit.fakes.templates import would_be_templated


@answers
def echo(answer: t.Any, error: Exception | None = None) -> t.Any:
    """What it was given."""
    if error:
        raise error
    return answer


def test_no_text_of_an_answer_is_a_template() -> None:
    answer = echo({"a": ["{{ 7*7 }}"], "b": "{{ 7*7 }}", "c": {"d": ("{{ 7*7 }}",)}})
    assert answer["b"] == "{{ 7*7 }}"
    assert not any(map(would_be_templated, (answer["a"][0], answer["b"], answer["c"]["d"][0], echo("{{ 7*7 }}"))))


@pytest.mark.parametrize("answer", [True, False, None, 0, 3, 0.5])
def test_what_has_no_text_is_handed_on_as_it_is(answer: t.Any) -> None:
    assert echo(answer) is answer


@pytest.mark.parametrize("kind", [Unusable, ForecastError])
def test_what_cannot_be_used_is_an_error_of_ansible_that_names_the_filter(kind: type[Exception]) -> None:
    with pytest.raises(AnsibleFilterError) as raised:
        echo(1, kind("There is no node 'x'."))
    assert str(raised.value).startswith("corosync.quorum.echo: There is no node 'x'.")


def test_any_other_error_stays_what_it_is() -> None:
    with pytest.raises(ZeroDivisionError):
        echo(1, ZeroDivisionError())


def test_a_filter_keeps_its_name_and_its_arguments() -> None:
    assert forecast.__name__ == "forecast"
    assert list(inspect.signature(forecast).parameters) == ["value", "leave", "how", "lms_window", "qdevice"]
