"""kamlib: Key Account Management as a working method, behind the notebooks.

The house, in the order in which data flow through it (docs/house.md draws it, a test holds it):

    errors, text, schema   the ground: what can go wrong, how it is said, every table and column once
    data                   the door: `sources` read, `intake` judges, `workspace` keeps facts, plans and their log
    method                 the five steps as pure functions: tables in, tables out
                           `segmentation` `goal_setting` `planning` `team` `review`, over
                           `scoring` `relationships` `measures`; `coaching` looks for what is missing,
                           `readiness` at what is known, `steering` at the whole programme
    show                   from a table to something to look at: `tables`, `charts`, `onepage`
    live                   controls that hold values and follow the log, for work in the room
    run                    notebooks as reports: `notebooks` chooses the cells, `batch` runs, `export` writes
    cli                    the `kam` command

A notebook imports rooms, so that a line says where a thing lives:

    from kamlib.data import workspace
    from kamlib.method import segmentation
    from kamlib.show import charts, tables
"""

__version__ = "0.1.0"
