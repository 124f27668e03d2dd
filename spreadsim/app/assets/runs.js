// Runs that this page makes itself, in a worker (`spreadsim/browser/worker.js`): the newest that was asked for.
window.spreadsimRuns = (() => {
  let worker = null, version = "", held = "", busy = null, next = null, nAsked = 0;

  function begin(wanted) {
    if (worker !== null && version === wanted) return;
    if (worker !== null) worker.terminate();
    [version, held] = [wanted, ""];
    worker = new Worker(`/runs/worker.js?${wanted}`);
    worker.onerror = (event) => { event.preventDefault(); settle({failed: event.message || "no worker"}); };
    worker.onmessage = ({data}) => { if (busy !== null && data.id === busy.id) settle(data); };
  }

  function settle({changes, failed}) {
    const done = busy;
    busy = null;
    if (failed === undefined) {
      done?.resolve(changes);
    } else {
      held = "";
      done?.reject(new Error(failed));
    }
    if (next !== null) send();
  }

  function send() {
    [busy, next] = [next, null];
    const {id, setting: {key, text: setting}, levers: {text: levers}, arrays} = busy;
    worker.postMessage({id, key, setting, levers, ...(held === key ? {} : {arrays: arrays.text})});
    held = key;
  }

  // Make a run; resolved with its changes of state, or with null where a newer one was asked for meanwhile, and
  // rejected where there can be no worker.
  return {
    make: (run) => new Promise((resolve, reject) => {
      begin(run.setting.worker);
      next?.resolve(null);
      next = {...run, id: ++nAsked, resolve, reject};
      if (busy === null) send();
    }),
  };
})();
