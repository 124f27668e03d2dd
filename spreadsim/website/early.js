// Before anything is drawn: what a lesson does not show at first is hidden, unless the script of the page fails to open it.
"use strict";
document.documentElement.className = "scripted";
for (const name of ["error", "unhandledrejection"]) {
  addEventListener(name, () => { if (document.documentElement.className === "scripted") document.documentElement.className = ""; });
}
