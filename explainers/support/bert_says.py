"""Which sentences are true of what MiniLM made of the visitor's text, and of the three trained models."""

from collections.abc import Sequence
from typing import Any

from explainers.support.bert_pictures import SHOWN
from explainers.support.bert_reading import Look, Reading
from explainers.support.contract import Checkpoint, Say

CLOSE = 0.04  # accuracies no further apart than this, about two standard errors of 200, are called a draw
ALIKE = 0.8  # sentence vectors with a higher cosine: can a trained head still part them?
APART = 0.01  # mean cosines no further apart than this do not tell meanings apart


def see(checkpoint: Checkpoint, reading: Reading) -> list[Say]:
    """The word in two sentences, its pieces, the edit, the head, and what was learnt."""
    seen, numbers = reading.look, reading.numbers
    said = [*see_word(seen), *see_senses(numbers), see_pieces(seen, numbers), see_edit(seen), see_head(seen)]
    if seen.sentences > ALIKE:
        said.append(Say("answers", {"first": reading.answers[0], "second": reading.answers[1]}))
    said += see_learning(numbers)
    longest = max(len(one.pieces) for one in seen.sides)
    return said + [Say("shortened", {"shown": SHOWN, "n": longest})] * (longest > SHOWN + 2)


def see_word(seen: Look) -> list[Say]:
    """One vector or two: what GloVe has, what MiniLM makes, how alike the whole sentences are."""
    values: dict[str, Any] = {"word": seen.word, "sentences": seen.sentences}
    said = []
    if not seen.word:
        said.append(Say("no_word", values))
    elif seen.missing:
        said.append(Say("missing_both" if len(seen.missing) == 2 else f"missing_{seen.missing[0]}", values))
    else:
        layers = seen.similarities
        values |= {"last": layers[-1], "zero": layers[0], "one": layers[1]}
        said.append(Say("word" if layers[-1] < 0.995 else "word_same", values))
        said.append(Say("layer_zero_place" if layers[0] < 0.9995 else "layer_zero_same", values))
    if seen.word and not seen.known:
        said.append(Say("not_in_glove", values))
    return [*said, Say("sentences", values)]


def see_senses(numbers: dict[str, float]) -> list[Say]:
    """Whether another meaning moves a word further than another word of the same meaning does."""
    last = max(int(key.split("_")[-1]) for key in numbers if key.startswith("en_same_") and key[-1].isdigit())
    values = {
        f"{language}_{kind}": numbers[f"{language}_{kind}_{last}"]
        for language in ("en", "pt")
        for kind in ("same", "other")
    }
    values |= {"pairs": numbers["en_same_pairs"] + numbers["en_other_pairs"]}
    values |= {"share": (1 - values["en_same"]) / (1 - values["en_other"])}
    apart = {language: values[f"{language}_same"] - values[f"{language}_other"] for language in ("en", "pt")}
    said = [Say("senses" if apart["en"] > APART else "senses_not", values)]
    return [*said, Say("senses_pt" if apart["pt"] > APART else "senses_pt_not", values)]


def see_pieces(seen: Look, numbers: dict[str, float]) -> Say:
    """How many pieces the word costs, and words of both languages on average."""
    values = {"en": numbers["en_pieces"], "pt": numbers["pt_pieces"], "word": seen.word}
    values |= {"n_en": numbers["en_words"], "n_pt": numbers["pt_words"]}
    count = max(len(one.at) for one in seen.sides)
    return Say(
        "pieces" if count > 1 else "pieces_one" if count else "pieces_none", {**values, "count": count}
    )


def see_edit(seen: Look) -> Say:
    """Which vectors moved: at layer 0 its own, from layer 1 on all."""
    edit = seen.edit
    if not edit.at:
        return Say("edit_none", {})
    values: dict[str, Any] = {"old": edit.old, "new": edit.new, "n": len(edit.words)}
    others = [i for i in range(len(edit.words)) if i != edit.at]
    if not edit.moved.any():
        return Say("edit_same", values)
    zero, one = ([i for i in range(len(edit.words)) if edit.moved[layer, i] > 0] for layer in (0, 1))
    furthest = max(others, key=lambda i: edit.moved[-1, i])
    values |= {"zero": len(zero), "one": len(one), "furthest": edit.words[furthest]}
    values |= {"own": float(edit.moved[-1, edit.at]), "far": float(edit.moved[-1, furthest])}
    return Say("edit" if zero == [edit.at] and len(one) == len(edit.words) else "edit_other", values)


def see_head(seen: Look) -> Say:
    """Where the head looks, and what happens to the last vector without it."""
    head = seen.head
    best = int(head.weights[head.asks].argmax())
    values = {
        "layer": head.layer, "head": head.number, "asks": head.pieces[head.asks], "asked": head.pieces[best],
        "weight": float(head.weights[head.asks, best]), "without": head.without, "shuffled": head.shuffled,
    }  # fmt: skip
    return Say("head_hardly" if head.without < 0.01 else "head_moves", values)


def see_learning(numbers: dict[str, float]) -> list[Say]:
    """Who learnt most from these sentences."""
    scratch, frozen, tuned = (numbers[f"accuracy_{name}"] for name in ("scratch", "frozen", "tuned"))
    values = {"scratch": scratch, "frozen": frozen, "tuned": tuned, "chance": numbers["chance"]}
    values["n"] = numbers["sentences"]
    said = [Say("frozen_wins" if frozen > scratch + CLOSE else "frozen_does_not", values)]
    key = "tuned_same" if abs(tuned - frozen) <= CLOSE else "tuned_more" if tuned > frozen else "tuned_less"
    return [*said, Say(key, values)]


def see_sweep(field: str, values: Sequence[float], readings: Sequence[Reading]) -> list[Say]:
    """Where the curves meet, if they do; in how many seeds frozen vectors beat starting from nothing."""
    rows = [reading.numbers for reading in readings]
    if field == "seed":
        wins = sum(row["accuracy_frozen"] > row["accuracy_scratch"] for row in rows)
        more = sum(row["accuracy_tuned"] > row["accuracy_frozen"] for row in rows)
        return [Say("seeds", {"n": len(rows), "wins": wins, "more": more})]
    few, many = rows[0], rows[-1]
    found = {
        "few": values[0], "many": values[-1],
        "scratch_few": few["accuracy_scratch"], "frozen_few": few["accuracy_frozen"],
        "scratch_many": many["accuracy_scratch"], "frozen_many": many["accuracy_frozen"],
        "tuned_many": many["accuracy_tuned"],
    }  # fmt: skip
    return [Say("curve", found)]
