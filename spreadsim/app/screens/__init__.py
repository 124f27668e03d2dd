"""Screens: one module a screen of the app.

What belongs here: what a screen shows, and what its controls do.
What does not: what screens share (``app``), and science.
What it may import: the rest of app, and all below app.
"""
