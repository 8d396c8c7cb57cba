"""What servers of strangers answer is taken as it comes."""

from __future__ import annotations

import gzip
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from api import outside

pytestmark = pytest.mark.anyio


async def test_what_nobody_asked_to_be_packed_is_not_unpacked() -> None:
    """Fifty megabytes of nothing fit into fifty kilobytes, and into no memory of ours."""
    packed, asked = gzip.compress(bytes(50 << 20)), []
    assert len(packed) < 100_000

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.headers["Accept-Encoding"])
            self.send_response(200)
            self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(packed)))
            self.end_headers()
            self.wfile.write(packed)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        body = await outside.get(f"http://127.0.0.1:{server.server_port}/", local=True)
        thread.join()
    assert body == packed
    assert asked == ["identity"]
