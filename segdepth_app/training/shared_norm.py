"""Batch normalisation over the whole batch where several processes share it.

torch's own works on GPUs only; ours does the same sums on processors. Names and shapes of weights stay.

Reference: Ioffe and Szegedy, Batch Normalization (2015), algorithm 1.
"""

import torch
from torch import Tensor, distributed, nn
from torch.distributed.nn.functional import all_reduce  # differentiable: gradients are summed as well


class SharedBatchNorm(nn.BatchNorm2d):
    """nn.BatchNorm2d whose mean and variance in training are those of all ranks' crops together."""

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) in and out."""
        if not self.training:
            return super().forward(x)
        values = x.float()
        n = torch.tensor(float(x.numel() // x.shape[1]), device=x.device)
        distributed.all_reduce(n)
        mean = all_reduce(values.sum(dim=(0, 2, 3))) / n
        centred = values - mean[:, None, None]
        variance = all_reduce((centred**2).sum(dim=(0, 2, 3))) / n
        self._remember(mean.detach(), variance.detach() * n / (n - 1))
        scale = self.weight * torch.rsqrt(variance + self.eps)
        return (centred * scale[:, None, None] + self.bias[:, None, None]).to(x.dtype)

    @torch.no_grad()
    def _remember(self, mean: Tensor, variance: Tensor) -> None:
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        assert self.momentum is not None
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance, self.momentum)
        self.num_batches_tracked += 1


def share_norms(network: nn.Module, device: torch.device) -> None:
    """Puts shared normalisation in the place of every nn.BatchNorm2d, with its weights and statistics."""
    for name, child in network.named_children():
        if type(child) is nn.BatchNorm2d:
            kind = nn.SyncBatchNorm if device.type == "cuda" else SharedBatchNorm
            shared = kind(child.num_features, eps=child.eps, momentum=child.momentum)
            shared.load_state_dict(child.state_dict())
            setattr(network, name, shared.train(child.training))
        else:
            share_norms(child, device)
