"""Batch norm: every layer with and without, the signal both ways, the rates that train, the two modes."""

from explainers import batch_norm as explainer
from ui.lesson import Lesson

lesson = Lesson(explainer)
lesson.open()
lesson.stage("layers", explainer.picture_layers)
lesson.see()
lesson.row(signal=explainer.picture_signal, gradient=explainer.picture_gradient)
lesson.row(rates=explainer.picture_rates, modes=explainer.picture_modes)
lesson.sweep("seed", explainer.sweep_seed)
lesson.picture("statistics", explainer.picture_statistics)
lesson.inside("by_hand", explainer.picture_by_hand)
lesson.text()
lesson.take_away()
lesson.sources()
