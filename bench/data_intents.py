"""Intents of messages without labels: clusters beside k-means that is told the true number."""

from __future__ import annotations

from typing import Any

from bench.data_sets import BANKING, MULTIDOGO, banking, features, figure, sample, turns

NEEDS = (BANKING, MULTIDOGO)
MARKS = {f"intents of {BANKING}": 0.77}
"""Of both besides: 0.02 above k-means."""


def measured(*, is_quick: bool) -> dict[str, dict[str, Any]]:
    """Adjusted mutual information with the labels that people gave."""
    from sklearn.cluster import KMeans
    from sklearn.metrics import adjusted_mutual_info_score
    from sklearn.preprocessing import normalize

    from sartor.data.intents import propose_intents

    found = {}
    for name, (texts, labels) in {BANKING: banking("test"), MULTIDOGO: turns()}.items():
        texts, labels = sample(500 if is_quick else 6_000, 0, texts, labels)
        features_ND = features(texts)
        ours, peer, numbers = [], [], []
        for seed in range(1 if is_quick else 3):
            proposed = propose_intents(texts, features_ND, seed=seed)
            numbers.append(len(proposed.intents))
            ours.append(adjusted_mutual_info_score(labels, proposed.intent_N))
            means = KMeans(len(set(labels)), n_init=10, random_state=seed)
            peer.append(
                adjusted_mutual_info_score(labels, means.fit_predict(normalize(features_ND)))
            )
        found[f"intents of {name}"] = figure(ours)
        found[f"intents of {name}: k-means, true number"] = figure(peer)
        found[f"intents of {name}: proposed"] = figure(numbers, "intents")
        found[f"intents of {name}: true number"] = figure([len(set(labels))], "intents")
    return found
