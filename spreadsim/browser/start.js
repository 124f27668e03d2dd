
if (typeof document !== "undefined" && document.getElementById("try-data")) {
  openPage(document.currentScript.textContent);
} else if (typeof WorkerGlobalScope !== "undefined") {
  const handle = serve((message) => postMessage(message));
  onmessage = (event) => handle(event.data);
}
