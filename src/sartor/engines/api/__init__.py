"""Models behind an API: asked over the network, many requests at a time, each paid once.

Read in this order: `requests` (what is sent), `replies` (what comes back), `client` (one request until its
answer, through whatever goes wrong), `engine` (many of them, kept by their content). Nothing here
needs torch.
"""
