#!/usr/bin/python
# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: monitor_files
short_description: Look at, write and remove the files of the role corosync.quorum.monitor
version_added: 1.0.0
author:
  - corosync.quorum contributors (@corosync-quorum)
description:
  - Private to the role P(corosync.quorum.monitor#role). It may change at any time, so do not use it in a playbook.
  - The controller decides which file is to be where. This module carries that out.
options:
  state:
    description: Whether to look, or to write and remove.
    type: str
    choices: [read, written]
    required: true
  roots:
    description: Files and folders to look at.
    type: list
    elements: path
    default: []
  texts:
    description: Files whose text is to be returned.
    type: list
    elements: path
    default: []
  textfile:
    description: The file that the service is to write, empty for none.
    type: str
    default: ""
  ca_file:
    description: The file with certificates that the service is to use, empty for none.
    type: str
    default: ""
  token_file:
    description: Where the token is.
    type: path
    required: true
  token:
    description: The token, empty for none.
    type: str
    default: ""
  write:
    description: Files to write.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: The path.
        type: path
        required: true
      content:
        description: The text.
        type: str
        required: true
      mode:
        description: The mode, as octal digits.
        type: str
        required: true
  remove:
    description: Files to remove. Folders at and below O(folders) that are empty afterwards are removed, too.
    type: list
    elements: path
    default: []
  metrics:
    description: Files with metrics to remove. If something else is in the place of one, it stays, and the task fails.
    type: list
    elements: path
    default: []
  folders:
    description: The folders that are the role's alone.
    type: list
    elements: path
    required: true
  token_wanted:
    description: Whether O(token) is to be written.
    type: bool
    default: false
extends_documentation_fragment:
  - corosync.quorum._attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
    details: The action of the role makes the diff.
"""

EXAMPLES = r"""
# Private to the role corosync.quorum.monitor.
"""

RETURN = r"""
files:
  description: What was found at and below O(roots), by path.
  returned: with O(state=read)
  type: dict
  sample: {/usr/local/sbin/corosync-quorum: {digest: 5994471abb01112afcc18159f6cc74b4f511b99806da59b3caf5a9c173cacfc5, mode: "0755", ours: true}}
texts:
  description: The text of O(texts), by path. It is empty where there is no such file.
  returned: with O(state=read)
  type: dict
  sample: {/etc/systemd/system/corosync-quorum.service: ""}
token:
  description: Whether O(token) is what is in O(token_file). V(absent) if there is no such file.
  returned: with O(state=read)
  type: str
  sample: same
python:
  description: The path of the Python that runs the program.
  returned: with O(state=read)
  type: str
  sample: /usr/bin/python3
root:
  description: Whether the module runs as root.
  returned: with O(state=read)
  type: bool
  sample: true
systemd:
  description: Whether systemd runs on the node.
  returned: with O(state=read)
  type: bool
  sample: true
textfile_fault:
  description: Why the service cannot write O(textfile), empty if it can.
  returned: with O(state=read)
  type: str
  sample: ""
textfile_danger:
  description: Why the folder of O(textfile) cannot be trusted, empty if it can.
  returned: with O(state=read)
  type: str
  sample: ""
textfile_is_roots:
  description: Whether the folder of O(textfile) belongs to root.
  returned: with O(state=read)
  type: bool
  sample: true
ca_fault:
  description: Why the service cannot use O(ca_file), empty if it can.
  returned: with O(state=read)
  type: str
  sample: ""
"""

import os
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.corosync.quorum.plugins.module_utils._node import installed, service_paths
from ansible_collections.corosync.quorum.plugins.module_utils._node.trusted import UnsafePath

TOKEN_MODE = 0o600
Params = t.Mapping[str, t.Any]


def read(params: Params) -> t.Dict[str, t.Any]:
    """state=read. Raises OSError."""
    textfile, ca_file = params["textfile"], params["ca_file"]
    fault = service_paths.textfile_fault(textfile) if textfile else ""
    return {
        "changed": False,
        "files": {path: dict(file._asdict()) for path, file in installed.found(params["roots"]).items()},
        "texts": {path: installed.text(path) for path in params["texts"]},
        "token": _token(params),
        "python": installed.lasting_python(),
        "root": os.geteuid() == 0,
        "systemd": service_paths.has_systemd(),
        "textfile_fault": fault,
        "textfile_danger": service_paths.textfile_danger(textfile) if textfile else "",
        "textfile_is_roots": not textfile or bool(fault) or service_paths.is_roots(os.path.dirname(textfile)),
        "ca_fault": service_paths.ca_fault(ca_file) if ca_file else "",
    }


def _token(params: Params) -> str:
    """Whether the token is there already: it is compared here, so that nothing of it goes to the controller."""
    if not os.path.lexists(params["token_file"]):
        return "absent"
    file = installed.found([params["token_file"]]).get(params["token_file"])  # none for a folder in its place
    is_same = file is not None and file.mode == f"{TOKEN_MODE:04o}" and file.ours and installed.text(params["token_file"]) == params["token"]
    return "same" if is_same else "other"


def written(params: Params) -> t.Dict[str, t.Any]:
    """state=written. Raises OSError, UnsafePath."""
    for path in params["metrics"]:
        installed.remove_metrics(path)
    for path in params["remove"]:
        installed.remove(path, params["folders"])
    if params["token_wanted"]:
        installed.write(params["token_file"], params["token"].encode("utf-8"), TOKEN_MODE)
    for file in params["write"]:
        installed.write(file["path"], file["content"].encode("utf-8"), int(file["mode"], 8))
    for folder in params["folders"]:
        installed.compile_below(folder)
    return {"changed": True}


def main() -> None:
    file = {"path": {"type": "path", "required": True}, "content": {"type": "str", "required": True}, "mode": {"type": "str", "required": True}}
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["read", "written"], "required": True},
            "roots": {"type": "list", "elements": "path", "default": []},
            "texts": {"type": "list", "elements": "path", "default": []},
            "textfile": {"type": "str", "default": ""},
            "ca_file": {"type": "str", "default": ""},
            "token_file": {"type": "path", "required": True, "no_log": False},
            "token": {"type": "str", "default": "", "no_log": True},
            "write": {"type": "list", "elements": "dict", "default": [], "options": file},
            "remove": {"type": "list", "elements": "path", "default": []},
            "metrics": {"type": "list", "elements": "path", "default": []},
            "folders": {"type": "list", "elements": "path", "required": True},
            "token_wanted": {"type": "bool", "default": False, "no_log": False},
        },
        supports_check_mode=True,
    )
    try:
        if module.params["state"] == "read":
            result = read(module.params)
        else:
            result = {"changed": True} if module.check_mode else written(module.params)
    except UnsafePath as exc:
        module.fail_json(msg=f"The old file with metrics was not removed: {exc} Look at it, move or remove it, and run the play again.")
    except OSError as exc:
        module.fail_json(msg=f"{exc.filename or 'A file'}: {exc.strerror or exc}. Make sure that root can read and write there, and run the play again.")
    module.exit_json(**result)


if __name__ == "__main__":
    main()
