"""The engine in front of real worker processes: one run per question, bounded, and nothing left behind."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from threading import Barrier, Thread
from typing import ClassVar

import dask as library
import psutil  # type: ignore[import-untyped]  # comes with Dask
import pytest

from explainers import home
from tests.training import toy
from tests.training.room import SOON, Room, dask, free_port, same, until
from training import Engine, Run

MB = 2**20
WAITING = 40  # how many may wait
gone: set[str] = set()


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    engine = Engine(workers=2, cache_bytes=4 * MB, queue=WAITING, present=lambda visitor: visitor not in gone)
    engine.start()
    yield engine
    engine.close()


@pytest.fixture
def room(engine: Engine, tmp_path: Path) -> Iterator[Room]:
    room = Room(engine, tmp_path)
    yield room
    room.clear()


def together(count: int, ask: Callable[[int], Run]) -> list[Run]:
    """Ask from as many threads, all at the same moment."""
    runs: list[Run] = []
    start = Barrier(count)

    def one(number: int) -> None:
        start.wait()
        runs.append(ask(number))

    threads = [Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return runs


# -- one run per question ------------------------------------------------------------------------------------


def test_equal_requests_train_once(room: Room) -> None:
    runs = together(20, lambda number: room.ask(f"v{number}", seed=5))
    assert len({id(run) for run in runs}) == 1
    assert runs[0].wait(SOON)
    assert room.ask("late", seed=5) is runs[0]
    assert len(room.noted("begin")) == 1


def test_thirty_trainings_at_once_all_finish_with_every_checkpoint_in_order(room: Room) -> None:
    runs = together(30, lambda number: room.ask(f"v{number}", seed=number, steps=150))
    assert all(run.wait(SOON) for run in runs)
    assert {run.state for run in runs} == {"finished"}
    assert all([point.step for point in run.checkpoints] == list(range(151)) for run in runs)
    assert sorted(run.training.model_dump()["seed"] for run in runs) == list(range(30))
    assert len(room.noted("begin")) == 30


def test_a_run_streams_while_it_trains(room: Room) -> None:
    (run,) = room.hold("v")
    assert (run.state, len(run.checkpoints), run.progress) == ("running", 1, 0.0)
    room.go()
    assert run.wait(SOON)
    assert (run.state, len(run.checkpoints), run.progress) == ("finished", 4, 1.0)
    assert run.cpu_seconds > 0


def test_what_is_ready_is_not_held_back_for_the_next_checkpoint(room: Room) -> None:
    run = room.ask("v", hold=2)
    assert run.wait_for(3, SOON)  # the second and third come within a moment of the first, then none for long
    assert run.state == "running"
    room.go()
    assert run.wait(SOON)


@pytest.mark.parametrize("name", ["tests.training.toy", "home"])
def test_the_same_training_is_the_same_bits_in_a_worker_and_here(room: Room, name: str) -> None:
    if name == "home":
        run = room.engine.request("v", "home", home.Training(steps=24))
        room.visitors.add("v")
        here = list(home.train(home.Training(steps=24)))
    else:
        run = room.ask("v")
        here = list(toy.train(room.settings()))
    assert run.wait(SOON)
    assert same(run.checkpoints, here)


def test_what_many_read_nobody_can_change(room: Room) -> None:
    run = room.ask("v")
    assert run.wait(SOON)
    with pytest.raises(ValueError, match="read-only"):
        run.checkpoints[0].weights["toy.weight"][:] = 0


# -- what nobody watches -------------------------------------------------------------------------------------


def test_one_that_still_reads_before_its_first_step_stops_within_a_second(room: Room) -> None:
    run = room.ask("v", seed=100, hold=toy.READING)
    assert until(lambda: room.noted("begin"))
    start = time.monotonic()
    room.engine.leave("v")
    assert until(lambda: room.noted("end", seed=100))
    assert time.monotonic() - start < 1.0
    assert not run.checkpoints


@pytest.mark.parametrize("how", ["new settings", "left", "let go", "other page", "disconnected"])
def test_a_run_that_nobody_watches_stops_within_a_second(room: Room, how: str) -> None:
    (run,) = room.hold("v")  # between two checkpoints that are far apart
    start = time.monotonic()
    match how:
        case "new settings":
            room.ask("v", seed=2)
        case "left":
            room.engine.leave("v")
        case "let go":
            room.engine.unwatch("v", "main")
        case "other page":
            room.engine.leave("v", keep="home")
        case "disconnected":
            gone.add("v")
    assert until(lambda: room.noted("end", seed=100))
    taken = time.monotonic() - start
    gone.discard("v")
    assert run.wait(SOON)
    assert run.state == "stopped"
    assert taken < 1.0


def test_others_who_watch_keep_a_run(room: Room) -> None:
    (run,) = room.hold("a")
    assert room.ask("b", seed=100, hold=0) is run
    assert room.ask("a", seed=2).wait(SOON)
    room.engine.leave("a")
    assert run.running
    room.go()
    assert run.wait(SOON)
    assert run.state == "finished"
    assert len(room.noted("begin", seed=100)) == 1


def test_a_page_keeps_what_it_watches_itself(room: Room) -> None:
    (run,) = room.hold("v")
    room.engine.leave("v", keep="tests.training.toy")
    room.go()
    assert run.wait(SOON)
    assert run.state == "finished"


def test_two_slots_are_two_runs(room: Room) -> None:
    (pinned,) = room.hold("v")
    room.ask("v", slot="pinned", seed=100, hold=0)
    assert room.ask("v", seed=2).wait(SOON)
    assert pinned.running
    room.engine.unwatch("v", "pinned")
    assert until(lambda: room.noted("end", seed=100))
    assert pinned.state == "stopped"


def test_stop_keeps_what_there_is_for_whoever_stopped_and_no_more(room: Room) -> None:
    (run,) = room.hold("a")
    room.ask("b", seed=100, hold=0)
    room.engine.stop(run, "a")
    for slot in ("main", "pinned"):  # also where A is the run that was stopped
        mine = room.ask("a", slot, seed=100, hold=0)
        assert (mine.state, len(mine.checkpoints)) == ("stopped", 1)
    room.go()
    assert run.wait(SOON)
    assert run.state == "finished"
    assert len(mine.checkpoints) == 1
    room.engine.resume("a")
    assert room.ask("a", seed=100, hold=0) is run


def test_a_run_that_its_last_visitor_stopped_ends_and_can_begin_again(room: Room) -> None:
    (run,) = room.hold("v")
    room.engine.stop(run, "v")
    assert until(lambda: room.noted("end"))
    assert room.ask("v", seed=2).wait(SOON)  # they ask for another, and come back
    room.go()
    again = room.ask("v", seed=100, hold=0)
    assert again.wait(SOON)
    assert (again.state, len(again.checkpoints)) == ("finished", 4)


# -- bounds --------------------------------------------------------------------------------------------------


def test_whoever_waits_knows_their_place_and_the_queue_is_bounded(room: Room) -> None:
    held = room.hold("h0", "h1")
    waiting = [room.ask(f"w{number}", seed=number) for number in range(WAITING)]
    assert [run.place for run in waiting] == list(range(1, WAITING + 1))
    assert {run.state for run in waiting} == {"queued"}
    late = room.ask("late", seed=99)
    assert (late.state, late.error) == ("failed", "busy")
    assert room.ask("late", seed=3) is waiting[3]  # what waits already can be watched
    # A visitor who changes their mind while they wait gives up their place, and takes another.
    changed = room.ask("w0", seed=98)
    assert (changed.state, changed.place) == ("queued", WAITING)
    assert waiting[0].state == "stopped"
    assert [run.place for run in waiting[1:]] == list(range(1, WAITING))
    room.go()
    assert all(run.wait(SOON) for run in [*held, *waiting, changed])
    assert {run.state for run in [*held, *waiting[1:], changed]} == {"finished"}
    assert not room.noted("begin", seed=0)
    assert room.ask("late", seed=99).wait(SOON)


def test_a_sweep_lets_others_go_first(room: Room) -> None:
    held = room.hold("h0", "h1")
    ask, module = room.engine.request, "tests.training.toy"
    sweep = [ask("s", module, room.settings(seed=seed), f"sweep {seed}", patient=True) for seed in range(3)]
    own = room.ask("v", seed=9)
    assert (own.place, [run.place for run in sweep]) == (1, [2, 3, 4])
    assert room.ask("w", seed=2) is sweep[2]  # somebody looks at this one
    assert (own.place, [run.place for run in sweep]) == (1, [3, 4, 2])
    room.visitors.add("s")
    room.go()
    assert all(run.wait(SOON) for run in [*held, *sweep, own])


def test_the_cache_forgets_what_was_unused_longest(room: Room) -> None:
    quarter = MB // 4 // 4  # float32 numbers; a run of four checkpoints is 1 MB and a little more
    asked = [0, 1, 2, 0, 3]  # the fourth does not fit: 1 goes, for 0 was used since
    for seed in asked:
        assert room.ask("v", seed=seed, width=quarter).wait(SOON)
    for seed in [2, 0, 3]:
        room.ask("v", seed=seed, width=quarter)
    assert len(room.noted("begin")) == 4
    assert room.ask("v", seed=1, width=quarter).wait(SOON)
    assert [len(room.noted("begin", seed=seed)) for seed in range(4)] == [1, 2, 1, 1]


def test_a_run_larger_than_the_cache_stays_while_it_is_watched(room: Room) -> None:
    large = room.ask("v", width=2 * MB // 4)
    assert large.wait(SOON)
    assert large.bytes > 4 * MB
    assert room.ask("v", width=2 * MB // 4) is large
    assert room.ask("w", width=2 * MB // 4) is large
    room.engine.leave("v")
    room.engine.leave("w")
    assert room.ask("v", width=2 * MB // 4) is not large


def test_the_background_leaves_a_worker_to_the_visitors(room: Room) -> None:
    room.engine.warm([("tests.training.toy", room.settings(seed=seed, hold=0)) for seed in (1, 2)])
    assert until(lambda: room.noted("begin"))
    assert room.ask("v", seed=3).wait(SOON)
    assert len(room.noted("begin")) == 2  # one of the two, and the visitor's
    promoted = room.ask("v", seed=2, hold=0)  # the one that waits, because a visitor wants it now
    assert promoted.wait_for(1, SOON)
    room.engine.leave("v")
    room.go()
    assert until(lambda: len(room.noted("end")) == 3)  # they end though nobody watches ...
    assert all(room.ask("v", seed=seed, hold=0).wait(SOON) for seed in (1, 2))
    assert len(room.noted("begin")) == 3  # ... and are there for whoever comes


# -- what goes wrong -----------------------------------------------------------------------------------------


def test_a_worker_killed_in_mid_run_is_not_seen(room: Room) -> None:
    run = room.ask("v", hold=2, steps=6)
    assert run.wait_for(3, SOON)
    before = run.checkpoints
    os.kill(room.noted("begin")[0], signal.SIGKILL)
    assert until(lambda: len(room.noted("begin")) == 2)
    room.go()
    assert run.wait(SOON)
    assert (run.state, run.error) == ("finished", "")
    assert all(a is b for a, b in zip(before, run.checkpoints, strict=False))
    assert len(set(room.noted("begin"))) == 2
    assert same(run.checkpoints, list(toy.train(room.settings(hold=2, steps=6))))


def test_a_worker_that_is_slow_to_come_back_is_waited_for(tmp_path: Path) -> None:
    """On a full machine that takes longer than Dask would wait; here Dask would hardly wait at all."""
    with (
        library.config.set({"distributed.deploy.lost-worker-timeout": "10ms"}),
        closing(Engine(workers=1)) as engine,
    ):
        engine.start()
        room = Room(engine, tmp_path)
        run = room.ask("v", hold=1)
        assert run.wait_for(1, SOON)
        os.kill(room.noted("begin")[0], signal.SIGKILL)
        room.go()
        assert run.wait(SOON)
        assert run.state == "finished"


def test_a_run_that_kills_its_worker_twice_ends_with_a_reason(room: Room) -> None:
    room.go()
    run = room.ask("v", hold=1, then="die")
    assert run.wait(SOON)
    assert (run.state, run.error) == ("failed", "died")
    assert len(set(room.noted("begin"))) == 2
    assert room.ask("w", seed=8).wait(SOON)  # the others' go on


def test_a_run_that_failed_is_tried_again_when_asked_and_not_before(room: Room) -> None:
    room.go()

    def ask() -> Run:
        return room.ask("v", hold=1, then="fail")

    run = ask()
    assert run.wait(SOON)
    assert (run.state, run.error) == ("failed", "failed")
    assert len(run.checkpoints) == 2  # what there was stays, to the last
    assert ask() is run  # as at every redrawing
    assert len(room.noted("begin")) == 1
    room.engine.resume("v")
    assert ask().wait(SOON)
    assert len(room.noted("begin")) == 2


def test_what_failed_is_tried_again_though_others_look_at_it(room: Room) -> None:
    room.go()

    def ask(visitor: str) -> Run:
        return room.ask(visitor, hold=1, then="fail")

    run = ask("v")
    assert ask("w") is run and run.wait(SOON)
    room.engine.resume("v")
    again = ask("v")
    assert again is not run and again.wait(SOON)
    assert ask("w") is again  # as soon as their page asks again
    assert ask("newcomer") is again
    assert len(room.noted("begin")) == 2


def test_the_last_checkpoint_ends_a_run_whatever_its_worker_does_then(room: Room) -> None:
    def ask(visitor: str, seed: int) -> Run:
        return room.ask(visitor, seed=seed, hold=3, then="fail")

    runs = [ask("v", 1), ask("w", 2)]
    assert all(run.wait(SOON) for run in runs)
    assert not room.noted("end")
    later = [room.ask("x", seed=3), room.ask("y", seed=4)]  # the two workers are still at it
    assert [run.place for run in later] == [1, 2]
    for visitor in ("v", "w"):
        room.engine.leave(visitor)
    room.go()
    assert all(run.wait(SOON) for run in later)
    assert [(run.state, run.error, len(run.checkpoints)) for run in runs] == 2 * [("finished", "", 4)]
    assert [ask("v", 1), ask("w", 2)] == runs
    assert len(room.noted("begin")) == 4


def test_a_run_that_takes_too_long_is_stopped(room: Room) -> None:
    class Impatient(toy.Training):
        LIMIT_SECONDS: ClassVar[float] = 1.0  # a new worker needs a moment for its first tensor

    room.visitors.add("v")
    settings = Impatient(folder=str(room.folder), hold=0)
    run = room.engine.request("v", "tests.training.toy", settings)
    assert run.wait(SOON)
    assert (run.state, run.error, len(run.checkpoints)) == ("failed", "too_long", 1)


# -- processes, sockets, schedulers --------------------------------------------------------------------------


def listening(process: psutil.Process) -> set[tuple[str, int]]:
    connections = process.net_connections(kind="inet")
    return {(c.laddr.ip, c.laddr.port) for c in connections if c.status == psutil.CONN_LISTEN}


def workers_of(process: psutil.Process) -> set[psutil.Process]:
    return {c for c in process.children(recursive=True) if "spawn_main" in " ".join(c.cmdline())}


def test_own_workers_listen_on_loopback_and_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNROLLED_WORKERS", "1")
    monkeypatch.setenv("UNROLLED_CACHE_MB", "")
    me = psutil.Process()
    before, children = listening(me), workers_of(me)
    engine = Engine()
    with closing(engine):
        engine.start()
        Room(engine, tmp_path).hold("v")
        started = workers_of(me) - children
        assert len(started) == 1
        sockets = (listening(me) - before).union(*map(listening, started))
        assert len(sockets) > 1
        assert {address for address, _ in sockets} == {"127.0.0.1"}
    assert not psutil.wait_procs(started, timeout=5)[1]
    assert not listening(me) - before


@pytest.mark.parametrize("name", ["UNROLLED_WORKERS", "UNROLLED_CACHE_MB"])
@pytest.mark.parametrize("said", ["two", "0", "-1", "1.5", "²"])
def test_a_number_of_the_environment_that_is_none_is_named(
    name: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, said)
    with pytest.raises(ValueError, match=f"{name} is '{said}'; it has to be a whole number from 1"):
        Engine()


def test_an_existing_scheduler_may_come_late_and_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    monkeypatch.setenv("UNROLLED_SCHEDULER", address)
    engine = Engine()
    room = Room(engine, tmp_path)
    with ExitStack() as running:
        running.enter_context(closing(engine))
        with dask("scheduler", "--port", str(port)):
            engine.start()
            run = room.ask("v", hold=1)
            assert (run.state, run.place) == ("queued", 1)  # no worker is there yet
            running.enter_context(dask("worker", address, "--no-nanny", "--nthreads", "1"))
            assert run.wait_for(2, SOON)
        assert until(lambda: run.state == "queued")  # the scheduler is gone, with its workers
        with dask("scheduler", "--port", str(port)):
            running.enter_context(dask("worker", address, "--no-nanny", "--nthreads", "1"))
            assert until(lambda: len(room.noted("begin")) == 2)
            room.go()
            assert run.wait(SOON)
            assert (run.state, len(run.checkpoints)) == ("finished", 4)


def certificate(folder: Path) -> tuple[str, str]:
    """A certificate that is its own authority, and its key."""
    cert, key = str(folder / "cert.pem"), str(folder / "key.pem")
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1"
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(
        [*command.split(), *names, "-out", cert, "-keyout", key], check=True, stderr=subprocess.DEVNULL
    )
    return cert, key


def test_a_scheduler_over_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cert, key = certificate(tmp_path)
    address = f"tls://127.0.0.1:{free_port()}"
    tls = ["--tls-ca-file", cert, "--tls-cert", cert, "--tls-key", key]
    engine = Engine(scheduler=address)
    room = Room(engine, tmp_path)
    with (
        dask("scheduler", "--protocol", "tls", "--port", address.rpartition(":")[2], *tls),
        dask("worker", address, "--protocol", "tls", "--no-nanny", "--nthreads", "1", *tls),
        closing(engine),
    ):
        monkeypatch.setenv("UNROLLED_TLS_CA", cert)
        monkeypatch.setenv("UNROLLED_TLS_CERT", cert)
        monkeypatch.setenv("UNROLLED_TLS_KEY", key)
        engine.start()
        run = room.ask("v")
        assert run.wait(SOON)
        assert (run.state, len(run.checkpoints)) == ("finished", 4)
