"""The scales on which people, relations, risks and steps are judged, each step with its example (6.5, P6)."""

from __future__ import annotations

import pandas as pd

from kamlib import text

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


def scales() -> pd.DataFrame:
    """Return one row per step of each scale: scale, step (code), label and anchor, what it looks like when it holds.

    The anchors are ours. They tell what people do, not what we feel, so that two who judge mean the same.
    """
    rows = [
        (scale, step, text.label(labels, step) if labels else step, text.t(f"anchor.{scale}.{step}"))
        for scale, labels in _SCALES.items()
        for step in text.entries(f"anchor.{scale}")
    ]
    return pd.DataFrame(rows, columns=["scale", "step", "label", "anchor"], dtype="str")
