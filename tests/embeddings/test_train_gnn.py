"""Training: it learns, stops, and goes on exactly where it was interrupted."""

import time

import pytest
import torch

from embeddings.channels import ground_of
from embeddings.gnn_runs import GnnRuns
from embeddings.hetero import TOUCHED, hetero_of
from embeddings.model import GNN
from embeddings.spectral import spectral_start
from embeddings.touches import touches_of
from embeddings.train_gnn import CHECK_EVERY, PATIENCE, TrainOptions, device_of, train
from embeddings.tuning import tuning_of
from graph.errors import InputError


@pytest.fixture(scope="module")
def inputs(planted):
    touches = touches_of(planted, half_life_days=180)
    data = hetero_of(ground_of(planted, touches, min_supporters=1))
    return data, spectral_start({kind: touches.of[kind] for kind in TOUCHED}, 16, seed=0)


def options(**changes):
    given = {"seed": 4, "run_id": "run", "min_supporters": 1, "max_steps": 4 * CHECK_EVERY, "device": "cpu"}
    return TrainOptions(**(given | changes))


def test_the_loss_falls(inputs, device):
    losses = train(*inputs, options(device=device)).losses
    assert sum(losses[-5:]) < 0.9 * sum(losses[:5])


def test_the_same_seed_gives_the_same_losses(inputs, device):
    first, again, other = (train(*inputs, options(device=device, seed=seed)).losses for seed in (4, 4, 5))
    assert first == again
    assert first != other


def test_a_resumed_run_equals_one_that_was_not_interrupted(inputs, device, tmp_path):
    whole = train(*inputs, options(device=device))
    path = tmp_path / "run.pt"
    stopped = 0

    def stop_later(done, total):
        nonlocal stopped
        stopped = done
        if done == 2 * CHECK_EVERY + 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(*inputs, options(device=device, checkpoint=path), progress=stop_later)
    resumed = train(*inputs, options(device=device, checkpoint=path, resume=True))
    assert stopped == 2 * CHECK_EVERY + 1
    assert resumed.losses == whole.losses  # bit for bit
    assert (resumed.vectors.circles == whole.vectors.circles).all()


def test_a_finished_run_is_not_trained_again(inputs, tmp_path):
    kept = options(checkpoint=tmp_path / "run.pt", resume=True)
    first, steps = train(*inputs, kept), []
    again = train(*inputs, kept, progress=lambda done, total: steps.append(done))
    assert not steps
    assert (again.vectors.circles == first.vectors.circles).all()


def test_a_checkpoint_of_other_data_is_not_continued(inputs, tmp_path):
    path = tmp_path / "run.pt"
    train(*inputs, options(checkpoint=path, max_steps=CHECK_EVERY))
    other = train(*inputs, options(checkpoint=path, resume=True, run_id="other"))
    assert other.losses == train(*inputs, options()).losses


def test_training_stops_when_validation_no_longer_improves(inputs):
    figures = iter([0.1, 0.3, *[0.2] * 50])
    trained = train(*inputs, options(max_steps=500), validate=lambda vectors: next(figures))
    assert trained.steps == 2 * CHECK_EVERY
    assert len(trained.losses) == (2 + PATIENCE) * CHECK_EVERY


def test_the_best_step_is_kept_not_the_last(inputs):
    figures = iter([0.3, 0.1, 0.1, 0.1, 0.1])
    best = train(*inputs, options(max_steps=500), validate=lambda vectors: next(figures))
    short = train(*inputs, options(max_steps=500, deadline=None), validate=Once())
    assert (best.vectors.circles == short.vectors.circles).all()


class Once:
    """Content with the first look, never again."""

    def __init__(self):
        self.looks = 0

    def __call__(self, vectors):
        self.looks += 1
        return -self.looks


def test_no_step_starts_after_the_deadline(inputs):
    trained = train(*inputs, options(deadline=time.monotonic() - 1))
    assert trained.losses == []
    assert trained.vectors.eligible.any()


def test_threads_are_given_back(inputs):
    before = torch.get_num_threads()
    train(*inputs, options(max_steps=1))
    assert torch.get_num_threads() == before


@pytest.mark.parametrize("name", ["tpu", "cuda:9", ""])
def test_an_unknown_device_is_named(name):
    with pytest.raises(InputError, match="expected auto, cpu or cuda"):
        device_of(name)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")
def test_a_missing_device_is_named():
    with pytest.raises(InputError, match="no CUDA device"):
        device_of("cuda")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cuda_gives_nearly_the_losses_of_the_cpu(inputs):
    here, there = (train(*inputs, options(device=device)).losses for device in ("cpu", "cuda"))
    assert there == pytest.approx(here, rel=1e-2)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_run_that_began_on_cuda_goes_on_on_a_cpu(inputs, tmp_path):
    path = tmp_path / "run.pt"
    whole = train(*inputs, options())

    def stop(done, total):
        if done == CHECK_EVERY:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(*inputs, options(device="cuda", checkpoint=path), progress=stop)
    resumed = train(*inputs, options(checkpoint=path, resume=True))
    assert resumed.losses == pytest.approx(whole.losses, rel=1e-2)


def test_alone_it_finds_more_than_popularity(planted):
    tuning = tuning_of(planted, seed=0, min_supporters=1, half_life_days=180)
    tuning.parts = tuning.parts[:1]
    tuning.hear_channels()
    GnnRuns(planted, 0, "cpu", None, None, False, lambda *_: None).tune(tuning)
    tuning.choose_weights()
    assert tuning.alone[GNN] > 1.5 * tuning.alone["popularity"]


def test_a_loss_that_is_not_a_number_ends_the_run_before_its_checkpoint(inputs, tmp_path):
    data, start = inputs
    spoilt = {kind: values.copy() for kind, values in start.items()}
    spoilt["circle"][0] = float("nan")
    path = tmp_path / "run.pt"
    with pytest.raises(InputError, match="nan at step 1; expected a finite number"):
        train(data, spoilt, options(checkpoint=path))
    assert not path.exists()
