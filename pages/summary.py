"""The course in short: what to keep, each as its page measures it, and twelve questions."""

from explainers.support import minis
from ui.summary import Keep, Question, Summary

summary = Summary()
summary.open()
summary.keep(
    Keep("one_hot", minis.ids),
    Keep("embedding", minis.learnt),
    Keep("average_pooling", minis.order, {"shuffle": 1}),
    Keep("hidden_states", minis.memory),
    Keep("gradients", minis.back),
    Keep("lstm", minis.road, {"hold": "forget_shut"}),
    Keep("bidirectional", minis.both),
    Keep("batch_norm", minis.flow),
    Keep("transfer", minis.borrowed, {"base": "all", "target": "other"}),
    Keep("glove", minis.taken_over, {"analogy": "doctor man woman"}),
)
summary.check(
    Question("one_hot"),
    Question("embedding"),
    Question("average_pooling", 1, {"shuffle": 1}),
    Question("hidden_states", 1, {"at": 5}),
    Question("gradients"),
    Question("lstm", 1, {"hold": "forget_shut"}),
    Question("bidirectional"),
    Question("batch_norm"),
    Question("transfer"),
    Question("lenet", 1, {"permute": True}),
    Question("resnet"),
    Question("yolo", 1, {"kind": "same_cell"}),
)
