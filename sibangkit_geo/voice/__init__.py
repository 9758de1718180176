"""The voice of the command line: one language for its help, errors and remarks; the log to send."""
