"""The app: strategy teams explore, compare and decide in a browser.

What belongs here: the server, the screens and what passes between them and the package's own functions. What does not:
science. Everything that a screen shows can be had from the package and from files.

`security` and `server` open the door; `documents`, `fields`, `uploads`, `work`, `pictures`, `tables` and `exports` know
nothing of a browser; `library` names what the interface is made with; `session` is what one user has before them; the
rest are screens.
"""
