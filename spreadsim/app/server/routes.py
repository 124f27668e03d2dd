"""What is served: addresses by name, what each takes, and files in known folders. All else is not there.

What belongs here: the list of addresses that the app's pages need of the library that draws them, and how their files
are read. What does not: who may ask (``security``), the addresses of classes (``app.classroom.routes``).

The library's own list of addresses is not served: one of its entries deletes folders of the installation, fetches what
it does not find from outside and writes it to the disk.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from spreadsim.browser.module import worker_source, worker_version

PACKAGE_FILES, ASSETS, EXTENSIONS = "/_solara/cdn", "/static/assets", "/jupyter/nbextensions"
CLOSE_PATH = "/_solara/api/close/"
WORKER_PATH = "/runs/worker.js"
PAGE_PATHS = ("/", "/join", "/class")  # what a link on another site may lead to, with all below the last
_NAME = re.compile(r"(?!.*(?:^|/)\.)[A-Za-z0-9@._+-]+(?:/[A-Za-z0-9@._+-]+)*")
_NUMBERED = re.compile(r"@\d+\.\d+\.\d+[^/]*/")


def is_plain_path(path: str) -> bool:
    """Return whether a path below a folder is plain: names without a leading dot, divided by single slashes.

    Parameters
    ----------
    path : as a browser asks for it, without the folder's own address.

    Returns
    -------
    False for a path that is empty, or leads anywhere but down.

    Examples
    --------
    >>> is_plain_path("requirejs@2.3.6/require.js"), is_plain_path("../etc/passwd"), is_plain_path("a//b")
    (True, False, False)
    """
    return len(path) <= 300 and _NAME.fullmatch(path) is not None


def is_page(path: str) -> bool:
    """Return whether an address is a page, which a link on another site may lead to.

    Parameters
    ----------
    path : of a request.

    Returns
    -------
    False for what pages load, and for what they send.

    Examples
    --------
    >>> is_page("/"), is_page("/class/sheet/first"), is_page("/static/assets/style.css")
    (True, True, False)
    """
    return path in PAGE_PATHS or path.startswith("/class/")


class KnownFiles(StaticFiles):
    """Regular files below folders: no folder is listed, no link leads out, nothing is fetched, written or removed.

    Parameters
    ----------
    folders : the first that holds a file serves it.

    Examples
    --------
    >>> KnownFiles([Path(".")]).lookup_path("../passwd")
    ('', None)
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        super().__init__(directory=None)
        self.all_directories = [str(folder) for folder in folders if folder.is_dir()]

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        """Return the place of a file and what the system says of it; nothing where the path is not plain."""
        if not is_plain_path(path.replace(os.sep, "/")):
            return "", None
        return super().lookup_path(path)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answer with a file, compressed once for all; a browser keeps files whose address holds a version."""
        from solara.server.compress import compress_file_response

        response: Response = await compress_file_response(await super().get_response(path, scope), scope)
        is_numbered = _NUMBERED.search(path.replace(os.sep, "/")) is not None
        response.headers["cache-control"] = "public, max-age=31536000, immutable" if is_numbered else "no-cache"
        return response


async def close_page(request: Request) -> Response:
    """Forget a page that its browser has closed; only the browser that opened it can ask.

    Parameters
    ----------
    request : that names the page.

    Returns
    -------
    The same answer whether or not there is such a page.

    Examples
    --------
    >>> from starlette.routing import Route
    >>> Route(CLOSE_PATH + "{kernel_id}", close_page, methods=["POST"]).path
    '/_solara/api/close/{kernel_id}'
    """
    from solara.server import kernel_context, server

    context = kernel_context.contexts.get(request.path_params["kernel_id"])
    page, session = request.query_params.get("session_id", ""), server.get_session_id_cookie(request.cookies)
    if context is not None and session == context.session_id and page in context.page_status:
        from starlette.concurrency import run_in_threadpool

        await run_in_threadpool(context.page_close, page)
    return Response(status_code=204)


async def page_state(request: Request) -> Response:
    """Say whether a page is still held, as its browser asks when the connection broke off.

    Parameters
    ----------
    request : that names the page.

    Returns
    -------
    The page's number, or 404.

    Examples
    --------
    >>> from starlette.routing import Route
    >>> Route("/jupyter/api/kernels/{kernel_id}", page_state).path
    '/jupyter/api/kernels/{kernel_id}'
    """
    from solara.server import kernel_context

    page = request.path_params["kernel_id"]
    if page not in kernel_context.contexts:
        return Response(status_code=404)
    return JSONResponse({"id": page, "name": "spreadsim"})


async def worker_script(request: Request) -> Response:
    """Give a page the script of the worker that makes its runs; a browser keeps the version that its address names.

    Parameters
    ----------
    request : whose query is the version that the page asks for.

    Returns
    -------
    JavaScript; 404 where this server has another version.

    Examples
    --------
    >>> from starlette.routing import Route
    >>> Route(WORKER_PATH, worker_script).path
    '/runs/worker.js'
    """
    if request.url.query != worker_version():
        return Response(status_code=404)
    kept = {"cache-control": "public, max-age=31536000, immutable"}
    return Response(worker_source(), media_type="text/javascript", headers=kept)


def interface_routes() -> list[BaseRoute]:
    """Return the addresses of the app's page, of its messages and of the files that it loads.

    Returns
    -------
    Routes; everything that is not among them is answered with 404.

    Examples
    --------
    >>> [route.path for route in interface_routes()]
    ['/', '/jupyter/api/kernels/{kernel_id}/channels', '/jupyter/api/kernels/{kernel_id}', \
'/_solara/api/close/{kernel_id}', '/runs/worker.js', '/_solara/cdn', '/static/assets', '/jupyter/nbextensions']
    """
    import solara.server.starlette as library
    from solara.server import server, settings

    assets: list[Any] = server.asset_directories()  # type: ignore[no-untyped-call]  # carries no types
    extensions = {name.split("/")[0]: server.nbextension_root(name) for name in server.get_nbextension_names()}
    return [
        Route("/", library.root, methods=["GET"]),
        WebSocketRoute("/jupyter/api/kernels/{kernel_id}/channels", library.kernel_connection),
        Route("/jupyter/api/kernels/{kernel_id}", page_state, methods=["GET"]),
        Route(CLOSE_PATH + "{kernel_id}", close_page, methods=["POST"]),
        Route(WORKER_PATH, worker_script, methods=["GET"]),
        Mount(PACKAGE_FILES, app=KnownFiles([settings.assets.proxy_cache_dir])),
        Mount(ASSETS, app=KnownFiles([Path(folder) for folder in assets])),
        Mount(EXTENSIONS, routes=[
            Mount(f"/{name}", app=KnownFiles([root])) for name, root in extensions.items() if root is not None
        ]),
    ]  # fmt: skip
