"""The scales on which people, relations, risks and steps are judged, each step with its example (6.5, P6)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kamlib import text, words
from kamlib.schema import Account, result

#: Scale -> the set of labels of its steps; without one the step's number stands.
_SCALES = {
    "influence": "",
    "support": "support",
    "coverage": "coverage",
    "relation_level": "relation_level",
    "relationship_stage": "relationship_stage",
    "probability": "",
    "impact": "",
    "journey_score": "",
}


@dataclass(frozen=True)
class Step:
    """One step of a scale and its anchor: what it looks like when it holds."""

    scale: str
    step: str
    label: str | words.Words
    anchor: words.Words


@result("scales")
def scales(_: Account) -> Iterable[Step]:
    """Return the steps of each scale.

    The anchors are ours. They tell what people do, not what we feel, so that two who judge mean the same.
    """
    for scale, labels in _SCALES.items():
        for step in text.entries(f"anchor.{scale}"):
            label = words.label(labels, step) if labels else step
            yield Step(scale, step, label, words.sentence(f"anchor.{scale}.{step}"))
