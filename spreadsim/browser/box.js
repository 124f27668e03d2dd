
// ------------------------------------------------------------------------------------------------ the box Try it
//
// The script of a page runs twice: in the page, where it shows the box, and in a worker, where it runs the model.

// A strategy at some steps of its levers: the levers of every month, and the strategy with or without a collaborative.
function settingOf(page, name, steps) {
  const own = page.further.strategies.find((one) => one.name === name);
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
  const {levers, strategy} = settingOf(page, name, steps), block = runOf(page, strategy, run, levers);
  const result = outcomeOf(page, strategy, run, levers, block);
  if (withStates) result.states = statesOf(strategy, block);
  return result;
}

// Answer requests, the newest first: a run at a time, so that a newer request never waits long.
function serve(post) {
  let page, newest = 0;
  const pause = () => new Promise((go) => setTimeout(go, 0));
  return async ({open, request}) => {
    if (open !== undefined) {
      page = await unpacked(open);
      const {n, months} = page.strategies[0];
      post({opened: {...page.further, n, months, nRuns: page.people.length}});
      return;
    }
    newest = request.id;
    if (request.check) {
      let equal = 0, total = 0;
      for (const {name, expected} of page.further.strategies) {
        for (let run = 0; run < page.people.length; run++) {
          const {measures} = resultOf(page, name, {}, run, false);
          equal += Object.keys(expected).every((one) => Object.is(measures[one], expected[one][run]));
          total += 1;
          await pause();
        }
      }
      post({checked: {equal, total}});
      return;
    }
    for (let run = 0; run < page.people.length; run++) {
      for (const {key, name, steps} of request.settings) {
        post({id: request.id, key, run, result: resultOf(page, name, steps, run, run === 0)});
        await pause();
        if (newest !== request.id) return;
      }
    }
  };
}

