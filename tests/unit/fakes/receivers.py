# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A receiver of posted events: a real HTTP server, with TLS by an authority of its own where it is wanted."""

import datetime
import http.server
import ipaddress
import json
import socketserver
import ssl
import threading


class _Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True


class Receiver:
    """Takes POSTs at an address during a `with`. answer: the status of the next answers, and headers of theirs in `more`.

    got: the objects that were posted, whatever was answered. taken: those that were answered with 2xx. headers: those of the requests. paths: likewise.
    """

    def __init__(self, address="127.0.0.1", port=0, tls=None):
        self.address, self.port, self._tls = address, port, tls
        self.answer, self.more = 200, {}
        self.got, self.taken, self.headers, self.paths = [], [], [], []
        self._server = None

    @property
    def url(self):
        return f"http{'s' if self._tls else ''}://{self.address}:{self.port}"

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *dummy):
        self.stop()

    def start(self):
        """Listen, again at the same port."""
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status = receiver.answer
                receiver.got.append(event)
                receiver.headers.append(dict(self.headers))
                receiver.paths.append(self.path)
                if 200 <= status < 300:
                    receiver.taken.append(event)
                self.send_response(status)
                for name, text in receiver.more.items():
                    self.send_header(name, text)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_POST

            def log_message(self, *dummy):
                """Nothing."""

        self._server = _Server((self.address, self.port), Handler)
        self.port = self._server.server_address[1]
        if self._tls:
            self._server.socket = self._tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self):
        """Listen no more."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


def authority(folder, address):
    """A certificate authority and a server's certificate for this address, made now: (path of the authority's certificate, the server's SSLContext)."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    def certificate(name, key, issuer, signing, is_authority):
        now = datetime.datetime(2020, 1, 1)
        built = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, issuer)]))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now)
            .not_valid_after(now + datetime.timedelta(days=20000))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False)
        )
        if is_authority:
            usage = dict.fromkeys(("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only"), False)
            built = built.add_extension(x509.KeyUsage(digital_signature=True, key_cert_sign=True, crl_sign=True, **usage), critical=True)
        return built.sign(signing, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    root, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    (folder / "ca.pem").write_bytes(certificate("authority of the tests", root, "authority of the tests", root, True))
    (folder / "server.pem").write_bytes(certificate("receiver", own, "authority of the tests", root, False))
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "server.key").write_bytes(own.private_bytes(*plain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(str(folder / "server.pem"), str(folder / "server.key"))
    return folder / "ca.pem", context
