# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Posting an event to a real server: what it gets, which answers are which errors, and what is never sent."""

import pathlib
import socket
import threading

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._node.options import OptionError
from ansible_collections.corosync.quorum.plugins.module_utils._node.trusted import UnsafePath
from ansible_collections.corosync.quorum.plugins.module_utils._program import post as tested
from ansible_collections.corosync.quorum.plugins.module_utils._program.post import Sender, Target, Undelivered, target_of, token_of
from ansible_collections.corosync.quorum.tests.unit.fakes.receivers import Receiver, authority

SECRET = "Zx9-very.secret"


def sender_to(url, token_file=None, ca_file=None):
    return Sender(target_of("--post", url), token_file, ca_file)


def why(sender, text="{}"):
    with pytest.raises(Undelivered) as caught:
        sender.send(text)
    assert SECRET not in str(caught.value)
    return caught.value


@pytest.fixture(name="receiver")
def _receiver():
    with Receiver() as receiver:
        yield receiver


@pytest.fixture(name="token")
def _token(tmp_path):
    tmp_path.chmod(0o700)
    path = tmp_path / "token"
    path.write_text(SECRET + "\n")
    path.chmod(0o600)
    return path


@pytest.fixture(name="trusting", autouse=True)
def _trusting(monkeypatch):
    """Files below the folders of pytest, which is in /tmp."""
    monkeypatch.setattr(tested, "content_of", lambda path: pathlib.Path(path).read_bytes() if path != "/nowhere" else None)


def test_an_event_arrives_as_json_with_the_token(receiver, token):
    sender_to(receiver.url + "/endpoint?x=1", str(token)).send('{"event": "state", "node": "n\\u00f6de"}')
    assert receiver.taken == [{"event": "state", "node": "nöde"}]
    assert receiver.paths == ["/endpoint?x=1"]
    assert (receiver.headers[0]["Content-Type"], receiver.headers[0]["Authorization"]) == ("application/json", "Bearer " + SECRET)
    sender_to(receiver.url).send("{}")
    assert "Authorization" not in receiver.headers[1]


@pytest.mark.parametrize(
    "status, said, is_final",
    [
        (500, "answered 500 (Internal Server Error).", False),
        (404, "answered 404 (Not Found).", False),
        (401, "answered 401: it wants another token", False),
        (403, "answered 403: it wants another token", False),
        (400, "answered 400 (Bad Request).", True),
        (413, "answered 413", True),
        (422, "answered 422", True),
    ],
)
def test_an_answer_that_is_none_of_success_is_an_error_with_the_host(receiver, token, status, said, is_final):
    receiver.answer = status
    error = why(sender_to(receiver.url, str(token)))
    assert str(error).startswith(f"{receiver.url} {said}")
    assert error.is_final == is_final


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(receiver, token, status):
    with Receiver() as other:
        receiver.answer, receiver.more = status, {"Location": other.url}
        assert "a redirect, which is not followed" in str(why(sender_to(receiver.url, str(token))))
        assert (other.got, len(receiver.got)) == ([], 1)


def test_a_receiver_that_is_not_there(receiver):
    receiver.stop()
    assert "Connection refused" in str(why(sender_to(receiver.url)))
    assert "cannot be reached" in str(why(sender_to("http://" + "x" * 70 + ".invalid")))


@pytest.mark.parametrize("answer, said", [(b"", "cannot be reached"), (b"SSH-2.0-OpenSSH\r\n", "not HTTP"), (None, "no answer within")])
def test_somebody_else_listens_there(monkeypatch, answer, said):
    monkeypatch.setattr(tested, "STEP", 0.3)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(1)

        def serve():
            connection = listening.accept()[0]
            if answer is None:
                connection.recv(100000)
                threading.Event().wait(1.5)
            else:
                connection.sendall(answer)
                connection.recv(100000)
            connection.close()

        threading.Thread(target=serve, daemon=True).start()
        assert said in str(why(sender_to(f"http://127.0.0.1:{listening.getsockname()[1]}")))


