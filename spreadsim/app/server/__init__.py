"""Server: what all visitors share, and what keeps one of them from harming another.

What belongs here: the guarded application (``security``: who may ask for which address, and limits on requests), the
queue of work (``work_queue``: whose work goes next), uploaded files and folders of sweeps.
What does not: what a page shows, and what one page holds (``app.session``).
What it may import: all below app.
"""
