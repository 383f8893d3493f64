"""What the student is asked for. Unit vectors in, one number out. Runs where torch is.

``own`` ``int64 [V]`` is the picture of each view, ``barred`` ``bool [V, N]`` what it is not held
against (``batches.Batch``).
"""

import torch
from torch import Tensor
from torch.nn import functional

_LEAST = 1e-6


def distil(views: Tensor, taught: Tensor) -> Tensor:
    """How far the views are from the teacher's vectors ``[V, D]``: 1 - cosine."""
    return 1.0 - (views * taught).sum(dim=1).mean()


def contrast(views: Tensor, own: Tensor, barred: Tensor, temperature: float) -> Tensor:
    """InfoNCE between the two disguises of each picture; all others in the batch are strangers
    (Chen et al. 2020; Pizzi et al. 2022, eq. 1).
    """
    cosines = views @ views.T / temperature
    same = own[:, None] == own[None, :]
    itself = torch.eye(len(views), dtype=torch.bool)
    hidden = itself | (barred[:, own] & ~same)
    logs = functional.log_softmax(cosines.masked_fill(hidden, -torch.inf), dim=1)
    pairs = same & ~itself
    return -logs[pairs].mean()


def bank(views: Tensor, teacher: Tensor, own: Tensor, barred: Tensor, temperature: float) -> Tensor:
    """InfoNCE against the teacher's vectors ``[N, D]`` of all training pictures: the strangers that
    a small batch lacks, at the price of one product.
    """
    cosines = views @ teacher.T / temperature
    return functional.cross_entropy(cosines.masked_fill(barred, -torch.inf), own)


def koleo(views: Tensor, own: Tensor) -> Tensor:
    """Kozachenko and Leonenko's estimate of the entropy, negated: strangers spread over the sphere
    (Sablayrolles et al. 2019; Pizzi et al. 2022, eq. 3).
    """
    same = own[:, None] == own[None, :]
    with torch.no_grad():
        nearest = (views @ views.T).masked_fill(same, -2.0).argmax(dim=1)
    apart = (views - views[nearest]).pow(2).sum(dim=1).clamp(min=_LEAST).sqrt()
    return -apart.log().mean()
