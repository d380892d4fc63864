"""Workers as separate processes over one store, which a test kills at random moments.

def jobs(store: Store) -> tuple[Job, ...]: ...                    at the top of a module that forks can import

workers = Workers(jobs, address, lease=5)
kill_at_random(workers, kills=part(200), seed=7, progress=rows)   two workers, one of them killed again and again
until(lambda: is_done())                                          those left alive finish
workers.kill_all()
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing.context import ForkServerProcess

from semantic.observability.metrics import Meters
from semantic.store.database import Store, connect_store
from semantic.worker.job import Job
from semantic.worker.worker import Worker
from tests.semantic.store.writers import FORKS
from tests.waiting import STUCK, until

MakeJobs = Callable[[Store], tuple[Job, ...]]


@dataclass(frozen=True, slots=True)
class Home:
    """The part of a process that a worker needs."""

    store: Store
    meters: Meters = field(default_factory=Meters)


def work_until_killed(make_jobs: MakeJobs, address: str, lease: float) -> None:
    """Run a worker over the store, and never end."""
    store = Store(connect_store(address))
    Worker(Home(store), make_jobs(store), lease=timedelta(seconds=lease)).run_until(threading.Event())


@dataclass(slots=True)
class Workers:
    """The worker processes of a test. `ends` has the time when each process was killed, by process id."""

    make_jobs: MakeJobs
    address: str
    lease: float = 5.0
    alive: list[ForkServerProcess] = field(default_factory=list[ForkServerProcess])
    ends: dict[int, datetime] = field(default_factory=dict[int, datetime])

    def start(self) -> None:
        arguments = (self.make_jobs, self.address, self.lease)
        process = FORKS.Process(target=work_until_killed, args=arguments, daemon=True)
        process.start()
        self.alive.append(process)

    def kill(self, place: int) -> None:
        process = self.alive.pop(place)
        assert process.is_alive(), f"a worker ended by itself with {process.exitcode}"
        process.kill()
        process.join(STUCK)
        assert process.pid is not None
        self.ends[process.pid] = datetime.now(UTC)

    def kill_all(self) -> None:
        while self.alive:
            self.kill(0)


def kill_at_random(
    workers: Workers, *, kills: int, seed: int, progress: Callable[[], int], count: int = 2, most: int = 20
) -> None:
    """Keep `count` workers running, and kill one of them `kills` times.

    Each is killed after a few more steps of `progress`, and a random moment later.
    """
    chance = random.Random(seed)
    while len(workers.alive) < count:
        workers.start()
    for _ in range(kills):
        enough = progress() + chance.randrange(1, most)
        until(lambda enough=enough: progress() >= enough, "the workers' progress")
        time.sleep(chance.uniform(0, 0.03))  # the moment of death, not a wait
        workers.kill(chance.randrange(count))
        workers.start()
