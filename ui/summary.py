"""The course in short: what to keep, each with a small picture of a run, and questions to check oneself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from explainers.support.minis import Made
from explainers.support.registry import find
from training import Run
from ui.controls import settings
from ui.course import page_file
from ui.locale import Words
from ui.mini import html
from ui.pace import pace, watch
from ui.turn import turn
from ui.visitor import language, visitor
from ui.workers import engine

NAME = "summary"
ANSWERS = "self_check"  # in the session: question → the number of the chosen option


@dataclass(frozen=True)
class Keep:
    """One thing to keep: its page, its small picture, and the state of the page that shows it."""

    page: str
    draw: Callable[[Any, Any, Mapping[str, float]], Made]
    state: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Question:
    """A question of a page, by its place there from 1, and the state of the page that shows the answer."""

    page: str
    number: int = 1
    state: Mapping[str, Any] = field(default_factory=dict)


# What a run showed of a thing to keep: it is the same for everybody.
_made: dict[tuple[str, str, str], Made] = {}


class Summary:
    """The last page: no training of its own."""

    def __init__(self) -> None:
        self.words = Words(language(), NAME)
        self.page = self.words.page

    def open(self) -> None:
        """Title and claim."""
        st.title(self.page["title"], anchor=False)
        st.markdown(f'<p class="u-claim">{self.page["claim"]}</p>', unsafe_allow_html=True)

    # -- what to keep ------------------------------------------------------------------------------------

    def keep(self, *things: Keep) -> None:
        """One card per thing: the sentence with this run's numbers, the picture, the way to its page."""
        me = visitor()
        if st.session_state.get("page") != NAME:
            engine().leave(me)
            st.session_state["page"] = NAME  # another page forgets its controls, too
        runs = {thing.page: self._run(me, thing) for thing in things}
        going = any(run.running for run in runs.values())

        @turn(patient=True)  # as a look at a training that goes on, on any page
        def cards() -> None:
            if going and not any(run.running for run in runs.values()):
                st.rerun()
            with st.container(horizontal=True, key="u_keep"):
                for thing in things:
                    self._card(thing, runs[thing.page])

        watch(cards, pace(me) if going else None)

    def _run(self, me: str, thing: Keep) -> Run:
        training = self._settings(thing, "Training")
        return engine().request(me, thing.page, training, slot=f"keep_{thing.page}", patient=True)

    def _settings(self, thing: Keep, kind: str) -> Any:
        """The page's ``Training`` or ``View`` in the state that shows the thing."""
        wanted = getattr(find(thing.page), kind)
        values = {key: value for key, value in thing.state.items() if key in wanted.model_fields}
        return settings(wanted, Words(self.words.language, thing.page), values)

    def _card(self, thing: Keep, run: Run) -> None:
        say = self.words.say
        with st.container(border=True, width=330, key=f"u_keep_{thing.page}"):
            text = self.page["keep"][thing.page]
            st.markdown(f"**{text['title']}**")
            if run.running:
                st.progress(run.progress, say("training"))
            elif run.state != "finished":
                st.warning(say(f"errors.{run.error or 'failed'}"))
            else:
                mini, values = self._draw(thing, run)
                sentence = self.words.fill(text["sentence"], values)
                seed = getattr(run.training, "seed", 0)
                chip = say("measured", seed=seed, seconds=run.cpu_seconds)
                st.html(html(mini, self.words, text["title"]))
                st.markdown(f'{sentence} <span class="u-chips">{chip}</span>', unsafe_allow_html=True)
            self._link(thing.page, thing.state)

    def _draw(self, thing: Keep, run: Run) -> Made:
        key = thing.page, self.words.language, run.key
        if key not in _made:
            explainer = find(thing.page)
            view = self._settings(thing, "View")
            first, last = (explainer.read(run.checkpoints[i], view) for i in (0, -1))
            _made[key] = thing.draw(first, last, explainer.headline(run.checkpoints[-1], last))
        return _made[key]

    def _link(self, name: str, state: Mapping[str, Any]) -> None:
        """To a page, in the state that shows it."""
        title = Words(self.words.language, name).page["title"]
        # As the controls read it: True is written true.
        query = {key: str(v).lower() if isinstance(v, bool) else str(v) for key, v in state.items()}
        query["lang"] = self.words.language
        st.page_link(
            page_file(name), label=f"{self.page['show']}: {title}", query_params={**query, "reveal": "1"}
        )

    # -- the self-check ----------------------------------------------------------------------------------

    def check(self, *asked: Question) -> None:
        """The pages' own questions once more; nothing leaves the session."""
        st.header(self.page["check"]["title"], anchor=False)
        st.markdown(self.page["check"]["how"])

        @st.fragment
        @turn()
        def check() -> None:
            score = st.empty()
            right = [self._ask(number, question) for number, question in enumerate(asked, start=1)]
            known = [answer for answer in right if answer is not None]
            text = self.page["check"]["score" if known else "none"]
            values = {"right": sum(known), "answered": len(known), "all": len(asked)}
            score.markdown(
                f'<p class="u-score" role="status">{self.words.fill(text, values)}</p>',
                unsafe_allow_html=True,
            )
            if known:
                st.button(
                    self.page["check"]["again"], key="check_again", on_click=self._forget, args=(asked,)
                )

        check()

    def _ask(self, number: int, question: Question) -> bool | None:
        """One question; whether the answer is right, or None before there is one."""
        asked = Words(self.words.language, question.page).page["predict"][question.number - 1]
        options = asked["options"]
        key = f"check_{question.page}_{question.number}"
        known: dict[str, int] = st.session_state.setdefault(ANSWERS, {})
        with st.container(border=True, key=f"u_predict_{key}"):
            st.markdown(f"**{number}. {asked['question']}**")
            chosen = st.pills(
                asked["question"],
                range(len(options)),
                format_func=lambda i: options[i]["text"],
                default=known.get(key),
                key=key,
                label_visibility="collapsed",
            )
            if chosen is None:
                known.pop(key, None)
                return None
            known[key] = chosen
            right = bool(options[chosen].get("right"))
            mark = self.words.say("right" if right else "not_quite")
            st.markdown(f"**{mark}** {options[chosen]['answer']}")
            if not right:
                self._link(question.page, question.state)
            return right

    def _forget(self, asked: tuple[Question, ...]) -> None:
        st.session_state[ANSWERS] = {}
        for question in asked:
            st.session_state[f"check_{question.page}_{question.number}"] = None
