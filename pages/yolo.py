"""YOLO: a scene and its grid, the suppression step by step, where the grid ends, precision and recall."""

from explainers import yolo as explainer
from ui.lesson import Lesson

lesson = Lesson(explainer)
lesson.open()
lesson.stage("scene", explainer.picture_scene)
lesson.see()
lesson.picture("suppression", explainer.picture_suppression)
lesson.row(pairs=explainer.picture_pairs, sizes=explainer.picture_sizes)
lesson.picture("precision", explainer.picture_precision)
lesson.row(learning=explainer.picture_learning, loss=explainer.picture_loss)
lesson.inside("decoding", explainer.picture_decoding)
lesson.text()
lesson.take_away()
lesson.sources()
