"""U-Net: masks of two nets, with and without skips, cut and whole; where they are wrong; the U inside."""

from explainers import unet as explainer
from ui.lesson import Lesson

lesson = Lesson(explainer)
lesson.open()
lesson.stage("masks", explainer.picture_masks)
lesson.see()
lesson.row(overlap=explainer.picture_overlap, errors=explainer.picture_errors)
lesson.picture("training", explainer.picture_training)
lesson.sweep("seed", explainer.sweep_seed)
lesson.inside("u", explainer.picture_u)
lesson.inside("pixel", explainer.picture_pixel)
lesson.text()
lesson.take_away()
lesson.sources()
