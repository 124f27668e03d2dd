"""Classroom: lessons for a class, with a room to join, and the pages of students and facilitator.

What belongs here: rooms and their bounds, the routes beside the app, what is said of a lesson, templates of pages and
their scripts.
What does not: what a lesson is (``lessons``), and the screen on which one learns alone (``app.screens.learn``).
What it may import: server and display of app, and all below app.
"""
