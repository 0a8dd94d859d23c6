"""Runs any explainer's training in worker processes. Knows no concept, and no Streamlit."""

from training.engine import Engine
from training.run import Run

__all__ = ["Engine", "Run"]
