
// ------------------------------------------------------------------------------------------------ the box Try it
//
// One strategy with its levers to move, beside another as it was; in a sandbox (`further.free`) both have levers.

function openPage(source) {
  const box = document.getElementById("try-box"), data = document.getElementById("try-data").textContent;
  const own = {select: "change", before: "", name: "", steps: {}}, other = {select: "with", before: "with.", name: "", steps: {}};
  const parts = {};
  let facts, say, address, player, maps, curves, free, checks = false;
  const draw = beforePicture(drawNow);
  const model = modelOf(source, data, {
    opened(all) {
      facts = all;
      say = sayingOf(facts.texts);
      free = facts.free ? [own, other] : [own]; // those with levers
      build();
      ask();
    },
    came({run}) {
      draw();
      if (run === facts.nRuns - 1 && !checks) {
        checks = true;
        model.check();
      }
    },
    checked({equal, total}) {
      toldAt = -Infinity; // the table that this speaks of stands first
      drawNow();
      const of = facts.nReported, n = facts.nRuns;
      const which = say(n === of ? "all_runs" : "first_runs", {n, of});
      parts.check.textContent = equal === total
        ? say("equal", {equal, total, which}) : say("unequal", {unequal: total - equal, total});
      parts.check.dataset.equal = equal;
      ask();
    },
  });

  const leversOf = (name) => facts.strategies.find((one) => one.name === name).levers;
  const settingAt = (name, steps) => ({
    name, steps, nRuns: facts.nRuns,
    key: JSON.stringify([name, ...leversOf(name).map((lever) => steps[lever.name] ?? lever.present)]),
  });
  const isMoved = ({name, steps}) => settingAt(name, steps).key !== settingAt(name, {}).key;
  const settings = () => [settingAt(own.name, own.steps), settingAt(other.name, other.steps),
    ...(facts.free ? [] : [settingAt(own.name, {})])];
  const labelOf = (side) => {
    const label = isMoved(side) ? say("changed", {name: side.name}) : side.name;
    return facts.free ? say(side === own ? "first" : "second", {name: label}) : label;
  };

  function ask() {
    model.ask(settings());
    draw();
  }

  function read(state) {
    const faults = [], known = new Set();
    for (const side of [own, other]) {
      const name = state.get(side.select), found = facts.strategies.find((one) => one.name === name);
      if (name !== null && !found) faults.push(`${side.select}=${name}`);
      const place = side === own ? Math.min(1, facts.strategies.length - 1) : 0;
      side.name = (found ?? facts.strategies[place]).name;
      side.steps = {};
      known.add(side.select);
      if (!free.includes(side)) continue;
      const levers = leversOf(side.name), asked = stepsIn(state, levers, side.before);
      side.steps = asked.steps;
      faults.push(...asked.faults);
      for (const lever of levers) known.add(side.before + lever.name);
    }
    for (const [key, value] of state) if (!known.has(key)) faults.push(`${key}=${value}`);
    parts.fault.hidden = faults.length === 0;
    parts.fault.textContent = faults.length ? say("bad_address", {what: faults.join("; ").slice(0, 300)}) : "";
  }

  function moved(control) {
    const state = new URLSearchParams({change: own.name, with: other.name});
    for (const side of free) leversIn(state, leversOf(side.name), side.steps, side.before);
    address.write(state, control);
    parts.fault.hidden = true;
    ask();
  }

  function selectOf(side, parent) {
    const id = side === own ? "own" : "other", label = add(parent, "label", {textContent: `${say(`${id}_strategy`)} `});
    side.input = add(label, "select", {id: `try-${id}`});
    for (const {name, title} of facts.strategies) {
      add(side.input, "option", {value: name, textContent: title === name ? name : `${name}: ${title}`});
    }
    side.input.onchange = () => {
      side.name = side.input.value;
      if (free.includes(side)) { side.steps = {}; show(); }
      moved(id);
    };
  }

  function build() {
    parts.fault = add(box, "p", {className: "fault", hidden: true, attributes: {role: "alert"}});
    const controls = add(box, "div", {className: facts.free ? "controls sides" : "controls"});
    const shown = add(box, "div", {className: "shown"});
    address = addressOf((state) => { read(state); show(); ask(); });
    for (const side of [own, other]) {
      const place = facts.free ? add(controls, "div", {className: "side"}) : controls;
      selectOf(side, place);
      if (facts.free) side.levers = add(place, "div");
    }
    own.levers ??= add(controls, "div");
    add(controls, "button", {type: "button", id: "try-reset", textContent: say("reset")}).onclick =
      () => { for (const side of free) side.steps = {}; show(); moved("reset"); };
    parts.check = add(shown, "p", {id: "try-check", className: "about", attributes: {role: "status"}});
    if (facts.free) player = playerOf(shown, {...facts, say, id: "try", moved: draw});
    const drawn = add(shown, "div", {className: "drawn"});
    maps = free.map(() => {
      const place = add(drawn, "div");
      player ??= playerOf(place, {...facts, say, id: "try", moved: draw});
      return mapOf(place, {...facts, say, isTitled: facts.free});
    });
    curves = curvesOf(add(facts.free ? shown : drawn, "div", {className: "curves"}), {...facts, say});
    parts.table = add(add(shown, "div", {className: "wide", tabIndex: 0,
      attributes: {role: "region", "aria-label": say("table_label")}}), "table");
    read(address.state());
    show();
    box.hidden = false;
    document.getElementById("try-without").hidden = true;
  }

  function show() {
    for (const side of [own, other]) side.input.value = side.name;
    for (const side of free) {
      drawLevers(side.levers, leversOf(side.name), side.steps, {say, id: side === own ? "try" : "try-with", moved});
    }
  }

  let toldAt = 0, told = "", isLater = false;
  function drawNow() {
    const asked = settings(), runs = asked.map(({key}) => model.of(key)), [ownRuns, otherRuns, before] = runs;
    maps.forEach((map, k) => {
      map.show(labelOf(free[k]), facts.positions, runs[k][0]?.states?.[player.month], player.month);
    });
    curves.at(player.month);
    const toTell = JSON.stringify([asked.map(({key}) => key), runs.map(({length}) => length)]);
    if (toTell === told) return; // a month that is played changes neither curves nor table
    if (performance.now() - toldAt < 100) { // ten times a second at most: they lay the page out anew
      if (!isLater) setTimeout(() => { isLater = false; draw(); }, 100);
      isLater = true;
      return;
    }
    [told, toldAt] = [toTell, performance.now()];
    const labels = [own, other].map(labelOf), withBefore = before && isMoved(own), asBefore = say("unchanged", {name: own.name});
    const curve = (some) => meanCurve(some, "delivered", facts.months);
    const lines = [
      ...(withBefore ? [{label: asBefore, values: curve(before), colour: "#595959", dashes: "2 4"}] : []),
      {label: labels[1], values: curve(otherRuns), colour: "#b34700", dashes: "8 4"},
      {label: labels[0], values: curve(ownRuns), colour: "#004488", dashes: ""},
    ];
    curves.show(facts.free ? lines.reverse() : lines);
    drawTable(parts.table, {label: labels[0], own: ownRuns},
      [[labels[1], otherRuns], ...(withBefore ? [[asBefore, before]] : [])], {...facts, say, withOther: facts.free});
  }
}
