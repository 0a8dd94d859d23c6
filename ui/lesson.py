"""The anatomy of a page, one method per block. Knows no concept: what it shows, the explainer measured."""

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from time import sleep
from typing import Any
from urllib.parse import urlencode

import orjson
import streamlit as st

from explainers.support.contract import Checkpoint, Settings, data_of
from explainers.support.pictures import Chart, Diagram
from explainers.support.registry import names
from explainers.support.script import script
from training import Run
from ui.breaks import breaks
from ui.chart import chart
from ui.contest import contest
from ui.controls import defaults, draw, extra, held
from ui.diagram import diagram
from ui.kept import short, whole
from ui.locale import Words
from ui.pace import pace
from ui.payload import packed
from ui.predict import ask
from ui.sweep import SweepPicture, sweep
from ui.theme import chips
from ui.turn import crowded, pause, turn
from ui.visitor import language, visitor
from ui.workers import engine

Picture = Callable[[Sequence[Any]], Chart | Diagram]
PAGES = Path(__file__).resolve().parents[1] / "pages"
HEAD_START = 0.05  # seconds in which the browser draws the picture before the rest of the page comes
FIRST_LOOK = 0.15  # seconds: short runs are finished by then, and the old picture never flashes


def page_file(name: str) -> Path:
    """The file of a page, as Streamlit's navigation knows it."""
    return PAGES / f"{name}.py"


class Readings:
    """What the checkpoints of one run say about one view, read once each."""

    def __init__(self, explainer: Any, run: Run, view: Settings) -> None:
        self.explainer, self.run, self.view = explainer, run, view
        self._read: dict[int, Any] = {}

    def upto(self, checkpoints: Sequence[Checkpoint]) -> list[Any]:
        """The readings of these checkpoints."""
        for index, checkpoint in enumerate(checkpoints):
            if index not in self._read:
                self._read[index] = self.explainer.read(checkpoint, self.view)
        return [self._read[index] for index in range(len(checkpoints))]


