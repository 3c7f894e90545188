"""Endurance: users pan, filter and open patches on the running app; latencies, errors, memory.

    EOEXPLORE_CACHE=FOLDER python -m benchmarks.soak --users 20 --minutes 10 > soak.json

Starts the app on the datasets that are known in the cache folder, or uses a running one (--url,
with --pid for its memory). Each user is a browser session over real HTTP and WebSocket
(`sessions`), acts, looks for a while, and acts again.
"""

import argparse
import json
import os
import signal
import statistics
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.http_pool import LEFT, Reply
from benchmarks.server import Server, running
from benchmarks.sessions import Run, Session, SessionBroken
from benchmarks.visitor import Visitor

_MB = 1e6


@dataclass(frozen=True)
class Plan:
    """What is tried."""

    datasets: tuple[str, ...]
    """Slugs; users are spread over them."""
    users: int = 20
    """Sessions at once."""
    seconds: float = 600.0
    """How long they act."""
    think_s: float = 2.0
    """Mean time between two actions of a user."""
    warm_up_s: float = 120.0
    """Time at the start that the slope of memory leaves out."""
    seed: int = 1
    """Of what the users do."""
    sample_s: float = 1.0
    """Time between two looks at the memory."""


@dataclass
class Log:
    """What all users met."""

    replies: dict[str, list[float]] = field(default_factory=dict)
    """Seconds of each answer, by kind."""
    sizes: dict[str, int] = field(default_factory=dict)
    """Bytes of all answers, by kind."""
    runs: list[Run] = field(default_factory=list)
    """Runs of the page's script."""
    errors: Counter[str] = field(default_factory=Counter)
    """What went wrong, and how often."""
    left: int = 0
    """Requests broken off by a pan."""
    refused: int = 0
    """Answers 503 that were asked again."""
    lock: threading.Lock = field(default_factory=threading.Lock)
    """Held while it is written to."""

    def reply(self, reply: Reply) -> None:
        """Note an answer."""
        with self.lock:
            if reply.status == LEFT:
                self.left += 1
                return
            if not reply.ok:
                self.errors[f"{reply.kind}: status {reply.status}"] += 1
            self.replies.setdefault(reply.kind, []).append(reply.seconds)
            self.sizes[reply.kind] = self.sizes.get(reply.kind, 0) + reply.size

    def timed(self, kind: str, seconds: float, size: int = 0) -> None:
        """Note something that is not one answer."""
        with self.lock:
            self.replies.setdefault(kind, []).append(seconds)
            self.sizes[kind] = self.sizes.get(kind, 0) + size

    def run(self, kind: str, run: Run) -> None:
        """Note a run of the page."""
        self.timed(kind, run.seconds, run.size)
        with self.lock:
            self.runs.append(run)
            for text in run.errors:
                self.errors[f"page: {text[:80]}"] += 1

    def again(self) -> None:
        """Note an answer that said "later"."""
        with self.lock:
            self.refused += 1

    def broken(self, what: str) -> None:
        """Note a session that ended too early."""
        with self.lock:
            self.errors[what] += 1


@dataclass(frozen=True)
class Memory:
    """Resident memory of the server over time."""

    seconds: list[float]
    """Since the users began."""
    resident: list[int]
    """Bytes."""

    def slope(self, since: float) -> float | None:
        """Return bytes per second by least squares from a time on; none with too few samples."""
        times, sizes = np.array(self.seconds), np.array(self.resident, float)
        kept = times >= since
        if kept.sum() < 3:
            return None
        return float(np.polyfit(times[kept], sizes[kept], 1)[0])


def soak(plan: Plan, address: str, server: Server | None) -> dict[str, Any]:
    """Let the users act, and return what came of it as plain JSON."""
    log, stop = Log(), threading.Event()
    users = [
        threading.Thread(target=_user, args=(plan, address, number, log, stop), daemon=True)
        for number in range(plan.users)
    ]
    watched = Memory([], [])
    cpu = server.cpu() if server else 0.0
    begun = time.monotonic()
    for user in users:
        user.start()
    while (now := time.monotonic() - begun) < plan.seconds:
        if server:
            watched.seconds.append(now)
            watched.resident.append(server.memory())
        time.sleep(min(plan.sample_s, max(0.0, plan.seconds - now)))
    stop.set()
    for user in users:
        user.join(90)
    cpu = server.cpu() - cpu if server else 0.0
    return {
        "plan": asdict(plan),
        "machine": {"cores": os.cpu_count(), "python": sys.version.split()[0]},
        "seconds": round(time.monotonic() - begun, 1),
        "server_cpu_s": round(cpu, 1),
        "latency": _latencies(log),
        "left": log.left,
        "refused": log.refused,
        "errors": sum(log.errors.values()),
        "errors_by_kind": dict(log.errors),
        "messages": _messages(log.runs),
        "memory": _memory(plan, watched) if server else None,
    }


