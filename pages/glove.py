"""GloVe: words as other people's reading left them, what they are worth here, and what they took over."""

from explainers import glove as explainer
from ui.lesson import Lesson

lesson = Lesson(explainer)
lesson.open()
lesson.stage("analogy", explainer.picture_analogy)
lesson.see()
lesson.picture("learning", explainer.picture_learning)
lesson.row(accuracy=explainer.picture_accuracy, apart=explainer.picture_apart)
lesson.sweep("seed", explainer.sweep_seed)
lesson.row(neighbours=explainer.picture_neighbours, pair=explainer.picture_pair)
lesson.picture("arrows", explainer.picture_arrows)
lesson.picture("map", explainer.picture_map)
lesson.inside("distances", explainer.picture_distances)
lesson.picture("gender", explainer.picture_gender)
lesson.picture("unknown", explainer.picture_unknown)
lesson.text()
lesson.take_away()
lesson.sources()
