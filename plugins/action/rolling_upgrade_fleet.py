# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which clusters the hosts of a rolling upgrade are of, the preflight of each, and the rounds. Private to the playbook rolling_upgrade."""

from __future__ import annotations

import typing as t

from ansible import context
from ansible.errors import AnsibleActionFail
from ansible.utils.display import Display

from ansible_collections.corosync.quorum.plugins.module_utils._value.errors import Unusable
from ansible_collections.corosync.quorum.plugins.plugin_utils import _facts, _steady
from ansible_collections.corosync.quorum.plugins.plugin_utils._fleet import limit, many, parts
from ansible_collections.corosync.quorum.plugins.plugin_utils._report.file import page_of_refusal
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade import preflight, registered
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.action import UpgradeAction, run_from
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.hosts import Play
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.last_words import End, last_words
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.types import Fleet, FleetPart, Run

Result = dict[str, t.Any]
display = Display()


class ActionModule(UpgradeAction):
    """point: `judge` all clusters, once for the play; `own`: what of it is this host's."""

    def _work(self) -> Result:
        return self._judge() if self._args["point"] == "judge" else self._own()

    def _own(self) -> Result:
        """The plan of this host's cluster. What is known of all of them is taken as it is: to template it once a host and task would cost the square."""
        fleet = self._vars.get(registered.PLAN)
        if not isinstance(fleet, dict) or fleet.get("failed") or not fleet.get("clusters"):
            raise AnsibleActionFail("There is no plan: run the playbook from its start, without --start-at-task and without tags.")
        return dict(many.own(t.cast(Fleet, fleet), self._host))

    def _judge(self) -> Result:
        fault = many.no_group(self._args.get("groups"))
        if fault:
            raise AnsibleActionFail(fault)
        hosts = list(dict.fromkeys([*self._play.cluster, *self._play.everyone]))
        variables = {host: registered.variables_of(self._hostvars, host) for host in hosts}
        views = preflight.views_of(variables.values(), hosts)
        labels = {host: label for host, found in variables.items() if (label := _facts.label_of(found)) is not None}
        found = parts.parts_of(views, labels)
        if not found.are_many or set(self._play.cluster) != set(self._play.everyone):
            return self._judge_one(views, found)
        return self._judge_many(views, found, variables)

    @staticmethod
    def _made(run_or_refusals: t.Callable[[], tuple[Run | None, list[str]]]) -> tuple[Run | None, list[str]]:
        """Where a host says what nothing can be made of, as while its corosync starts, that is a refusal like others, and no matter of other clusters."""
        try:
            return run_or_refusals()
        except Unusable as error:
            return None, [many.not_usable(error)]

    # ---- one cluster -------------------------------------------------------------------------------------------------

    def _judge_one(self, views: preflight.Views, found: parts.Parts) -> Result:
        """As the entry point preflight does. Fails with all reasons, and nothing was changed."""
        wrong = self._wrong_input(self._options, self._play) + many.names_not_there(self._args.get("groups"), self._vars["groups"])
        reasons = wrong or [sentence for part in found.clusters for sentence in part.refusals]
        run = None
        if not wrong:
            run, more = self._made(lambda: self._run_of_play({host: views[host] for host in self._play.cluster}))
            reasons += more
        if run is None or reasons:
            said = last_words(End("refused", reasons=reasons))
            return {"failed": True, "msg": said, **self._report(said)}
        return dict(run)

    def _report(self, said: str) -> Result:
        path = "" if self._task.check_mode else str(self._options["report"] or "")
        return page_of_refusal(path, self._play.cluster, self._started, said, self._vars)

    # ---- many --------------------------------------------------------------------------------------------------------

    def _judge_many(self, views: preflight.Views, found: parts.Parts, variables: t.Mapping[str, t.Mapping[str, t.Any]]) -> Result:
        """What is known of each. Fails only where none can be upgraded, or where --limit would mix up the rounds."""
        at_once = many.at_once(self._args.get("at_once"))
        self._everywhere = registered.variables_of(self._hostvars, "localhost")
        made = [self._judge_part(views, part, variables) for part in found.clusters]
        fleet = many.fleet(made, found.strangers, self._faults(), at_once, _steady.now(), self._vars["groups"]["all"])
        said = self._limited(fleet)
        if not said:
            for line in ["", *many.plan_in_words(fleet, bool(self._task.check_mode), self._vars.get("ansible_forks")), ""]:
                display.display(line)
            said = "" if fleet["rounds"] else many.all_refused(fleet)
        return {"failed": True, "msg": said, **self._report(said)} if said else dict(fleet)

    def _judge_part(self, views: preflight.Views, part: parts.Part, variables: t.Mapping[str, t.Mapping[str, t.Any]]) -> FleetPart:
        """With the options of its first host that was asked."""
        own = {host: views[host] for host in part.hosts}
        first, options = many.options_of(part.hosts, variables)
        play = Play(first, part.hosts, part.hosts, part.hosts, part.hosts)
        refusals = list(part.refusals)
        run = None
        if options is None:
            refusals += [f"{first} was not asked: {view['answer'].get('msg')}" for view in own.values()]
        else:
            refusals += self._wrong_input(options, play)
            refusals += many.not_for_all(options, self._everywhere) or many.not_its_own(part.hosts, variables)
            if not refusals:
                run, refusals = self._made(lambda: run_from(own, options, part.hosts))
        return FleetPart(name=part.name, hosts=list(part.hosts), run=run, refusals=refusals, host=first)

    def _limited(self, fleet: Fleet) -> str:
        """Why --limit keeps this run from beginning, empty where it does not. As Ansible was given it: a fact of a node could be called ansible_limit."""
        given = str(context.CLIARGS.get("subset") or "")
        helpers = [one["helper"] for one in fleet["rounds"]]
        hosts = [host for one in fleet["rounds"] for host in one["hosts"]]
        lacking = limit.left_out(given, self._vars["groups"], helpers, [*helpers, *hosts], self._loader) if given else []
        return many.none_can_be([limit.refusal(given, lacking)]) if lacking else ""

    def _faults(self) -> list[str]:
        """What was given wrongly, and keeps no cluster from being upgraded."""
        return many.groups_not_there(self._args.get("groups"), self._vars["groups"])
