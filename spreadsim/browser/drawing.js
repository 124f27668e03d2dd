
// ----------------------------------------------------------------------------------------------- what a page shows

function add(parent, name, properties = {}) {
  const {attributes = {}, ...others} = properties, one = Object.assign(document.createElement(name), others);
  for (const [key, value] of Object.entries(attributes)) one.setAttribute(key, value);
  return parent.appendChild(one);
}

function svg(name, attributes, parent, text = "") {
  const one = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) one.setAttribute(key, value);
  one.textContent = text;
  return parent.appendChild(one);
}

// The texts of a page: `say(key, values)` is the text of that key, with values in place of names in braces.
function sayingOf(texts) {
  return (key, values = {}) => texts[key].replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

// Call `show` once before the next picture, however often it is asked for.
function beforePicture(show) {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; show(); });
  };
}

const MARKS = { // what a mark adds to a path, from its middle and its half width
  o(path, x, y, r) { path.moveTo(x + r, y); path.arc(x, y, r, 0, 2 * Math.PI); },
  s(path, x, y, r) { path.rect(x - 0.85 * r, y - 0.85 * r, 1.7 * r, 1.7 * r); },
  D(path, x, y, r) { path.moveTo(x, y - 1.2 * r); for (const [a, b] of [[1, 0], [0, 1], [-1, 0]]) path.lineTo(x + 1.2 * a * r, y + 1.2 * b * r); path.closePath(); },
  X(path, x, y, r) {
    const outline = [[0, -0.4], [0.6, -1], [1, -0.6], [0.4, 0], [1, 0.6], [0.6, 1], [0, 0.4], [-0.6, 1], [-1, 0.6], [-0.4, 0], [-1, -0.6], [-0.6, -1]];
    outline.forEach(([a, b], k) => path[k ? "lineTo" : "moveTo"](x + a * r, y + b * r));
    path.closePath();
  },
};

// What is played: the month that a page is at, with a slider and a button.
function playerOf(parent, {months, say, id, moved}) {
  const line = add(parent, "div", {className: "month"}), label = add(line, "label");
  const play = add(line, "button", {type: "button", id: `${id}-play`, textContent: say("play")});
  const text = add(label, "span");
  const slider = add(label, "input", {type: "range", id: `${id}-month`, min: 0, max: months, value: months});
  const self = {month: months, playing: false};
  let stepped = 0;

  function to(month) {
    self.month = month;
    if (Number(slider.value) !== month) slider.value = month;
    text.textContent = say("map_month", {month});
    moved();
  }
  function step(now) {
    if (!self.playing) return;
    if (now - stepped > 120) {
      stepped = now;
      to(Math.min(months, self.month + 1));
      if (self.month === months) hold(false);
    }
    if (self.playing) requestAnimationFrame(step);
  }
  function hold(playing) {
    self.playing = playing;
    play.textContent = say(playing ? "stop" : "play");
  }
  play.onclick = () => {
    hold(!self.playing);
    if (self.playing && self.month === months) to(0);
    if (self.playing) requestAnimationFrame(step);
  };
  slider.oninput = () => to(Number(slider.value));
  text.textContent = say("map_month", {month: months});
  return self;
}

