"""The app in a room that is always full: whoever clicks is one of many. It trains what is asked for, only."""

import streamlit as st

from app import HERE, ROUTES, lifespan
from ui import turn, workers

turn.FULL = -1.0
workers.start = lambda: None
app = st.App(HERE / "ui" / "main.py", lifespan=lifespan, routes=ROUTES)
