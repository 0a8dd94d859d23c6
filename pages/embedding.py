"""Embedding: words as points that training moves; what ends up near depends on what was asked."""

from explainers import embedding as explainer
from ui.lesson import Lesson

lesson = Lesson(explainer)
lesson.open()
lesson.stage("map", explainer.picture_map)
lesson.see()
lesson.picture("neighbours", explainer.picture_neighbours)
lesson.row(distances=explainer.picture_distances, cosine=explainer.picture_cosine)
lesson.text()
lesson.take_away()
lesson.sources()
