
// A worker that makes runs for a page, one at a time.
//
// It gets {id, key, setting, levers, arrays}: a run (`data.run_data`, `data.levers_data`), with its arrays where it does
// not hold those of that key; and answers {id, changes}, every change of state in order, or {id, failed}, what went wrong.
// It says {isWarm} when it has warmed up.
let held = {key: "", arrays: null}, latest = {key: "", setting: "", page: null};

// Runs of a small scenario while nobody waits, so that what is asked for does not wait for the code to be compiled. One
// takes a few milliseconds, and messages come between two.
(async () => {
  const page = await unpacked(WARM_UP);
  for (let turn = 0; turn < 40; turn++) {
    for (const strategy of page.strategies) {
      changesOf(runOf(page, strategy, 0));
      await new Promise((go) => setTimeout(go, 0));
    }
  }
  postMessage({isWarm: true});
})();

onmessage = async ({data: {id, key, setting, levers, arrays}}) => {
  try {
    if (arrays !== undefined) held = {key, arrays: (await read(arrays)).arrays};
    if (held.key !== key) throw new Error(`the arrays ${key} are not held`);
    if (latest.key !== key || latest.setting !== setting) {
      latest = {key, setting, page: prepared(JSON.parse(setting), held.arrays)};
    }
    const {page} = latest, own = withArrays(page, JSON.parse(levers));
    postMessage({id, changes: changesOf(runOf(page, {...page.strategies[0], ...own}, 0))});
  } catch (error) {
    postMessage({id, failed: String(error)});
  }
};
