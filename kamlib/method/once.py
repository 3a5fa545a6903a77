"""What is counted once for a bundle, and then known: a bundle is frozen, so an answer never goes stale."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

import pandas as pd

Given = TypeVar("Given")
Answer = TypeVar("Answer")


def once(ask: Callable[[Given], Answer]) -> Callable[[Given], Answer]:
    """Return `ask` with a memory: the same bundle, asked again in any language, gives the first answer.

    The answer is kept with the bundle and goes with it; its words are written where they are read. A table is handed out as a copy of its own (pandas copies
    on write), so nobody's change reaches the next one who asks.
    """

    @wraps(ask)
    def asked(bundle: Given) -> Answer:
        # Past the frozen fields, so that a bundle made of this one (`view`, `replace`) begins without memories.
        known: dict[Any, Any] = vars(bundle).setdefault("_once", {})
        key = (ask.__module__, ask.__qualname__)
        if key not in known:
            known[key] = ask(bundle)
        answer: Any = known[key]
        is_table = isinstance(answer, pd.DataFrame | pd.Series)
        return cast("Answer", answer.copy(deep=False) if is_table else answer)

    return asked
