"""A server on this machine that answers as OpenAI's documentation describes, or as badly as a test wants."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import numpy as np

from explainers.support.openai_vectors import DIMENSIONS, MODEL


def vector(text: str) -> list[float]:
    """The same numbers for the same text."""
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4])
    found = np.random.default_rng(seed).normal(size=DIMENSIONS)
    values: list[float] = (found / np.linalg.norm(found)).tolist()
    return values


class Server:
    """``mode`` says how it answers; ``calls``, ``paths`` and ``keys`` are what it was sent."""

    def __init__(self) -> None:
        self.mode = "good"
        self.calls: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.keys: list[str] = []
        self.done = Event()
        self.url = ""

    def answer(self, body: dict[str, Any], key: str) -> tuple[int, bytes]:
        """Status and body."""
        if self.mode in ("401", "429", "500", "404"):
            error = {
                "message": f"Incorrect API key provided: {key}.",
                "type": "x",
                "code": "y",
                "param": None,
            }
            return int(self.mode), json.dumps({"error": error}).encode()
        if self.mode == "silent":
            self.done.wait(30)
        if self.mode == "page":
            return 200, b"<html>welcome</html>"
        if self.mode == "cut":
            return 200, b'{"object": "list", "data": [{"obj'
        texts = body["input"]
        rows: list[dict[str, Any]] = [
            {"object": "embedding", "index": i, "embedding": vector(t)} for i, t in enumerate(texts)
        ]
        if self.mode == "fewer":
            rows = rows[:-1]
        if self.mode == "short":
            rows = [{**row, "embedding": row["embedding"][:10]} for row in rows]
        if self.mode == "words":
            rows = [{**row, "embedding": ["a"] * DIMENSIONS} for row in rows]
        if self.mode == "twice":
            rows = [{**row, "index": 0} for row in rows]
        if self.mode == "shuffled":
            rows = rows[::-1]
        tokens = sum(len(text.split()) + 1 for text in texts)
        usage = {"prompt_tokens": tokens, "total_tokens": tokens}
        return 200, json.dumps({"object": "list", "data": rows, "model": MODEL, "usage": usage}).encode()


@contextmanager
def serving() -> Iterator[Server]:
    """The server, on a free port."""
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            key = self.headers["Authorization"].removeprefix("Bearer ")
            state.calls.append(body)
            state.paths.append(self.path)
            state.keys.append(key)
            status, data = state.answer(body, key)
            self.send_response(status)
            self.send_header("Content-Type", "text/html" if state.mode == "page" else "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    state.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield state
    finally:
        state.done.set()
        server.shutdown()
        server.server_close()
