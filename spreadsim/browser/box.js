
// ------------------------------------------------------------------------------------------------ the box Try it

function openPage(source) {
  const box = document.getElementById("try-box"), data = document.getElementById("try-data").textContent;
  let facts, say, address, player, map, curves, checks = false;
  const chosen = {own: "", other: "", steps: {}}, parts = {};
  const draw = beforePicture(drawNow);
  const model = modelOf(source, data, {
    opened(all) {
      facts = all;
      say = sayingOf(facts.texts);
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
      const of = facts.nReported, n = facts.nRuns;
      const which = say(n === of ? "all_runs" : "first_runs", {n, of});
      parts.check.textContent = equal === total
        ? say("equal", {equal, total, which}) : say("unequal", {unequal: total - equal, total});
      parts.check.dataset.equal = equal;
      ask();
    },
  });

  const leversOf = (name) => facts.strategies.find((one) => one.name === name).levers;
  const keyOf = (name, steps) =>
    JSON.stringify([name, ...leversOf(name).map((lever) => steps[lever.name] ?? lever.present)]);
  const settings = () => [
    {name: chosen.own, steps: chosen.steps}, {name: chosen.other, steps: {}}, {name: chosen.own, steps: {}},
  ].map((one) => ({...one, key: keyOf(one.name, one.steps), nRuns: facts.nRuns}));

  function ask() {
    model.ask(settings());
    draw();
  }

  function read(state) {
    const faults = [];
    const nameOf = (key, otherwise) => {
      const name = state.get(key);
      if (name !== null && !facts.strategies.some((one) => one.name === name)) faults.push(`${key}=${name}`);
      return (facts.strategies.find((one) => one.name === name) ?? otherwise).name;
    };
    chosen.own = nameOf("change", facts.strategies[Math.min(1, facts.strategies.length - 1)]);
    chosen.other = nameOf("with", facts.strategies[0]);
    const levers = leversOf(chosen.own), found = stepsIn(state, levers);
    chosen.steps = found.steps;
    faults.push(...found.faults);
    const known = new Set(["change", "with", ...levers.map(({name}) => name)]);
    for (const [key, value] of state) if (!known.has(key)) faults.push(`${key}=${value}`);
    parts.fault.hidden = faults.length === 0;
    parts.fault.textContent = faults.length ? say("bad_address", {what: faults.join("; ").slice(0, 300)}) : "";
  }

  function moved(control) {
    const state = new URLSearchParams({change: chosen.own, with: chosen.other});
    leversIn(state, leversOf(chosen.own), chosen.steps);
    address.write(state, control);
    parts.fault.hidden = true;
    ask();
  }

  function build() {
    parts.fault = add(box, "p", {className: "fault", hidden: true, attributes: {role: "alert"}});
    const controls = add(box, "div", {className: "controls"}), shown = add(box, "div", {className: "shown"});
    address = addressOf((state) => { read(state); show(); ask(); });
    for (const key of ["own", "other"]) {
      const label = add(controls, "label", {textContent: `${say(`${key}_strategy`)} `});
      const select = parts[key] = add(label, "select", {id: `try-${key}`});
      for (const {name, title} of facts.strategies) {
        add(select, "option", {value: name, textContent: title === name ? name : `${name}: ${title}`});
      }
      select.onchange = () => {
        chosen[key] = select.value;
        if (key === "own") { chosen.steps = {}; show(); }
        moved(key);
      };
    }
    parts.levers = add(controls, "div");
    add(controls, "button", {type: "button", id: "try-reset", textContent: say("reset")}).onclick =
      () => { chosen.steps = {}; show(); moved("reset"); };
    parts.check = add(shown, "p", {id: "try-check", className: "about", attributes: {role: "status"}});
    const drawn = add(shown, "div", {className: "drawn"});
    const played = add(drawn, "div");
    player = playerOf(played, {...facts, say, id: "try", moved: draw});
    map = mapOf(played, {...facts, say});
    curves = curvesOf(add(drawn, "div", {className: "curves"}), {...facts, say});
    parts.table = add(add(shown, "div", {className: "wide", tabIndex: 0,
      attributes: {role: "region", "aria-label": say("table_label")}}), "table");
    read(address.state());
    show();
    box.hidden = false;
    document.getElementById("try-without").hidden = true;
  }

  function show() {
    for (const key of ["own", "other"]) parts[key].value = chosen[key];
    drawLevers(parts.levers, leversOf(chosen.own), chosen.steps, {say, id: "try", moved});
  }

  let toldAt = 0, told = "", isLater = false;
  function drawNow() {
    const asked = settings(), runs = asked.map(({key}) => model.of(key)), [own, other, report] = runs;
    map.show(chosen.own, facts.positions, own[0]?.states?.[player.month], player.month);
    curves.at(player.month);
    const toTell = JSON.stringify([asked.map(({key}) => key), runs.map(({length}) => length)]);
    if (toTell === told) return; // a month that is played changes neither curves nor table
    if (performance.now() - toldAt < 100) { // ten times a second at most: they lay the page out anew
      if (!isLater) setTimeout(() => { isLater = false; draw(); }, 100);
      isLater = true;
      return;
    }
    [told, toldAt] = [toTell, performance.now()];
    const isMoved = asked[0].key !== asked[2].key;
    const label = isMoved ? say("changed", {name: chosen.own}) : chosen.own, before = say("unchanged", {name: chosen.own});
    const curve = (some) => meanCurve(some, "delivered", facts.months);
    curves.show([
      ...(isMoved ? [{label: before, values: curve(report), colour: "#595959", dashes: "2 4"}] : []),
      {label: chosen.other, values: curve(other), colour: "#b34700", dashes: "8 4"},
      {label, values: curve(own), colour: "#004488", dashes: ""},
    ]);
    drawTable(parts.table, {label, own}, isMoved ? [[chosen.other, other], [before, report]] : [[chosen.other, other]],
      {...facts, say});
  }
}
