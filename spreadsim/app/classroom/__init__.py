"""Classroom: lessons for a class, with a room to join, and the pages of students and facilitator.

Belongs: rooms and their bounds, the routes beside the app, what is said of a lesson, page templates and their scripts.
Does not: what a lesson is (``lessons``); the screen on which one learns alone (``app.screens.learn``).
Imports: app.server, app.display and every folder below the app.
"""
