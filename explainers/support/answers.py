"""How many answers of a classifier with several answers to choose from are right."""

from torch import Tensor


def right_share(logits: Tensor, answers: Tensor) -> float:
    """Of logits (N, K), the share whose largest is the right one's; ``answers`` (N,) int64.

    Logits that are no numbers are no answer: ``argmax`` alone would make them the first one.
    """
    right = (logits.argmax(dim=1) == answers) & logits.isfinite().all(dim=1)
    return float(right.float().mean())