class Lesson:
    """One page: title, claim, question, controls, pictures, and what can be taken away."""

    def __init__(self, explainer: Any) -> None:
        self.explainer = explainer
        self.name: str = explainer.__name__.split(".")[-1]
        self.words = Words(language(), self.name)
        self.page = self.words.page
        self._kinds: list[type[Settings]] = [explainer.Training, explainer.View]
        self.linked: dict[str, str] = {}  # what else a block keeps in the address

    # -- claim and question ------------------------------------------------------------------------------

    def open(self) -> None:
        """Title, claim, and the questions to predict."""
        st.title(self.page["title"], anchor=False)
        st.markdown(f'<p class="u-claim">{self.page["claim"]}</p>', unsafe_allow_html=True)
        with st.container():  # of their own: one question more does not move the places of what follows
            for number, question in enumerate(self.page.get("predict", []), start=1):
                if not ask(self.name, number, question, self.words):
                    break  # one at a time: the picture stays on the first screen

    # -- controls, training ------------------------------------------------------------------------------

    def stage(self, name: str, draw_picture: Picture) -> None:
        """Controls, break it and compare on the left, the main picture on the right.

        A fragment: when a control was moved the picture goes to the browser first, then the stage around it,
        and then the page, which says the rest about the same state.
        """
        moved = False

        @st.fragment
        def stage() -> None:
            nonlocal moved
            if moved and crowded():
                st.rerun()  # all at once: the stage twice would keep the others waiting
            with turn():
                self._stage(name, draw_picture, moved)
            if moved:
                sleep(HEAD_START)
                st.rerun()
            moved = True

        stage()

    def _stage(self, name: str, draw_picture: Picture, moved: bool) -> None:
        with st.container(key="u_stage"):
            left, right = st.columns([1, 3], gap="medium")
        ahead = held(self._kinds) if moved else None
        if ahead:
            self.training, self.view = ahead
        else:
            self._controls(left)
        self._ask()
        with right:
            self._live(name, draw_picture)
        if ahead:
            self._controls(left)

    def _controls(self, place: Any) -> None:
        """Everything that a visitor can set."""
        with place:
            self.training, self.view = draw(self._kinds, self.words)
            breaks(self.explainer, [self.training, self.view], self.words)
            self._pin()

    def _ask(self) -> None:
        """Ask for the training that the controls describe, and wait for no longer than a first look."""
        me = visitor()
        engine().leave(me, keep=self.name)
        self.current = engine().request(me, self.name, self.training)
        self.readings = self._readings("main", self.current, self.view)
        self.pinned = self._pinned(me)
        with pause():
            self.current.wait(FIRST_LOOK)

    def _readings(self, slot: str, run: Run, view: Settings) -> Readings:
        """What this visitor's last run of the page read, if it asked the same."""
        known = st.session_state.get(f"readings_{slot}")
        if known is None or known.run is not run or known.view != view:
            known = st.session_state[f"readings_{slot}"] = Readings(self.explainer, run, view)
        return known

    # -- compare -----------------------------------------------------------------------------------------

    def _pin(self) -> None:
        st.markdown(f'<p class="u-head">{self.words.say("compare")}</p>', unsafe_allow_html=True)
        if "a" in st.query_params:
            st.button(self.words.say("unpin"), key="unpin", on_click=self._unpin)
        else:
            st.button(self.words.say("pin"), key="pin", on_click=self._keep)

    def _keep(self) -> None:
        values = {**self.training.model_dump(), **self.view.model_dump()}
        written = {key: short(value) if isinstance(value, str) else value for key, value in values.items()}
        st.query_params["a"] = orjson.dumps(written).decode()

    def _unpin(self) -> None:
        st.query_params.pop("a", None)

    def _pinned(self, me: str) -> Readings | None:
        """Run A, from the URL; a URL that does not describe one is as if there were none."""
        raw = st.query_params.get("a")
        if not raw:
            engine().unwatch(me, "pinned")
            return None
        try:
            values = {k: whole(v) if isinstance(v, str) else v for k, v in orjson.loads(raw).items()}
            kinds = (self.explainer.Training, self.explainer.View)
            training, view = (
                kind(**{k: v for k, v in values.items() if k in kind.model_fields}) for kind in kinds
            )
        except (ValueError, TypeError, AttributeError):
            return None
        run = engine().request(me, self.name, training, slot="pinned")
        with pause():
            run.wait(FIRST_LOOK)
        return self._readings("pinned", run, view)

    # -- pictures ----------------------------------------------------------------------------------------

    def picture(self, name: str, draw_picture: Picture) -> None:
        """A picture with its title, chips and table."""
        # Not live: each container and fragment costs the server and the browser at every change.
        self._draw(name, draw_picture, first=False)

    inside = picture

    def row(self, **pictures: Picture) -> None:
        """Pictures side by side; one under the other on a phone."""
        for place, (name, draw_picture) in zip(st.columns(len(pictures)), pictures.items(), strict=True):
            with place:
                self.picture(name, draw_picture)

    def _live(self, name: str, draw_picture: Picture) -> None:
        """Draw, and draw again while the run goes on."""
        watched = [self.current, *([self.pinned.run] if self.pinned else [])]
        going = [run for run in watched if run.running]

        @st.fragment(run_every=pace(visitor()) if going else None)
        @turn()
        def live() -> None:
            if any(not run.running for run in going):
                st.rerun()
            self._draw(name, draw_picture, first=True)

        live()

    def _draw(self, name: str, draw_picture: Picture, first: bool) -> None:
        run = self.current
        words = self.page["pictures"][name]
        with st.container(border=True, key=f"u_picture_{name}"):
            if not first:
                st.header(words["title"], anchor=False)
            checkpoints = run.checkpoints
            if first:
                # A place of its own, so that what follows it does not move when it is empty.
                with st.container():
                    self._status(run)
            under = self.pinned.run.checkpoints if self.pinned else ()
            state = (self.words.language, self.readings, len(checkpoints), self.pinned, len(under))
            before, draw, data = self._drawn.get(name, (None, None, b""))
            if draw and (state == before or not checkpoints):
                # The same; or it stands as it was, and keeps its place, until the new run's first checkpoint.
                draw(data, key=f"{self.name}_{name}")
            elif checkpoints:
                overlay = draw_picture(self.pinned.upto(under)) if self.pinned and under else None
                self.show(name, draw_picture(self.readings.upto(checkpoints)), overlay, state)
            st.markdown(f'<span class="u-caption">{words["see"]}</span>', unsafe_allow_html=True)
        if checkpoints:
            self._chip(run)
        else:
            st.empty()  # the place of the chips: what follows does not move, and is not built anew

    def sweep(self, field: str, draw_picture: SweepPicture) -> None:
        """One control at several values, trained at the push of a button."""
        sweep(self, field, draw_picture)

    def contest(self, name: str, task: Any) -> None:
        """One question, several who may answer it, some of them not here, or paid."""
        contest(self, name, task)

    def show(
        self, name: str, picture: Chart | Diagram, overlay: Chart | Diagram | None = None, state: Any = None
    ) -> None:
        """Draw a picture, over that of run A; ``state`` is what it was drawn from."""
        shared = {**self.words.shared["picture"], "decimal": self.words.decimal}
        shared["language"] = self.words.language
        shared["title"] = self.page["pictures"][name]["title"]
        draw = diagram if isinstance(picture, Diagram) else chart
        under = overlay.frames[-1] if overlay else None
        data = packed({"spec": picture, "words": shared, "overlay": under}, self.words.label)
        draw(data, key=f"{self.name}_{name}")
        self._drawn[name] = state, draw, data

    @property
    def _drawn(self) -> dict[str, tuple[Any, Callable[..., None], bytes]]:
        """The pictures of this page as this visitor saw them last, and what each was drawn from."""
        page, drawn = st.session_state.get("drawn", ("", {}))
        if page != self.name:
            drawn = {}
            st.session_state["drawn"] = self.name, drawn
        return drawn

    def _status(self, run: Run) -> None:
        """Place in the queue, progress and the stop button; or one clear sentence, and a way on."""
        say, me = self.words.say, visitor()
        if run.error or run.state == "stopped":
            with st.container(horizontal=True, vertical_alignment="center"):
                if run.error:
                    st.warning(say(f"errors.{run.error}"), width="stretch")
                else:
                    st.info(say("stopped"), width="stretch")
                st.button(say("again" if run.error else "go_on"), on_click=engine().resume, args=(me,))
        elif self.pinned and self.pinned.run.running and not run.running:
            st.progress(self.pinned.run.progress, say("training_a"))
        elif run.running:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.progress(run.progress, say("queue", place=run.place) if run.place else say("training"))
                st.button(say("stop"), key="stop", on_click=engine().stop, args=(run, me))

    def _chip(self, run: Run) -> None:
        """*Measured*: seed, parameters, data, CPU seconds."""
        counts = run.checkpoints[-1].parameters()
        learnt = " · ".join(
            self.words.say("parameters", model=self.page["labels"].get(f"series.{model}", model), n=n)
            for model, n in counts.items()
        )
        seed = getattr(run.training, "seed", None)
        own = any(getattr(run.training, name) for name in self._csv_fields())
        files = [name.split(".")[0] for name in data_of(self.explainer, run.training)]
        # Of the packages, those that hold data have words here.
        files += [
            name for name in getattr(self.explainer, "PACKAGES", ()) if name in self.words.shared["data"]
        ]
        data = (self.words.say(f"data.{name}") for name in [*files, *(["own"] * own)])
        chips([self.words.say("measured", seed=seed, seconds=run.cpu_seconds), learnt, *data])

    # -- words -------------------------------------------------------------------------------------------

    @property
    def reading(self) -> Any:
        """What the newest checkpoint says, or None before the first."""
        checkpoints = self.current.checkpoints
        return self.readings.upto(checkpoints)[-1] if checkpoints else None

    def see(self) -> None:
        """What this run showed, with its numbers; beside run A, the difference."""
        if self.reading is None:
            for _ in ("title", "sentences", "numbers"):
                st.empty()  # a place for each, as for the chips
            return
        st.header(self.words.say("what_you_see"), anchor=False)
        said = self.explainer.see(self.current.checkpoints[-1], self.reading)
        # One element and not several, here and below: each costs the server and the browser at every change.
        st.markdown("\n\n".join(self.words.fill(self.page["see"][say.key], say.values) for say in said))
        self._difference()

    def _headline(self, readings: Readings) -> dict[str, float]:
        checkpoints = readings.run.checkpoints
        return dict(self.explainer.headline(checkpoints[-1], readings.upto(checkpoints)[-1]))

    def _difference(self) -> None:
        """The headline numbers, and those of run A beside them."""
        now = self._headline(self.readings)
        names_of = self.page["headline"]
        say = self.words.say
        if self.pinned and self.pinned.run.checkpoints:
            a = self._headline(self.pinned)
            head = f"| | A | {say('now')} | {say('difference')} |\n|---|--:|--:|--:|\n"
            rows = [
                f"| {names_of[k]} | {self._n(a[k])} | {self._n(v)} | {self._n(v - a[k], '+')} |"
                for k, v in now.items()
            ]
        else:
            head = f"| | {say('now')} |\n|---|--:|\n"
            rows = [f"| {names_of[k]} | {self._n(v)} |" for k, v in now.items()]
        with st.expander(say("numbers"), expanded=self.pinned is not None):
            st.markdown(head + "\n".join(rows))

    def _n(self, value: float, sign: str = "") -> str:
        """A number in at most five figures, as the language writes it."""
        if value != value:
            return "–"  # not a number: nothing was there to measure
        spec = f"{{v:{sign},.0f}}" if value == int(value) and abs(value) < 1e15 else f"{{v:{sign}.4g}}"
        return self.words.fill(spec, {"v": value})

    # -- take it away, sources ---------------------------------------------------------------------------

    def _link(self) -> str:
        """The address of exactly this state."""
        values: dict[str, Any] = {}
        for state in (self.training, self.view):
            start = defaults(type(state), self.words)
            values |= {k: v for k, v in state.model_dump().items() if v != start[k] and not self._too_long(v)}
        values |= {"lang": self.words.language}
        values |= {key: st.query_params[key] for key in ("a", "sweep") if key in st.query_params}
        values |= self.linked
        base = (st.context.url or f"/{self.name}").split("?")[0]
        written = {k: str(v).lower() if isinstance(v, bool) else v for k, v in values.items()}
        return f"{base}?{urlencode(written)}"

    def _csv_fields(self) -> list[str]:
        """The controls that take the visitor's own data."""
        fields = self.explainer.Training.model_fields
        return [name for name, field in fields.items() if extra(field, "csv")]

    @staticmethod
    def _too_long(value: Any) -> bool:
        """Whether this is a text that no address carries."""
        return isinstance(value, str) and short(value) != value

    def take_away(self) -> None:
        """The link, the program and the numbers of exactly this state."""
        say = self.words.say
        st.header(say("take_away"), anchor=False)
        st.caption(say("link"))
        st.code(self._link(), language=None, wrap_lines=True)
        for name in self._csv_fields():
            if self._too_long(getattr(self.training, name)):
                st.caption(say("not_in_link", label=self.page["controls"][name]["label"]))
        if self.reading is None:
            return
        with st.container(horizontal=True):
            st.download_button(
                say("program"),
                self._program,
                f"{self.name}.py",
                "text/x-python",
                key="program",
                on_click="ignore",
            )
            st.download_button(
                say("csv"), self._csv, f"{self.name}.csv", "text/csv", key="csv", on_click="ignore"
            )
            for file in data_of(self.explainer, self.training):
                st.link_button(say("data_file", file=file), f"/data/{file}")
        # Drawn only when open: after every change the browser would colour its hundreds of lines again.
        shown = st.expander(say("show_program"), key="show_program", on_change="rerun")
        if shown.open:
            shown.code(self._program(), language="python")

    def _program(self) -> str:
        """The runnable program of exactly this state."""
        return script(self.explainer, self.training, self.view)

    def _csv(self) -> bytes:
        """Every measured number over the run, and the headline, as CSV."""
        out = io.StringIO()
        rows = csv.writer(out)
        rows.writerow(["step", "name", "value"])
        checkpoints = self.current.checkpoints
        for checkpoint in checkpoints:
            rows.writerows([checkpoint.step, name, value] for name, value in checkpoint.numbers.items())
        rows.writerows(
            [checkpoints[-1].step, f"headline.{k}", v] for k, v in self._headline(self.readings).items()
        )
        return out.getvalue().encode()

    def text(self) -> None:
        """The formula, once the picture has shown it, and the same with the numbers of this run."""
        about = self.page["inside"]
        st.header(self.words.say("formula"), anchor=False)
        st.latex(about["formula"])
        if self.reading is not None:
            values = self.explainer.formula(self.reading)
            st.latex(self.words.formula(about["numbers"], values))
        st.markdown(about["text"])

    def map(self) -> None:
        """The course: one question per page, each leading there."""
        st.header(self.words.say("map"), anchor=False)
        with st.container(horizontal=True, key="u_map"):
            for name in names():
                if name != self.name:
                    there = Words(self.words.language, name).page
                    with st.container(border=True, width=330, key=f"u_card_{name}"):
                        st.page_link(page_file(name), label=f"**{there['title']}**")
                        st.markdown(there["predict"][0]["question"])

    def sources(self) -> None:
        """Where this comes from, and the next concept."""
        st.header(self.words.say("where_from"), anchor=False)
        st.markdown(
            "\n".join(
                f"- [{source['text']}]({source['url']})" if source.get("url") else f"- {source['text']}"
                for source in self.page.get("sources", [])
            )
        )
        order = names()
        place = order.index(self.name) + 1
        if place < len(order):
            following = Words(self.words.language, order[place]).page
            st.page_link(page_file(order[place]), label=f"{self.words.say('next')}: {following['title']}")
