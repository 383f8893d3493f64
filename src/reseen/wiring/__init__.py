"""Settings into objects: the only place that knows every part by name.

One module for each thing that a command may need, because what they import differs by a second.
"""
