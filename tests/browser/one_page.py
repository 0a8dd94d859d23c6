"""One of the pages beside this file, with what the app serves beside its own."""

import os
from pathlib import Path

import streamlit as st

from ui.scripts import ROUTE

app = st.App(Path(__file__).parent / os.environ["ONE_PAGE"], routes=[ROUTE])
