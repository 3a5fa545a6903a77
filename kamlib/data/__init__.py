"""The door: the only rooms that touch disk or database.

`sources` reads files as they stand, `intake` judges them and hands out typed tables, `workspace` keeps them.
"""
