"""How servers are compared: what they are asked, what it takes, and how that is shown."""
