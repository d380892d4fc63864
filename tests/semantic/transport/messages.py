"""Messages to send in tests, and a certificate for servers on this machine."""

import ssl
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from semantic.display.messages.message import Message

AT = datetime(2026, 11, 30, 7, 5, 9, tzinfo=UTC)
MESSAGE_ID = "<7f3a.00aa@samepage.example.com>"
SENDER = "Samepage <numbers@example.com>"
MESSAGE = Message(
    subject="Net revenue fell 12% in Germany",
    preheader="Orders held steady.",
    html="<!doctype html><html><body><h1>Net revenue fell 12% in Germany</h1></body></html>",
    text="Net revenue fell 12% in Germany\n\nOpen board: https://samepage.example.com/board?d=7f",
    headline="Net revenue fell 12% in Germany",
    bullets=("Orders held steady", "Refunds doubled"),
    link="https://samepage.example.com/board?d=7f",
    link_label="Open board",
    receipts=("R-1", "R-2"),
    values={"revenue": 1200.5},
)


@dataclass(frozen=True, slots=True)
class Certificate:
    certificate: Path
    key: Path

    def served(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context

    def trusted(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.certificate))


def make_certificate(folder: Path, name: str) -> Certificate:
    """Return a self-signed certificate for one host name."""
    made = Certificate(folder / f"{name}.pem", folder / f"{name}.key")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}"]
    kind = "IP" if name[0].isdigit() else "DNS"
    command += ["-addext", f"subjectAltName={kind}:{name}", "-out", str(made.certificate), "-keyout", str(made.key)]
    subprocess.run(command, check=True, capture_output=True)
    return made
