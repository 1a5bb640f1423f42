"""Starts OGX before the suite's model and search: `python ogx.py PORT UPSTREAM_URL`.

`ogx` and `openssl` are on the PATH. OGX asks https://api.tavily.com, and has no setting for another address. So its
HTTPS goes through a proxy in this process that answers for that name, with a certificate made for the run, from the
suite's own search.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

HERE = Path(__file__).parent
SEARCH = "api.tavily.com"


def certificate(directory: Path) -> tuple[Path, Path]:
    """A certificate for the search's name and its key, both new."""
    paths = directory / "certificate.pem", directory / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={SEARCH}"]
    command += ["-addext", f"subjectAltName=DNS:{SEARCH}", "-out", str(paths[0]), "-keyout", str(paths[1])]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - the words above
    return paths


async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on what comes, until it ends."""
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except (ConnectionError, ssl.SSLError):
        pass  # who has gone needs nothing more
    finally:
        writer.close()


async def main(port: str, upstream: str) -> int:
    """Serve the proxy and run OGX behind it, until that ends."""
    address = urlsplit(upstream)
    with tempfile.TemporaryDirectory() as name:
        paths = certificate(Path(name))
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*paths)

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            await writer.start_tls(context)
            there = await asyncio.open_connection(address.hostname, address.port)
            await asyncio.gather(pipe(reader, there[1]), pipe(there[0], writer))

        async with await asyncio.start_server(serve, "127.0.0.1", 0) as proxy:
            taken = proxy.sockets[0].getsockname()[1]
            environment = {
                **os.environ,
                "OPENAI_BASE_URL": f"{upstream}/v1",
                "HTTPS_PROXY": f"http://127.0.0.1:{taken}",
                "NO_PROXY": "127.0.0.1,localhost",
                "SSL_CERT_FILE": str(paths[0]),
                "OGX_CONFIG_DIR": name,
                "SQLITE_STORE_DIR": name,
            }
            command = ["ogx", "run", str(HERE / "ogx.yaml"), "--insecure", "--port", port]
            ogx = await asyncio.create_subprocess_exec(*command, env=environment)
            return await ogx.wait()


if __name__ == "__main__":
    sys.exit(asyncio.run(main(*sys.argv[1:])))
