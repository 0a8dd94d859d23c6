"""Predict, then reveal: a question whose wrong answers are real misconceptions."""

from typing import Any

import streamlit as st

from ui.locale import Words


def revealed() -> bool:
    """Whether the answers are open: skipped, or ``reveal=1`` in the URL."""
    return st.query_params.get("reveal") == "1"


def reveal() -> None:
    """Open the answers; the URL says so."""
    st.query_params["reveal"] = "1"


def ask(page: str, number: int, question: dict[str, Any], words: Words) -> bool:
    """One question; each wrong option gets its own answer, and one click skips it. Whether it is answered."""
    options = [option["text"] for option in question["options"]]
    with st.container(border=True, key=f"u_predict_{number}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{question['question']}**", width="stretch")
            guess = st.pills(
                question["question"],
                options,
                key=f"guess_{page}_{number}",
                label_visibility="collapsed",
                width="content",
            )
            if guess is None and not revealed():
                st.button(words.say("skip"), key=f"skip_{number}", type="tertiary", on_click=reveal)
        right = next(option for option in question["options"] if option.get("right"))
        if guess is not None:
            chosen = question["options"][options.index(guess)]
            mark = words.say("right" if chosen.get("right") else "not_quite")
            st.markdown(f"**{mark}** {chosen['answer']}")
            if not chosen.get("right"):
                st.markdown(f"{words.say('it_is')} **{right['text']}**. {right['answer']}")
        elif revealed():
            st.markdown(f"**{right['text']}.** {right['answer']}")
    return guess is not None or revealed()
