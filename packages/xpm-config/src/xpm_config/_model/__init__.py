"""The records of this package, and walks over them.

`state` holds what a configuration object and its class carry (`ConfigState`, `Schema`), with the
marks by which they are recognized; `argument` and `type` what a class declares; `traversal` walks
over configurations; the rest are names, places in the user's code and texts. The lowest room: it
knows no other.
"""
