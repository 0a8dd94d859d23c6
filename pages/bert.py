"""BERT: one word in two sentences, pieces, an edit, a head's attention, and what a few reviews teach."""

from explainers import bert as explainer
from explainers.support import ranking
from ui.lesson import Lesson

lesson = Lesson(explainer)
lesson.open()
lesson.stage("similarity", explainer.picture_similarity)
lesson.see()
lesson.row(senses_en=explainer.picture_senses_en, senses_pt=explainer.picture_senses_pt)
lesson.picture("pieces", explainer.picture_pieces)
lesson.picture("edit", explainer.picture_edit)
lesson.picture("lines", explainer.picture_lines)
lesson.inside("attention", explainer.picture_attention)
lesson.picture("learning", explainer.picture_learning)
lesson.sweep("sentences", explainer.sweep_sentences)
lesson.sweep("seed", explainer.sweep_seed)
lesson.contest("ranking", ranking)
lesson.text()
lesson.take_away()
lesson.sources()
