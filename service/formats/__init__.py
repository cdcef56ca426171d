"""Claims as files that others read. Pure: values in, bytes out; no I/O, no clock, no settings."""
