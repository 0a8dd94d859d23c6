"""Time series: forecasts on the record, what they must beat, what leaks, one forecast by hand."""

from explainers import time_series as explainer
from ui.lesson import Lesson

lesson = Lesson(explainer)
lesson.open()
lesson.stage("forecast", explainer.picture_forecast)
lesson.see()
lesson.row(scores=explainer.picture_scores, ahead=explainer.picture_ahead)
lesson.picture("leaks", explainer.picture_leaks)
lesson.sweep("window", explainer.sweep_window)
lesson.sweep("seed", explainer.sweep_seed)
lesson.inside("by_hand", explainer.picture_by_hand)
lesson.inside("errors", explainer.picture_errors)
lesson.text()
lesson.take_away()
lesson.sources()
