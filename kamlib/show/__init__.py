"""From a method table to something to look at: `tables`, `charts`, and `figure` below them.

Everything that a reader sees passes one of these rooms, and everything here is escaped, says when the data
were true, and names what is missing. `page` holds what all of it shares: the shown thing, colours, styles.
"""
