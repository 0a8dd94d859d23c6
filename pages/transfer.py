"""Transfer: from nothing, frozen and fine-tuned, on few images and many; what it costs and forgets."""

from explainers import transfer as explainer
from ui.lesson import Lesson

lesson = Lesson(explainer)
lesson.open()
lesson.stage("learning", explainer.picture_learning)
lesson.see()
lesson.sweep("base", explainer.sweep_base)
lesson.picture("cost", explainer.picture_cost)
lesson.row(accuracy=explainer.picture_accuracy, forgetting=explainer.picture_forgetting)
lesson.picture("filters", explainer.picture_filters)
lesson.sweep("seed", explainer.sweep_seed)
lesson.inside("head", explainer.picture_head)
lesson.picture("layers", explainer.picture_layers)
lesson.text()
lesson.take_away()
lesson.sources()
