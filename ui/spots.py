"""The spots of a page that say something else when one looks elsewhere, each of them drawn alone.

Where a class clicks, a page costs the server a message for each of its sixty elements, and most of them would
say the same again.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from explainers.support.contract import Settings
from ui.breaks import standing
from ui.controls import held
from ui.readings import kept
from ui.turn import crowded, turn

if TYPE_CHECKING:
    from ui.lesson import Lesson


PAGE = "page"  # the fragment of all that can change


class Spots:
    """What a page shows of the view, and how each part of it stands there."""

    def __init__(self, lesson: "Lesson", kinds: list[type[Settings]]) -> None:
        self.lesson, self._kinds = lesson, kinds
        self._says: dict[str, Callable[[], Any]] = {}
        self._said: dict[str, Any] = {}
        self._next: dict[str, Any] = {}  # worked out when a control was moved, and not drawn yet
        self.shown: Any = None  # what was asked for when the page was drawn
        self.all = self._alone = False  # whether all spots stand there; whether they are drawn alone

    def forget(self) -> None:
        """The page is drawn anew."""
        self._says, self._said, self._next = {}, {}, {}
        self.all = self._alone = False

    def asked(self) -> tuple[Any, ...]:
        """The settings as the session holds them before anything is drawn, run A, and what is open."""
        inside = (st.session_state.get(key) for key in ("show_program", *self.lesson.questions))
        return held(self._kinds), *(st.query_params.get(key) for key in ("a", "sweep", "anew")), *inside

    def show(self, key: str, says: Callable[[], Any], draw: Callable[[Any], object]) -> None:
        """Draw what it ``says``, here and whenever that has changed."""
        self._says[key] = says

        def spot() -> None:
            with turn(again=True):
                if self._alone and self.asked() != self.shown:
                    st.rerun()  # a second control was moved with the first
                self._alone = False
                self._said[key] = self._next.pop(key) if key in self._next else says()
                draw(self._said[key])

        st.fragment(spot, key=key)()

    def together(self) -> None:
        """Draw the page when a control was moved in the same moment as a component reported something.

        The browser sends both at once, as a change of the first of them alone.
        """
        if self.all and self.asked() != self.shown:
            st.rerun(PAGE)

    def _pushed(self) -> bool:
        """Whether a button was pushed, too, that writes into the address: a spot does not know of that."""
        fields = getattr(self.lesson.explainer, "SWEEPS", ())
        sweeps = (f"sweep_{field}{end}" for field in fields for end in ("", "_close"))
        return any(st.session_state.get(key) for key in ("pin", "unpin", "anew", *sweeps))

    def moved(self) -> None:
        """Draw the spots that differ, and nothing else, if a class clicks and nothing else does.

        Called when a control of the view was moved, before anything is drawn; if it returns, all is drawn.
        """
        context = get_script_run_ctx()
        if not (self.all and crowded() and context and context.fragment_ids_this_run) or self._pushed():
            return
        lesson, now, before = self.lesson, self.asked(), self.shown
        if None in (now[0], before[0]) or (now[0][0], now[1:]) != (before[0][0], before[1:]) or now[2]:
            return  # an open sweep shows the view of all its runs
        if any(run.state != "finished" for run in lesson.runs):
            return
        stood, stands = (standing(lesson.explainer, asked[0], lesson.words) for asked in (before, now))
        if stood != stands:
            return
        with turn():
            lesson.view = now[0][1]
            lesson.readings = kept("main", lesson.explainer, lesson.current, lesson.view)
            said = {key: says() for key, says in self._says.items()}
        self._next = {key: value for key, value in said.items() if value != self._said[key]}
        self.shown, self._alone = now, True
        if self._next:
            st.rerun(list(self._next))
