"""Trainings for many visitors: equal requests are one run, a bounded queue, a bounded cache.

The engine keeps its own queue and hands the workers only what can start at once, so that a visitor's run goes
before the background's, and whoever waits can be told their place.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable
from threading import Event, RLock, Thread
from uuid import uuid4

from explainers.support.contract import Checkpoint, Settings
from explainers.support.precomputed import Precomputed
from training.run import Run
from training.workers import Workers, whole

log = logging.getLogger(__name__)

LOOK = 0.2  # seconds between two looks for visitors who have gone


class Engine:
    """Trains what visitors ask for, in worker processes. Safe to use from any thread.

    A run belongs to whoever watches it. Each visitor watches at most one run per slot; what nobody watches
    any more is stopped, and a finished run is kept as long as the cache has room.

    Args:
        workers: how many processes of its own; None takes ``UNROLLED_WORKERS`` or the cores that it may use.
        scheduler: address of a Dask scheduler to use instead; None takes ``UNROLLED_SCHEDULER``.
        cache_bytes: how many bytes of finished runs are kept; None takes ``UNROLLED_CACHE_MB`` or 512 MB.
        queue: how many runs may wait.
        present: whether a visitor is still there.
        ships: the finished run of an explainer's settings, where there is one that need not be trained.
    """

    def __init__(
        self,
        *,
        workers: int | None = None,
        scheduler: str | None = None,
        cache_bytes: int | None = None,
        queue: int = 64,
        present: Callable[[str], bool] = lambda visitor: True,
        ships: Callable[[str, Settings], Precomputed | None] = lambda name, training: None,
    ) -> None:
        self._workers = Workers(workers, scheduler, self._hear, self._done)
        self._cache_bytes = whole("UNROLLED_CACHE_MB", 512) * 2**20 if cache_bytes is None else cache_bytes
        self._most_waiting = queue
        self._present = present
        self._ships = ships
        # Nothing is waited for while the lock is held: every visitor's page needs it.
        self._lock = RLock()
        self._runs: OrderedDict[str, Run] = OrderedDict()  # by key; the longest unused first
        self._waiting: list[Run] = []
        self._background: list[Run] = []
        self._active: dict[str, Run] = {}  # by the name of this attempt
        self._watched: dict[str, dict[str, Run]] = {}  # visitor → slot → run
        self._halted: dict[str, Run] = {}  # visitor → the run as it was when they stopped it
        self._warm: set[str] = set()
        self._closing = Event()
        self._watch = Thread(target=self._look_after, daemon=True, name="training-watch")

    # -- start and stop ----------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the workers, or reach the scheduler.

        Raises:
            OSError: if the scheduler does not answer.
        """
        self._workers.start()
        self._watch.start()

    def close(self) -> None:
        """Stop everything; no process is left."""
        self._closing.set()
        with self._lock:
            for run in [*self._waiting, *self._background, *self._active.values()]:
                run.become("stopped")
            for attempt in self._active:
                self._workers.release(attempt)
        self._workers.close()

    # -- what visitors ask for ---------------------------------------------------------------------------

    def request(
        self, visitor: str, name: str, training: Settings, slot: str = "main", *,
        patient: bool = False, anew: bool = False,
    ) -> Run:  # fmt: skip
        """The run of these settings, which is one run whoever asks. Returns at once.

        It replaces what this visitor watched in ``slot``. A run that the visitor stopped stays stopped for
        them until they ask for another, and one that failed stays failed. A ``patient`` run, one of many
        that are asked for together, lets all others go first. What ships is there at once, and trained all
        the same for those who ask for it ``anew``.
        """
        wanted = self._new(name, training, anew)
        with self._lock:
            before = self._watched.get(visitor, {}).get(slot)
            if before is not None and before.key != wanted.key:
                self._let_go(visitor, slot)  # first: it may free the place that the new one takes
            if (halted := self._halted.get(visitor)) and halted.key == wanted.key:
                return halted
            if slot == "main":
                self._halted.pop(visitor, None)
            run = self._find(wanted, patient)
            if run.error != "busy":
                self._watched.setdefault(visitor, {})[slot] = run
            self._start_next()
            return run

    def _new(self, name: str, training: Settings, anew: bool = False) -> Run:
        """A run that is yet to be trained, or one that ships."""
        found = self._ships(name, training)
        if found and not anew:
            return Run.done(name, training, found)
        return Run(name, training, anew=found is not None)

    def _find(self, wanted: Run, patient: bool) -> Run:
        """The run of the same key, or ``wanted`` itself, now waiting."""
        known = self._runs.get(wanted.key)
        if known is not None:
            self._runs.move_to_end(wanted.key)
            for line in (self._background, self._waiting):
                if known in line and (line is self._background or known.patient > patient):
                    line.remove(known)
                    self._line_up(known, patient)
                    break
            return known
        if not wanted.running:
            self._runs[wanted.key] = wanted
            self._keep_within_bounds()
            return wanted
        if len(self._before(patient)) >= self._most_waiting:
            wanted.become("failed", "busy")
            return wanted
        self._runs[wanted.key] = wanted
        self._line_up(wanted, patient)
        return wanted

    def _line_up(self, run: Run, patient: bool) -> None:
        """Let a run wait."""
        run.patient = patient
        self._waiting.insert(len(self._before(patient)), run)

    def _before(self, patient: bool) -> list[Run]:
        """Whom a new run waits behind: those that came before it, but not the patient ones."""
        return [run for run in self._waiting if patient or not run.patient]

    def leave(self, visitor: str, keep: str | None = None) -> None:
        """The visitor went away, or on to the page of ``keep``: they watch nothing else any more."""
        with self._lock:
            slots = self._watched.get(visitor, {})
            for slot in [slot for slot, run in slots.items() if run.name != keep]:
                self._let_go(visitor, slot)
            if (halted := self._halted.get(visitor)) and halted.name != keep:
                del self._halted[visitor]
            self._start_next()

    def unwatch(self, visitor: str, slot: str) -> None:
        """The visitor let go of what they watched in ``slot``."""
        with self._lock:
            self._let_go(visitor, slot)
            self._start_next()

    def stop(self, run: Run, visitor: str) -> None:
        """Stop the run for this visitor, who keeps what there is; others who watch it go on."""
        with self._lock:
            if not run.running:
                return
            self._halted[visitor] = run.halted()
            slots = self._watched.get(visitor, {})
            for slot in [slot for slot, watched in slots.items() if watched is run]:
                self._let_go(visitor, slot)
            self._start_next()

    def resume(self, visitor: str) -> None:
        """Let what the visitor stopped go on, and what failed try again, with the next request."""
        with self._lock:
            self._halted.pop(visitor, None)
            slots = self._watched.get(visitor, {})
            for slot, run in [(slot, run) for slot, run in slots.items() if run.state == "failed"]:
                self._forget(run)  # others who look at it get the new one, too
                self._let_go(visitor, slot)

    def warm(self, requests: Iterable[tuple[str, Settings]]) -> None:
        """Train these when nobody waits, and keep them; nobody has to watch. Returns at once."""
        runs = {run.key: run for run in (self._new(name, training) for name, training in requests)}
        Thread(target=self._warm_up, args=(runs,), daemon=True, name="training-warm").start()

    def _warm_up(self, runs: dict[str, Run]) -> None:
        modules = sorted({run.module for run in runs.values()})
        try:
            self._workers.prepare(modules)
        except Exception:
            if not self._closing.is_set():
                log.exception("the workers could not import %s", modules)
        with self._lock:
            self._warm |= runs.keys()
            for run in runs.values():
                if self._runs.setdefault(run.key, run) is run and run.running:
                    self._background.append(run)
            self._start_next()

    # -- the queue ---------------------------------------------------------------------------------------

    def _start_next(self) -> None:
        """Hand over what can start now: visitors' runs first; the background leaves one place free."""
        if self._closing.is_set():
            return
        slots = self._workers.slots
        while self._waiting and len(self._active) < slots:
            self._submit(self._waiting.pop(0))
        while self._background and not self._waiting and len(self._active) < min(slots, max(1, slots - 1)):
            self._submit(self._background.pop(0))
        for place, run in enumerate(self._waiting, start=1):
            run.place = place

    def _submit(self, run: Run) -> None:
        attempt = f"{run.name}-{uuid4().hex}"  # of its own, for other servers may use the same scheduler
        run.become("running")
        self._active[attempt] = run  # first, for its first checkpoint may come at once
        settings = run.training
        self._workers.submit(attempt, run.module, settings.model_dump(), settings.LIMIT_SECONDS)

    def _hear(self, attempt: str, index: int, checkpoint: Checkpoint, cpu: float, size: int) -> None:
        """A checkpoint has come from a worker."""
        run = self._active.get(attempt)  # without the lock, which is not needed to read
        if run is not None:
            run.add(index, checkpoint, cpu, size)

    def _done(self, attempt: str, code: str) -> None:
        """A worker is done with a run, well or badly: no matter once its last checkpoint is here."""
        with self._lock:
            run = self._active.pop(attempt, None)
            if run is None:  # nobody wanted it any more
                return
            if code == "lost" and run.running:
                run.become("queued")
                (self._waiting if self._is_watched(run) else self._background).insert(0, run)
            elif code and run.running:
                run.become("failed", code)
                if not self._is_watched(run):
                    self._forget(run)
            else:
                run.become("finished")
                self._keep_within_bounds()
            self._start_next()

    # -- what nobody needs any more ----------------------------------------------------------------------

    def _is_watched(self, run: Run) -> bool:
        return any(watched is run for slots in self._watched.values() for watched in slots.values())

    def _let_go(self, visitor: str, slot: str) -> None:
        """The visitor does not watch this any more; stop what nobody else watches or keeps warm."""
        slots = self._watched.get(visitor, {})
        run = slots.pop(slot, None)
        if not slots:
            self._watched.pop(visitor, None)
        if run is None or self._is_watched(run):
            return
        if run.state == "failed":
            self._forget(run)
        elif run.state == "finished":
            self._keep_within_bounds()
        elif run in self._waiting:
            self._waiting.remove(run)
            run.place = 0
            if run.key in self._warm:
                self._background.append(run)
            else:
                self._forget(run)
        elif run.key not in self._warm:
            self._forget(run)
            for attempt in [attempt for attempt, active in self._active.items() if active is run]:
                del self._active[attempt]
                self._workers.release(attempt)

    def _forget(self, run: Run) -> None:
        run.become("stopped")
        if self._runs.get(run.key) is run:
            del self._runs[run.key]

    def _keep_within_bounds(self) -> None:
        """Forget finished runs that nobody watches, the longest unused first, until the rest fits."""
        finished = [run for run in self._runs.values() if run.state == "finished"]
        size = sum(run.bytes for run in finished)
        for run in finished:
            if size <= self._cache_bytes:
                return
            if not self._is_watched(run):
                size -= run.bytes
                del self._runs[run.key]

    def _look_after(self) -> None:
        """Again and again: who has gone, and what do they leave behind."""
        while not self._closing.wait(LOOK):
            try:
                self._workers.look()
                with self._lock:
                    for visitor in {*self._watched, *self._halted}:
                        if not self._present(visitor):
                            self.leave(visitor)
                    self._start_next()
            except Exception:  # whatever it was, the next look is needed
                if not self._closing.is_set():
                    log.exception("looking after the trainings")
