"""The browser driver: the same model in any browser, with no server, and the same numbers to the last bit.

What belongs here: the translation of the rulebook and of the compiled driver's loops into JavaScript, and the data that
a page carries.
What does not: rules, which stand in ``rules``; pages, which stand with what they tell.
What it may import: drivers and all below it.
"""
