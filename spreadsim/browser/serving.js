
// ------------------------------------------------------------------------------------- between a page and its model
//
// The script of a page runs twice: in the page, where it shows something, and in a worker, where it runs the model.

function strategyOf(page, name) { return page.further.strategies.find((one) => one.name === name); }

// A strategy at some steps of its levers: the levers of every month, and the strategy with or without a collaborative.
function settingOf(page, name, steps) {
  const own = strategyOf(page, name);
  const variants = page.strategies.filter((one) => one.name === name);
  const levers = variants[0].levers[0].map((row) => row.slice()); // of all services: rules of groups are not run here
  for (const {name: lever, present, columns, values} of own.levers) {
    const step = steps[lever] ?? present;
    if (step === present) continue;
    levers.forEach((row, t) => columns.forEach((column, k) => { row[column] = values[step][t][k]; }));
  }
  const meets = levers.some((row) => row[page.collaborates] > 0);
  return {levers: [levers], strategy: variants.find((one) => one.has_collaborative === meets)};
}

function resultOf(page, name, steps, run, withStates) {
  const {levers, strategy} = settingOf(page, name, steps), {seed = page.seed} = strategyOf(page, name);
  const block = runOf({...page, seed}, strategy, run, levers);
  const result = outcomeOf(page, strategy, run, levers, block);
  if (withStates) result.states = statesOf(strategy, block);
  if (page.further.shown) result.shown = shownOf(page, strategy, block);
  return result;
}

// What else a page shows of a run: `measures.monthly`, and `fidelity_at_start` of `measures.generations`.
function shownOf(page, strategy, block) {
  const {names, constants} = page.further.shown, sums = block.sums[0][0], at = page.sums, {n} = strategy;
  const result = {};
  for (const [name, columns] of Object.entries(names)) {
    result[name] = Float64Array.from(sums, (row) => columns.reduce((total, column) => total + row[at[column]], 0) / n);
  }
  if (constants) result.copies = copiesOf(strategy, block, constants);
  return result;
}

function copiesOf(strategy, block, {noSource, inNameOnly, embedded}) {
  const [kind, to, generation, presence] =
    ["source_kind", "to_state", "generation", "presence"].map((name) => block[`event_${name}`][0]);
  const byGeneration = [];
  let highest = 0;
  for (let i = 0; i < block.counts[0][0]; i++) {
    if (kind[i] === noSource || to[i] === inNameOnly) continue;
    highest = Math.max(highest, generation[i]);
    (byGeneration[generation[i]] ??= []).push(presence[i]);
  }
  for (let i = 0; i < strategy.n; i++) {
    if (block.state[0][i] === embedded) highest = Math.max(highest, block.generation[0][i]);
  }
  return Float64Array.from({length: highest + 1}, (_, g) => {
    const began = byGeneration[g];
    return began ? sumOf(Float64Array.from(began)) / began.length : NaN;
  });
}

// Answer requests, the newest first: a run at a time, so that a newer request never waits long.
function serve(post) {
  let page, newest = 0;
  const pause = () => new Promise((go) => setTimeout(go, 0));
  const nRunsOf = (name) => page.strategies.find((one) => one.name === name).people.length;
  return async ({open, request}) => {
    if (open !== undefined) {
      page = await unpacked(open);
      const {n, months} = page.strategies[0];
      post({opened: {...page.further, n, months, nRuns: page.strategies[0].people.length}});
      return;
    }
    newest = request.id;
    if (request.check) {
      let equal = 0, total = 0;
      for (const {name, expected} of page.further.strategies) {
        for (let run = 0; run < nRunsOf(name); run++) {
          const {measures} = resultOf(page, name, {}, run, false);
          equal += Object.keys(expected).every((one) => Object.is(measures[one], expected[one][run]));
          total += 1;
          await pause();
        }
      }
      post({checked: {equal, total}});
      return;
    }
    const last = Math.max(...request.settings.map(({name}) => nRunsOf(name)));
    for (let run = 0; run < last; run++) {
      for (const setting of request.settings) {
        const {key, name, steps, first = 0} = setting;
        if (run < first || run >= nRunsOf(name)) continue;
        post({id: request.id, key, run, result: resultOf(page, name, steps, run, run === 0)});
        await pause();
        if (newest !== request.id) return;
      }
    }
  };
}

// The model of a page: runs what is asked for, in a worker where there may be one; `results` keeps what was run.
function modelOf(source, data, {opened, came, checked}) {
  const results = new Map();
  let send, id = 0, isOpen = false;
  function take(message) {
    if (message.opened !== undefined && !isOpen) {
      isOpen = true;
      opened(message.opened);
    } else if (message.checked !== undefined) {
      checked(message.checked);
    } else if (message.result !== undefined) {
      if (!results.has(message.key)) results.set(message.key, []);
      results.get(message.key)[message.run] = message.result;
      came(message);
    }
  }
  const local = serve(take);
  send = local;
  try {
    const worker = new Worker(URL.createObjectURL(new Blob([source], {type: "text/javascript"})));
    worker.onmessage = (event) => take(event.data);
    worker.onerror = (event) => { event.preventDefault(); send = local; local({open: data}); };
    send = (message) => worker.postMessage(message);
  } catch { /* the page itself runs the model, between two pictures */ }
  send({open: data});
  const of = (key) => (results.get(key) ?? []).filter(Boolean);
  return {
    of,
    ask(settings) {
      const missing = settings
        .filter(({key}, i) => settings.findIndex((one) => one.key === key) === i)
        .map((one) => ({...one, first: of(one.key).length}))
        .filter(({first, nRuns}) => first < nRuns);
      if (missing.length) send({request: {id: ++id, settings: missing}});
    },
    check() { send({request: {id: ++id, check: true}}); },
  };
}
