"""What differs between two versions."""

from dataclasses import replace

from embeddings.fit import fit
from embeddings.promotion.diff import diff


def test_a_version_does_not_differ_from_itself(publish_past, fitted_past):
    version = publish_past(fitted_past)
    found = diff(version, version)
    assert [found[part] for part in ("about", "counts", "metrics", "weights")] == [{}, {}, {}, {}]
    assert found["lists"] == {"people": 300, "shared@10": 1.0, "same_first": 1.0}


def test_other_weights_show_other_circles(publish_past, fitted_past, past):
    weights = {name: tuple(-w for w in ws) for name, ws in fitted_past.model.weights.items()}
    turned = replace(fitted_past, model=replace(fitted_past.model, weights=weights))
    found = diff(publish_past(fitted_past), publish_past(turned))
    changed = {name for name, ws in fitted_past.model.weights.items() if any(ws)}
    assert set(found["weights"]) == changed
    assert found["lists"]["same_first"] < 0.2
    assert found["circles"] == {"only_before": 0, "only_after": 0, "both": len(past.circles)}


def test_more_data_is_told(publish_past, fitted_past, planted):
    found = diff(publish_past(fitted_past), publish_past(fit(planted, gnn=False, min_supporters=1), planted))
    assert found["counts"]["members"]["after"] == planted.members.num_edges
    assert "snapshot_id" in found["about"]
