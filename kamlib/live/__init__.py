"""What moves in the room: controls that hold values, save what people choose and redraw what follows from it.

`controls` is what a notebook calls; `widgets` is the only room that imports anywidget, and only a live notebook
reaches it; `serve` starts JupyterLab or the clean page.
"""
