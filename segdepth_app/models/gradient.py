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
