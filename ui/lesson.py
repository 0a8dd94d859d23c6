"""The anatomy of a page, one method per block. Knows no concept: what it shows, the explainer measured."""

from collections.abc import Callable
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from explainers.support.contract import Settings
from explainers.support.pictures import Chart, Diagram
from explainers.support.registry import names
from training import Run
from ui.ahead import ahead
from ui.blocks import Block
from ui.breaks import breaks, standing
from ui.compare import numbers, pin_button, pinned
from ui.contest import contest
from ui.controls import draw, held
from ui.course import course, page_file
from ui.locale import Words
from ui.pace import head_start, pace, watch
from ui.parts import Picture, draw_part, pack
from ui.predict import ask
from ui.readings import Part, Readings, kept
from ui.status import asked_anew, below, measured, status
from ui.sweep import SweepPicture, sweep
from ui.take_away import files, link, show_link, shown_program
from ui.turn import crowded, pause, turn
from ui.visitor import language, visitor
from ui.workers import FIRST_LOOK, engine


class Lesson:
    """One page: title, claim, question, controls, pictures, and what can be taken away.

    A storyboard names its blocks one after another. Those from the stage on are one fragment: a change of a
    control draws them, and neither the frame of the app nor what stands above and below them.
    """

    def __init__(self, explainer: Any) -> None:
        self.explainer = explainer
        self.name: str = explainer.__name__.split(".")[-1]
        self.words = Words(language(), self.name)
        self.page = self.words.page
        self._kinds: list[type[Settings]] = [explainer.Training, explainer.View]
        self.blocks: list[Block] = []
        self.linked: dict[str, str] = {}  # what else a block keeps in the address
        self._asked: Any = None  # what the page shows
        self._whole = False  # whether all blocks stand there

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
        """Controls, break it and compare on the left, the main picture on the right."""
        self.main = name, draw_picture
        self._first: Part | None = None  # the picture, where it is made before its place
        self._block(lambda: self._part(name, draw_picture, self._first), self._live)

    def _block(self, says: Callable[[], Any], draw: Callable[[Any], None]) -> None:
        """A block that says something about the run: drawn when all of them are known, and at a change."""
        self.blocks.append(Block(f"block_{len(self.blocks)}", says, draw))

    def _asks(self) -> tuple[Any, ...]:
        """What a visitor asks for now, before anything is drawn: settings, run A, and what is open."""
        return held(self._kinds), *(st.query_params.get(key) for key in ("a", "sweep", "anew"))

    def _body(self) -> None:
        """The stage and what follows it.

        When a control was moved the picture goes to the browser first, alone (of a picture of pixels the
        newest frame), and then the page, which says the rest about the same state. Where others click, all
        goes at once: the stage twice would keep them waiting.
        """
        self._whole = False
        asked = self._asks()
        moved = self._asked is not None and asked[0] is not None and asked[:2] != self._asked[:2]
        if moved and not crowded():
            self._asked = asked
            with turn():
                self._stage(asked[0])
            head_start()
            st.rerun(scope="fragment")
        with turn():
            self._stage(None)
            # Once more: the session holds what the controls show when they are drawn.
            self._asked = self._asks()
            self.linked = {}
            for block in self.blocks[1:]:
                block.show()
        self._whole = True
        ahead(self)  # last: the page is on its way

    def _stage(self, ahead: list[Any] | None) -> None:
        self._first = None
        if ahead:
            self.training, self.view = ahead
            self._ask()
            if self.current.checkpoints:  # before its place: what comes together is drawn together
                self._first = draw_part(self, *self.main, self.readings, newest=True)
        with st.container(key="u_stage"):
            left, right = st.columns([1, 3], gap="medium")
        if not ahead:
            self._controls(left)
            self._ask()
        with right:
            self.blocks[0].show()

    def _moved(self) -> None:
        """Where a class clicks, and only where one looks has changed: draw what says something else, alone.

        Of anything else, all blocks are drawn after this.
        """
        context, now, before = get_script_run_ctx(), self._asks(), self._asked
        if not (self._whole and crowded() and context and context.fragment_ids_this_run):
            return
        if None in (now[0], before[0]) or (now[0][0], now[1:]) != (before[0][0], before[1:]):
            return
        if any(run.state != "finished" for run in self._watched):
            return
        old, new = (standing(self.explainer, state, self.words) for state in (before[0], now[0]))
        if old != new:
            return
        with turn():
            self.view = now[0][1]
            self.readings = kept("main", self.explainer, self.current, self.view)
            differing = [block.key for block in self.blocks if block.differs()]
        self._asked = now
        if differing:
            st.rerun(differing)

    def _controls(self, place: Any) -> None:
        """Everything that a visitor can set."""
        with place:
            self.training, self.view = draw(self._kinds, self.words, self._moved)
            breaks(self.explainer, [self.training, self.view], self.words)
            pin_button(self)

    def _ask(self) -> None:
        """Ask for the training that the controls describe, and wait a moment for its first checkpoint."""
        me = visitor()
        engine().leave(me, keep=self.name)
        self.current = engine().request(me, self.name, self.training, anew=asked_anew())
        self.readings = kept("main", self.explainer, self.current, self.view)
        self.pinned = pinned(self, me)
        if not self.current.wait_for(1, 0):  # who has nothing to wait for keeps the turn, and queues once
            with pause():
                self.current.wait_for(1, FIRST_LOOK)

    # -- pictures ----------------------------------------------------------------------------------------

    def picture(self, name: str, draw_picture: Picture) -> None:
        """A picture with its title, chips and table."""
        self._block(lambda: self._part(name, draw_picture), lambda part: self._draw(name, part))

    inside = picture

    def row(self, **pictures: Picture) -> None:
        """Pictures side by side; one under the other on a phone."""

        def draw(parts: list[Part | None]) -> None:
            for place, name, part in zip(st.columns(len(pictures)), pictures, parts, strict=True):
                with place:
                    self._draw(name, part)

        self._block(lambda: [self._part(*picture) for picture in pictures.items()], draw)

    @property
    def _watched(self) -> list[Run]:
        """The runs that the page shows."""
        return [self.current, *([self.pinned.run] if self.pinned else [])]

    def _live(self, part: Part | None) -> None:
        """The main picture, and again while the run goes on."""
        going = [run for run in self._watched if run.running]
        first = [part]

        @turn(patient=True)  # who watches a training loses nothing; who clicked waits
        def live() -> None:
            if any(not run.running for run in going):
                st.rerun()
            self._draw(self.main[0], first.pop() if first else self._part(*self.main), main=True)

        watch(live, pace(visitor()) if going else None)

    def _part(self, name: str, draw_picture: Picture, made: Part | None = None) -> Part | None:
        """A picture as it is to stand there, or None before the first. ``made``: where that is done."""
        checkpoints = self.current.checkpoints
        under = self.pinned.run.checkpoints if self.pinned else ()
        state = (self.words.language, self.readings, len(checkpoints), self.pinned, len(under))
        before, part = self._drawn.get(name, (None, None))
        # The same; or it stands as it was, and keeps its place, until the new run's first checkpoint.
        if part is None or (state != before and checkpoints):
            if not checkpoints:
                return None
            part = made or draw_part(self, name, draw_picture, self.readings)
            self._drawn[name] = None if made else state, part
        return part

    def _draw(self, name: str, part: Part | None, main: bool = False) -> None:
        run = self.current
        words = self.page["pictures"][name]
        with st.container(border=True, key=f"u_picture_{name}"):
            if main:
                # A place of its own, so that what follows it does not move when it is empty.
                with st.container():
                    status(self, run)
            else:
                st.header(words["title"], anchor=False)
            if part:
                draw, data = part
                draw(data, key=f"{self.name}_{name}")
            facts = "" if main or not run.checkpoints else measured(self, run)
            # One element and not several, here and below: each costs the server and the browser at every
            # change.
            st.markdown(f'<span class="u-caption">{words["see"]}</span>{facts}', unsafe_allow_html=True)
        if main and run.checkpoints:
            below(self, run)
        elif main:
            st.empty()  # the place of the chips: what follows does not move, and is not built anew

    def sweep(self, field: str, draw_picture: SweepPicture) -> None:
        """One control at several values, trained at the push of a button."""
        self._block(
            lambda: self.view if st.query_params.get("sweep") == field else None,
            lambda _: sweep(self, field, draw_picture),
        )

    def contest(self, name: str, task: Any) -> None:
        """One question, several who may answer it, some of them not here, or paid."""
        self._block(lambda: st.session_state.get(name), lambda _: contest(self, name, task))

    def show(self, name: str, picture: Chart | Diagram) -> None:
        """Draw a picture that is not of this run alone."""
        draw, data = pack(self, name, picture)
        draw(data, key=f"{self.name}_{name}")

    def payload(self, name: str, draw_picture: Picture, readings: Readings) -> bytes:
        """A picture of these readings, over that of run A, as the browser takes it."""
        return draw_part(self, name, draw_picture, readings)[1]

    @property
    def _drawn(self) -> dict[str, tuple[Any, Part]]:
        """The pictures of this page as this visitor saw them last, and what each was drawn from."""
        page, drawn = st.session_state.get("drawn", ("", {}))
        if page != self.name:
            drawn = {}
            st.session_state["drawn"] = self.name, drawn
        return drawn

    # -- words -------------------------------------------------------------------------------------------

    @property
    def reading(self) -> Any:
        """What the newest checkpoint says, or None before the first."""
        checkpoints = self.current.checkpoints
        return self.readings.upto(checkpoints)[-1] if checkpoints else None

    def see(self) -> None:
        """What this run showed, with its numbers; beside run A, the difference."""

        def says() -> tuple[str, str] | None:
            if self.reading is None:
                return None
            said = self.explainer.see(self.current.checkpoints[-1], self.reading)
            sentences = [self.words.fill(self.page["see"][say.key], say.values) for say in said]
            return "\n\n".join(sentences), numbers(self)

        def draw(said: tuple[str, str] | None) -> None:
            if said is None:
                return
            st.header(self.words.say("what_you_see"), anchor=False)
            st.markdown(said[0])
            with st.expander(self.words.say("numbers"), expanded=self.pinned is not None):
                st.markdown(said[1])

        self._block(says, draw)

    def headline(self, readings: Readings) -> dict[str, float]:
        """The numbers that the page's sentence rests on, of a run's last checkpoint."""
        checkpoints = readings.run.checkpoints
        return dict(self.explainer.headline(checkpoints[-1], readings.upto(checkpoints)[-1]))

    # -- take it away, sources ---------------------------------------------------------------------------

    def take_away(self) -> None:
        """The link, the program and the numbers of exactly this state: the last block that changes with it.

        Now all are known, and drawn.
        """
        self._block(lambda: link(self), lambda address: show_link(self, address))
        self._block(lambda: shown_program(self), lambda program: files(self, program))
        st.fragment(self._body)()

    def text(self) -> None:
        """The formula, once the picture has shown it, and the same with the numbers of this run."""
        about = self.page["inside"]

        def says() -> str:
            values = self.explainer.formula(self.reading) if self.reading is not None else {}
            lines = [about["formula"], *([self.words.formula(about["numbers"], values)] if values else [])]
            return "\n\n".join([*(f"$$\n{line}\n$$" for line in lines), about["text"]])

        def draw(text: str) -> None:
            st.header(self.words.say("formula"), anchor=False)
            st.markdown(text)

        self._block(says, draw)

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
        order = course()
        place = order.index(self.name) + 1
        if place < len(order):
            following = Words(self.words.language, order[place]).page
            st.page_link(page_file(order[place]), label=f"{self.words.say('next')}: {following['title']}")
