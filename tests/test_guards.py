"""The guards of conftest.py catch what they are there for."""

import textwrap

import pytest

pytest_plugins = ["pytester"]

CASES = {
    "a leaked task": (
        """
        import asyncio
        kept = []
        async def test_it():
            kept.append(asyncio.create_task(asyncio.sleep(60), name="forgotten"))
        """,
        "*forgotten*",
    ),
    "a slow callback": (
        """
        import asyncio, time
        def grind():
            end = time.thread_time() + 0.08
            while time.thread_time() < end:
                pass
        async def test_it():
            asyncio.get_running_loop().call_soon(grind)
            await asyncio.sleep(0.01)
        """,
        "*grind* took * ms*",
    ),
    "a look-up that the code swallowed": (
        """
        import contextlib, socket
        def test_it():
            with contextlib.suppress(OSError):
                socket.create_connection(("parley.example", 443))
        """,
        "*tried to reach 'parley.example'*",
    ),
    "a connection to an address": (
        """
        import socket
        def test_it():
            with socket.socket() as sock:
                assert sock.connect_ex(("192.0.2.1", 443))
        """,
        "*192.0.2.1*",
    ),
}


@pytest.mark.loop_budget_ms(10_000, reason="the inner run is slow on purpose")
@pytest.mark.parametrize("case", CASES)
def test_a_guard_fails_the_test(
    case: str, pytester: pytest.Pytester, pytestconfig: pytest.Config
) -> None:
    source, message = CASES[case]
    conftest = pytestconfig.rootpath / "tests" / "conftest.py"
    pytester.makeconftest(conftest.read_text())
    pytester.makeini("[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function")
    pytester.makepyfile(textwrap.dedent(source))
    result = pytester.runpytest_inprocess("-p", "no:django", "-p", "no:cacheprovider")
    assert result.ret != 0
    result.stdout.fnmatch_lines([message])


def test_a_quiet_test_passes(pytester: pytest.Pytester, pytestconfig: pytest.Config) -> None:
    pytester.makeconftest((pytestconfig.rootpath / "tests" / "conftest.py").read_text())
    pytester.makeini("[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function")
    pytester.makepyfile(
        textwrap.dedent(
            """
            import asyncio, socket
            async def test_it():
                server = await asyncio.start_server(lambda r, w: w.close(), "127.0.0.1", 0)
                port = server.sockets[0].getsockname()[1]
                reader, writer = await asyncio.open_connection("localhost", port)
                assert await reader.read() == b""
                writer.close()
                await writer.wait_closed()
                server.close()
                await asyncio.create_task(asyncio.sleep(0))
            """
        )
    )
    pytester.runpytest_inprocess("-p", "no:django").assert_outcomes(passed=1)
