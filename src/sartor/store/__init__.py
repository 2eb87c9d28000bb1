"""The only room that writes files: workspace, artifacts, run folders."""
