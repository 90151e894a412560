"""The softmax denominator against the plain formula."""

import torch

from embeddings.loss import log_sum_exp_others

JOINED = (torch.tensor([0, 0, 2]), torch.tensor([1, 3, 0]))


def plain(users, circles, bias):
    logits = users @ circles.T + bias
    left_out = torch.zeros_like(logits, dtype=torch.bool)
    left_out[JOINED] = True
    return torch.logsumexp(logits.masked_fill(left_out, -torch.inf), dim=1)


def inputs(dtype=torch.float64):
    torch.manual_seed(1)
    return [torch.randn(*shape, dtype=dtype, requires_grad=True) for shape in ((3, 4), (5, 4), (5,))]


def test_value_equals_the_plain_formula():
    torch.testing.assert_close(log_sum_exp_others(*inputs(), JOINED), plain(*inputs()))


def test_gradients_equal_those_of_the_plain_formula():
    own, other = inputs(), inputs()
    (log_sum_exp_others(*own, JOINED) * torch.tensor([1.0, -2.0, 0.5])).sum().backward()
    (plain(*other) * torch.tensor([1.0, -2.0, 0.5])).sum().backward()
    for one, two in zip(own, other, strict=True):
        torch.testing.assert_close(one.grad, two.grad)


def test_large_scores_do_not_overflow():
    users, circles, bias = (1_000 * part.detach() for part in inputs(torch.float32))
    assert torch.isfinite(log_sum_exp_others(users, circles, bias, JOINED)).all()


def test_who_joined_everything_has_no_others_and_no_gradient():
    users, circles, bias = inputs()
    everything = (torch.zeros(5, dtype=torch.int64), torch.arange(5))
    out = log_sum_exp_others(users, circles, bias, everything)
    assert out[0] == -torch.inf
    torch.logaddexp(out[:1], torch.zeros(1)).sum().backward()
    assert torch.isfinite(users.grad).all()
