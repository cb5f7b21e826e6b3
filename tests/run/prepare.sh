#!/bin/sh
# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Prepares this machine and the checkout's .venv for `make demo`, `make test` or `make docs`:
#   tests/run/prepare.sh PURPOSE
# reads tests/requirements/PURPOSE.deb (Debian packages, if any) and PURPOSE.txt (Python packages). Plain sh, because a fresh machine has no more.
# Interrupted at any point, the next call does what is left: each step checks what is there before it acts, and marks what it finished.
set -eu

purpose=$1
cd "$(dirname "$0")/../.."
wanted=tests/requirements
log=.cache/logs/prepare-$purpose.log

serves() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; }

# The distribution's own before any other on PATH: it is the one that python3-venv is for, and it is built to be fast, which a Python
# compiled by hand often is not.
python=${PYTHON:-}
[ -n "$python" ] || { serves /usr/bin/python3 && python=/usr/bin/python3; } || python=python3

say() { printf '==> %s\n' "$*"; }

fail() {
    printf '\nFAILED: %s\n' "$1" >&2
    [ ! -s "$log" ] || { printf '%s\n' "The last lines of $log:" >&2; tail -n 15 "$log" | sed 's/^/    /' >&2; }
    printf 'What to do: %s\n' "$2" >&2
    exit 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

missing_packages() {
    if [ -e "$wanted/$purpose.deb" ]; then
        sed -e '/^#/d' -e '/^$/d' "$wanted/$purpose.deb" | while read -r package; do
            [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || printf '%s ' "$package"
        done
    fi
    "$python" -c 'import ensurepip, venv' 2>/dev/null || printf 'python3-venv '
}

install_packages() {
    if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
        say "Not a Debian or Ubuntu machine: the packages of $wanted/*.deb are yours to install; what misses them says so"
        return
    fi
    packages=$(missing_packages)
    [ -n "$packages" ] || return 0
    [ "$(id -u)" = 0 ] || command -v sudo >/dev/null ||
        fail "these Debian packages are missing: $packages" "run make as root, or: apt-get install $packages"
    say "Installing Debian packages: $packages"
    # Debian's package starts a server for the whole network. The tests only call its programs; whoever wants the server unmasks it.
    case " $packages" in *" prometheus "*) as_root systemctl mask prometheus.service >>"$log" 2>&1 || true ;; esac
    as_root apt-get update >>"$log" 2>&1 ||
        fail "apt-get update did not succeed" "check this machine's network and /etc/apt/sources.list*, then run make again"
    # shellcheck disable=SC2086  # a list of packages
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends $packages >>"$log" 2>&1 ||
        fail "apt-get could not install: $packages" "run it by hand to see more: apt-get install $packages"
}

make_venv() {
    [ ! -e .venv/.created ] || .venv/bin/python -c 'import pip' 2>/dev/null || rm -f .venv/.created
    [ -e .venv/.created ] && return
    serves "$python" ||
        fail "$python is no Python 3.10 or newer, which ansible-core 2.16 needs on the controller" \
            "install one and name it: make PYTHON=python3.11"
    say "Making the virtual environment .venv with $("$python" --version)"
    rm -rf .venv
    "$python" -m venv .venv >>"$log" 2>&1 ||
        fail "$python -m venv .venv did not succeed" "on Debian and Ubuntu: apt-get install python3-venv"
    touch .venv/.created
}

install_python_packages() {
    say "Installing Python packages of $wanted/$purpose.txt into .venv"
    # --no-compile: Python compiles what it imports, which is a small part of what is installed.
    .venv/bin/python -m pip install --no-compile --disable-pip-version-check -r "$wanted/$purpose.txt" >>"$log" 2>&1 ||
        fail "pip could not install $wanted/$purpose.txt" "check this machine's network and pip's configuration, then run make again"
}

mkdir -p .cache/logs
# Two makes in one checkout take turns here.
exec 9>.cache/prepare.lock
flock 9
# Whoever waited may find it done.
ready=.venv/.ready-$purpose
[ ! -e "$ready" ] || [ -n "$(find "$wanted" tests/run/prepare.sh -newer "$ready")" ] || exit 0
: >"$log"
install_packages
make_venv
install_python_packages
touch "$ready"
