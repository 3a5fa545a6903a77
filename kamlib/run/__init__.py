"""Execution: from notebook to variant, from variant to report, from reports to one index."""
