"""What a person at the customer may show at home: facts and credit, never a benefit (T9, T10, P7)."""

from __future__ import annotations

import pandas as pd

from kamlib.schema import Account

_STORY = ["situation", "tension", "change", "result"]


def champion_pack(account: Account) -> pd.DataFrame:
    """One row per thing that may be used inside the customer: `who`, `what`, `told`, `amount`, `on`, `where`.

    `what` is value (confirmed, above zero, with a word on where it may be used) or story (all four parts and a
    hero on the customer's side). The person is asked first; nothing here goes out by itself.
    """
    worth = account.value
    worth = worth[worth["stage"].eq("confirmed") & worth["amount"].gt(0) & worth["may_be_used"].notna()]
    values = worth.assign(
        what="value", told=worth["title"], who=worth["confirmed_by"], on=worth["confirmed_on"]
    )
    whole = account.story.dropna(subset=[*_STORY, "hero_id"])
    told = [" ".join(str(part) for part in row) for row in whole[_STORY].itertuples(index=False)]
    stories = whole.assign(what="story", told=told, who=whole["hero_id"], on=whole["told_on"])
    rows = pd.concat([values.rename(columns={"may_be_used": "where"}), stories], ignore_index=True)
    return rows.reindex(columns=["who", "what", "told", "amount", "on", "where"]).astype({"told": "str"})
