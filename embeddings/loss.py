"""The softmax denominator over many circles, with its own backward.

Autograd would keep and pass over a users x circles array a dozen times; here it is written once, turned into
probabilities in place, and read by two products in backward.
"""

from typing import Any

import torch
from torch import Tensor


def log_sum_exp_others(users: Tensor, circles: Tensor, bias: Tensor, joined: tuple[Tensor, Tensor]) -> Tensor:
    """log of sum over circles c of exp(users . circles_c + bias_c), without the circles a user has joined.

    Args:
        users: float32 (num_users, dim). circles: float32 (num_circles, dim). bias: float32 (num_circles,).
        joined: rows and columns that are left out.

    Returns:
        float32 (num_users,); -inf for a user who has joined all.
    """
    out: Tensor = _LogSumExp.apply(users, circles, bias, *joined)
    return out


class _LogSumExp(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, users: Tensor, circles: Tensor, bias: Tensor, rows: Tensor, columns: Tensor
    ) -> Tensor:
        logits = torch.addmm(bias, users, circles.T)
        logits[rows, columns] = -torch.inf
        largest = logits.amax(dim=1, keepdim=True).clamp_(min=torch.finfo(logits.dtype).min)
        logits.sub_(largest).exp_()
        total = logits.sum(dim=1)
        ctx.save_for_backward(users, circles, total)
        ctx.terms = logits
        return total.log() + largest[:, 0]

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor, None, None]:
        users, circles, total = ctx.saved_tensors
        share = ctx.terms.mul_((gradients[0] / total.clamp(min=1e-30))[:, None])
        return share @ circles, share.T @ users, share.sum(dim=0), None, None
