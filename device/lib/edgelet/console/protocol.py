"""What the command line and `edgelet.console.admin` agree on. Both read this file: it is Python of either kind.

A call prints a line of JSON: {"result": ...}, or {"error": {"code", "text"}} with a line for people and one of these
codes, and with "stack" or "limit" where the error has one.
"""

#: To be raised with every change of what a function of `edgelet.console.admin` takes or answers.
VERSION = 14

OTHER_VERSION = "other_version"
REFUSED = "refused"  # what was asked for cannot be; the text says what is wrong with it
NO_MEMORY = "no_memory"
NO_SPACE = "no_space"
IMAGE_TOO_LARGE = "image_too_large"  # limit: bytes that it would have to fit into
FAILED = "failed"  # a fault of the firmware; the text is an exception

#: Failures of a request (kinds of `edgelet.functions.errors`) of a function that is at work all the same.
THROWN = ("thrown", "stack")
