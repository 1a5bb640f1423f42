"""The conformance suite as pytest sees it: `pytest --pyargs responses_conformance.suite`."""
