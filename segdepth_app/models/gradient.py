"""Gradients of a network's probabilities with respect to its input image (Leibovich et al., eq. 7).

P is the softmax of the logits over the temperature; images are (1, 1, H, W) with vacuum = 1.
"""

import torch
from torch import Tensor
from torch.nn import functional


def pixel_gradient(
    network: torch.nn.Module, image: Tensor, told: float, temperature: float, place: tuple[int, int], depth: int | None
) -> tuple[Tensor, int, float]:
    """∂P(depth at place)/∂image (1, 1, H, W), the depth, and P; in the dtype of the image.

    `place` is (row, column) of the output; `depth` None takes the likeliest class.
    """
    leaf = image.detach().clone().requires_grad_(True)
    with torch.enable_grad():
        probabilities = _probabilities(network, leaf, told, temperature)[:, place[0], place[1]]
        chosen = int(probabilities.argmax()) if depth is None else depth
        (gradient,) = torch.autograd.grad(probabilities[chosen], leaf)
    return gradient, chosen, float(probabilities[chosen].detach())


def depth_gradients(
    network: torch.nn.Module, image: Tensor, told: float, temperature: float, place: tuple[int, int]
) -> tuple[Tensor, Tensor]:
    """∂P(d at place)/∂image for every depth class d (K, H, W), and P (K,): one forward pass for all of them."""
    leaf = image.detach().clone().requires_grad_(True)
    with torch.enable_grad():
        probabilities = _probabilities(network, leaf, told, temperature)[:, place[0], place[1]]
        n = len(probabilities)
        gradients = [
            torch.autograd.grad(probabilities[depth], leaf, retain_graph=depth < n - 1)[0][0, 0] for depth in range(n)
        ]
    return torch.stack(gradients), probabilities.detach()


def _probabilities(network: torch.nn.Module, image: Tensor, told: float, temperature: float) -> Tensor:
    """P of every class at every output pixel (K, h, w)."""
    condition = torch.full((1,), told, device=image.device, dtype=image.dtype)
    return functional.softmax(network(image, condition)[0] / temperature, dim=0)


def odds_gradients(
    network: torch.nn.Module, images: Tensor, told: float, temperature: float, plateaus: Tensor
) -> Tensor:
    """∂(ln P(n + 1) - ln P(n - 1))/∂image of each of the images (B, 1, H, W), (B, H, W).

    P is pooled over the pixels of the image's plateau (B, h, w), the softmax of the mean log probability, and n its
    likeliest class; the first and the last class take the place of one beyond. 0 where a plateau is empty.
    """
    leaf = images.detach().clone().requires_grad_(True)
    condition = torch.full((len(images),), told, device=images.device, dtype=images.dtype)
    with torch.enable_grad():
        logs = functional.log_softmax(network(leaf, condition) / temperature, dim=1)
        share = plateaus[:, None] / plateaus.sum(dim=(1, 2)).clamp(min=1)[:, None, None, None]
        pooled = (logs * share).sum(dim=(2, 3))
        best = pooled.argmax(dim=1, keepdim=True)
        above, below = (best + 1).clamp(max=pooled.shape[1] - 1), (best - 1).clamp(min=0)
        odds = pooled.gather(1, above) - pooled.gather(1, below)
        (gradient,) = torch.autograd.grad(odds.sum(), leaf)
    return gradient[:, 0]
