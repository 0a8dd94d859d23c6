"""The worker processes, through Dask: the server's own, or those of a scheduler that runs already."""

from __future__ import annotations

import asyncio
import logging
import os
import pickle
from collections.abc import Callable, Sequence
from typing import Any
from uuid import uuid4

import dask
from dask.system import CPU_COUNT
from distributed import Client, KilledWorker, LocalCluster, Security, WorkerPlugin

from explainers.support.contract import Checkpoint
from training.work import TooLongError, prepare, train

log = logging.getLogger(__name__)

REACH = 20  # seconds to wait for a scheduler

SETTINGS = {
    # The scheduler keeps what passes through it, whole checkpoints here: keep next to none.
    "distributed.admin.low-level-log-length": 2,
    "distributed.scheduler.allowed-failures": 1,
    "distributed.worker.profile.enabled": False,
    # A worker that died is started anew, however long that takes on a full machine: Dask would give it up
    # after 15 seconds, and never start another.
    "distributed.deploy.lost-worker-timeout": "365d",
    # Each of its parts in the server looks at itself 50 times a second: a page stops for it as often.
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "10s",
    # Nobody reads these pages, so nobody shall.
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    # One thread each, and no more. Dask would also have freed memory given back at once: then a training asks
    # for it again at every step, and takes 1.1 times as long (an embedding) to 3.5 times (a U-Net).
    "distributed.nanny.pre-spawn-environ": dict.fromkeys(
        ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"], 1
    ),
}


# A click goes before a training. And Ctrl-C reaches every process of a terminal: the server stops its
# workers, and they say nothing of it.
BACK_SEAT = """
import os, signal
if hasattr(os, "nice"):
    os.nice(19)
signal.signal(signal.SIGINT, signal.SIG_IGN)
"""


class Imports(WorkerPlugin):  # type: ignore[misc]  # Dask has no types
    """Imports the modules in every worker, and in every worker that comes later."""

    name = "unrolled-imports"

    def __init__(self, modules: Sequence[str]) -> None:
        self.modules = modules

    async def setup(self, worker: Any) -> None:
        """Import beside the worker's event loop, which goes on."""
        del worker
        await asyncio.to_thread(prepare, self.modules)


class Workers:
    """Runs attempts, and tells what becomes of them. Every method but ``start``, ``look``, ``close`` and
    ``prepare`` returns at once.

    Args:
        count: how many processes, if they are the server's own; None: as the environment says.
        scheduler: address of a Dask scheduler to use instead; None: as the environment says, or none.
        hear: called with every checkpoint, in order: attempt, index, checkpoint, CPU seconds, bytes.
        done: called after the last checkpoint: attempt, and the code of what went wrong (empty: nothing;
            ``lost``: the scheduler went away).
    """

    def __init__(
        self,
        count: int | None,
        scheduler: str | None,
        hear: Callable[[str, int, Checkpoint, float, int], None],
        done: Callable[[str, str], None],
    ) -> None:
        self.slots = 0  # how many attempts can run at once
        self._count = count or whole("UNROLLED_WORKERS", CPU_COUNT)
        self._scheduler = scheduler or os.environ.get("UNROLLED_SCHEDULER", "")
        self._tell, self._tell_done = hear, done
        self._topic = f"unrolled-{uuid4().hex}"
        self._futures: dict[str, Any] = {}
        self._cluster: Any = None
        self._client: Any = None

    def start(self) -> None:
        """Start the processes, or reach the scheduler.

        Raises:
            OSError: if the scheduler does not answer.
        """
        dask.config.set(SETTINGS)
        if not self._scheduler:
            self._cluster = LocalCluster(
                n_workers=self._count,
                threads_per_worker=1,
                processes=True,
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",
                # The server itself listens to it without a socket: half the copies of each checkpoint.
                scheduler_kwargs={
                    "dashboard": False,
                    "host": ["127.0.0.1", ""],
                    "protocol": ["tcp", "inproc"],
                },
                silence_logs=logging.ERROR,
                preload=[BACK_SEAT],
            )
        self._reach()
        self.look()

    def _reach(self) -> None:
        own = self._cluster and self._cluster.scheduler.listeners[1].contact_address
        self._client = Client(
            own or self._scheduler,
            security=None if self._cluster else certificates(),
            timeout=REACH,
            set_as_default=False,
        )
        # Dask's client collects for 10 ms what it has to say; here somebody waits for each of it.
        self._client.scheduler_comm.interval = 0.0

    def look(self) -> None:
        """See how many workers a scheduler has; reach it again if it was away."""
        if self._cluster is not None:
            self.slots = self._count
            return
        try:
            if self._client.status == "closed":
                self._reach()
            there = self._client.status == "running"
            self.slots = sum(self._client.nthreads().values()) if there else 0
        except OSError:
            self.slots = 0

    def prepare(self, modules: Sequence[str]) -> None:
        """Import the modules in every worker, and in every worker that comes later."""
        self._client.register_plugin(Imports(modules))

    def submit(self, attempt: str, module: str, values: dict[str, Any], limit: float) -> None:
        """Run an attempt."""
        # Again each time: a scheduler that was away and came back knows nothing of it.
        self._client.subscribe_topic(self._topic, self._hear)
        future = self._client.submit(
            train, attempt, self._topic, module, values, limit, key=attempt, pure=False
        )
        self._futures[attempt] = future
        future.add_done_callback(lambda _: self._done(attempt))

    def release(self, attempt: str) -> None:
        """Stop an attempt that nobody wants."""
        future = self._futures.pop(attempt, None)
        if future is not None:
            future.release()

    def _hear(self, event: tuple[float, list[dict[str, Any]]]) -> None:
        for message in event[1]:
            head, *arrays = message["data"]  # bytes, so nobody can write into what many visitors read
            checkpoint: Checkpoint = pickle.loads(head, buffers=arrays)
            size = len(head) + sum(map(len, arrays))
            self._tell(message["attempt"], message["index"], checkpoint, message["cpu"], size)

    def _done(self, attempt: str) -> None:
        future = self._futures.pop(attempt, None)
        if future is None:
            return
        error = future.exception() if future.status == "error" else None
        code = ""  # the checkpoints came the same way as this news, before it
        if error is not None:
            log.error("%s failed", attempt, exc_info=error)
            code = {KilledWorker: "died", TooLongError: "too_long"}.get(type(error), "failed")
        elif future.status != "finished":
            code = "lost"
            self.slots = 0  # until a look finds it again
        future.release()
        self._tell_done(attempt, code)

    def close(self) -> None:
        """Stop everything; no process is left."""
        if self._client is not None:
            self._client.close()
        if self._cluster is not None:
            self._cluster.close()


def certificates() -> Any:
    """TLS for a ``tls://`` scheduler, from the environment; None without."""
    names = {
        "tls_ca_file": "UNROLLED_TLS_CA",
        "tls_client_cert": "UNROLLED_TLS_CERT",
        "tls_client_key": "UNROLLED_TLS_KEY",
    }
    found = {key: os.environ[name] for key, name in names.items() if os.environ.get(name)}
    return Security(require_encryption=True, **found) if found else None


def whole(name: str, default: int) -> int:
    """What the environment says of a number.

    Raises:
        ValueError: unless that is a whole number from 1.
    """
    said = os.environ.get(name, "").strip()
    if said and not (said.isdecimal() and int(said)):
        raise ValueError(f"{name} is {said!r}; it has to be a whole number from 1")
    return int(said or default)
