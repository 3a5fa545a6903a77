"""Every table and column, once, as data: the contract of the whole house.

The store, the intake's checks, the forms, the data dictionary and the customer edition are generated from
`TABLES`. A class of rows is a table's declaration: in `facts` (imported or typed truths) or in `plan` (what people
decide and promise, every change kept); its words are in `catalog/schema.yaml`.
"""

from kamlib.schema.account import ROW_CLASSES, STANDING_COLUMNS, Account, Standing
from kamlib.schema.bundle import Bundle
from kamlib.schema.declare import KINDS, Column, PlanRow, Row, Table
from kamlib.schema.portfolio import Portfolio, family
from kamlib.schema.result import Result, frame_of, result
from kamlib.schema.settings import load_settings

TABLES: dict[str, Table] = {name: row.table for name, row in ROW_CLASSES.items()}
