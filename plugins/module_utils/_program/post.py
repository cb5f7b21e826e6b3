# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""Post one event to a URL: with a token that nobody else sees, to a receiver whose certificate was verified, and never anywhere else.

A redirect is not followed, proxies of the environment are not used, and a token goes over TLS or stays on this node.
"""

import contextlib
import http.client
import ipaddress
import os
import re
import socket
import ssl
import stat
import threading
import typing as t
import urllib.parse

from ansible_collections.corosync.quorum.plugins.module_utils._node.options import OptionError
from ansible_collections.corosync.quorum.plugins.module_utils._node.trusted import UnsafePath, content_of
from ansible_collections.corosync.quorum.plugins.module_utils._value.words import quoted

# How long the receiver may take for a step (to connect, to answer), and for all of it. Seconds.
STEP, WHOLE = 10.0, 30.0
# Answers by which a receiver says that it will never take this very event
_REFUSING = (400, 413, 422)
_LONGEST_QUOTE = 200
_TOKEN = re.compile(r"[\x21-\x7e]{1,4096}\Z")
_PATH = re.compile(r"[\x21-\x7e]*\Z")


class Target(t.NamedTuple):
    """Where events go. path: with the query, which may have a secret. shown: how it is called in sentences, without both."""

    is_tls: bool
    host: str
    port: int
    path: str
    shown: str

    @property
    def is_this_node(self) -> bool:
        """Whether what is sent there stays on this node."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host.lower() == "localhost"


class Undelivered(Exception):
    """An event has not arrived. The message says why, with the host. is_final: the receiver will never take this one."""

    def __init__(self, why: str, is_final: bool = False) -> None:
        super().__init__(why)
        self.is_final = is_final


