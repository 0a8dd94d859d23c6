"""Navigation and language; the script that app.py serves."""

from typing import Any

import streamlit as st

from ui.turn import turn


@turn(patient=True)  # who opens a page waits for a browser to begin, too; who clicked looks at a picture
def main() -> None:
    """Draw the frame of every page, then the page."""
    from explainers.support.registry import find, names
    from ui import theme, visitor
    from ui.course import course, page_file
    from ui.locale import LANGUAGES, Words, table

    st.set_page_config(page_title="Unrolled", page_icon="🧵", layout="wide", initial_sidebar_state=212)
    language = visitor.language()
    words = Words(language, "ui")
    pages: list[Any] = []
    sections: dict[str, int] = {}  # where each begins
    for name in course():
        # A page without a training of its own is a section of its own.
        section = find(name).SECTION if name in names() else name
        sections.setdefault(words.say(f"sections.{section}"), len(pages))
        title = table(language, name)["title"] if name != "home" else words.say("home")
        pages.append(st.Page(page_file(name), title=title, url_path=name, default=name == "home"))
    theme.apply(sections)
    # A plain list: Streamlit's own sections are lists that a screen reader cannot read.
    chosen = st.navigation(pages, expanded=True)
    with st.sidebar:
        # The options are the codes themselves: what is shown is what Streamlit writes into the URL.
        start: dict[str, Any] = {} if "lang" in st.session_state else {"default": "en"}
        st.segmented_control(
            words.say("language"),
            list(LANGUAGES),
            key="lang",
            bind="query-params",
            required=True,
            label_visibility="collapsed",
            **start,
        )
    chosen.run()


if __name__ == "__main__":
    main()
