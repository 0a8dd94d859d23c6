"""Home: one sentence goes the whole way, and the map of the course."""

from explainers import home as explainer
from ui.lesson import Lesson

lesson = Lesson(explainer)
lesson.open()
lesson.stage("journey", explainer.picture_journey)
lesson.see()
lesson.text()
lesson.take_away()
lesson.map()
lesson.sources()
