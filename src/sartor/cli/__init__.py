"""The command line: parses, calls one function of `flow`, shows what comes back. Decides nothing.

`main` holds the verbs' list; each verb has its file. What happens on the way goes to standard error
(`live`, `lines` or `quiet`), the result to standard output (`streams`, `json_out`).
"""