def _user(plan: Plan, address: str, number: int, log: Log, stop: threading.Event) -> None:
    """Be one user: open the page, act until it is over, open it again when it broke."""
    slug = plan.datasets[number % len(plan.datasets)]
    # Forty people do not press Enter in the same millisecond.
    if stop.wait(min(number * 0.25, plan.seconds / 3)):
        return
    while not stop.is_set():
        with Session(address, {"dataset": slug}) as session:
            visitor = Visitor(session, log, plan.seed * 1000 + number, plan.think_s)
            try:
                visitor.stay(stop)
            except SessionBroken as error:
                log.broken(str(error))
                stop.wait(1.0)


def _latencies(log: Log) -> list[dict[str, float | str | int]]:
    rows: list[dict[str, float | str | int]] = []
    for kind, seconds in sorted(log.replies.items()):
        p50, p95, p99 = (float(np.quantile(seconds, part)) * 1e3 for part in (0.5, 0.95, 0.99))
        rows.append(
            {
                "kind": kind,
                "n": len(seconds),
                "p50_ms": round(p50, 1),
                "p95_ms": round(p95, 1),
                "p99_ms": round(p99, 1),
                "most_ms": round(max(seconds) * 1e3, 1),
                "kb": round(log.sizes.get(kind, 0) / len(seconds) / 1e3, 1),
            }
        )
    return rows


def _messages(runs: Sequence[Run]) -> dict[str, float | int]:
    """Return kilobytes of what one run sends, and of its largest message."""
    if not runs:
        return {"runs": 0}
    return {
        "runs": len(runs),
        "run_kb": round(statistics.median(run.size for run in runs) / 1e3, 1),
        "run_most_kb": round(max(run.size for run in runs) / 1e3, 1),
        "message_most_kb": round(max(max(run.sizes) for run in runs) / 1e3, 1),
    }


def _memory(plan: Plan, watched: Memory) -> dict[str, Any]:
    slope = watched.slope(plan.warm_up_s)
    every = max(1, len(watched.resident) // 60)
    return {
        "start_mb": round(watched.resident[0] / _MB, 1),
        "end_mb": round(watched.resident[-1] / _MB, 1),
        "most_mb": round(max(watched.resident) / _MB, 1),
        "warm_up_s": plan.warm_up_s,
        "slope_mb_per_min": None if slope is None else round(slope * 60 / _MB, 3),
        "course": [
            [round(second), round(size / _MB, 1)]
            for second, size in zip(
                watched.seconds[::every], watched.resident[::every], strict=True
            )
        ],
    }


def table(found: dict[str, Any]) -> str:
    """Return the outcome as text for people."""
    head = f"{'what':<10}{'n':>7}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}{'most ms':>9}{'kB':>8}"
    lines = [head]
    for row in found["latency"]:
        numbers = "".join(f"{row[name]:>9}" for name in ("p50_ms", "p95_ms", "p99_ms", "most_ms"))
        lines.append(f"{row['kind']:<10}{row['n']:>7}{numbers}{row['kb']:>8}")
    lines.append(
        f"errors {found['errors']}, refused and asked again {found['refused']}, "
        f"left {found['left']}; processor {found['server_cpu_s']} s of {found['seconds']} s"
    )
    if memory := found["memory"]:
        lines.append(
            f"memory {memory['start_mb']} → {memory['end_mb']} MB, most {memory['most_mb']} MB, "
            f"slope {memory['slope_mb_per_min']} MB per minute"
        )
    lines += [f"  {count} × {what}" for what, count in found["errors_by_kind"].items()]
    return "\n".join(lines)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--users", type=int, default=20)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--warm-up", type=float, default=2.0, help="minutes")
    parser.add_argument("--think", type=float, default=2.0, help="seconds between two actions")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--dataset", action="append", help="slug; may be given several times")
    parser.add_argument("--url", help="a running app; none: one is started")
    parser.add_argument("--pid", type=int, help="process of the running app, for its memory")
    parser.add_argument("--log", type=Path, help="file for what the started app writes")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    return parser.parse_args()


def main() -> int:
    """Run it and print the outcome; the status is 1 when there were errors."""
    options = _options()
    # Told to stop, it takes the server that it has started with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    plan = Plan(
        datasets=tuple(options.dataset or ("reben-synthetic",)),
        users=options.users,
        seconds=options.minutes * 60,
        think_s=options.think,
        warm_up_s=options.warm_up * 60,
        seed=options.seed,
    )
    if options.url:
        given = Server(options.url, options.pid, 0.0) if options.pid else None
        context: Any = nullcontext(given)
    else:
        context = running(Path(os.environ["EOEXPLORE_CACHE"]), options.log)
    with context as server:
        found = soak(plan, options.url or server.address, server)
    sys.stdout.write(json.dumps(found, indent=1) if options.json else table(found))
    sys.stdout.write("\n")
    return 1 if found["errors"] else 0


if __name__ == "__main__":
    sys.exit(main())
