"""One-hot: ids are names, one-hot writes them down, W gives each name its row."""

from explainers import one_hot as explainer
from ui.lesson import Lesson

lesson = Lesson(explainer)
lesson.open()
lesson.stage("table", explainer.picture_table)
lesson.see()
lesson.picture("distances", explainer.picture_distances)
lesson.row(memory=explainer.picture_memory, accuracy=explainer.picture_accuracy)
lesson.text()
lesson.take_away()
lesson.sources()