@pytest.mark.parametrize("scheme, begins", [("http", b"HTTP/1.1 2"), ("https", b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc")], ids=["answer", "handshake"])
def test_what_never_ends_is_cut_off(monkeypatch, scheme, begins):
    monkeypatch.setattr(tested, "WHOLE", 0.4)
    ended = threading.Event()
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(1)

        def serve():
            connection = listening.accept()[0]
            try:
                connection.sendall(begins)
                while not ended.wait(0.05):
                    connection.sendall(b"x")
            except OSError:
                pass
            connection.close()

        threading.Thread(target=serve, daemon=True).start()
        late = threading.Timer(10, ended.set)
        late.start()
        error = str(why(sender_to(f"{scheme}://127.0.0.1:{listening.getsockname()[1]}")))
        assert not ended.is_set(), "the receiver itself did not end it"
        late.cancel()
        ended.set()
    assert error.endswith(" was not through with an event after 0.4 s.")


def test_a_receiver_that_hangs_up_is_not_said_to_have_no_certificate():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(1)

        def serve():
            connection = listening.accept()[0]
            connection.recv(100000)
            connection.close()

        threading.Thread(target=serve, daemon=True).start()
        assert "cannot be reached: " in str(why(sender_to(f"https://127.0.0.1:{listening.getsockname()[1]}")))


def test_tls_by_an_authority_that_is_given_and_by_no_other(tmp_path, token):
    pytest.importorskip("cryptography")
    ca, context = authority(tmp_path, "127.0.0.1")
    with Receiver(tls=context) as receiver:
        sender_to(receiver.url, str(token), str(ca)).send("{}")
        assert (receiver.taken, receiver.headers[0]["Authorization"]) == ([{}], "Bearer " + SECRET)
        assert "no TLS certificate that can be trusted" in str(why(sender_to(receiver.url, str(token))))
        elsewhere = receiver.url.replace("127.0.0.1", "127.0.0.2")
        assert len(receiver.got) == 1, "nothing was sent"
        assert elsewhere in str(why(sender_to(elsewhere, None, str(ca))))
        (tmp_path / "none.pem").write_text("nothing")
        assert f"the certificates in {tmp_path}/none.pem cannot be used" in str(why(sender_to(receiver.url, None, str(tmp_path / "none.pem"))))
    with Receiver() as plain:
        assert "no TLS certificate that can be trusted" in str(why(sender_to(plain.url.replace("http:", "https:"), None, str(ca))))


def test_a_token_that_can_no_longer_be_read_is_an_error_and_nothing_is_posted(receiver, token):
    sender = sender_to(receiver.url, str(token))
    sender.send("{}")
    token.chmod(0o644)
    assert "can be read by other users" in str(why(sender))
    token.unlink()
    assert "Nothing is posted" in str(why(sender))
    assert len(receiver.got) == 1


@pytest.mark.parametrize("content", [b"", b"two words", b"two\nlines", "ünicode".encode(), b"x" * 5000, b"a\0b"])
def test_what_is_no_token_is_refused(token, content):
    token.write_bytes(content)
    with pytest.raises(UnsafePath, match="no token in it"):
        token_of(str(token))


def test_a_token_is_for_root_alone(token):
    assert token_of(str(token)) == SECRET
    for mode in (0o640, 0o604, 0o620):
        token.chmod(mode)
        with pytest.raises(UnsafePath, match="other users") as caught:
            token_of(str(token))
        assert SECRET not in str(caught.value)
    with pytest.raises(UnsafePath, match="is not there"):
        token_of("/nowhere")


@pytest.mark.parametrize(
    "url, target",
    [
        ("https://eda.example.com/x?y=1#z", Target(True, "eda.example.com", 443, "/x?y=1", "https://eda.example.com:443")),
        ("http://127.0.0.1:5000", Target(False, "127.0.0.1", 5000, "/", "http://127.0.0.1:5000")),
        ("https://[::1]:5000/e", Target(True, "::1", 5000, "/e", "https://[::1]:5000")),
    ],
)
def test_a_url(url, target):
    assert target_of("--post", url) == target


@pytest.mark.parametrize(
    "url",
    [
        "",
        "eda.example.com",
        "ftp://x/",
        "https://",
        "https:///x",
        f"https://me:{SECRET}@x/",
        "https://x:port/",
        "https://x:99999/",
        "https://x/a b",
        "https://[x/",
    ]
    + ["https://x/ü"],
)
def test_what_is_no_url_is_refused_without_showing_its_secrets(url):
    with pytest.raises(OptionError, match="^--post ") as caught:
        target_of("--post", url)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("host, here", [("localhost", True), ("127.9.9.9", True), ("[::1]", True), ("192.0.2.1", False), ("localhost.example.com", False)])
def test_this_node_is_what_its_own_addresses_name(host, here):
    assert target_of("--post", f"http://{host}/").is_this_node == here
