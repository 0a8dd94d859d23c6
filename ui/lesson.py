"""The anatomy of a page, one method per block. Knows no concept: what it shows, the explainer measured."""

from collections.abc import Callable
from functools import partial, wraps
from typing import Any, TypeVar, cast

import streamlit as st

from explainers.support.contract import Settings
from explainers.support.pictures import Chart, Diagram
from explainers.support.registry import names
from training import Run
from ui.ahead import ahead
from ui.breaks import breaks
from ui.compare import numbers, pin_button, pinned
from ui.contest import contest
from ui.controls import draw
from ui.course import course, page_file
from ui.locale import Words
from ui.pace import head_start, pace, watch
from ui.parts import Picture, draw_part, pack, part_shown
from ui.predict import ask
from ui.readings import Part, Readings, kept
from ui.spots import PAGE, Spots
from ui.status import asked_anew, below, measured, status
from ui.sweep import SweepPicture, sweep
from ui.take_away import take_away
from ui.turn import crowded, pause, turn
from ui.visitor import language, visitor
from ui.workers import FIRST_LOOK, engine

F = TypeVar("F", bound=Callable[..., None])


def _block(draw: F) -> F:
    """A block that says something about the run: drawn when all of them are known, and at every change."""

    @wraps(draw)
    def later(lesson: "Lesson", *args: Any, **kwargs: Any) -> None:
        lesson.blocks.append(partial(draw, lesson, *args, **kwargs))

    return cast("F", later)


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
        self.spots = Spots(self, self._kinds)
        self.blocks: list[Callable[[], None]] = []
        self.linked: dict[str, str] = {}  # what else a block keeps in the address
        self.questions: list[str] = []  # the controls of blocks, in the session

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

    def _body(self) -> None:
        """The stage and what follows it.

        When a control was moved the picture goes to the browser first, alone (of a picture of pixels the
        newest frame), and then the page, which says the rest about the same state. Where others click, all
        goes at once, or of it what differs alone: the stage twice would keep them waiting.
        """
        spots = self.spots
        asked, shown = spots.asked(), spots.shown
        spots.forget()
        moved = shown is not None and asked[0] is not None and asked[:2] != shown[:2]
        if moved and not crowded():
            spots.shown = asked
            with turn():
                self._stage(asked[0])
            head_start()
            st.rerun(scope="fragment")
        with turn():
            self._stage(None)
            self.linked = {}
            for block in self.blocks:
                block()
        # Once more: the session holds what the controls show when they are drawn.
        spots.shown, spots.all = spots.asked(), True
        ahead(self)  # last: the page is on its way

    def _stage(self, ahead: list[Any] | None) -> None:
        part = None
        if ahead:
            self.training, self.view = ahead
            self._ask()
            if self.current.checkpoints:  # before its place: what comes together is drawn together
                part = draw_part(self, *self.main, self.readings, newest=True)
        with st.container(key="u_stage"):
            left, right = st.columns([1, 3], gap="medium")
        if not ahead:
            self._controls(left)
            self._ask()
        with right:
            self._live(*self.main, part)

    def _controls(self, place: Any) -> None:
        """Everything that a visitor can set."""
        with place:
            self.training, self.view = draw(self._kinds, self.words, self.spots.moved)
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

    @_block
    def picture(self, name: str, draw_picture: Picture) -> None:
        """A picture with its title, chips and table."""
        # Not live: each container and fragment costs the server and the browser at every change.
        self._draw(name, draw_picture, first=False)

    inside = picture

    @_block
    def row(self, **pictures: Picture) -> None:
        """Pictures side by side; one under the other on a phone."""
        for place, (name, draw_picture) in zip(st.columns(len(pictures)), pictures.items(), strict=True):
            with place:
                self._draw(name, draw_picture, first=False)

    @property
    def runs(self) -> list[Run]:
        """The runs that the page shows."""
        return [self.current, *([self.pinned.run] if self.pinned else [])]

    def _live(self, name: str, draw_picture: Picture, part: Part | None) -> None:
        """Draw, and draw again while the run goes on. ``part``: the picture, where it is made already."""
        going = [run for run in self.runs if run.running]

        @turn(patient=True)  # who watches a training loses nothing; who clicked waits
        def live() -> None:
            if any(not run.running for run in going):
                st.rerun()
            self._draw(name, draw_picture, first=True, part=part)

        watch(live, pace(visitor()) if going else None)

    def _draw(self, name: str, draw_picture: Picture, first: bool, part: Part | None = None) -> None:
        run = self.current
        words = self.page["pictures"][name]
        with st.container(border=True, key=f"u_picture_{name}"):
            if not first:
                st.header(words["title"], anchor=False)
            if first:
                # A place of its own, so that what follows it does not move when it is empty.
                with st.container():
                    status(self, run)
            parts = [part] if part else []
            self.spots.show(
                f"picture_{name}",
                lambda: part_shown(self, name, draw_picture, parts.pop() if parts else None),
                lambda made: made and made[0](made[1], key=f"{self.name}_{name}"),
            )
            facts = "" if first or not run.checkpoints else measured(self, run)
            # One element and not several, here and below: each costs the server and the browser at every
            # change.
            st.markdown(f'<span class="u-caption">{words["see"]}</span>{facts}', unsafe_allow_html=True)
        if first and run.checkpoints:
            below(self, run)
        elif first:
            st.empty()  # the place of the chips: what follows does not move, and is not built anew

    @_block
    def sweep(self, field: str, draw_picture: SweepPicture) -> None:
        """One control at several values, trained at the push of a button."""
        sweep(self, field, draw_picture)

    def contest(self, name: str, task: Any) -> None:
        """One question, several who may answer it, some of them not here, or paid."""
        self.questions.append(name)
        self.blocks.append(partial(contest, self, name, task))

    def show(self, name: str, picture: Chart | Diagram) -> None:
        """Draw a picture that is not of this run alone."""
        draw, data = pack(self, name, picture)
        draw(data, key=f"{self.name}_{name}")

    def payload(self, name: str, draw_picture: Picture, readings: Readings) -> bytes:
        """A picture of these readings, over that of run A, as the browser takes it."""
        return draw_part(self, name, draw_picture, readings)[1]

    # -- words -------------------------------------------------------------------------------------------

    @property
    def reading(self) -> Any:
        """What the newest checkpoint says, or None before the first."""
        checkpoints = self.current.checkpoints
        return self.readings.upto(checkpoints)[-1] if checkpoints else None

    @_block
    def see(self) -> None:
        """What this run showed, with its numbers; beside run A, the difference."""
        if self.reading is None:
            for _ in ("title", "sentences"):
                st.empty()  # a place for each, as for the chips
            return
        st.header(self.words.say("what_you_see"), anchor=False)
        self.spots.show("see", self._says, self._see)

    def _says(self) -> tuple[str, str]:
        said = self.explainer.see(self.current.checkpoints[-1], self.reading)
        sentences = (self.words.fill(self.page["see"][say.key], say.values) for say in said)
        return "\n\n".join(sentences), numbers(self)

    def _see(self, said: tuple[str, str]) -> None:
        st.markdown(said[0])
        with st.expander(self.words.say("numbers"), expanded=self.pinned is not None):
            st.markdown(said[1])

    def headline(self, readings: Readings) -> dict[str, float]:
        """The numbers that the page's sentence rests on, of a run's last checkpoint."""
        checkpoints = readings.run.checkpoints
        return dict(self.explainer.headline(checkpoints[-1], readings.upto(checkpoints)[-1]))

    # -- take it away, sources ---------------------------------------------------------------------------

    def take_away(self) -> None:
        """The link, the program and the numbers of exactly this state: the last block that changes with it.

        Now all are known, and drawn.
        """
        self.blocks.append(partial(take_away, self))
        st.fragment(self._body, key=PAGE)()

    @_block
    def text(self) -> None:
        """The formula, once the picture has shown it, and the same with the numbers of this run."""
        about = self.page["inside"]
        st.header(self.words.say("formula"), anchor=False)

        def says() -> str:
            values = self.explainer.formula(self.reading) if self.reading is not None else {}
            lines = [about["formula"], *([self.words.formula(about["numbers"], values)] if values else [])]
            return "\n\n".join([*(f"$$\n{line}\n$$" for line in lines), about["text"]])

        self.spots.show("formula", says, st.markdown)

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
