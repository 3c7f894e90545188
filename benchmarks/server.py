"""The app in a process of its own, on a free port, as the README starts it."""

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

REPOSITORY = Path(__file__).resolve().parents[1]
_START_S = 90.0


@dataclass(frozen=True)
class Server:
    """A running app."""

    address: str
    """Such as http://127.0.0.1:8501."""
    pid: int
    """Of its process."""
    start_s: float
    """Seconds from its start until it answered."""

    def memory(self) -> int:
        """Return the resident bytes of the server's process."""
        return int(psutil.Process(self.pid).memory_info().rss)

    def cpu(self) -> float:
        """Return the seconds of processor time that the process has used."""
        times = psutil.Process(self.pid).cpu_times()
        return float(times.user + times.system)


@contextlib.contextmanager
def running(
    cache: Path, log: Path | None = None, roots: Sequence[Path] = (), **settings: str
) -> Iterator[Server]:
    """Run `streamlit run app.py` on a cache folder.

    Args:
        cache: is made if it is not there.
        log: the file for its output, which otherwise goes nowhere.
        roots: folders that it may open; none: those of the environment.
        settings: further environment variables.

    Raises:
        RuntimeError: it did not answer in time.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # The script that was installed beside this Python, which is what is typed in a terminal.
    streamlit = str(Path(sys.executable).with_name("streamlit"))
    command = [streamlit, "run", "app.py", f"--server.port={port}"]
    cache.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "EOEXPLORE_CACHE": str(cache.resolve()), **settings}
    if roots:
        environment["EOEXPLORE_ROOTS"] = os.pathsep.join(map(str, roots))
    begun = time.perf_counter()
    with Path(log or os.devnull).open("wb") as output:
        process = subprocess.Popen(
            [*command, "--server.address=127.0.0.1"],
            cwd=REPOSITORY,
            env=environment,
            stdout=output,
            stderr=output,
        )
        try:
            address = f"http://127.0.0.1:{port}"
            _wait(f"{address}/_stcore/health", process, log)
            yield Server(address, process.pid, time.perf_counter() - begun)
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(20)
            process.kill()
            process.wait()


def _wait(url: str, process: subprocess.Popen[bytes], log: Path | None) -> None:
    end = time.monotonic() + _START_S
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    said = log.read_text(errors="replace")[-2000:] if log else "no log was asked for"
    raise RuntimeError(f"The app did not answer within {_START_S:g} s: {said}")
