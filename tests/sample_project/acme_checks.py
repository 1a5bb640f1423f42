"""What Acme's server promises beyond the contracts."""

from __future__ import annotations

from responses_conformance.api import Level, ResponseView, Subject, Violation, check, requirement

requirement(
    "acme/served-by/told",
    level=Level.MUST,
    statement="A response says that Acme served it.",
    sources=["Acme API guide, section 3"],
    hint="Set served_by before the response is sent.",
)


@check("acme/served-by/told", Subject.RESPONSE)
def served_by_told(view: ResponseView) -> None:
    """The response has Acme's name in served_by."""
    if view.body.get("served_by") != "acme":
        raise Violation(f"{view.path}.served_by", "acme", str(view.body.get("served_by")))
