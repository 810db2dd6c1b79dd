"""Who stands between us and a vendor when the network is not what it should be.

Belongs here: a port where nobody listens, a proxy that only listens, one that answers in a
vendor's name with a certificate of its own, somebody who passes everything on and takes notes.
Does not belong here: a vendor's own faults (the twin injects them).
"""

from __future__ import annotations

import itertools
import select
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HERE: Final = "127.0.0.1"
_PATIENCE_S: Final = 5.0
_ANSWER: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"

Attend = Callable[[socket.socket, bytes], None]


def closed_port() -> str:
    """An address of this machine at which nobody listens."""
    with socket.socket() as once:
        once.bind((HERE, 0))
        return f"http://{HERE}:{once.getsockname()[1]}"


@dataclass
class Stranger:
    """A listening port. ``heard``: the first line of each connection; ``inside``: that of each
    request in a tunnel."""

    url: str
    heard: list[str] = field(default_factory=list)
    inside: list[str] = field(default_factory=list)


@contextmanager
def logging_proxy() -> Iterator[Stranger]:
    """A proxy that writes down what it is asked, and answers nobody."""
    with _listening(lambda _connection, _head: None) as stranger:
        yield stranger


@contextmanager
def impostor(certificate: Path) -> Iterator[Stranger]:
    """A proxy that opens every tunnel itself, with this certificate (and key)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def attend(connection: socket.socket, head: bytes) -> None:
        if not head.startswith(b"CONNECT "):
            return
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with suppress(OSError), context.wrap_socket(connection, server_side=True) as tunnel:
            if sent := tunnel.recv(65_536):
                stranger.inside.append(_first_line(sent))
                tunnel.sendall(_ANSWER)

    with _listening(attend) as stranger:
        yield stranger


@dataclass
class Relay:
    """``asked``: of each request that passed, the number of its connection and its first line."""

    url: str
    asked: list[tuple[int, str]] = field(default_factory=list)


@contextmanager
def relay(target: str) -> Iterator[Relay]:
    """An address at which ``target`` answers: bytes pass as they come, and so do resets."""
    host, _, port = target.removeprefix("http://").partition(":")
    listener = socket.create_server((HERE, 0))
    between = Relay(f"http://{HERE}:{listener.getsockname()[1]}")

    def listen() -> None:
        with suppress(OSError):
            for number in itertools.count():
                near, _ = listener.accept()
                far = socket.create_connection((host, int(port)))
                passing = threading.Thread(target=attend, args=(near, far, number), daemon=True)
                passing.start()

    def attend(near: socket.socket, far: socket.socket, number: int) -> None:
        with near, far:
            try:
                while True:
                    for here in select.select([near, far], [], [])[0]:
                        sent = here.recv(65_536)
                        if not sent:
                            return
                        if here is near:
                            between.asked.append((number, _first_line(sent)))
                        (far if here is near else near).sendall(sent)
            except OSError:
                # Closing a connection that must not linger resets it.
                near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    threading.Thread(target=listen, daemon=True).start()
    try:
        yield between
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


@contextmanager
def _listening(attend: Attend) -> Iterator[Stranger]:
    listener = socket.create_server((HERE, 0))
    stranger = Stranger(f"http://{HERE}:{listener.getsockname()[1]}")

    def listen() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                connection.settimeout(_PATIENCE_S)
                with connection, suppress(OSError):
                    head = connection.recv(65_536)
                    stranger.heard.append(_first_line(head))
                    attend(connection, head)

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    try:
        yield stranger
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(_PATIENCE_S)


def _first_line(head: bytes) -> str:
    return head.split(b"\r\n", 1)[0].decode("latin-1")


@dataclass(frozen=True)
class Issuer:
    """An authority of the tests' own. ``file``: its certificate, for those who trust it."""

    file: Path
    _certificate: x509.Certificate
    _key: ec.EllipticCurvePrivateKey

    @classmethod
    def found(cls, directory: Path) -> Issuer:
        """A new authority, whose files lie in ``directory``."""
        key, name = ec.generate_private_key(ec.SECP256R1()), _name("Authority of the tests")
        certificate = (
            _draft(name, name, key, timedelta(days=2))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        file = directory / "authority.pem"
        file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return cls(file, certificate, key)

    def certify(self, host: str, *, valid_for: timedelta = timedelta(days=1)) -> Path:
        """A file with a certificate for ``host`` and its key, valid from two days ago on."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            _draft(_name(host), self._certificate.subject, key, valid_for)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        file = self.file.with_name(f"{host}.pem")
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        return file


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _draft(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, valid_for: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=2))
        .not_valid_after(now + valid_for)
    )
