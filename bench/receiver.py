"""A network for benches: a process of its own that speaks TLS, answers after a while, and counts what is open at once.

It answers as Facebook does for a page's post, and with an empty object everywhere else, as a webhook's receiver may.
Its certificate is signed by an authority made for this run, which the bench trusts through OpenSSL's own variable,
`SSL_CERT_FILE`; the product has no setting for that.
"""

import argparse
import asyncio
import json
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from itertools import count
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

ADDRESS = "127.0.0.1"
NUMBERS = count(1)


class Counted:
    """What came, and how much of it was open at one time."""

    def __init__(self) -> None:
        self.posts = 0
        self.open = 0
        self.most = 0
        self.connections = 0


async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, counted: Counted, seconds: float) -> None:
    counted.connections += 1
    with suppress(asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            method, path, _ = head.split(" ", 2)
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head.split("\r\n"))}
            await reader.readexactly(int(headers.get("content-length", 0)))
            if path == "/counted":
                answer: Any = vars(counted)
            else:
                counted.open += 1
                counted.most = max(counted.most, counted.open)
                await asyncio.sleep(seconds)
                counted.open -= 1
                counted.posts += method == "POST"
                page = path.partition("?")[0].split("/")[-2]
                answer = {"id": f"{page}_{next(NUMBERS)}"} if "/feed" in path else {}
            body = json.dumps(answer).encode()
            closes = headers.get("connection") == "close"
            kind = "close" if closes else "keep-alive"
            writer.write(
                f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
                f"Connection: {kind}\r\n\r\n".encode()
                + body
            )
            await writer.drain()
            if closes:
                break
    writer.close()


async def serve(directory: Path, milliseconds: int, *, plain: bool) -> None:
    counted = Counted()
    context = None if plain else ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if context is not None:
        context.load_cert_chain(directory / "server.pem")
    server = await asyncio.start_server(
        lambda reader, writer: meet(reader, writer, counted, milliseconds / 1000),
        ADDRESS,
        0,
        ssl=context,
        backlog=1024,
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)  # ends with whoever started it


def make_certificates(directory: Path) -> Path:
    """An authority and a certificate of this address; where the authority's lies."""
    authority_key, authority = certificate("Authority of a bench", None)
    key, signed = certificate(ADDRESS, (authority_key, authority))
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (directory / "server.pem").write_bytes(signed.public_bytes(pem) + private)
    file = directory / "authority.pem"
    file.write_bytes(authority.public_bytes(pem))
    return file


Issuer = tuple[ec.EllipticCurvePrivateKey, x509.Certificate]


def certificate(name: str, issuer: Issuer | None) -> Issuer:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signer = issuer[0] if issuer else key
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[1].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    if issuer:
        made = made.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(name))]), critical=False)
    return key, made.sign(signer, hashes.SHA256())


@contextmanager
def receiver(milliseconds: int, *, plain: bool = False) -> Iterator[tuple[str, Path]]:
    """A receiver in a process of its own: its address, and the authority that vouches for it."""
    with tempfile.TemporaryDirectory() as folder:
        authority = make_certificates(Path(folder))
        command = [sys.executable, __file__, "--data", folder, "--network-ms", str(milliseconds)]
        process = subprocess.Popen(
            [*command, *(["--plain"] if plain else [])], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        try:
            assert process.stdout is not None
            yield f"http{'' if plain else 's'}://{ADDRESS}:{int(process.stdout.readline())}", authority
        finally:
            process.terminate()
            process.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--network-ms", type=int, required=True)
    parser.add_argument("--plain", action="store_true")
    arguments = parser.parse_args()
    asyncio.run(serve(arguments.data, arguments.network_ms, plain=arguments.plain))
