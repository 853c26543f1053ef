"""A webhook and a mail server on this machine: real sockets, which note what they are told."""

from __future__ import annotations

import json
import socketserver
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

HOST = "127.0.0.1"


@dataclass
class Listener:
    """`told` holds JSON bodies or mails, in order. `refuses` makes it answer with an error."""

    port: int = 0
    told: list[Any] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    refuses: bool = False

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}/hook/s3cr3t"

    @property
    def texts(self) -> list[str]:
        return [body["text"] for body in self.told]

    @property
    def titles(self) -> list[str]:
        return [text.splitlines()[0] for text in self.texts]


@contextmanager
def _served(server: socketserver.BaseServer, listener: Listener) -> Iterator[Listener]:
    listener.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield listener
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def webhook(listener: Listener | None = None) -> Iterator[Listener]:
    """Listen as Slack does; on the listener's own port, where it has had one."""
    listener = listener or Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if not listener.refuses:
                listener.told.append(json.loads(body))
            self.send_response(503 if listener.refuses else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with _served(HTTPServer((HOST, listener.port), Handler), listener):
        yield listener


@contextmanager
def mail_server(*offers: str) -> Iterator[Listener]:
    """Listen as a mail server that offers some extensions."""
    listener = Listener()

    class Handler(socketserver.StreamRequestHandler):
        timeout = 10

        def answer(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

        def handle(self) -> None:
            self.answer("220 here")
            while line := self.rfile.readline().decode().rstrip("\r\n"):
                listener.said.append(line)
                verb = line.split()[0].upper()
                if verb == "EHLO":
                    lines = ["here", *offers]
                    for text in lines[:-1]:
                        self.answer(f"250-{text}")
                    self.answer(f"250 {lines[-1]}")
                elif verb == "AUTH":
                    self.answer("535 no" if listener.refuses else "235 yes")
                elif verb == "RCPT" and listener.refuses:
                    self.answer("550 nobody")
                elif verb == "DATA":
                    self.answer("354 go on")
                    data = bytearray()
                    while (part := self.rfile.readline()) != b".\r\n":
                        data += part
                    listener.told.append(message_from_bytes(bytes(data), policy=default))
                    self.answer("250 taken")
                elif verb == "STARTTLS":
                    self.answer("220 now")
                    return
                elif verb == "QUIT":
                    self.answer("221 bye")
                    return
                else:
                    self.answer("250 ok")

    with _served(socketserver.TCPServer((HOST, 0), Handler), listener):
        yield listener
