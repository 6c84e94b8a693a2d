"""Another client of a Redis: pings it every half millisecond, and says how long the worst one took.

python pinger.py URL        each line of input is answered with the seconds of the worst since the last
"""

from __future__ import annotations

import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from redis import Redis


@contextmanager
def pinging(url: str) -> Iterator[Callable[[], float]]:
    """Ping in a process of its own; what is given returns the worst since it was last called."""
    command = [sys.executable, __file__, url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as pinger:
        assert pinger.stdin is not None
        assert pinger.stdout is not None

        def worst() -> float:
            print(file=pinger.stdin, flush=True)
            return float(pinger.stdout.readline())

        worst()
        try:
            yield worst
        finally:
            pinger.stdin.close()


def ping_until_closed(url: str) -> None:
    with Redis.from_url(url) as client:
        client.ping()
        worst = 0.0
        while True:
            started = time.perf_counter()
            client.ping()
            worst = max(worst, time.perf_counter() - started)
            if select.select([sys.stdin], [], [], 0.0005)[0]:
                if not sys.stdin.readline():
                    return
                print(worst, flush=True)
                worst = 0.0


if __name__ == "__main__":
    ping_until_closed(sys.argv[1])
