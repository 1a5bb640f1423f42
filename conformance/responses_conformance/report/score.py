"""The score of the suite itself: requirement by mutant, and the share of musts that a mutant proves."""

from __future__ import annotations

from collections import defaultdict
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from responses_mocks.proxy.mutants import MUTANTS
from responses_mocks.proxy.varieties import VARIETIES

from ..errors import UsageError, nearest
from ..prove import Proof, false_alarms, musts, prove

if TYPE_CHECKING:
    from collections.abc import Iterable


def print_score(glob: str, jobs: int) -> bool:
    """Run the proofs that the glob selects and print them; whether nothing survived and nothing was a false alarm."""
    names = [name for name in MUTANTS if fnmatchcase(name, glob)]
    if not names:
        raise UsageError(
            f"--mutant {glob!r} matches nothing{nearest(glob, MUTANTS)}", hint="see responses-mocks mutants"
        )
    proofs = prove(names, jobs)
    _print_proofs(proofs)
    survivors = [proof for proof in proofs if not proof.caught]
    alarms = false_alarms(jobs=jobs) if glob == "*" else []
    for alarm in alarms:
        print(f"false alarm  {alarm.variety}  {alarm.result.id}: {alarm.result.message}")
    print(f"\n{len(proofs)} mutants, {len(survivors)} survivors")
    if glob == "*":
        proven, every = proven_musts(proofs)
        print(f"{len(VARIETIES)} legal varieties, {len(alarms)} false alarms")
        print(f"{len(proven)} of {len(every)} musts proven ({len(proven) / len(every):.1%})")
        for name in every - proven:
            print(f"not proven: {name}")
    return not survivors and not alarms


def proven_musts(proofs: Iterable[Proof]) -> tuple[set[str], set[str]]:
    """The musts that a caught mutant proves, and all musts."""
    every = {row.id for row in musts()}
    return {proof.breaks for proof in proofs if proof.caught} & every, every


def _print_proofs(proofs: list[Proof]) -> None:
    by_requirement: dict[str, list[Proof]] = defaultdict(list)
    for proof in proofs:
        by_requirement[proof.breaks].append(proof)
    for requirement, found in sorted(by_requirement.items()):
        caught = [proof.mutant for proof in found if proof.caught]
        survived = [proof.mutant for proof in found if not proof.caught]
        line = f"{requirement:<46} {', '.join(caught)}"
        print(f"{line}  SURVIVED: {', '.join(survived)}" if survived else line)
