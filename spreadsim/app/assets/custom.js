// Says that this page has lost its place on the server, instead of waiting for ever, and opens it again.
(() => {
  const patience = 15000; // ms that a page may be without its server
  let lastSeen = Date.now(), wasThere = false;
  const isCut = () => [...document.querySelectorAll(".v-overlay__content")]
    .some((overlay) => /Server\s+disconnected/.test(overlay.textContent));

  function say(title, words) {
    const box = document.createElement("div");
    box.id = "place-lost";
    box.setAttribute("role", "alertdialog");
    box.setAttribute("aria-label", title);
    box.style.cssText = "position:fixed;inset:0;z-index:200000;background:#fff;color:#111;padding:15vh 1em 0;" +
      "font:18px/1.5 sans-serif;text-align:center";
    const head = document.createElement("h1"), text = document.createElement("p");
    head.textContent = title;
    text.textContent = words;
    const again = document.createElement("button");
    again.textContent = "Open it again";
    again.style.cssText = "font:inherit;padding:.4em 1em;border:2px solid #111;border-radius:4px";
    again.addEventListener("click", () => location.reload());
    box.append(head, text, again);
    document.body.append(box);
    again.focus();
  }

  const watch = setInterval(() => {
    const isThere = document.querySelector(".spreadsim") !== null;
    wasThere = wasThere || isThere;
    if (isThere && !isCut()) {
      lastSeen = Date.now();
    } else if (Date.now() - lastSeen > patience) {
      clearInterval(watch);
      if (wasThere) {
        say("This page is closed", "Nothing was done on it for a while and its place was needed, or the server was " +
          "started anew. What you had before you is kept in this browser.");
      } else {
        say("The app does not answer", "The server may be full. This page tries again by itself.");
        setTimeout(() => location.reload(), patience);
      }
    }
  }, 1000);
})();
