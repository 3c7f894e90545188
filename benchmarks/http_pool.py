"""What a browser does over HTTP to one server: at most six connections, kept open, reused."""

import gzip
import http.client
import queue
import socket
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from urllib.parse import urlsplit

CONNECTIONS = 6
"""As many as browsers open to one host over HTTP/1.1."""
_TIMEOUT_S = 60.0
LEFT = -1
"""Status of a request that was broken off, or never sent, because nobody wants it any more."""
_HEADERS = {"Accept-Encoding": "gzip, deflate", "Connection": "keep-alive"}


@dataclass(frozen=True)
class Reply:
    """One answer."""

    kind: str
    """What was asked, for statistics."""
    target: str
    """Path and query that were asked for."""
    status: int
    """HTTP status; 0 without an answer, LEFT when it was broken off."""
    seconds: float
    """From sending to the last byte."""
    size: int
    """Bytes of the body as sent."""
    headers: dict[str, str]
    """Headers, names in lower case."""
    body: bytes
    """The body as sent."""

    @property
    def plain(self) -> bytes:
        """The body, unpacked."""
        is_packed = self.headers.get("content-encoding") == "gzip"
        return gzip.decompress(self.body) if is_packed else self.body

    @property
    def ok(self) -> bool:
        """Whether it is what was asked for, or was not wanted any more."""
        return self.status in (200, 304, LEFT)


class HttpPool:
    """Asks one server over a few connections; a batch can be left before it is answered."""

    def __init__(self, address: str, connections: int = CONNECTIONS) -> None:
        """Open nothing yet.

        Args:
            address: such as http://127.0.0.1:8501.
            connections: how many requests may be under way at once.
        """
        parts = urlsplit(address)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._free: queue.LifoQueue[http.client.HTTPConnection] = queue.LifoQueue()
        for _ in range(connections):
            self._free.put(self._connection())
        self._threads = ThreadPoolExecutor(connections, thread_name_prefix="browser")
        self.cookies: dict[str, str] = {}

    def _connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self._host, self._port, timeout=_TIMEOUT_S)

    def get(self, kind: str, target: str) -> Reply:
        """Ask, and wait for the answer."""
        return self._ask(kind, target, None)

    def batch(self, kind: str, targets: list[str]) -> "Batch":
        """Ask for several things at once."""
        batch = Batch()
        for target in targets:
            batch.futures.append(self._threads.submit(self._ask, kind, target, batch))
        return batch

    def close(self) -> None:
        """Hang up."""
        self._threads.shutdown(cancel_futures=True)
        while not self._free.empty():
            self._free.get_nowait().close()

    def __enter__(self) -> "HttpPool":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self.close()

    def _ask(self, kind: str, target: str, batch: "Batch | None") -> Reply:
        connection = self._free.get()
        try:
            if batch is not None and not batch.begin(connection):
                return Reply(kind, target, LEFT, 0.0, 0, {}, b"")
            return self._exchange(kind, target, connection, batch)
        except (OSError, http.client.HTTPException):
            connection.close()
            is_left = batch is not None and batch.is_left
            return Reply(kind, target, LEFT if is_left else 0, 0.0, 0, {}, b"")
        finally:
            if batch is not None:
                batch.end(connection)
                if batch.is_left:
                    connection.close()  # it may have been shut after its last byte
            self._free.put(connection)

    def _exchange(
        self,
        kind: str,
        target: str,
        connection: http.client.HTTPConnection,
        batch: "Batch | None",
    ) -> Reply:
        """Ask; a connection that the server has closed meanwhile is opened anew, once."""
        was_open = connection.sock is not None
        try:
            return self._once(kind, target, connection)
        except (ConnectionError, http.client.BadStatusLine):
            connection.close()
            if not was_open or (batch is not None and batch.is_left):
                raise
        return self._once(kind, target, connection)

    def _once(self, kind: str, target: str, connection: http.client.HTTPConnection) -> Reply:
        start = time.perf_counter()
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = _HEADERS | ({"Cookie": cookie} if cookie else {})
        connection.request("GET", target, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        seconds = time.perf_counter() - start
        for line in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name.strip()] = value.strip()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return Reply(kind, target, answer.status, seconds, len(body), found, body)


class Batch:
    """Requests that belong together, such as the tiles of one view."""

    def __init__(self) -> None:
        self.futures: list[Future[Reply]] = []
        self.is_left = False
        self._under_way: set[http.client.HTTPConnection] = set()
        self._lock = threading.Lock()

    def begin(self, connection: http.client.HTTPConnection) -> bool:
        """Note that a request goes out; tell whether it is still wanted."""
        with self._lock:
            if not self.is_left:
                self._under_way.add(connection)
            return not self.is_left

    def end(self, connection: http.client.HTTPConnection) -> None:
        """Note that a request is over."""
        with self._lock:
            self._under_way.discard(connection)

    def leave(self) -> None:
        """Break off what is under way, as a browser does for a tile that is out of sight."""
        with self._lock:
            self.is_left = True
            for connection in self._under_way:
                if connection.sock is not None:
                    try:
                        connection.sock.shutdown(socket.SHUT_RDWR)
                    except OSError:
                        continue  # it has just ended by itself

    def replies(self) -> list[Reply]:
        """Wait for all answers."""
        return [future.result() for future in self.futures]
