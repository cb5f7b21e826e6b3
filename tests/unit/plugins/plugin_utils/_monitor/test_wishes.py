# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of the role monitor: what is taken, and a sentence for everything else."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.corosync.quorum.plugins.module_utils._value.errors import Unusable
from ansible_collections.corosync.quorum.plugins.plugin_utils._monitor import unit
from ansible_collections.corosync.quorum.plugins.plugin_utils._monitor.wishes import Wishes, wishes_of
from ansible_collections.corosync.quorum.tests.unit.fakes.properties import examples

DEFAULTS = {"state": "present", "textfile": "", "post_url": "", "post_token": "", "post_ca_file": "", "post_allow_http": False, "interval": 15}
PROM = "/var/lib/prometheus/node-exporter/corosync_quorum.prom"
URL = "https://eda.example.com:5000/quorum"
TOKEN = "s3cret-s3cret"


def made(**options: t.Any) -> Wishes:
    return wishes_of(dict(DEFAULTS, **options))


def test_the_defaults_are_the_program_without_a_service() -> None:
    assert made() == Wishes(True) and not made().service
    assert made(textfile=PROM).service and made(post_url=URL).service


def test_what_is_to_go_needs_no_other_variable() -> None:
    assert made(state="absent", textfile="nonsense", interval="never") == Wishes(False)
    assert not made(state="absent", textfile=PROM).service


def test_all_of_it() -> None:
    wishes = made(textfile=PROM, post_url=URL, post_token=TOKEN, post_ca_file="/etc/ssl/certs/eda.pem", interval="2.5")
    assert wishes == Wishes(True, PROM, URL, TOKEN, "/etc/ssl/certs/eda.pem", 2.5)


@pytest.mark.parametrize(
    "options, said",
    [
        ({"state": "stopped"}, "monitor_state is stopped, but must be one of present, absent"),
        ({"textfile": "metrics.prom"}, "monitor_textfile is metrics.prom, but must be the absolute path of a file"),
        ({"textfile": "/var/lib/../x.prom"}, "must be the absolute path"),
        ({"textfile": "/var/lib/a b.prom"}, "must be the absolute path"),
        ({"textfile": "/var/lib/x.prom\n"}, "must be the absolute path"),
        ({"textfile": "/var/lib/%n.prom"}, "must be the absolute path"),
        ({"textfile": "/var/lib/x/"}, "must be the absolute path"),
        ({"textfile": "/var/lib/x.txt"}, "must end in .prom"),
        ({"textfile": "/home/x.prom"}, "the service does not see the /home of this node"),
        ({"textfile": "/tmp/x.prom"}, "systems remove files from /tmp by themselves"),
        ({"textfile": "/var/tmp/y/x.prom"}, "systems remove files from /var/tmp by themselves"),
        ({"post_url": "ftp://eda.example.com"}, "must be a URL of http or https"),
        ({"post_url": "eda.example.com"}, "must be a URL"),
        ({"post_url": "https://"}, "must be a URL"),
        ({"post_url": "https://a:99999/"}, "must be a URL"),
        ({"post_url": "https://[::1/"}, "must be a URL"),
        ({"post_url": f"https://user:{TOKEN}@eda.example.com/"}, "without user, password and fragment"),
        ({"post_url": "https://eda.example.com/#x"}, "without user, password and fragment"),
        ({"post_url": 'https://eda.example.com/"'}, "must be a URL"),
        ({"post_url": "https://eda.example.com/a b"}, "must be a URL"),
        ({"post_token": TOKEN}, "monitor_post_token is set, but monitor_post_url is not"),
        ({"post_ca_file": "/etc/ca.pem"}, "monitor_post_ca_file is set, but monitor_post_url is not"),
        ({"post_url": URL, "post_token": TOKEN + "\n"}, "remove the line break at its end"),
        ({"post_url": URL, "post_token": "short"}, "must have 8 to 4096 characters"),
        ({"post_url": URL, "post_token": "x" * 4097}, "must have 8 to 4096 characters"),
        ({"post_url": "http://eda.example.com/", "post_token": TOKEN}, "in clear text"),
        ({"post_url": URL, "post_ca_file": "ca.pem"}, "monitor_post_ca_file is ca.pem, but must be the absolute path"),
        ({"post_url": "http://eda.example.com/", "post_ca_file": "/etc/ca.pem"}, "monitor_post_url has no TLS"),
        ({"post_url": "http://eda.example.com/"}, "set monitor_post_allow_http to true"),
        ({"post_url": "http://eda.example.com/", "post_token": TOKEN, "post_allow_http": True}, "in clear text"),
        ({"interval": 0}, "monitor_interval is 0, but must be a number of seconds from 1 to 60"),
        ({"interval": "often"}, "monitor_interval is often"),
        ({"interval": float("nan")}, "monitor_interval is nan"),
        ({"interval": True}, "monitor_interval is True"),
        ({"interval": None}, "monitor_interval is None"),
    ],
)
def test_what_cannot_be_is_refused_with_its_name_and_value(options: dict[str, t.Any], said: str) -> None:
    with pytest.raises(Unusable) as refused:
        made(**options)
    assert said in str(refused.value) and TOKEN not in str(refused.value)


def test_all_faults_are_said_at_once() -> None:
    with pytest.raises(Unusable, match="monitor_textfile.*monitor_post_url.*monitor_interval"):
        made(textfile="x", post_url="y", interval="z")


def test_events_may_go_without_tls_where_somebody_wants_that() -> None:
    wishes = made(post_url="http://eda.example.com/", post_allow_http=True)
    assert wishes.allow_http and " --allow-http " in unit.unit(wishes, True)
    assert "--allow-http" not in unit.unit(made(post_url=URL), True)


@pytest.mark.parametrize("url", ["http://127.0.0.1:5000/", "http://[::1]:5000/", "http://localhost/"])
def test_a_token_may_go_to_this_host_without_tls(url: str) -> None:
    assert made(post_url=url, post_token=TOKEN).token == TOKEN


ANY = st.one_of(st.none(), st.integers(), st.floats(), st.booleans(), st.text(max_size=40), st.text("/.ahtps:@#%$\"'\\ \n[]", max_size=30))


@examples(300)
@given(st.fixed_dictionaries({name: ANY for name in DEFAULTS if name != "state"}))
def test_anything_is_taken_or_refused_and_what_is_taken_makes_one_line_of_the_unit(options: dict[str, t.Any]) -> None:
    try:
        wishes = wishes_of(dict(options, state="present"))
    except Unusable as refused:
        assert str(refused)
        return
    lines = unit.unit(wishes, True).splitlines()
    assert len(lines) == len(unit.unit(Wishes(True), True).splitlines()) + bool(wishes.textfile)


@examples(300)
@given(st.text("abc/.@?&%$=;:", max_size=20))
def test_systemd_gives_the_program_the_url_as_it_is(rest: str) -> None:
    url = f"https://eda.example.com/{rest}"
    text = unit.unit(made(post_url=url), True)
    quoted = next(line for line in text.splitlines() if line.startswith("ExecStart=")).split('"')[1]
    assert quoted.replace("%%", "%").replace("$$", "$") == url
    assert quoted.replace("%%", "").count("%") == quoted.replace("$$", "").count("$") == 0
