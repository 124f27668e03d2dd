
// -------------------------------------------------------------------------------- levers, and the state in the address

// Sliders of a strategy's levers; `steps` takes the steps of those that were moved.
function drawLevers(parent, levers, steps, {say, id, moved}) {
  parent.replaceChildren();
  for (const lever of levers) {
    const label = add(parent, "label", {title: lever.meaning}), text = add(label, "span");
    const input = add(label, "input", {type: "range", min: 0, max: lever.steps.length - 1, id: `${id}-${lever.name}`});
    const show = () => {
      const step = Number(input.value), value = String(lever.steps[step]).replace(".", say("decimal_mark"));
      const present = String(lever.steps[lever.present]).replace(".", say("decimal_mark"));
      text.textContent = `${lever.label} ${value}` + (step === lever.present ? "" : ` ${say("present", {value: present})}`);
      input.setAttribute("aria-valuetext", value);
    };
    input.value = steps[lever.name] ?? lever.present;
    input.oninput = () => { steps[lever.name] = Number(input.value); show(); moved(lever.name); };
    show();
  }
}

// Steps of levers that an address asks for, and what of it cannot be: `read` returns both.
function stepsIn(state, levers, prefix = "") {
  const steps = {}, faults = [];
  for (const {name, label, steps: values, present} of levers) {
    if (!state.has(prefix + name)) continue;
    const text = state.get(prefix + name), step = text.trim() === "" ? -1 : values.indexOf(Number(text));
    if (step < 0) faults.push(`${label} ${text}`);
    else if (step !== present) steps[name] = step;
  }
  return {steps, faults};
}

function leversIn(state, levers, steps, prefix = "") {
  for (const {name, steps: values, present} of levers) {
    if ((steps[name] ?? present) !== present) state.set(prefix + name, values[steps[name]]);
  }
}

// The state of a page in its address, so that a link to the page is a link to a setting, and Back goes to the last one.
function addressOf(read, mark = "#try&") {
  let last = "", movedAt = -Infinity;
  const state = () => new URLSearchParams(location.hash.startsWith(mark) ? location.hash.slice(mark.length) : "");
  addEventListener("hashchange", () => {
    if (location.hash.startsWith(mark) || location.hash === "") { last = ""; read(state()); }
  });
  return {
    state,
    write(entries, control) { // a slider that is being moved is one step for Back
      const isNew = control !== last || performance.now() - movedAt > 1500;
      last = control;
      movedAt = performance.now();
      const address = `${mark}${entries}`;
      if (address === location.hash) return;
      try {
        history[isNew ? "pushState" : "replaceState"](null, "", address);
      } catch { /* where a page has no address of its own, as in some mail programs */ }
      dispatchEvent(new Event("addresschange"));
    },
  };
}
