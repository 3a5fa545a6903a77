"""Who has moved since an earlier day: judgements now against those of the same account then."""

from __future__ import annotations

import pandas as pd

from kamlib.method.relationships.people import people
from kamlib.schema import AccountView


def moves(earlier: AccountView, account: AccountView) -> pd.DataFrame:
    """Return `people` with what was judged of them `earlier`: influence_before, support_before and since, that day.

    Who was not judged then has no value before, and nobody says that they have moved.
    """
    judged = people(earlier).dropna(subset=["contact_id", "role"])
    before = judged[["contact_id", "influence", "support"]].add_suffix("_before")
    known = people(account).merge(before, how="left", left_on="contact_id", right_on="contact_id_before")
    return known.drop(columns="contact_id_before").assign(since=pd.Timestamp(earlier.as_of))