function showBox(source) {
  const box = document.getElementById("try-box"), data = document.getElementById("try-data").textContent;
  const svg = (name, attributes, parent, text = "") => {
    const one = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) one.setAttribute(key, value);
    one.textContent = text;
    return parent.appendChild(one);
  };
  const add = (parent, name, properties = {}) => {
    const {attributes = {}, ...others} = properties, one = Object.assign(document.createElement(name), others);
    for (const [key, value] of Object.entries(attributes)) one.setAttribute(key, value);
    return parent.appendChild(one);
  };

  let facts, send, id = 0, waiting = false, checks = false, month = 0, playing = false;
  const results = new Map(), chosen = {own: "", other: "", steps: {}};

  function start() {
    const local = serve(take);
    send = local;
    try {
      const worker = new Worker(URL.createObjectURL(new Blob([source], {type: "text/javascript"})));
      worker.onmessage = (event) => take(event.data);
      worker.onerror = (event) => { event.preventDefault(); send = local; local({open: data}); };
      send = (message) => worker.postMessage(message);
    } catch { /* the page itself runs the model, between two pictures */ }
    send({open: data});
  }

  function take(message) {
    if (message.opened !== undefined && facts === undefined) {
      facts = message.opened;
      build();
      ask();
    } else if (message.checked !== undefined) {
      const {equal, total} = message.checked, of = facts.nReported;
      const which = facts.nRuns === of ? `all ${of}` : `the first ${facts.nRuns} of ${of}`;
      parts.check.textContent = equal === total
        ? `At the report's settings this page gives the report's numbers to the last digit: ${equal} of ${total} runs ` +
          `are equal (${which} paired runs of each strategy).`
        : `Do not rely on this box: ${total - equal} of ${total} runs differ from the report's.`;
      parts.check.dataset.equal = equal;
      ask();
    } else if (message.result !== undefined) {
      if (!results.has(message.key)) results.set(message.key, []);
      results.get(message.key)[message.run] = message.result;
      draw();
      if (message.run === facts.nRuns - 1 && !checks) {
        checks = true;
        send({request: {id: ++id, check: true}});
      }
    }
  }

  const keyOf = (name, steps) => {
    const own = facts.strategies.find((one) => one.name === name);
    return JSON.stringify([name, ...own.levers.map((lever) => steps[lever.name] ?? lever.present)]);
  };
  const settings = () => [
    {name: chosen.own, steps: chosen.steps}, {name: chosen.other, steps: {}}, {name: chosen.own, steps: {}},
  ].map((one) => ({...one, key: keyOf(one.name, one.steps)}));

  function ask() {
    const isMissing = ({key}) => (results.get(key) ?? []).filter(Boolean).length < facts.nRuns;
    const missing = settings().filter((one, i, all) => isMissing(one) && all.findIndex((o) => o.key === one.key) === i);
    if (missing.length) send({request: {id: ++id, settings: missing}});
    draw();
  }

  // The state of the box stands in the address, so that a link to a page is a link to a setting.
  function readAddress() {
    const state = new URLSearchParams(location.hash.startsWith("#try&") ? location.hash.slice(5) : "");
    const nameOf = (key, otherwise) => (facts.strategies.find(({name}) => name === state.get(key)) ?? otherwise).name;
    chosen.own = nameOf("change", facts.strategies[Math.min(1, facts.strategies.length - 1)]);
    chosen.other = nameOf("with", facts.strategies[0]);
    chosen.steps = {};
    for (const {name, steps, present} of facts.strategies.find((one) => one.name === chosen.own).levers) {
      const step = state.has(name) ? steps.indexOf(Number(state.get(name))) : -1;
      if (step >= 0 && step !== present) chosen.steps[name] = step;
    }
  }

  function writeAddress() {
    const state = new URLSearchParams({change: chosen.own, with: chosen.other});
    for (const {name, steps, present} of facts.strategies.find((one) => one.name === chosen.own).levers) {
      if ((chosen.steps[name] ?? present) !== present) state.set(name, steps[chosen.steps[name]]);
    }
    try {
      history.replaceState(null, "", `#try&${state}`);
    } catch { /* where a page has no address of its own, as in some mail programs */ }
  }

  function moved() {
    writeAddress();
    ask();
  }

  const parts = {};
  function build() {
    readAddress();
    addEventListener("hashchange", () => {
      if (!location.hash.startsWith("#try&")) return;
      readAddress();
      for (const key of ["own", "other"]) parts[key].value = chosen[key];
      sliders();
      ask();
    });
    month = facts.months;
    const controls = add(box, "div", {className: "controls"}), shown = add(box, "div", {className: "shown"});
    for (const [key, label] of [["own", "Strategy to change"], ["other", "Compared with, as in the report"]]) {
      const select = parts[key] = add(add(controls, "label", {textContent: `${label} `}), "select", {id: `try-${key}`});
      for (const {name, title} of facts.strategies) {
        add(select, "option", {value: name, textContent: title === name ? name : `${name}: ${title}`});
      }
      select.value = chosen[key];
      select.onchange = () => {
        chosen[key] = select.value;
        if (key === "own") { chosen.steps = {}; sliders(); }
        moved();
      };
    }
    parts.levers = add(controls, "div");
    add(controls, "button", {type: "button", id: "try-reset", textContent: "Back to the report's settings"}).onclick =
      () => { chosen.steps = {}; sliders(); moved(); };
    parts.check = add(shown, "p", {id: "try-check", className: "about", attributes: {role: "status"}});
    const drawn = add(shown, "div", {className: "drawn"}), map = add(drawn, "div");
    parts.map = add(map, "canvas", {width: 480, height: 480, attributes: {role: "img"}});
    const line = add(map, "div", {className: "month"}), label = add(line, "label");
    parts.play = add(line, "button", {type: "button", id: "try-play", textContent: "Play"});
    parts.play.onclick = () => { playing = !playing; if (playing && month === facts.months) month = 0; step(); };
    parts.monthText = add(label, "span");
    parts.month = add(label, "input", {type: "range", id: "try-month", min: 0, max: facts.months, value: month});
    parts.month.oninput = () => { month = Number(parts.month.value); draw(); };
    parts.legend = add(map, "ul", {className: "states"});
    parts.curves = add(drawn, "div", {className: "curves"});
    parts.table = add(add(shown, "div", {className: "wide"}), "table");
    sliders();
    box.hidden = false;
    document.getElementById("try-without").hidden = true;
  }

  function sliders() {
    parts.levers.replaceChildren();
    for (const lever of facts.strategies.find((one) => one.name === chosen.own).levers) {
      const label = add(parts.levers, "label", {title: lever.meaning}), text = add(label, "span");
      const input = add(label, "input", {type: "range", min: 0, max: lever.steps.length - 1, id: `try-${lever.name}`});
      const say = () => {
        const step = Number(input.value), value = String(lever.steps[step]);
        const present = step === lever.present ? "" : ` (report: ${lever.steps[lever.present]})`;
        text.textContent = `${lever.label} ${value}${present}`;
        input.setAttribute("aria-valuetext", value);
      };
      input.value = chosen.steps[lever.name] ?? lever.present;
      input.oninput = () => { chosen.steps[lever.name] = Number(input.value); say(); moved(); };
      say();
    }
  }

  let stepped = 0;
  function step() {
    parts.play.textContent = playing ? "Stop" : "Play";
    if (!playing) return;
    requestAnimationFrame((now) => {
      if (now - stepped > 120) {
        stepped = now;
        month = Math.min(facts.months, month + 1);
        if (month === facts.months) playing = false;
        draw();
      }
      step();
    });
  }

  function draw() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; drawNow(); });
  }

  let mapped, told = 0, isLater = false;
  function drawNow() {
    const [own, other, report] = settings().map(({key}) => (results.get(key) ?? []).filter(Boolean));
    parts.month.value = month;
    const states = own[0]?.states?.[month];
    if (states && states !== mapped) drawMap(mapped = states);
    if (performance.now() - told < 100) { // curves and table ten times a second at most: they lay the page out anew
      if (!isLater) setTimeout(() => { isLater = false; draw(); }, 100);
      isLater = true;
      return;
    }
    told = performance.now();
    const isMoved = settings()[0].key !== settings()[2].key;
    drawCurves([
      ...(isMoved ? [[`${chosen.own} as in the report`, report, "#595959", "2 4"]] : []),
      [chosen.other, other, "#b34700", "8 4"],
      [isMoved ? `${chosen.own}, changed` : chosen.own, own, "#004488", ""],
    ]);
    drawTable(isMoved ? `${chosen.own}, changed` : chosen.own, own,
      isMoved ? [[chosen.other, other], [`${chosen.own} as in the report`, report]] : [[chosen.other, other]]);
  }

  function drawMap(states) {
    const context = parts.map.getContext("2d"), size = parts.map.width, counts = facts.states.map(() => 0);
    const reach = Math.max(0.01, ...facts.positions.map(([x, y]) => Math.max(Math.abs(x), Math.abs(y)))) / 0.48;
    const radius = Math.max(2.5, Math.min(9, 130 / Math.sqrt(facts.n)));
    parts.monthText.textContent = `Month ${month}, the first run `;
    context.clearRect(0, 0, size, size);
    context.strokeStyle = "#444";
    context.lineWidth = 0.6;
    facts.states.forEach(({colour}, s) => {
      context.beginPath();
      facts.positions.forEach(([x, y], i) => {
        if (states[i] !== s) return;
        counts[s] += 1;
        const left = size * (0.5 + x / reach), top = size * (0.5 - y / reach);
        context.moveTo(left + radius, top);
        context.arc(left, top, radius, 0, 2 * Math.PI);
      });
      context.fillStyle = colour;
      context.fill();
      context.stroke();
    });
    if (!parts.legend.childElementCount) {
      parts.counts = facts.states.map(({colour}) => {
        const item = add(parts.legend, "li");
        add(item, "span", {className: "swatch"}).style.background = colour;
        return item.appendChild(document.createTextNode(""));
      });
    }
    facts.states.forEach(({name}, s) => { parts.counts[s].data = `${name} ${counts[s]}`; });
    parts.map.setAttribute("aria-label", `Map of one run of ${chosen.own} in month ${month}: ` +
      facts.states.map(({name}, s) => `${counts[s]} ${name}`).join(", ") + ".");
  }

  function meanOf(runs, t) {
    return runs.reduce((total, {curves}) => total + curves.delivered[t], 0) / runs.length;
  }

  function drawCurves(lines) {
    const [width, height, left, bottom] = [480, 300, 44, 34], {months} = facts;
    parts.curves.replaceChildren();
    const drawing = svg("svg", {viewBox: `0 0 ${width} ${height}`, role: "img",
      "aria-label": "Effect delivered each month, mean of the runs; the table has the numbers."}, parts.curves);
    const means = lines.map(([, runs]) => runs.length ? Array.from({length: months + 1}, (_, t) => meanOf(runs, t)) : []);
    const top = Math.max(0.1, Math.ceil(10 * Math.max(...means.flat())) / 10);
    const x = (t) => left + (width - left - 8) * t / months, y = (v) => height - bottom - (height - bottom - 12) * v / top;
    for (let k = 0; k <= 4; k++) {
      svg("line", {x1: left, x2: width - 8, y1: y(top * k / 4), y2: y(top * k / 4), stroke: "#ddd"}, drawing);
      svg("text", {x: left - 4, y: y(top * k / 4) + 4, "text-anchor": "end"}, drawing, `${(100 * top * k / 4).toFixed(1)}%`);
      const t = Math.round(months * k / 4);
      svg("text", {x: x(t), y: height - bottom + 15, "text-anchor": "middle"}, drawing, String(t));
    }
    svg("text", {x: (left + width) / 2, y: height - 4, "text-anchor": "middle"}, drawing, "month");
    svg("line", {x1: x(month), x2: x(month), y1: 12, y2: height - bottom, stroke: "#999"}, drawing);
    const legend = add(parts.curves, "ul", {className: "states"});
    add(parts.curves, "p", {className: "about", textContent: "Effect delivered each month, % of full effect; mean of the runs."});
    lines.forEach(([label, , colour, dashes], k) => {
      if (!means[k].length) return;
      const points = means[k].map((v, t) => `${x(t).toFixed(1)},${y(v).toFixed(1)}`).join(" ");
      svg("polyline", {points, fill: "none", stroke: colour, "stroke-width": 2.5, "stroke-dasharray": dashes}, drawing);
      const item = add(legend, "li"), sample = svg("svg", {viewBox: "0 0 30 8", class: "sample"}, item);
      svg("line", {x1: 0, x2: 30, y1: 4, y2: 4, stroke: colour, "stroke-width": 2.5, "stroke-dasharray": dashes}, sample);
      item.append(label);
    });
  }

  const number = (name, value) => {
    const {scale, places, suffix} = facts.formats[name];
    return (scale * value).toFixed(places) + suffix;
  };
  const changed = (name, value) => {
    const {scale, places} = facts.formats[name], digits = (scale * Math.abs(value)).toFixed(places);
    return (Number(digits) === 0 ? "" : value < 0 ? "−" : "+") + digits;
  };
  const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;

  // The mean difference over pairs of runs with the same luck, and its 95% interval.
  function differenceOf(name, own, other) {
    const n = Math.min(own.length, other.length);
    const gaps = Array.from({length: n}, (_, r) => own[r].measures[name] - other[r].measures[name]), middle = mean(gaps);
    const text = changed(name, middle) + facts.formats[name].changed;
    if (n < 2) return text;
    const half = facts.students[n] * Math.sqrt(gaps.reduce((a, gap) => a + (gap - middle) ** 2, 0) / (n - 1) / n);
    const isClear = middle - half > 0 || middle + half < 0, isSame = half === 0 && middle === 0;
    const interval = `${changed(name, middle - half)} to ${changed(name, middle + half)}`;
    return `${text} (${interval})${isClear || isSame ? "" : ", not clearly different"}`;
  }

  function drawTable(label, own, others) {
    if (!own.length || !others[0][1].length) return;
    const n = own.length;
    parts.table.replaceChildren();
    add(parts.table, "caption", {textContent:
      `Means of ${n === 1 ? "one run" : `${n} runs`}; differences are between runs with the same luck, with 95% intervals.`});
    const head = add(add(parts.table, "thead"), "tr"), body = add(parts.table, "tbody");
    const heads = ["", label, ...others.map(([of]) => `minus ${of}`)];
    for (const text of heads) add(head, "th", {scope: "col", textContent: text});
    for (const [name, text] of Object.entries(facts.labels)) {
      const row = add(body, "tr");
      add(row, "th", {scope: "row", textContent: text});
      add(row, "td", {textContent: number(name, mean(own.map(({measures}) => measures[name])))});
      for (const [, runs] of others) add(row, "td", {textContent: runs.length ? differenceOf(name, own, runs) : ""});
    }
  }

  start();
}

if (typeof document !== "undefined" && document.getElementById("try-box")) {
  showBox(document.currentScript.textContent);
} else if (typeof WorkerGlobalScope !== "undefined") {
  const handle = serve((message) => postMessage(message));
  onmessage = (event) => handle(event.data);
}
