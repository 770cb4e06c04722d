"""A certificate of its own for a server on this machine, which nobody trusts unless told to."""

import shutil
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Certificate:
    """A certificate for localhost and 127.0.0.1, and its key."""

    file: Path
    key: Path

    def for_server(self) -> ssl.SSLContext:
        """What a server shows it by."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.file, self.key)
        return context


def a_certificate(folder: Path) -> Certificate:
    """Make one; the test is skipped where there is no openssl."""
    if shutil.which("openssl") is None:
        pytest.skip("NOTHING WAS TRIED WITH TLS: there is no openssl here")
    made = Certificate(folder / "server.pem", folder / "server.key")
    names = "subjectAltName=DNS:localhost,IP:127.0.0.1"
    new = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
    ]
    what = ["-subj", "/CN=localhost", "-addext", names, "-keyout", str(made.key), "-out", str(made.file)]
    subprocess.run([*new, *what], check=True, capture_output=True)
    return made
