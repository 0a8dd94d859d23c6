"""What the app is measured against: one slider, one chart of the embedding page's map, nothing else."""

import json
import os
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import streamlit as st


@st.cache_data
def frames() -> Any:
    return json.loads(Path(os.environ["UNROLLED_BENCH_DATA"]).read_text(encoding="utf-8"))


data = frames()
step = st.slider("step", 0, len(data["frames"]) - 1, len(data["frames"]) // 2, key="step")
st.plotly_chart(go.Figure(data["frames"][step], data["layout"]), key="chart")
