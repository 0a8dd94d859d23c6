"""A small network in two parts, features and head; and many of them by torch.func, trained side by side."""

from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap

from explainers.support.answers import right_share
from explainers.support.contract import Array

SIZE = 14  # pixels of an image, each way
MAPS = (6, 16)  # of the first and the second convolution
FEATURES = 32  # numbers that the head gets
LAYERS = ("conv1", "conv2", "dense", "head")


def pooled(x: Tensor) -> Tensor:
    """The largest of every 2 × 2 numbers of x (…, 10, 10): (…, 5, 5), as ``nn.functional.max_pool2d``."""
    if torch.is_grad_enabled():
        return nn.functional.max_pool2d(x, 2)
    # torch's notes where each maximum stood, for the way back; without, this is ten times as fast.
    rows = torch.maximum(x[..., ::2, :], x[..., 1::2, :])
    return torch.maximum(rows[..., ::2], rows[..., 1::2])


class Net(nn.Module):
    """LeNet's plan on 14 × 14 pixels: two convolutions and a dense layer make features, one layer decides."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, MAPS[0], 5)
        self.conv2 = nn.Conv2d(MAPS[0], MAPS[1], 3)
        self.dense = nn.Linear(MAPS[1] * 3 * 3, FEATURES)
        self.head = nn.Linear(FEATURES, classes)

    def maps(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Images x (B, 1, 14, 14) → what leaves the two convolutions: (B, 6, 10, 10), (B, 16, 3, 3)."""
        first = torch.relu(self.conv1(x))  # (B, 6, 10, 10)
        return first, torch.relu(self.conv2(pooled(first)))

    def features(self, x: Tensor) -> Tensor:
        """Images x (B, 1, 14, 14) → features (B, 32), never below 0."""
        second = self.maps(x)[1]  # (B, 16, 3, 3)
        return torch.relu(self.dense(second.flatten(1)))

    def forward(self, x: Tensor) -> Tensor:
        """Images x (B, 1, 14, 14) → logits (B, C)."""
        return self.head(self.features(x))


def through(weights: Mapping[str, Array], x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Images x (B, 1, 14, 14), float64, through the net of a state dict: both maps, features, logits.

    As a ``Net`` does it, but none is built for one image: that takes five times as long as the image.
    """
    own = {name: torch.tensor(value, dtype=torch.float64) for name, value in weights.items()}
    first = torch.relu(nn.functional.conv2d(x, own["conv1.weight"], own["conv1.bias"]))  # (B, 6, 10, 10)
    halved = nn.functional.max_pool2d(first, 2)  # (B, 6, 5, 5)
    second = torch.relu(nn.functional.conv2d(halved, own["conv2.weight"], own["conv2.bias"]))
    dense = nn.functional.linear(second.flatten(1), own["dense.weight"], own["dense.bias"])  # (B, 32)
    features = torch.relu(dense)
    return first, second, features, nn.functional.linear(features, own["head.weight"], own["head.bias"])


class Stack:
    """K nets of one shape that go through their batches together, as they would one after the other.

    ``values`` holds what a state dict holds, by the same names, with K in front. Where ``frozen``, nothing
    but the head learns.
    """

    def __init__(self, nets: Sequence[Net], frozen: bool = False) -> None:
        self.net = nets[0]
        # Of a frozen net the head is all that needs a gradient: that is what makes it cheap.
        self.values = {
            name: value.detach().clone().requires_grad_(not frozen or name.startswith("head"))
            for name, value in stack_module_state(list(nets))[0].items()
        }

    def learnt(self) -> list[Tensor]:
        """What an optimiser may change."""
        return [value for value in self.values.values() if value.requires_grad]

    def forward(self, x: Tensor, shared: bool = False) -> Tensor:
        """Images x (K, B, 1, 14, 14), or (B, 1, 14, 14) ``shared`` by all nets → logits (K, B, C)."""
        return vmap(
            lambda values, images: functional_call(self.net, values, (images,)),
            in_dims=(0, None if shared else 0),
        )(self.values, x)

    def decide(self, features: Tensor) -> Tensor:
        """The heads alone: features (K, B, 32) → logits (K, B, C)."""
        W, b = self.values["head.weight"], self.values["head.bias"]  # (K, C, 32), (K, C)
        return torch.baddbmm(b[:, None], features, W.transpose(1, 2))

    def state(self, k: int) -> dict[str, Array]:
        """A copy of the state dict of net k as arrays."""
        return {name: value[k].detach().numpy().copy() for name, value in self.values.items()}

    def nets(self) -> Iterator[dict[str, Tensor]]:
        """The state dict of each net in turn."""
        for k in range(len(self.values["head.bias"])):
            yield {name: value[k].detach().clone() for name, value in self.values.items()}


def each_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropies of K nets, logits (K, B, C) and labels (K, B), added up: each learns as if alone."""
    K = len(logits)
    return nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten()) * K


def with_head(features: Mapping[str, Tensor], head: Mapping[str, Tensor], classes: int) -> Net:
    """A net with the features of one state dict and the head of another."""
    net = Net(classes)
    own = {name: value for name, value in features.items() if not name.startswith("head")}
    net.load_state_dict({**own, **{f"head.{name}": value for name, value in head.items()}})
    return net


def rights(logits: Tensor, labels: Tensor) -> Tensor:
    """Of logits (K, B, C) with labels (B,) for all nets: each net's share of right answers (K,)."""
    return torch.tensor([right_share(own, labels) for own in logits])
