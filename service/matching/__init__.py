"""The matching core: text in, reading out; two readings in, relation and explained score out.

Pure: no I/O, no clock, no settings. A notebook can import it alone.
"""
