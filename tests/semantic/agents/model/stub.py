"""A language model on this machine that answers as the test wants: right, wrong, slow, hostile, too long, or not at
all.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from semantic.config.language_model import LanguageModel

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Stub:
    """The language model's server.

    `answer` is how it answers the next requests, and `got` has the bodies that it received.
    """

    port: int
    answer: Answer
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list[tuple[dict[str, str], bytes]])
    over: threading.Event = field(default_factory=threading.Event)

    def model(self, seconds: float = 20.0) -> LanguageModel:
        return LanguageModel(
            address=f"http://127.0.0.1:{self.port}/v1", name="house-model", key="a-key-of-tests", seconds=seconds
        )

    @property
    def told(self) -> dict[str, Any]:
        """Return the content of the last request, without the instructions and the schema."""
        return json.loads(json.loads(self.got[-1][1])["messages"][1]["content"])


@contextmanager
def stubbed(answer: Answer) -> Iterator[Stub]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            stub.got.append((dict(self.headers.items()), self.rfile.read(int(self.headers["Content-Length"]))))
            stub.answer(self)

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing, because the tests look at `got`."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda request, client_address: None  # connections that a test breaks
    stub = Stub(server.server_address[1], answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield stub
    finally:
        stub.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


def send(body: bytes, status: int = 200, **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def says(content: str, finish: str = "stop") -> Answer:
    """Return an answer with this text as the model's message."""
    choice = {"message": {"role": "assistant", "content": content}, "finish_reason": finish}
    return send(json.dumps({"id": "x", "choices": [choice], "usage": {}}).encode())


def chooses(question: object) -> Answer:
    """Return an answer with this question."""
    return says(json.dumps({"question": question}))
