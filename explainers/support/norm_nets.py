"""A deep net with and without batch norm, by torch; and many of them by hand, trained side by side."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from explainers.support.answers import right_share
from explainers.support.contract import Array
from explainers.support.digits import CLASSES

PIXELS = 14 * 14
WIDTH = 32  # units in every layer
EPS, MOMENTUM = 1e-5, 0.1  # torch's own
ACTIVATIONS = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu}


class DeepNet(nn.Module):
    """``depth`` times Linear and activation, then one number per class.

    ``place`` says where a batch norm stands in every layer: ``before`` the activation, ``after`` it, or,
    when empty, nowhere.
    """

    def __init__(self, depth: int, activation: str, place: str = "") -> None:
        super().__init__()
        self.activation, self.place = activation, place
        sizes = [PIXELS] + [WIDTH] * depth
        self.linear = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(sizes))
        self.norm = nn.ModuleList(nn.BatchNorm1d(WIDTH) for _ in range(depth if place else 0))
        self.score = nn.Linear(WIDTH, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        """Pixels x (B, 196) → logits (B, 10)."""
        for i, linear in enumerate(self.linear):
            x = linear(x)  # (B, H)
            x = self.norm[i](x) if self.place == "before" else x
            x = ACTIVATIONS[self.activation](x)
            x = self.norm[i](x) if self.place == "after" else x
        return self.score(x)


def normalise(x: Tensor, mean: Tensor, var: Tensor, gamma: Tensor, beta: Tensor) -> Tensor:
    """γ · (x − μ) / √(σ² + ε) + β of x (…, B, H), the rest (…, 1, H) (Ioffe & Szegedy, 2015)."""
    return (x - mean) * (gamma / torch.sqrt(var + EPS)) + beta


def batch_statistics(x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and variance of every unit of x (…, B, H) over its batch: (…, 1, H) each. Divides by B."""
    mean = x.mean(dim=-2, keepdim=True)
    return mean, ((x - mean) ** 2).mean(dim=-2, keepdim=True)


def running(old: Tensor, new: Tensor) -> Tensor:
    """What eval mode will use: nine parts of what it was, one part of this batch's."""
    return (1 - MOMENTUM) * old + MOMENTUM * new


class Stack:
    """K copies of one net that go through every batch together, each with its own learning rate.

    As K nets one after the other, but in one multiplication per layer. ``values`` holds what a state dict
    of the net holds, by the same names, with K in front.
    """

    def __init__(self, net: DeepNet, rates: Sequence[float]) -> None:
        self.activation, self.place, self.rates = net.activation, net.place, torch.tensor(rates)  # (K,)
        self.values = {name: torch.stack([value] * len(rates)) for name, value in net.state_dict().items()}
        self.depth = len(net.linear)
        for name, _ in net.named_parameters():
            self.values[name].requires_grad_()

    def parameters(self) -> list[Tensor]:
        """What is learnt."""
        return [value for value in self.values.values() if value.requires_grad]

    def linear(self, x: Tensor, name: str) -> Tensor:
        """X (K, B, in) → (K, B, out)."""
        W, b = self.values[f"{name}.weight"], self.values[f"{name}.bias"]  # (K, out, in), (K, out)
        return torch.baddbmm(b[:, None], x, W.transpose(1, 2))

    def norm(self, x: Tensor, name: str, training: bool) -> Tensor:
        """Batch norm of x (K, B, H): each copy with the statistics of its own batch, or its running ones."""
        gamma, beta, mean, var = (  # (K, 1, H) each
            self.values[f"{name}.{part}"][:, None]
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        if training:
            old_mean, old_var, B = mean, var, x.shape[1]
            mean, var = batch_statistics(x)
            with torch.no_grad():
                # The running variance is an estimate for all images, so it divides by B − 1.
                old_mean.copy_(running(old_mean, mean))
                old_var.copy_(running(old_var, var * B / (B - 1)))
                self.values[f"{name}.num_batches_tracked"] += 1
        return normalise(x, mean, var, gamma, beta)

    def forward(self, x: Tensor, training: bool) -> Tensor:
        """Pixels x (B, 196) → the logits of every copy (K, B, 10)."""
        x = x.expand(len(self.rates), *x.shape)  # (K, B, 196)
        for i in range(self.depth):
            x = self.linear(x, f"linear.{i}")  # (K, B, H)
            x = self.norm(x, f"norm.{i}", training) if self.place == "before" else x
            x = ACTIVATIONS[self.activation](x)
            x = self.norm(x, f"norm.{i}", training) if self.place == "after" else x
        return self.linear(x, "score")

    def loss(self, x: Tensor, labels: Tensor) -> Tensor:
        """Cross-entropies of one batch, each times its copy's learning rate, added up.

        With plain SGD at rate 1 every copy then takes the step that it would take at its own rate.
        """
        logits = self.forward(x, training=True)  # (K, B, 10)
        K, B, _ = logits.shape
        each = nn.functional.cross_entropy(logits.reshape(K * B, -1), labels.repeat(K), reduction="none")
        return (each.reshape(K, B).mean(dim=1) * self.rates).sum()

    @torch.no_grad()
    def accuracies(self, x: Tensor, labels: Tensor) -> list[float]:
        """The share of right answers of every copy in eval mode."""
        return [right_share(logits, labels) for logits in self.forward(x, training=False)]

    def state(self, k: int) -> dict[str, Array]:
        """A copy of the state dict of net k as arrays."""
        return {name: value[k].detach().numpy().copy() for name, value in self.values.items()}
