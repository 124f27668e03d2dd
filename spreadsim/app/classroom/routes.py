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
from functools import cache
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from spreadsim.app.classroom import lesson_pages
from spreadsim.app.classroom.rooms import STAGES, Refused, Room, Rooms
from spreadsim.app.server.security import MAX_CLASS_BODY
from spreadsim.errors import SpreadsimError
from spreadsim.lessons.runs import LessonRun, checked_prediction, judge
from spreadsim.outcomes.statistics import quantile_bands

HERE = Path(__file__).parent
REACHED_AT = "SPREADSIM_JOIN"  # the address that students type, where it is not the facilitator's own
STATIC = {
    "lesson.js": (HERE / "static" / "lesson.js", "text/javascript"),
    "lesson.css": (HERE / "static" / "lesson.css", "text/css"),
    "app.css": (HERE.parent / "vue" / "style.css", "text/css"),
    "class.css": (HERE / "static" / "class.css", "text/css"),
    "join.js": (HERE / "static" / "join.js", "text/javascript"),
    "class.js": (HERE / "static" / "class.js", "text/javascript"),
}
PLACE, KEY = "spreadsim_place", "spreadsim_class_"
log = logging.getLogger(__name__)
Handler = Callable[[Request], Awaitable[Response]]


@cache
def _pages() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("spreadsim.app.classroom", "pages"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip


def _page(name: str, **values: Any) -> HTMLResponse:
    text = _pages().get_template(name).render(**values)
    return HTMLResponse(text, headers={"cache-control": "no-store"})


def _answered(handler: Handler) -> Handler:
    """Turn what is refused into an answer in words."""

    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except Refused as refusal:
            return JSONResponse({"error": str(refusal)}, status_code=refusal.status)
        except SpreadsimError as error:
            return JSONResponse({"error": str(error)}, status_code=400)

    return answer


async def _sent(request: Request) -> dict[str, Any]:
    """Return the small JSON object that a page sent.

    Raises
    ------
    Refused : it is too large, or no such object.
    """
    body = bytearray()
    async for part in request.stream():
        body.extend(part)
        if len(body) > MAX_CLASS_BODY:
            raise Refused(413, "That is too large.")
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Refused(400, "That is not what this page sends.")
    return found


def _text(sent: dict[str, Any], key: str) -> str:
    value = sent.get(key, "")
    return value[:100] if isinstance(value, str) else ""


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _runs(name: str, option: int | None = None) -> tuple[LessonRun, Any]:
    lesson = lesson_pages.lesson_named(name)
    dates = lesson_pages.dates_for(lesson, None)
    return lesson_pages.runs(lesson, dates, option), dates


class Classroom:
    """The routes of a server's classes, and the rooms behind them."""

    def __init__(self, rooms: Rooms | None = None) -> None:
        self.rooms = rooms or Rooms()

    def routes(self) -> list[Route]:
        """Return what is served beside the app."""
        post, get = ["POST"], ["GET"]
        return [
            Route("/join", _answered(self.join_page), methods=get),
            Route("/join/static/{name}", _answered(self.static), methods=get),
            Route("/join/enter", _answered(self.enter), methods=post),
            Route("/join/now", _answered(self.now), methods=get),
            Route("/join/predict", _answered(self.predict), methods=post),
            Route("/join/{rest:path}", _answered(self.nothing)),  # what is open without the token ends here
            Route("/class", _answered(self.begin_page), methods=get),
            Route("/class/start", _answered(self.start), methods=post),
            Route("/class/sheet/{name}", _answered(self.sheet), methods=get),
            Route("/class/{code}", _answered(self.class_page), methods=get),
            Route("/class/{code}/now", _answered(self.class_now), methods=get),
            Route("/class/{code}/lead", _answered(self.lead), methods=post),
            Route("/class/{code}/end", _answered(self.end), methods=post),
        ]

    # ------------------------------------------------------------------------------------------ students

    async def static(self, request: Request) -> Response:
        """A script or style sheet of these pages."""
        found = STATIC.get(request.path_params["name"])
        if found is None:
            raise Refused(404, "There is no such file.")
        return Response(found[0].read_bytes(), media_type=found[1], headers={"cache-control": "max-age=300"})

    async def nothing(self, request: Request) -> Response:
        """No other address below this one leads on to the app."""
        raise Refused(404, "There is nothing here.")

    async def join_page(self, request: Request) -> Response:
        """The page that students open; it knows nothing of any room."""
        return _page("join.html.j2")

    async def enter(self, request: Request) -> Response:
        """Join a room by its code, and get its form."""
        sent = await _sent(request)
        room, place = self.rooms.join(_text(sent, "code"), request.cookies.get(PLACE, ""), _address(request))
        answer = JSONResponse(await run_in_threadpool(self._form, room, place))
        answer.set_cookie(PLACE, place, path="/join", httponly=True, samesite="strict")
        return answer

    def _form(self, room: Room, place: str) -> dict[str, Any]:
        run, dates = _runs(room.lesson)
        mine = room.predictions.get(place)
        form: dict[str, Any] = {
            "code": room.code, "version": room.version, "stage": room.stage, "mine": mine,
            "lesson": lesson_pages.asked(run, dates), "result": None,
        }  # fmt: skip
        if room.stage == "reveal" and mine is not None:
            found = lesson_pages.revealed(run, mine)
            form["result"] = {"verdict": found["verdict"], "chart": found["chart"]}
        return form

    async def now(self, request: Request) -> Response:
        """How far the class is; asked every few seconds."""
        room = self.rooms.seated(request.query_params.get("code", ""), request.cookies.get(PLACE, ""))
        return JSONResponse({"version": room.version, "stage": room.stage})

    async def predict(self, request: Request) -> Response:
        """Take a prediction."""
        sent = await _sent(request)
        code, place = _text(sent, "code"), request.cookies.get(PLACE, "")
        room = self.rooms.seated(code, place)
        run, _ = await run_in_threadpool(_runs, room.lesson)
        prediction = checked_prediction(run, sent.get("prediction"))
        self.rooms.predict(code, place, _text(sent, "lesson"), prediction)
        return JSONResponse({"taken": True})

    # ------------------------------------------------------------------------------------------ the facilitator

    def _key(self, request: Request) -> tuple[str, str]:
        code = request.path_params["code"][:20]
        return code, request.cookies.get(KEY + code, "")

    async def begin_page(self, request: Request) -> Response:
        """Where a class is started, and sheets are printed."""
        running = [name.removeprefix(KEY) for name in request.cookies if name.startswith(KEY)]
        mine = []
        for code in running[:20]:
            try:
                mine.append(self.rooms.led(code, request.cookies[KEY + code], used=False).code)
            except Refused:
                continue
        return _page("begin.html.j2", lessons=lesson_pages.listed(), mine=mine)

    async def start(self, request: Request) -> Response:
        """Open a room; its key stays in the facilitator's browser."""
        lesson = lesson_pages.lesson_named(_text(await _sent(request), "lesson"))
        code, key = self.rooms.start(lesson.name)
        answer = JSONResponse({"code": code})
        answer.set_cookie(KEY + code, key, path="/class", httponly=True, samesite="strict", max_age=12 * 3600)
        return answer

    async def class_page(self, request: Request) -> Response:
        """The facilitator's page, for a projector."""
        room = self.rooms.led(*self._key(request))
        reached = os.environ.get(REACHED_AT, "") or str(request.base_url)
        where = reached.rstrip("/") + "/join"
        alone = request.url.hostname in ("127.0.0.1", "localhost", "::1") and not os.environ.get(REACHED_AT)
        return _page("class.html.j2", code=room.code, where=where, picture=_square(f"{where}#{room.code}"), alone=alone,
                     lessons=lesson_pages.listed())  # fmt: skip

    async def class_now(self, request: Request) -> Response:
        """All that the facilitator's page shows."""
        room = self.rooms.led(*self._key(request), used=False)
        seen = request.query_params.get("seen", "")
        return JSONResponse(await run_in_threadpool(self._state, room, seen != room.lesson))

    def _state(self, room: Room, with_lesson: bool) -> dict[str, Any]:
        run, dates = _runs(room.lesson)
        given = list(room.predictions.values())
        state: dict[str, Any] = {
            "code": room.code, "stage": room.stage, "version": room.version, "name": room.lesson,
            "joined": len(room.places), "predicted": len(given), "option": room.option, "lesson": None,
            "fan": None, "result": None, "changed": None,
        }  # fmt: skip
        if with_lesson:
            state["lesson"] = {**lesson_pages.asked(run, dates), "rest": lesson_pages.told(run)}
        if room.stage != "predict":
            state["fan"] = fan(run, given)
        if room.stage == "reveal":
            state["result"] = {"chart": lesson_pages.shown(run), "means": lesson_pages.means(run),
                               "answer": fan_verdict(run, given)}  # fmt: skip
            if room.option >= 0:
                state["changed"] = lesson_pages.shown(_runs(room.lesson, room.option)[0])
        return state

    async def lead(self, request: Request) -> Response:
        """Set the pace."""
        sent = await _sent(request)
        code, key = self._key(request)
        room = self.rooms.led(code, key)
        lesson = lesson_pages.lesson_named(_text(sent, "lesson")) if sent.get("lesson") else None
        option = sent.get("option")
        if option is not None and option != -1:
            option = lesson_pages.option_of(lesson_pages.lesson_named(room.lesson), option)
        stage = _text(sent, "stage")
        self.rooms.lead(code, key, lesson=lesson.name if lesson else "", stage=stage, option=option)
        return JSONResponse({"done": True, "stages": list(STAGES)})

    async def end(self, request: Request) -> Response:
        """End the room."""
        code, key = self._key(request)
        self.rooms.end(code, key)
        answer = JSONResponse({"ended": True})
        answer.delete_cookie(KEY + code, path="/class")
        return answer

    async def sheet(self, request: Request) -> Response:
        """A lesson to print: the learner's sheet, or the facilitator's."""
        lesson = lesson_pages.lesson_named(request.path_params["name"])
        run, dates = await run_in_threadpool(_runs, lesson.name)
        whose = "facilitator" if request.query_params.get("for") == "facilitator" else "learner"
        return _page("sheet.html.j2", whose=whose, page=lesson_pages.asked(run, dates), rest=lesson_pages.told(run),
                     chart=lesson_pages.shown(run), means=lesson_pages.means(run))  # fmt: skip


def _square(address: str) -> str:
    """Return a picture of an address that a phone's camera reads, as SVG."""
    import segno

    made: str = segno.make(address, error="m").svg_inline(scale=5, border=2, dark="#000", light="#fff")
    return made.replace("<svg ", '<svg role="img" aria-label="QR code of the class page" ', 1)


def fan(run: LessonRun, given: list[Any]) -> dict[str, Any]:
    """Return the predictions of a class, without names: counts by card, or curves with their middle."""
    cards = run.lesson.table.predict.cards
    if cards:
        return {"counts": [sum(1 for p in given if p == i) for i in range(len(cards))], "curves": [], "middle": None}
    curves = [list(p) for p in given if not isinstance(p, int)]
    middle = [round(float(v), 3) for v in quantile_bands(_array(curves), (0.5,))[0]] if curves else None
    return {"counts": [], "curves": curves, "middle": middle}


def _array(curves: list[list[float]]) -> Any:
    import numpy as np

    return np.array(curves)


def fan_verdict(run: LessonRun, given: list[Any]) -> dict[str, Any]:
    """Return how the class did: the right card, how many picked it, how far off curves were."""
    if not given:
        return {"answer": None, "text": "Nobody predicted."}
    verdicts = [judge(run, prediction) for prediction in given]
    if verdicts[0].right is not None:
        n_right = sum(bool(v.right) for v in verdicts)
        return {"answer": verdicts[0].answer, "text": f"{n_right} of {len(given)} picked what the runs show."}
    off = sorted(100 * v.distance for v in verdicts)
    middle = off[len(off) // 2]
    text = f"{len(given)} predictions; the middle one is {middle:.0f} points off on average, "
    text += f"the nearest {off[0]:.0f}, the furthest {off[-1]:.0f}."
    return {"answer": None, "text": text}
