"""Gradients: what is left at each step, the bound, the gate, what is clipped, and the way back by hand."""

from explainers import gradients as explainer
from ui.lesson import Lesson

lesson = Lesson(explainer)
lesson.open()
lesson.stage("chain", explainer.picture_chain)
lesson.see()
lesson.row(norms=explainer.picture_norms, gate=explainer.picture_gate)
lesson.row(clipping=explainer.picture_clipping, accuracy=explainer.picture_accuracy)
lesson.sweep("length", explainer.sweep_length)
lesson.sweep("seed", explainer.sweep_seed)
lesson.inside("by_hand", explainer.picture_by_hand)
lesson.text()
lesson.take_away()
lesson.sources()
