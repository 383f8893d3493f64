"""How the student of the picture descriptor is trained; see README.md beside this file.

Modules that say so run under Python 3.11 too, where torch is: they use no newer syntax.
"""
