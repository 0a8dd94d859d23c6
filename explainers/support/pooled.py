"""The smallest classifier of texts, which several pages train: a vector per word, their mean, one score."""

from torch import Tensor, nn

from explainers.support.reviews import Sentences


class PooledClassifier(nn.Module):
    """A vector per word, their mean, one score."""

    def __init__(self, words: int, dim: int) -> None:
        super().__init__()
        self.embed = nn.Embedding(words + 1, dim)  # (V + 1, d); row 0 is for unknown words
        self.score = nn.Linear(dim, 1)

    def forward(self, batch: Sentences) -> Tensor:
        """Sentences (N, T) → logits (N,), above 0 for positive. The mean forgets the order."""
        mask = batch.mask()[..., None]  # (N, T, 1)
        mean = (self.embed(batch.tokens) * mask).sum(dim=1) / mask.sum(dim=1)  # (N, d)
        return self.score(mean).squeeze(-1)


def loss_and_accuracy(logits: Tensor, labels: Tensor) -> tuple[float, float]:
    """Mean binary cross entropy, and the share of logits (N,) that are right; labels (N,) of 0 and 1."""
    loss = nn.functional.binary_cross_entropy_with_logits(logits, labels)
    return float(loss), float(((logits > 0) == (labels > 0)).float().mean())
