"""A class: the pages of students, of the facilitator, and the printed sheets, beside the app.

What belongs here: addresses, what each takes and gives, and cookies. Students reach what stands under ``/join`` and
nothing else, by a room's code; the facilitator's pages are guarded as the app is, and by the room's own key. What does
not: the state of rooms (``rooms``), what is said of a lesson (``lesson_pages``).
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from spreadsim.app.classroom import lesson_pages
from spreadsim.app.classroom.rooms import MAX_SEATS, MAX_SEATS_BY_ADDRESS, STAGES, Refusal, Room, Rooms
from spreadsim.app.server.proxies import address_group
from spreadsim.app.server.security import MAX_CLASS_BODY
from spreadsim.errors import InputError, SpreadsimError
from spreadsim.lessons.runs import LessonRun, judge, parse_prediction
from spreadsim.lessons.wording import chart_script, chart_style
from spreadsim.outcomes.statistics import quantile_bands
from spreadsim.telling.page import templates

FOLDER = Path(__file__).parent
ADDRESS_VARIABLE = "SPREADSIM_JOIN"  # the address that students type, where it is not the facilitator's own
SEATS_VARIABLE = "SPREADSIM_PLACES"  # places in a class that one address may take


def _read(path: Path) -> Callable[[], str]:
    return lambda: path.read_text(encoding="utf-8")


ASSETS = {
    "lesson.js": (chart_script, "text/javascript"),
    "lesson.css": (chart_style, "text/css"),
    "app.css": (_read(FOLDER.parent / "vue" / "style.css"), "text/css"),
    "class.css": (_read(FOLDER / "static" / "class.css"), "text/css"),
    "join.js": (_read(FOLDER / "static" / "join.js"), "text/javascript"),
    "class.js": (_read(FOLDER / "static" / "class.js"), "text/javascript"),
}
DEVICE_COOKIE, KEY_COOKIE = "spreadsim_device", "spreadsim_class_"
HOURS_KEPT = 12  # of both cookies
log = logging.getLogger(__name__)
Handler = Callable[[Request], Awaitable[Response]]


def _render(name: str, **values: Any) -> HTMLResponse:
    text = templates("spreadsim.app.classroom", "pages").get_template(name).render(**values)
    return HTMLResponse(text, headers={"cache-control": "no-store"})


def _with_errors_in_words(handler: Handler) -> Handler:
    """Turn what is refused into an answer in words."""

    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except Refusal as refusal:
            return JSONResponse({"error": str(refusal)}, status_code=refusal.status)
        except SpreadsimError as error:
            return JSONResponse({"error": str(error)}, status_code=400)

    return answer


async def _json_body(request: Request) -> dict[str, Any]:
    """Return the small JSON object that a page sent.

    Raises
    ------
    Refusal : it is too large, or no such object.
    """
    body = bytearray()
    async for part in request.stream():
        body.extend(part)
        if len(body) > MAX_CLASS_BODY:
            raise Refusal(413, "That is too large.")
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise Refusal(400, "That is not what this page sends.")
    return document


def _text_at(document: dict[str, Any], key: str) -> str:
    value = document.get(key, "")
    return value[:100] if isinstance(value, str) else ""


def _keep(answer: Response, name: str, value: str, path: str) -> None:
    """Let a browser keep a value for pages under a path, out of reach of scripts and of other sites."""
    answer.set_cookie(name, value, path=path, httponly=True, samesite="strict", max_age=HOURS_KEPT * 3600)


def _address(request: Request) -> str:
    return address_group(request.client.host) if request.client else ""


def seats_by_address() -> int:
    """Return how many places in a class one address may take, as the server's settings say.

    Returns
    -------
    A number of at least 1.

    Raises
    ------
    InputError : the setting is no such number.

    Examples
    --------
    >>> seats_by_address()
    100
    """
    text = os.environ.get(SEATS_VARIABLE, "") or str(MAX_SEATS_BY_ADDRESS)
    if not (text.isdecimal() and len(text) <= 9 and int(text) >= 1):
        raise InputError(SEATS_VARIABLE, "", f"is {text[:20]!r}", f"give a whole number, 1 to {MAX_SEATS}")
    return int(text)


def _lesson_runs(name: str, option: int | None = None) -> tuple[LessonRun, Any]:
    lesson = lesson_pages.lesson_of(name)
    dates = lesson_pages.dates_for(lesson, None)
    return lesson_pages.lesson_runs(lesson, dates, option), dates


class Classroom:
    """The routes of a server's classes, and the rooms behind them.

    Parameters
    ----------
    rooms : of the server; new ones where left out.

    Examples
    --------
    >>> sorted(route.path for route in Classroom().routes() if route.path.startswith("/join/"))[:3]
    ['/join/enter', '/join/now', '/join/predict']
    """

    def __init__(self, rooms: Rooms | None = None) -> None:
        self.rooms = rooms or Rooms(seats_by_address=seats_by_address())

    def routes(self) -> list[Route]:
        """Return what is served beside the app."""
        post, get = ["POST"], ["GET"]
        return [
            Route("/join", _with_errors_in_words(self.join_page), methods=get),
            Route("/join/static/{name}", _with_errors_in_words(self.static), methods=get),
            Route("/join/enter", _with_errors_in_words(self.enter), methods=post),
            Route("/join/now", _with_errors_in_words(self.now), methods=get),
            Route("/join/predict", _with_errors_in_words(self.predict), methods=post),
            Route("/join/{rest:path}", _with_errors_in_words(self.nothing)),  # what is open without the token ends here
            Route("/class", _with_errors_in_words(self.begin_page), methods=get),
            Route("/class/start", _with_errors_in_words(self.start), methods=post),
            Route("/class/sheet/{name}", _with_errors_in_words(self.sheet), methods=get),
            Route("/class/{code}", _with_errors_in_words(self.class_page), methods=get),
            Route("/class/{code}/now", _with_errors_in_words(self.class_now), methods=get),
            Route("/class/{code}/lead", _with_errors_in_words(self.lead), methods=post),
            Route("/class/{code}/clear", _with_errors_in_words(self.clear), methods=post),
            Route("/class/{code}/end", _with_errors_in_words(self.end), methods=post),
        ]

    # ------------------------------------------------------------------------------------------ students

    async def static(self, request: Request) -> Response:
        """A script or style sheet of these pages."""
        asset = ASSETS.get(request.path_params["name"])
        if asset is None:
            raise Refusal(404, "There is no such file.")
        return Response(asset[0](), media_type=asset[1], headers={"cache-control": "max-age=300"})

    async def nothing(self, request: Request) -> Response:
        """No other address below this one leads on to the app."""
        raise Refusal(404, "There is nothing here.")

    async def join_page(self, request: Request) -> Response:
        """The page that students open; it knows nothing of any room."""
        return _render("join.html.j2")

    async def enter(self, request: Request) -> Response:
        """Join a room by its code, and get its form."""
        document = await _json_body(request)
        code, device = _text_at(document, "code"), request.cookies.get(DEVICE_COOKIE, "")
        room, device = self.rooms.join(code, device, _address(request))
        answer = JSONResponse(await run_in_threadpool(self._form, room, device))
        _keep(answer, DEVICE_COOKIE, device, "/join")
        return answer

    def _form(self, room: Room, device: str) -> dict[str, Any]:
        run, dates = _lesson_runs(room.lesson)
        prediction = room.predictions.get(device)
        form: dict[str, Any] = {
            "code": room.code, "version": room.version, "stage": room.stage, "mine": prediction,
            "lesson": lesson_pages.question_page(run, dates), "result": None,
        }  # fmt: skip
        if room.stage == "reveal" and prediction is not None:
            page = lesson_pages.result_page(run, prediction)
            form["result"] = {"verdict": page["verdict"], "chart": page["chart"]}
        return form

    async def now(self, request: Request) -> Response:
        """How far the class is; asked every few seconds."""
        room = self.rooms.room_of_student(request.query_params.get("code", ""), request.cookies.get(DEVICE_COOKIE, ""))
        return JSONResponse({"version": room.version, "stage": room.stage})

    async def predict(self, request: Request) -> Response:
        """Take a prediction, in place of an earlier one of the same device."""
        document = await _json_body(request)
        code, device = _text_at(document, "code"), request.cookies.get(DEVICE_COOKIE, "")
        room = self.rooms.room_of_student(code, device)
        run, _ = await run_in_threadpool(_lesson_runs, room.lesson)
        prediction = parse_prediction(run, document.get("prediction"))
        self.rooms.predict(code, device, _text_at(document, "lesson"), prediction)
        return JSONResponse({"taken": True})

    # ------------------------------------------------------------------------------------------ the facilitator

    def _key(self, request: Request) -> tuple[str, str]:
        code = request.path_params["code"][:20]
        return code, request.cookies.get(KEY_COOKIE + code, "")

    async def begin_page(self, request: Request) -> Response:
        """Where a class is started, and sheets are printed."""
        codes = [name.removeprefix(KEY_COOKIE) for name in request.cookies if name.startswith(KEY_COOKIE)]
        own = []
        for code in codes[:20]:
            try:
                key = request.cookies[KEY_COOKIE + code]
                own.append(self.rooms.room_of_facilitator(code, key, is_in_use=False).code)
            except Refusal:
                continue
        return _render("begin.html.j2", lessons=lesson_pages.lesson_list(), mine=own)

    async def start(self, request: Request) -> Response:
        """Open a room; its key stays in the facilitator's browser."""
        lesson = lesson_pages.lesson_of(_text_at(await _json_body(request), "lesson"))
        code, key = self.rooms.start(lesson.name)
        answer = JSONResponse({"code": code})
        _keep(answer, KEY_COOKIE + code, key, "/class")
        return answer

    async def class_page(self, request: Request) -> Response:
        """The facilitator's page, for a projector."""
        room = self.rooms.room_of_facilitator(*self._key(request))
        reached = os.environ.get(ADDRESS_VARIABLE, "") or str(request.base_url)
        where = reached.rstrip("/") + "/join"
        alone = request.url.hostname in ("127.0.0.1", "localhost", "::1") and not os.environ.get(ADDRESS_VARIABLE)
        picture = _square_code(f"{where}#{room.code}")
        return _render("class.html.j2", code=room.code, where=where, picture=picture, alone=alone,
                       lessons=lesson_pages.lesson_list())  # fmt: skip

    async def class_now(self, request: Request) -> Response:
        """All that the facilitator's page shows."""
        room = self.rooms.room_of_facilitator(*self._key(request), is_in_use=False)
        lesson_on_page = request.query_params.get("seen", "")
        return JSONResponse(await run_in_threadpool(self._state, room, lesson_on_page != room.lesson))

    def _state(self, room: Room, with_lesson: bool) -> dict[str, Any]:
        run, dates = _lesson_runs(room.lesson)
        predictions = list(room.predictions.values())
        state: dict[str, Any] = {
            "code": room.code, "stage": room.stage, "version": room.version, "name": room.lesson,
            "joined": len(room.seats), "silent": len(room.silent), "predicted": len(predictions), "option": room.option,
            "lesson": None, "fan": None, "result": None, "changed": None,
        }  # fmt: skip
        if with_lesson:
            state["lesson"] = {**lesson_pages.question_page(run, dates), "rest": lesson_pages.follow_up_page(run)}
        if room.stage != "predict":
            state["fan"] = _prediction_fan(run, predictions)
        if room.stage == "reveal":
            state["result"] = {"chart": lesson_pages.result_chart(run), "means": lesson_pages.mean_table(run),
                               "answer": _class_result(run, predictions)}  # fmt: skip
            if room.option >= 0:
                state["changed"] = lesson_pages.result_chart(_lesson_runs(room.lesson, room.option)[0])
        return state

    async def lead(self, request: Request) -> Response:
        """Set the pace."""
        document = await _json_body(request)
        code, key = self._key(request)
        room = self.rooms.room_of_facilitator(code, key)
        lesson = lesson_pages.lesson_of(_text_at(document, "lesson")) if document.get("lesson") else None
        option = document.get("option")
        if option is not None and option != -1:
            option = lesson_pages.option_place(lesson_pages.lesson_of(room.lesson), option)
        stage = _text_at(document, "stage")
        self.rooms.set_pace(code, key, lesson=lesson.name if lesson else "", stage=stage, option=option)
        return JSONResponse({"done": True, "stages": list(STAGES)})

    async def clear(self, request: Request) -> Response:
        """Clear the places from which no prediction has come."""
        return JSONResponse({"cleared": self.rooms.clear_silent_seats(*self._key(request))})

    async def end(self, request: Request) -> Response:
        """End the room."""
        code, key = self._key(request)
        self.rooms.end(code, key)
        answer = JSONResponse({"ended": True})
        answer.delete_cookie(KEY_COOKIE + code, path="/class")
        return answer

    async def sheet(self, request: Request) -> Response:
        """A lesson to print: the learner's sheet, or the facilitator's."""
        lesson = lesson_pages.lesson_of(request.path_params["name"])
        run, dates = await run_in_threadpool(_lesson_runs, lesson.name)
        whose = "facilitator" if request.query_params.get("for") == "facilitator" else "learner"
        question, rest = lesson_pages.question_page(run, dates), lesson_pages.follow_up_page(run)
        return _render("sheet.html.j2", whose=whose, page=question, rest=rest,
                       chart=lesson_pages.result_chart(run), means=lesson_pages.mean_table(run))  # fmt: skip


