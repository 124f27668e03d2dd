// What a lesson tells a learning platform, by SCORM 1.2: begun, where the reader is, finished. The platform's API is an
// object in a window above this one, or above the one that opened it.
"use strict";
{
  const apiAbove = (first) => {
    for (let one = first, k = 0; k < 12; k++, one = one.parent) {
      try { if (one.API) return one.API; } catch { return null; /* of another site */ }
      if (one.parent === one) return null;
    }
    return null;
  };
  const api = apiAbove(window) ?? (window.opener ? apiAbove(window.opener) : null), began = Date.now();
  const call = (name, ...values) => { try { return String(api[name](...values)); } catch { return ""; } };
  const set = (name, value) => call("LMSSetValue", `cmi.core.${name}`, value), get = (name) => call("LMSGetValue", `cmi.core.${name}`);

  // A page that was opened from the same lesson in another language finds the session open.
  if (api && (call("LMSInitialize", "") === "true" || get("lesson_status") !== "")) {
    let isDone = ["completed", "passed"].includes(get("lesson_status")), isOver = false;
    if (!isDone) set("lesson_status", "incomplete");
    const place = get("lesson_location");
    if (place.startsWith("#lesson&") && location.hash === "") history.replaceState(null, "", place);
    call("LMSCommit", "");
    addEventListener("addresschange", () => { if (location.hash.length <= 255) set("lesson_location", location.hash); });
    addEventListener("lessonfinished", () => {
      isDone = true;
      set("lesson_status", "completed");
      if (call("LMSCommit", "") !== "true") return;
      const said = document.getElementById("lesson-reported");
      said.textContent = said.dataset.text;
    });
    for (const link of document.querySelectorAll(".languages a")) {
      link.addEventListener("click", (event) => { isOver = !(event.ctrlKey || event.metaKey || event.shiftKey); });
    }
    addEventListener("pageshow", ({persisted}) => { if (persisted) isOver = false; }); // gone back to
    addEventListener("pagehide", () => {
      if (isOver) return;
      isOver = true;
      const seconds = Math.floor((Date.now() - began) / 1000), two = (n) => String(n).padStart(2, "0");
      set("session_time", `${two(Math.floor(seconds / 3600)).padStart(4, "0")}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`);
      set("exit", isDone ? "" : "suspend");
      call("LMSFinish", "");
    });
  }
}
