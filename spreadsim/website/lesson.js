
// ------------------------------------------------------------------------------------------------ a lesson
//
// The page has all its texts without script. Here it becomes steps: the prediction first, then what the runs show, which
// are made while the reader thinks.

function openPage(source) {
  const STEPS = ["predict", "see", "why", "change", "home"];
  const at = (id) => document.getElementById(id), data = at("try-data").textContent;
  const now = {step: "predict", prediction: null, option: 0, draft: null}, parts = {};
  let facts, lesson, say, address, player, maps = [], drawn = "", finished = false;
  const draw = beforePicture(drawNow);
  const model = modelOf(source, data, {
    opened(all) {
      facts = all;
      lesson = facts.lesson;
      say = sayingOf(facts.texts);
      build();
      document.documentElement.classList.add("open");
      read(address.state());
      show();
    },
    came: draw,
    checked() {},
  });

  // ---------------------------------------------------------------------------------------------- runs

  const keyOf = (arm, option) => `${arm}/${option}`;
  const runsOf = (arm, option = 0) => model.of(keyOf(arm, option));
  const doneOf = (option) => lesson.arms.reduce((n, {name}) => n + runsOf(name, option).length, 0);
  const nAll = () => lesson.arms.length * facts.nRuns;
  const isThere = (option) => doneOf(option) === nAll();

  function ask() {
    const options = now.option ? [0, now.option] : [0];
    model.ask(options.flatMap((option) => lesson.arms.map(({name}) =>
      ({name: keyOf(name, option), key: keyOf(name, option), steps: {}, nRuns: facts.nRuns}))));
    draw();
  }

  function equalRuns() { // runs that have the program's numbers to the last bit
    return lesson.arms.reduce((n, {name}) => {
      const {expected} = facts.strategies.find((one) => one.name === keyOf(name, 0));
      return n + runsOf(name).filter(({measures}, run) =>
        Object.keys(expected).every((one) => Object.is(measures[one], expected[one][run]))).length;
    }, 0);
  }

  const curveOf = (result, measure) => lesson.axis === "copies" ? result.shown.copies
    : result.shown[measure] ?? result.curves[measure];
  const measureOf = (result, measure) => result.measures[measure] ?? curveOf(result, measure).at(-1);

  function quantile(sorted, share) { // as NumPy's
    const place = share * (sorted.length - 1), low = Math.floor(place);
    return low + 1 < sorted.length ? sorted[low] + (sorted[low + 1] - sorted[low]) * (place - low) : sorted[low];
  }

  // Quantiles over runs, place by place; along copies it is the mean that stands in the middle.
  function bandsOf(curves) {
    const bands = [[], [], [], [], []], length = Math.max(...curves.map((one) => one.length));
    for (let t = 0; t < length; t++) {
      const sorted = curves.map((one) => one[t]).filter((v) => v !== undefined && !Number.isNaN(v)).sort((a, b) => a - b);
      [0.05, 0.25, 0.5, 0.75, 0.95].forEach((share, k) => bands[k].push(sorted.length ? quantile(sorted, share) : null));
      if (lesson.axis === "copies" && sorted.length) bands[2][t] = meanOf(sorted);
    }
    return bands;
  }

  const titleOf = (arm) => lesson.arms.find(({name}) => name === arm).title;
  const inText = (text) => document.documentElement.lang.startsWith("en") ? text.toLowerCase() : text;
  const percent = (share) => { // a half goes to the even number, as the program writes it
    const points = 100 * share, whole = Math.round(points);
    return `${Math.abs(points % 1) === 0.5 && whole % 2 ? whole - 1 : whole}%`;
  };

  function seriesOf(option, arm, measure, name, style, withRuns) {
    const curves = runsOf(arm, option).map((result) => curveOf(result, measure));
    const series = {name, style, q: bandsOf(curves)};
    if (withRuns) series.runs = curves.slice(0, 30).map((one) => Array.from(one));
    return series;
  }

  function chartOf(option) {
    const {arms, measure, alone, shown} = lesson.reveal;
    const series = arms.map((arm) => seriesOf(option, arm, measure, titleOf(arm),
      lesson.arms.findIndex(({name}) => name === arm), alone.includes(arm)));
    if (shown) series.push(seriesOf(option, shown.arm, shown.measure, shown.name, 4, false));
    const last = lesson.axis === "copies" ? Math.max(...series.map(({q}) => q[2].length)) - 1 : lesson.last;
    const end = (values) => values.findLast((v) => v !== null) ?? 0;
    const ends = series.map(({name, q}) =>
      say("end", {name, middle: percent(end(q[2])), low: percent(end(q[0])), high: percent(end(q[4]))}));
    const sentence = say(`ends_${lesson.axis}`, {title: lesson.reveal.title, last, n: facts.nRuns, ends: ends.join("; ")});
    return {last, axis: lesson.axis, title: lesson.reveal.title, series, sentence};
  }

  // ---------------------------------------------------------------------------------------------- the verdict

  const pointsOf = (share) => {
    const n = percent(share).slice(0, -1);
    return say(n === "1" ? "one_point" : "points", {n});
  };

  function verdictOfCurve(prediction) {
    const middle = bandsOf(runsOf(lesson.arm).map((result) => curveOf(result, lesson.measure)))[2];
    const last = middle.length - 1, k = prediction.length - 1;
    const curve = middle.map((_, t) => {
      const place = t * k / last, low = Math.min(k - 1, Math.floor(place));
      return prediction[low] + (prediction[low + 1] - prediction[low]) * (place - low);
    });
    const gaps = middle.map((v, t) => v === null ? 0 : Math.abs(curve[t] - v));
    const distance = gaps.reduce((a, b) => a + b, 0) / middle.filter((v) => v !== null).length;
    const worst = gaps.indexOf(Math.max(...gaps));
    let text = say("curve", {gap: pointsOf(distance), drawn: percent(curve[worst]), shown: percent(middle[worst]),
      place: say(lesson.axis === "copies" ? "after_copies" : "at_month", {n: worst})});
    if (100 * distance >= 10) text += ` ${say(curve[worst] > middle[worst] ? "too_high" : "too_low")}`;
    return {head: say(100 * distance < 4 ? "very_close" : 100 * distance < 10 ? "close" : "far"), text};
  }

  // The place of the card that the runs would pick, and by how much each card misses.
  function answerOfCards() {
    const {cards, measure, best} = lesson, valuesOf = (arm) => runsOf(arm).map((result) => measureOf(result, measure));
    if (cards[0].low !== undefined) {
      const value = meanOf(valuesOf(lesson.arm)), off = cards.map(({low, high}) => Math.max(low - value, value - high, 0));
      const inside = cards.findIndex(({low, high}) => low <= value && value < high);
      return {answer: inside >= 0 ? inside : off.indexOf(Math.min(...off)), off};
    }
    const values = Object.fromEntries(lesson.arms.map(({name}) => [name, valuesOf(name)]));
    const mean = (arm) => meanOf(values[arm]), names = cards.filter(({arm}) => arm).map(({arm}) => arm);
    const sign = best === "most" ? 1 : -1, top = names.reduce((a, b) => sign * mean(b) > sign * mean(a) ? b : a);
    const isClear = (arm) => {
      const gaps = values[arm].map((v, r) => v - values[top][r]), middle = meanOf(gaps), n = gaps.length;
      const half = lesson.students[n] * Math.sqrt(gaps.reduce((a, gap) => a + (gap - middle) ** 2, 0) / (n - 1) / n);
      return middle - half > 0 || middle + half < 0;
    };
    const hasRival = names.some((arm) => arm !== top && !isClear(arm)), same = cards.findIndex((card) => card.same);
    const spread = Math.max(...names.map(mean)) - Math.min(...names.map(mean));
    const off = cards.map(({arm}) => arm ? Math.abs(mean(top) - mean(arm)) : spread);
    if (!hasRival || same < 0) return {answer: cards.findIndex(({arm}) => arm === top), off};
    off[same] = 0;
    return {answer: same, off};
  }

  function verdictOfCard(card) {
    const {answer, off} = answerOfCards(), measure = inText(lesson.measureName), {unit} = lesson;
    if (card === answer) return {head: say("agrees"), text: say("agrees_why"), answer};
    const gap = unit === "" ? pointsOf(off[card]) : `${inDigits(off[card], 2, say)} ${unit}`;
    if (!lesson.cards[answer].same) return {head: say("differs"), text: say("differs_by", {measure, gap}), answer};
    if (off[card] < 0.005) return {head: say("nearly"), text: say("nearly_best", {measure}), answer};
    return {head: say("differs"), text: say("no_best", {measure, gap}), answer};
  }

  // ---------------------------------------------------------------------------------------------- the address

  function predictionOf(text) {
    const numbers = text.split("-").map((one) => /^\d{1,3}$/.test(one) ? Number(one) : NaN);
    if (lesson.kind === "card") return numbers.length === 1 && numbers[0] >= 1 && numbers[0] <= lesson.cards.length ? numbers[0] - 1 : null;
    const fits = numbers.length === lesson.pad.places.length - 1 && numbers.every((one) => one >= 0 && one <= 100);
    return fits ? [lesson.pad.start, ...numbers.map((one) => one / 100)] : null;
  }

  function read(state) {
    const faults = [], take = (key) => { const text = state.get(key); state.delete(key); return text; };
    const [step, prediction, option] = ["step", "prediction", "option"].map(take);
    now.prediction = prediction === null ? null : predictionOf(prediction);
    if (prediction !== null && now.prediction === null) faults.push(`prediction=${prediction}`);
    now.step = STEPS.includes(step) && (now.prediction !== null || step === "predict") ? step : "predict";
    if (step !== null && step !== now.step) faults.push(`step=${step}`);
    now.option = /^\d$/.test(option) && Number(option) <= lesson.options.length ? Number(option) : 0;
    if (option !== null && Number(option) !== now.option) faults.push(`option=${option}`);
    for (const [key, value] of state) faults.push(`${key}=${value}`);
    now.draft = now.prediction;
    parts.fault.hidden = faults.length === 0;
    parts.fault.textContent = faults.length ? say("bad_address", {what: faults.join("; ").slice(0, 300)}) : "";
  }

  function go(change, control) {
    Object.assign(now, change);
    const state = new URLSearchParams({step: now.step});
    if (now.prediction !== null) {
      const numbers = lesson.kind === "card" ? [now.prediction + 1] : now.prediction.slice(1).map((v) => Math.round(100 * v));
      state.set("prediction", numbers.join("-"));
    }
    if (now.option) state.set("option", now.option);
    address.write(state, control);
    parts.fault.hidden = true;
    show();
  }

  // ---------------------------------------------------------------------------------------------- what is shown

  function button(parent, text, onclick, properties = {}) {
    return add(parent, "button", {type: "button", textContent: text, onclick, ...properties});
  }

  function build() {
    const top = at("lesson-steps"), list = add(top, "ol", {className: "steps", attributes: {"aria-label": say("steps")}});
    parts.fault = add(top, "p", {className: "fault", hidden: true, attributes: {role: "alert"}});
    parts.steps = STEPS.map((step, k) => button(add(list, "li"), `${k + 1}. ${say(`step_${step}`)}`, () => to(step)));
    address = addressOf((state) => { read(state); show(); }, "#lesson&");
    buildPrediction();
    if (lesson.dates) add(at("lesson-dates"), "lesson-chart").data = lesson.dates;

    const see = at("lesson-see");
    see.replaceChildren();
    parts.running = add(see, "p", {className: "about", attributes: {role: "status"}});
    parts.verdict = add(see, "div", {className: "verdict", hidden: true, attributes: {"aria-live": "polite"}});
    parts.shown = add(see, "div", {hidden: true});
    forward("see", say("step_why"), "why");
    forward("why", say("step_change"), "change");

    const options = at("lesson-options");
    parts.options = ["", ...lesson.options].map((text, k) =>
      button(options, text || say("as_it_was"), () => go({option: k}, "option")));
    at("lesson-options-plain").remove();
    const change = at("lesson-change");
    parts.changing = add(change, "p", {className: "about", attributes: {role: "status"}});
    const twin = add(change, "div", {className: "twin"});
    [parts.before, parts.after] = ["as_it_was", ""].map((key) => {
      const figure = add(twin, "figure");
      return {figure, caption: add(figure, "figcaption", {textContent: key ? say(key) : ""}), chart: add(figure, "lesson-chart")};
    });
    parts.changed = add(change, "p", {attributes: {"aria-live": "polite"}});
    forward("change", say("step_home"), "home");
  }

  function forward(step, text, next) {
    button(add(at(`step-${step}`), "p"), text, () => to(next), {className: "main"});
  }

  function buildPrediction() {
    const place = at("lesson-prediction");
    place.replaceChildren();
    if (lesson.kind === "card") {
      const set = add(place, "fieldset", {className: "cards"});
      add(set, "legend", {textContent: say("pick")});
      parts.cards = lesson.cards.map(({text}, k) => {
        const label = add(set, "label", {className: "pick"}), input = add(label, "input", {type: "radio", name: "card", value: k});
        add(label, "span", {textContent: text});
        input.onchange = () => { now.draft = k; show(); };
        return {label, input};
      });
    } else {
      parts.pad = add(place, "curve-pad");
      parts.pad.data = {...lesson.pad, key: "first"};
      parts.pad.addEventListener("change", ({detail}) => {
        if (!detail || now.prediction !== null) return; // a number typed has an event of its own; or it is committed
        now.draft = [lesson.pad.start, ...detail.slice(1)];
        showCommit();
      });
      parts.hint = add(place, "p", {className: "about", textContent: say("how_to_draw")});
    }
    parts.commit = add(place, "p", {className: "line"});
  }

  function showCommit() {
    parts.commit.replaceChildren();
    if (now.prediction !== null) {
      button(parts.commit, say("see"), () => to("see"), {className: "main"});
      button(parts.commit, say("again"), () => { now.draft = null; go({prediction: null, step: "predict", option: 0}, "again"); });
      return;
    }
    const commit = button(parts.commit, say("commit"), () => go({prediction: now.draft, step: "see"}, "commit"), {className: "main"});
    commit.disabled = now.draft === null;
    if (now.draft === null) add(parts.commit, "span", {className: "about", textContent: say(lesson.kind === "card" ? "pick_first" : "draw_first")});
  }

  function to(step) { go({step}, step); }

  let shownStep = "predict";
  function focusStep() {
    if (shownStep === now.step) return;
    shownStep = now.step;
    const heading = at(`step-${now.step}`).querySelector("h2");
    heading.tabIndex = -1;
    heading.focus({preventScroll: true});
    at("lesson-steps").scrollIntoView({block: "start"});
  }

  function show() {
    STEPS.forEach((step, k) => {
      at(`step-${step}`).classList.toggle("shown", step === now.step);
      parts.steps[k].disabled = k > 0 && now.prediction === null;
      if (step === now.step) parts.steps[k].setAttribute("aria-current", "step");
      else parts.steps[k].removeAttribute("aria-current");
    });
    parts.cards?.forEach(({label, input}, k) => {
      input.checked = now.draft === k;
      input.disabled = now.prediction !== null;
      label.classList.toggle("on", now.draft === k);
    });
    if (parts.pad && JSON.stringify(parts.pad.value) !== JSON.stringify(now.draft ?? lesson.pad.places.map(() => lesson.pad.start))) {
      parts.pad.value = (now.draft ?? lesson.pad.places.map(() => lesson.pad.start)).slice();
      parts.pad.moved = now.draft !== null;
      parts.pad.boxes();
      parts.pad.draw();
    }
    if (parts.pad) {
      parts.pad.inert = now.prediction !== null;
      parts.hint.hidden = now.prediction !== null;
    }
    parts.options.forEach((one, k) => {
      one.setAttribute("aria-pressed", String(k === now.option));
      one.classList.toggle("main", k === now.option);
    });
    showCommit();
    focusStep();
    ask();
    if (now.step === "home" && !finished) {
      finished = true;
      dispatchEvent(new Event("lessonfinished"));
    }
  }

  function drawNow() {
    const toDraw = JSON.stringify([now.step, now.prediction, now.option, isThere(0), isThere(now.option)]);
    if (now.prediction !== null && !isThere(0)) parts.running.textContent = say("running", {done: doneOf(0), total: nAll()});
    if (now.option && !isThere(now.option)) parts.changing.textContent = say("running", {done: doneOf(now.option), total: nAll()});
    if (toDraw !== drawn && isThere(0) && now.prediction !== null) {
      drawn = toDraw;
      drawResult();
      drawChange();
    }
    maps.forEach(({map, name}) => {
      map.show(titleOf(name), facts.positions[name], runsOf(name)[0]?.states?.[player.month], player.month);
    });
  }

  let resultOfPrediction = null;
  function drawResult() {
    const key = JSON.stringify(now.prediction);
    if (resultOfPrediction === key) return;
    resultOfPrediction = key;
    const equal = equalRuns(), total = nAll(), chart = chartOf(0);
    parts.running.textContent = say(equal === total ? "ran" : "unequal", {n: facts.nRuns, equal, total, unequal: total - equal});
    parts.running.dataset.equal = equal;
    const verdict = lesson.kind === "card" ? verdictOfCard(now.prediction) : verdictOfCurve(now.prediction);
    parts.verdict.replaceChildren();
    add(parts.verdict, "h3", {textContent: verdict.head});
    add(parts.verdict, "p", {textContent: verdict.text});
    parts.verdict.hidden = parts.shown.hidden = false;
    parts.shown.replaceChildren();
    maps = [];
    if (lesson.kind === "card") {
      const list = add(parts.shown, "div", {className: "cards"});
      lesson.cards.forEach(({text}, k) => {
        const card = add(list, "div", {className: "pick"}), words = add(card, "span", {textContent: text});
        card.classList.toggle("on", k === now.prediction);
        card.classList.toggle("truth", k === verdict.answer);
        if (k === now.prediction) add(words, "small", {textContent: say("your_card")});
        if (k === verdict.answer) add(words, "small", {textContent: say("right_card")});
      });
    }
    add(parts.shown, "lesson-chart").data = lesson.kind === "card" ? chart : {...chart, prediction: now.prediction};
    add(parts.shown, "p", {textContent: chart.sentence});
    add(parts.shown, "p", {className: "about", textContent: say("bands")});
    drawTables(chart);
    drawMaps();
  }

  function tableOf(parent, caption, head, rows) {
    const table = add(add(parent, "div", {className: "wide", tabIndex: 0, attributes: {role: "region", "aria-label": caption}}), "table");
    add(table, "caption", {textContent: caption});
    const line = add(add(table, "thead"), "tr"), body = add(table, "tbody");
    head.forEach((text, k) => add(line, "th", {textContent: text, className: k ? "n" : "", attributes: {scope: "col"}}));
    for (const [first, ...others] of rows) {
      const row = add(body, "tr");
      add(row, "th", {textContent: first, attributes: {scope: "row"}});
      for (const text of others) add(row, "td", {textContent: text, className: "n"});
    }
  }

  function drawTables(chart) {
    if (lesson.kind === "card" && lesson.cards[0].low === undefined) {
      tableOf(parts.shown, say("means", {measure: lesson.measureName, n: facts.nRuns}), [say("way"), say("mean"), say("range_head")],
        lesson.arms.map(({name, title}) => {
          const sorted = runsOf(name).map((result) => measureOf(result, lesson.measure)).sort((a, b) => a - b);
          const text = (v) => lesson.unit === "" ? `${inDigits(100 * v, 1, say)}%` : `${inDigits(v, 2, say)} ${lesson.unit}`;
          return [title, text(meanOf(sorted)), say("range", {low: text(quantile(sorted, 0.05)), high: text(quantile(sorted, 0.95))})];
        }));
    }
    const details = add(parts.shown, "details");
    add(details, "summary", {textContent: say("as_table")});
    const step = chart.last <= 12 ? 1 : chart.last <= 36 ? 6 : 12, rows = [];
    for (let t = 0; t <= chart.last; t += step) {
      rows.push([t, ...chart.series.map(({q}) => q[2][t] === null || q[2][t] === undefined ? "" : percent(q[2][t]))]);
    }
    tableOf(details, chart.title, [say(chart.axis === "copies" ? "copies" : "month"), ...chart.series.map(({name}) => name)], rows);
  }

  function drawMaps() {
    const details = add(parts.shown, "details", {className: "watch"});
    add(details, "summary", {textContent: say("watch")});
    details.ontoggle = () => {
      if (maps.length) return;
      player = playerOf(details, {...facts, months: lesson.last, say, id: "lesson", moved: draw});
      const grid = add(details, "div", {className: "drawn"});
      maps = lesson.arms.map(({name}) => ({name, map: mapOf(add(grid, "div"), {...facts, say, isTitled: true})}));
      draw();
    };
  }

  function drawChange() {
    parts.before.chart.data = chartOf(0);
    const isChanged = now.option > 0 && isThere(now.option);
    parts.after.figure.hidden = !isChanged;
    parts.changed.textContent = "";
    if (now.option === 0 || isChanged) parts.changing.textContent = "";
    if (!isChanged) return;
    const chart = chartOf(now.option);
    parts.after.caption.textContent = lesson.options[now.option - 1];
    parts.after.chart.data = chart;
    parts.changed.textContent = chart.sentence;
  }
}
