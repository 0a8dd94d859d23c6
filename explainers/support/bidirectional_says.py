"""The sentences of the page on bidirectional readers, each chosen by what was measured."""

from typing import Any

from explainers.support.bidirectional_reading import Reading
from explainers.support.bidirectional_sentences import senses
from explainers.support.contract import Say


def see_tag(reading: Reading) -> Say:
    """What both readers take the word for."""
    if not reading.tagged:
        return Say("no_word", {"words": ", ".join(senses(reading.language))})
    place = reading.tagged - 1
    forward, both = (reading.read[name].logits[place] for name in ("forward", "bidirectional"))
    one, two = reading.share(forward), reading.share(both)
    values: dict[str, Any] = {
        "word": reading.tokens[place],
        "first": reading.senses[0],
        "second": reading.senses[1],
    }
    values |= {"n": reading.tagged, "T": len(reading.ids), "forward": one, "both": two}
    sure = [abs(share - 0.5) > 0.25 for share in (one, two)]
    values["says"] = reading.says(both)
    if sure[0] and sure[1]:
        return Say("tag_both" if (one > 0.5) == (two > 0.5) else "tag_apart", values)
    return Say("tag_only_both" if sure[1] else "tag_only_forward" if sure[0] else "tag_neither", values)


def see_edit(reading: Reading) -> Say:
    """On which side of the edit each pass changes."""
    place = reading.at - 1
    values: dict[str, Any] = {"old": reading.tokens[place], "new": reading.new[place], "at": reading.at}
    moved = {
        way: (d[:place].max(initial=0), d[place + 1 :].max(initial=0)) for way, d in reading.moved.items()
    }
    values |= {f"{way}_before": two[0] for way, two in moved.items()}
    values |= {f"{way}_after": two[1] for way, two in moved.items()}
    if values["old"] == values["new"]:
        return Say("edit_same", values)
    if not any(d.any() for d in reading.moved.values()):
        return Say("edit_unseen", values)
    if len(reading.ids) == 1:
        return Say("edit_alone", values)
    return Say(
        "edit_first" if not place else "edit_last" if reading.at == len(reading.ids) else "edit", values
    )


def see_accuracy(reading: Reading) -> list[Say]:
    """Whether this run bears out the claim, and what is left when the text stops at the word."""
    numbers = reading.numbers
    shown = numbers["bidirectional_after"] >= 0.9 and abs(numbers["forward_after"] - 0.5) < 0.05
    both = min(numbers["forward_before"], numbers["bidirectional_before"]) >= 0.9
    said = [Say("after_holds" if shown else "after_fails", numbers)]
    said.append(Say("before_holds" if both else "before_fails", numbers))
    if shown:
        said.append(Say("cut", numbers))
    return said


def see_next(reading: Reading) -> list[Say]:
    """The next word: what training shows, what is left of it, and what each reader writes."""
    numbers = reading.numbers
    perfect = numbers["bidirectional_all"] >= 0.95
    said = [Say("next_perfect" if perfect else "next_good", numbers), Say("next_cut", numbers)]
    if len(reading.ids) >= 3:
        start = {"start": " ".join(reading.tokens[:3])}
        lines = {name: " ".join(words) for name, words in reading.written.items()}
        short = 2 * len(reading.written["bidirectional"]) <= len(reading.written["forward"])
        said.append(Say("writes_short" if short else "writes", {**start, **lines}))
    return said