// A map of one run: services where they stand, in the state they are in.
function mapOf(parent, {states: kinds, say, isTitled = false}) {
  const title = isTitled ? add(parent, "p", {className: "title"}) : null;
  const canvas = add(parent, "canvas", {width: 960, height: 960, attributes: {role: "img"}});
  const legend = add(parent, "ul", {className: "states"});
  const counts = kinds.map(({colour, marker}) => {
    const item = add(legend, "li"), mark = svg("svg", {viewBox: "0 0 20 20", class: "mark"}, item), path = [];
    MARKS[marker]({ // the same marks, as a path of SVG
      moveTo: (x, y) => path.push(`M${x} ${y}`), lineTo: (x, y) => path.push(`L${x} ${y}`), closePath: () => path.push("Z"),
      arc: (x, y, r) => path.push(`A${r} ${r} 0 1 1 ${x - r} ${y}A${r} ${r} 0 1 1 ${x + r} ${y}`),
      rect: (x, y, w, h) => path.push(`M${x} ${y}h${w}v${h}h${-w}Z`),
    }, 10, 10, 7);
    svg("path", {d: path.join(""), fill: colour, stroke: "#444"}, mark);
    return item.appendChild(document.createTextNode(""));
  });
  canvas.setAttribute("aria-label", "");
  let latest = null;
  new ResizeObserver(([{contentRect}]) => { // as many points as the screen shows, and no more to paint
    const size = Math.round(Math.min(960, contentRect.width * devicePixelRatio));
    if (size === 0 || size === canvas.width) return;
    canvas.width = canvas.height = size;
    if (latest) draw(latest);
  }).observe(canvas);

  function draw({name, positions, states, month}) {
    const context = canvas.getContext("2d"), size = canvas.width, n = positions.length, number = kinds.map(() => 0);
    const reach = Math.max(0.01, ...positions.map(([x, y]) => Math.max(Math.abs(x), Math.abs(y)))) / 0.475;
    const radius = size / 960 * Math.max(5, Math.min(18, 240 / Math.sqrt(n)));
    context.clearRect(0, 0, size, size);
    context.strokeStyle = "#444";
    context.lineWidth = Math.max(0.8, 1.2 * size / 960);
    kinds.forEach(({colour, marker}, s) => {
      context.beginPath();
      positions.forEach(([x, y], i) => {
        if (states[i] !== s) return;
        number[s] += 1;
        MARKS[marker](context, size * (0.5 + x / reach), size * (0.5 - y / reach), radius);
      });
      context.fillStyle = colour;
      context.fill();
      context.stroke();
    });
    kinds.forEach(({name: kind}, s) => { counts[s].data = `${kind} ${number[s]}`; });
    const told = kinds.map(({name: kind}, s) => `${number[s]} ${kind}`).join(", ");
    canvas.setAttribute("aria-label", say("map_label", {name, month, states: told}));
  }

  return {show(name, positions, states, month) {
    if (title && title.textContent !== name) title.textContent = name;
    if (!states || states === latest?.states) return;
    latest = {name, positions, states, month};
    draw(latest);
  }};
}

