"""Part of the window; see segdepth_app.gui."""
