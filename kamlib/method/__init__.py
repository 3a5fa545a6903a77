"""The method, pure: tables in, tables out; no file, no clock, no widget, no print.

One room per step (`segmentation`, `goal_setting`, `planning`, `team`, `review`) and the rooms that steps share:
`scoring` and `measures` (bare maths), `units` (who is one customer), `concentration`, `relationships`, `coaching`.
"""
