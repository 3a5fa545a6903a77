"""Every table and column, once, as data: the contract of the whole house.

The store, the intake's checks, the forms, the data dictionary and the customer edition are generated from
`TABLES`. A table is declared in `facts` (imported or typed truths) or in `plan` (what people decide and
promise, every change kept); its words stand in `catalog/schema.yaml`.
"""

from kamlib.schema.bundle import AccountView, Portfolio, Standing, load_settings
from kamlib.schema.declare import KINDS, Column, Table
from kamlib.schema.facts import FACTS
from kamlib.schema.plan import PLAN

TABLES: dict[str, Table] = {table.name: table for table in (*FACTS, *PLAN)}
