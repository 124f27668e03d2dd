"""Screens: one module a screen of the app.

Belongs: what a screen shows and what its controls do.
Does not: what screens share (``app``); science.
Imports: app and every folder below it.
"""
