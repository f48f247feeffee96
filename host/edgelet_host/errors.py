"""The one exception that ends a command with a message for its user."""

from click import ClickException


class EdgeletError(ClickException):
    """One line that says what is wrong and what to do next; the command exits with status 1."""