def _square_code(address: str) -> str:
    """Return a picture of an address that a phone's camera reads, as SVG."""
    import segno

    picture: str = segno.make(address, error="m").svg_inline(scale=5, border=2, dark="#000", light="#fff")
    return picture.replace("<svg ", '<svg role="img" aria-label="QR code of the class page" ', 1)


def _prediction_fan(run: LessonRun, predictions: list[Any]) -> dict[str, Any]:
    """Return the predictions of a class, without names: counts by card, or curves with their middle."""
    cards = run.lesson.table.predict.cards
    if cards:
        return {"counts": [predictions.count(card) for card in range(len(cards))], "curves": [], "middle": None}
    curves = [list(prediction) for prediction in predictions if not isinstance(prediction, int)]
    middle = [round(float(v), 3) for v in quantile_bands(_as_array(curves), (0.5,))[0]] if curves else None
    return {"counts": [], "curves": curves, "middle": middle}


def _as_array(curves: list[list[float]]) -> Any:
    import numpy as np

    return np.array(curves)


def _class_result(run: LessonRun, predictions: list[Any]) -> dict[str, Any]:
    """Return how the class did: the right card, how many picked it, how far off curves were."""
    if not predictions:
        return {"answer": None, "text": "Nobody predicted."}
    verdicts = [judge(run, prediction) for prediction in predictions]
    if verdicts[0].right is not None:
        n_right = sum(bool(v.right) for v in verdicts)
        return {"answer": verdicts[0].answer, "text": f"{n_right} of {len(predictions)} picked what the runs show."}
    distances = sorted(100 * v.distance for v in verdicts)
    middle = distances[len(distances) // 2]
    text = f"{len(predictions)} predictions; the middle one is {middle:.0f} points off on average, "
    text += f"the nearest {distances[0]:.0f}, the furthest {distances[-1]:.0f}."
    return {"answer": None, "text": text}
