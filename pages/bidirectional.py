"""Bidirectional: two passes over one sentence, one word edited, and the answers as the words come in."""

from explainers import bidirectional as explainer
from ui.lesson import Lesson

lesson = Lesson(explainer)
lesson.open()
lesson.stage("two_ways", explainer.picture_two_ways)
lesson.see()
lesson.picture("edit", explainer.picture_edit)
lesson.row(after=explainer.picture_after, before=explainer.picture_before)
lesson.picture("live", explainer.picture_live)
lesson.sweep("distance", explainer.sweep_distance)
lesson.sweep("seed", explainer.sweep_seed)
lesson.inside("joined", explainer.picture_joined)
lesson.text()
lesson.take_away()
lesson.sources()
