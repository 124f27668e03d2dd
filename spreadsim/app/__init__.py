"""The app: strategy teams explore, compare and decide in a browser.

What belongs here: the server, the screens, and what passes between them and the package's own functions.
What does not: science. Everything that a screen shows can be had from the package and from files.
What it may import: adapters, advice, fitting, lessons, publication, receipts and all below them.

`application` opens the door, and ``server`` holds what all visitors share; `session` is what one page has before it,
`documents` and `fields` its scenario and the controls over it, `runs` the runs that it asks for; ``display`` turns
results into what a browser takes; `page`, `widgets`, `gallery` and ``screens`` show them; ``classroom`` is beside the
app, for a class.
"""
