"""A page with a drawing pad for the browser tests, and beside it what a network would see of the drawing."""

from typing import Annotated, Any

import streamlit as st
from pydantic import AfterValidator, Field

from explainers.support.contract import Settings
from explainers.support.drawing import checked, prepared
from explainers.support.pictures import Diagram, Grid
from ui import theme, visitor
from ui.controls import draw
from ui.diagram import diagram
from ui.locale import Words
from ui.payload import lean, packed


class View(Settings):
    """The digit that is drawn."""

    drawing: Annotated[str, AfterValidator(checked)] = Field("", json_schema_extra={"pad": True})


def page() -> None:
    """Draw the pad and the prepared digit, as the stage of a lesson does."""
    st.set_page_config(page_title="pad", layout="wide")
    theme.apply({})
    st.title("Pad", anchor=False)
    words = Words(visitor.language(), "home")
    words.page = {"controls": {"drawing": {"label": "Your digit", "help": "Any digit."}}}

    @st.fragment
    def stage() -> None:
        left, right = st.columns([1, 3])
        with left:
            view: Any = draw([View], words, lambda: None)[0]
            st.button("reset", on_click=lambda: st.session_state.update(drawing=""))
        with right:
            seen = Diagram(
                [Grid("seen", (0, 0), "ink", pixel=6)], [], [{"seen": prepared(view.drawing)}], [0]
            )
            spec = {**vars(seen), "frames": lean(seen, seen.frames)}
            shared = {**words.shared["picture"], "decimal": ".", "language": "en", "title": "seen"}
            diagram(packed({"spec": spec, "words": shared}, words.label), key="seen")
            st.code(view.drawing or "nothing", language=None)

    stage()


if __name__ == "__main__":
    page()
