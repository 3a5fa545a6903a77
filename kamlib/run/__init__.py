"""Execution: from notebook to variant, from variant to report, from reports to one index."""

import sys

# nbformat checks notebooks with jsonschema, which would build a grammar of web addresses that no notebook's schema
# asks for: two seconds in every process that runs a report. It does without where that grammar can't be imported.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