// Curves by month, and a line where the page is. A month that is played moves that line and nothing else.
function curvesOf(parent, {months, say}) {
  const [width, height, left, bottom] = [480, 300, 44, 34];
  const x = (t) => left + (width - left - 8) * t / months;
  const drawing = svg("svg", {viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": say("curves_label")}, parent);
  const still = svg("g", {}, drawing), cursor = svg("line", {x1: left, x2: left, y1: 12, y2: height - bottom, stroke: "#999"}, drawing);
  const legend = add(parent, "ul", {className: "states"});
  add(parent, "p", {className: "about", textContent: say("curves_about")});

  return {
    at(month) { cursor.setAttribute("transform", `translate(${(x(month) - left).toFixed(2)} 0)`); },
    show(lines) { // each has a label, values of the months, a colour and dashes
      const top = Math.max(0.1, Math.ceil(10 * Math.max(...lines.flatMap(({values}) => [...values]))) / 10);
      const y = (v) => height - bottom - (height - bottom - 12) * v / top;
      still.replaceChildren();
      legend.replaceChildren();
      for (let k = 0; k <= 4; k++) {
        svg("line", {x1: left, x2: width - 8, y1: y(top * k / 4), y2: y(top * k / 4), stroke: "#ddd"}, still);
        svg("text", {x: left - 4, y: y(top * k / 4) + 4, "text-anchor": "end"}, still, `${inDigits(100 * top * k / 4, 1, say)}%`);
        const t = Math.round(months * k / 4);
        svg("text", {x: x(t), y: height - bottom + 15, "text-anchor": "middle"}, still, String(t));
      }
      svg("text", {x: (left + width) / 2, y: height - 4, "text-anchor": "middle"}, still, say("month"));
      for (const {label, values, colour, dashes} of lines) {
        if (!values.length) continue;
        const points = Array.from(values, (v, t) => `${x(t).toFixed(1)},${y(v).toFixed(1)}`).join(" ");
        svg("polyline", {points, fill: "none", stroke: colour, "stroke-width": 2.5, "stroke-dasharray": dashes}, still);
        const item = add(legend, "li"), sample = svg("svg", {viewBox: "0 0 30 8", class: "sample"}, item);
        svg("line", {x1: 0, x2: 30, y1: 4, y2: 4, stroke: colour, "stroke-width": 2.5, "stroke-dasharray": dashes}, sample);
        item.append(label);
      }
    },
  };
}

function meanOf(values) { return values.reduce((a, b) => a + b, 0) / values.length; }

function meanCurve(runs, name, months) {
  if (!runs.length) return [];
  return Array.from({length: months + 1}, (_, t) => meanOf(runs.map(({curves}) => curves[name][t])));
}

function inDigits(value, places, say) { return value.toFixed(places).replace(".", say("decimal_mark")); }

function valueText(name, value, {formats, say}) {
  const {scale, places, suffix} = formats[name];
  return inDigits(scale * value, places, say) + suffix;
}

function changeText(name, value, {formats, say}) {
  const {scale, places} = formats[name], digits = (scale * Math.abs(value)).toFixed(places);
  return (Number(digits) === 0 ? "" : value < 0 ? "−" : "+") + inDigits(scale * Math.abs(value), places, say);
}

// The mean difference over pairs of runs with the same luck, and its 95% interval.
function differenceText(name, own, other, {formats, students, say}) {
  const n = Math.min(own.length, other.length), as = {formats, say};
  const gaps = Array.from({length: n}, (_, r) => own[r].measures[name] - other[r].measures[name]), middle = meanOf(gaps);
  const text = changeText(name, middle, as) + formats[name].changed;
  if (n < 2) return text;
  const half = students[n] * Math.sqrt(gaps.reduce((a, gap) => a + (gap - middle) ** 2, 0) / (n - 1) / n);
  const isClear = middle - half > 0 || middle + half < 0, isSame = half === 0 && middle === 0;
  const [low, high] = [middle - half, middle + half].map((end) => changeText(name, end, as));
  return say(isClear || isSame ? "difference" : "difference_unclear", {difference: text, low, high});
}

// Means of the measures, of the other's too where asked for, and paired differences from each of the others.
function drawTable(table, {label, own}, others, {labels, formats, students, say, withOther = false}) {
  if (!own.length || !others[0][1].length) return;
  table.replaceChildren();
  add(table, "caption", {textContent: say(own.length === 1 ? "table_of_one" : "table_of_many", {n: own.length})});
  const head = add(add(table, "thead"), "tr"), body = add(table, "tbody");
  const [[otherLabel, other]] = others;
  for (const text of ["", label, ...(withOther ? [otherLabel] : []), ...others.map(([of]) => say("minus", {name: of}))]) {
    add(head, text ? "th" : "td", text ? {textContent: text, attributes: {scope: "col"}} : {});
  }
  for (const [name, text] of Object.entries(labels)) {
    const row = add(body, "tr");
    add(row, "th", {textContent: text, attributes: {scope: "row"}});
    for (const runs of withOther ? [own, other] : [own]) {
      add(row, "td", {textContent: valueText(name, meanOf(runs.map(({measures}) => measures[name])), {formats, say})});
    }
    for (const [, runs] of others) {
      add(row, "td", {textContent: runs.length ? differenceText(name, own, runs, {formats, students, say}) : ""});
    }
  }
}
