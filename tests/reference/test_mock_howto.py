"""Every example of docs/mock-for-your-app.md, run as a user would: the files that it shows, by pytest."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "mock-for-your-app.md"
FILE = re.compile(r"^```python\n# (\w+\.py)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.slow
def test_the_examples_pass(tmp_path: Path) -> None:
    text = PAGE.read_text("utf-8")
    files = dict(FILE.findall(text))
    for name, content in files.items():
        (tmp_path / name).write_text(content, "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", "."]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)

    assert len(files) == text.count("```python")
    assert ended.returncode == 0, ended.stdout
    assert f"{text.count('def test_')} passed" in ended.stdout
