"""The sentence above a merchant's figures: what changed, by rule, from what is shown and nothing else."""

from collections.abc import Mapping
from typing import Any

from api.pages import catalogue

STEADY = 0.03  # a smaller change of counts of two digits is no change
Section = Mapping[str, Any]


def what_changed(portrait: Section, peers: Section | None, language: str) -> str:
    """Up to three short sentences: how many fans and how that changed, who came again, what grows.

    Args:
        portrait, peers: as answered; what is hidden in them is left out here. peers: None where it failed.
    """
    texts = catalogue.texts(language)
    said = (_fans(portrait, language), _kept(portrait, peers, language), _growing(portrait, language))
    sentences = [texts[f"health.{key}"].format(**values) for key, values in filter(None, said)]
    return (" " if language == "en" else "").join(sentences)


def _fans(portrait: Section, language: str) -> tuple[str, dict[str, str]] | None:
    people, change = portrait["people"].get("v"), portrait["change"].get("v")
    if people is None:
        return None
    values = {"people": catalogue.number(people, language)}
    if change is None:
        return "says_fans", values
    key = "says_steady" if abs(change) < STEADY else "says_more" if change > 0 else "says_fewer"
    return key, values | {"change": catalogue.percent(abs(change), language)}


def _kept(portrait: Section, peers: Section | None, language: str) -> tuple[str, dict[str, str]] | None:
    kept = portrait["kept"].get("v")
    if kept is None:
        return None
    values = {"kept": catalogue.percent(kept, language)}
    measures = peers["measures"] if peers else ()
    measure = next((each for each in measures if each["id"] == "kept"), None)
    if measure is None or measure["p25"] is None:
        return "says_kept", values
    key = "above" if kept > measure["p75"] else "below" if kept < measure["p25"] else "among"
    return f"says_kept_{key}", values


def _growing(portrait: Section, language: str) -> tuple[str, dict[str, str]] | None:
    rising = [item for item in portrait["rising"] if item["is_rising"]]
    if not rising:
        return None
    first = max(rising, key=lambda item: float(item["low"]))
    low, high = (catalogue.percent(first[end], language) for end in ("low", "high"))
    return "says_growing", {"name": first["name"][language], "low": low, "high": high}
