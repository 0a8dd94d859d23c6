"""ResNet: one digit through both nets, signal and gradient, a block taken out, one block by hand."""

from explainers import resnet as explainer
from ui.lesson import Lesson

lesson = Lesson(explainer)
lesson.open()
lesson.stage("flow", explainer.picture_flow)
lesson.see()
lesson.row(signal=explainer.picture_signal, gradient=explainer.picture_gradient)
lesson.row(accuracy=explainer.picture_accuracy, loss=explainer.picture_loss)
lesson.sweep("depth", explainer.sweep_depth)
lesson.sweep("seed", explainer.sweep_seed)
lesson.row(lesion=explainer.picture_lesion, added=explainer.picture_added)
lesson.inside("block", explainer.picture_block)
lesson.text()
lesson.take_away()
lesson.sources()
