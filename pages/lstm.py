"""LSTM: two units of the cell unrolled, the gradient's road, every gate held, three cells of one size."""

from explainers import lstm as explainer
from ui.lesson import Lesson

lesson = Lesson(explainer)
lesson.open()
lesson.stage("cell", explainer.picture_cell)
lesson.see()
lesson.row(road=explainer.picture_road, held=explainer.picture_held)
lesson.picture("accuracy", explainer.picture_accuracy)
lesson.sweep("forget_bias", explainer.sweep_forget_bias)
lesson.sweep("seed", explainer.sweep_seed)
lesson.inside("step", explainer.picture_step)
lesson.text()
lesson.take_away()
lesson.sources()
