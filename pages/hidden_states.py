"""Hidden states: the unrolled network word by word, one word edited, one step by hand."""

from explainers import hidden_states as explainer
from ui.lesson import Lesson

lesson = Lesson(explainer)
lesson.open()
lesson.stage("unrolled", explainer.picture_unrolled)
lesson.see()
lesson.picture("edit", explainer.picture_edit)
lesson.row(fade=explainer.picture_fade, accuracy=explainer.picture_accuracy)
lesson.sweep("scale", explainer.sweep_scale)
lesson.sweep("seed", explainer.sweep_seed)
lesson.inside("by_hand", explainer.picture_by_hand)
lesson.text()
lesson.take_away()
lesson.sources()
