"""The report of a run: one HTML file for people, and a page of text for the terminal.

`html.render_report` and `summary.render_summary` are the two doors; neither writes a file.
"""