def target_of(option: str, url: str) -> Target:
    """The target that a URL names. Raises OptionError, whose sentence has nothing of the URL that may be secret."""
    try:
        parts = urllib.parse.urlsplit(url)
        port = parts.port
    except ValueError as exc:
        raise OptionError(f"{option} is no URL: {quoted(str(exc), _LONGEST_QUOTE)}.")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise OptionError(f"{option} must be a URL with a host that begins with https:// (or http://), such as https://eda.example.com:5000/endpoint.")
    if parts.username is not None or parts.password is not None:
        raise OptionError(f"{option} must not have a user or a password in it, which every user of this node could read: use --token-file.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not _PATH.match(path):
        raise OptionError(f"{option} has characters that a URL cannot have: write them as %XX.")
    is_tls = parts.scheme == "https"
    port = port or (443 if is_tls else 80)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return Target(is_tls, parts.hostname, port, path, quoted(f"{parts.scheme}://{host}:{port}", _LONGEST_QUOTE))


def token_of(path: str) -> str:
    """The token in a file that only root can read. Raises UnsafePath, OSError."""
    content = content_of(path)
    if content is None:
        raise UnsafePath(f"{path} is not there.")
    mode = stat.S_IMODE(os.stat(path).st_mode)
    if mode & 0o077:
        raise UnsafePath(
            f"{path} can be read by other users than root (mode {mode:04o}): chmod 0600 {path}, and give a new token, as others may have this one."
        )
    token = content.decode("ascii", "replace").strip()
    if not _TOKEN.match(token):
        raise UnsafePath(f"{path} has no token in it: one line without spaces, of characters of ASCII, is wanted.")
    return token


class Sender:
    """Posts to one target. token_file, ca_file: read again for each event, as both are renewed. ca_file: None for the certificates of the system."""

    def __init__(self, target: Target, token_file: t.Optional[str], ca_file: t.Optional[str]) -> None:
        self.target = target
        self._token_file = token_file
        self._ca_file = ca_file

    def send(self, text: str) -> None:
        """Post one event. Raises Undelivered."""
        headers = {"Content-Type": "application/json", "User-Agent": "corosync-quorum"}
        try:
            if self._token_file is not None:
                headers["Authorization"] = f"Bearer {token_of(self._token_file)}"
            context = self._context()
        except (UnsafePath, OSError) as exc:
            raise Undelivered(f"Nothing is posted to {self.target.shown}: {_said(exc)}")
        with _Cut() as cut:
            try:
                self._exchange(cut, context, text, headers)
            except (OSError, http.client.HTTPException, ssl.CertificateError, UnicodeError) as exc:
                why = f"was not through with an event after {WHOLE:g} s." if cut.is_over else _why(exc)
                raise Undelivered(f"{self.target.shown} {why}")

    def _context(self) -> t.Optional[ssl.SSLContext]:
        """None without TLS."""
        if not self.target.is_tls:
            return None
        try:
            return ssl.create_default_context(cafile=self._ca_file)
        except OSError as exc:
            raise UnsafePath(f"the certificates in {self._ca_file or 'the store of this system'} cannot be used: {_said(exc)}")

    def _exchange(self, cut: "_Cut", context: t.Optional[ssl.SSLContext], text: str, headers: t.Mapping[str, str]) -> None:
        host, port = self.target.host, self.target.port
        with contextlib.ExitStack() as opened:
            line = opened.enter_context(cut.watched(socket.create_connection((host, port), STEP)))
            if context is None:
                connection = http.client.HTTPConnection(host, port)
            else:
                line = opened.enter_context(context.wrap_socket(line, server_hostname=host))
                connection = http.client.HTTPSConnection(host, port, context=context)
            connection.sock = line
            opened.callback(connection.close)
            connection.request("POST", self.target.path, text.encode("utf-8"), dict(headers))
            self._judge(connection.getresponse())

    def _judge(self, answer: http.client.HTTPResponse) -> None:
        """Raise Undelivered unless this answer says that the event was taken."""
        code, who = answer.status, self.target.shown
        if 200 <= code < 300:
            return
        if 300 <= code < 400:
            raise Undelivered(f"{who} answered {code}, a redirect, which is not followed: give the URL that it leads to.")
        if code in (401, 403):
            raise Undelivered(f"{who} answered {code}: it wants another token than the one in {self._token_file or '--token-file (none is given)'}.")
        raise Undelivered(f"{who} answered {code} ({quoted(answer.reason, _LONGEST_QUOTE)}).", is_final=code in _REFUSING)


class _Cut:
    """Ends an exchange that goes on and on, whatever it is doing then: also in the handshake of TLS, in which nobody knows yet who is at the other end.

    is_over: it has.
    """

    def __init__(self) -> None:
        self.is_over = False
        self._line: t.Optional[socket.socket] = None
        self._timer = threading.Timer(WHOLE, self._end)
        self._timer.daemon = True

    def __enter__(self) -> "_Cut":
        self._timer.start()
        return self

    def __exit__(self, *dummy: t.Any) -> None:
        self._timer.cancel()
        if self._line is not None:
            self._line.close()

    def watched(self, line: socket.socket) -> socket.socket:
        """The connection that is ended. TLS takes the descriptor away from this object, so another one of the same connection is kept."""
        self._line = line.dup()
        if self.is_over:
            self._shut(self._line)
        return line

    def _end(self) -> None:
        self.is_over = True
        if self._line is not None:
            self._shut(self._line)

    @staticmethod
    def _shut(line: socket.socket) -> None:
        try:
            line.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # it has just ended


def _has_hung_up(exc: BaseException) -> bool:
    """Whether the receiver has closed the connection. Python before 3.8 has no class for what OpenSSL 3 says then."""
    return isinstance(exc, (ssl.SSLEOFError, ssl.SSLZeroReturnError)) or "unexpected eof" in str(exc).lower()


def _why(exc: Exception) -> str:
    # A receiver that just ends a connection says nothing of its certificate.
    if isinstance(exc, (ssl.CertificateError, ssl.SSLError)) and not _has_hung_up(exc):
        return f"has no TLS certificate that can be trusted, or none at all: {_said(exc)} --ca-file names the certificates of your own authority."
    if isinstance(exc, socket.timeout):
        return f"gave no answer within {STEP:g} s."
    if isinstance(exc, (OSError, UnicodeError)):
        return f"cannot be reached: {_said(exc)}"
    return f"gave an answer that is not HTTP ({type(exc).__name__})."


def _said(exc: Exception) -> str:
    """What the system says of an error, as a sentence."""
    text = getattr(exc, "verify_message", None) or getattr(exc, "strerror", None) or str(exc) or type(exc).__name__
    return quoted(str(text), _LONGEST_QUOTE).rstrip(".") + "."
