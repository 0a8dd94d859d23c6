"""LeNet-5: a digit through every layer, permuted pixels, shifts, confusions, one cell by hand."""

from explainers import lenet as explainer
from ui.lesson import Lesson

lesson = Lesson(explainer)
lesson.open()
lesson.stage("layers", explainer.picture_layers)
lesson.see()
lesson.row(accuracy=explainer.picture_accuracy, shift=explainer.picture_shift)
lesson.sweep("seed", explainer.sweep_seed)
lesson.picture("confusion", explainer.picture_confusion)
lesson.inside("by_hand", explainer.picture_by_hand)
lesson.text()
lesson.take_away()
lesson.sources()
