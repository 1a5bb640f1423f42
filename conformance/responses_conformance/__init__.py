"""The judge: scenarios, checks and requirements of the Responses API."""
