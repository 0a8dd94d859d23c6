"""Average pooling: all vectors fall into one and their order is gone; a recurrent model keeps it."""

from explainers import average_pooling as explainer
from ui.lesson import Lesson

lesson = Lesson(explainer)
lesson.open()
lesson.stage("pooling", explainer.picture_pooling)
lesson.see()
lesson.picture("unseen", explainer.picture_unseen)
lesson.row(pairs=explainer.picture_pairs, reviews=explainer.picture_reviews)
lesson.text()
lesson.take_away()
lesson.sources()
