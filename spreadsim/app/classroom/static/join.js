// The page of a student: the code, then the form of that room, and nothing else.
(() => {
  const $ = (id) => document.getElementById(id);
  let code = '', form = null, drawn = null, pad = null, timer = 0, misses = 0;
  document.documentElement.setAttribute('data-theme', matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');

  const say = (text) => { const t = $('trouble'); t.textContent = text; t.hidden = !text; };
  const post = async (path, body) => {
    const answer = await fetch(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
    const found = await answer.json().catch(() => ({ error: 'Cannot reach the class.' }));
    if (!answer.ok) { const e = new Error(found.error || 'That did not work.'); e.status = answer.status; throw e; }
    return found;
  };

  async function enter() {
    try {
      const found = await post('/join/enter', { code: code });
      const first = !form, other = first || form.lesson.name !== found.lesson.name;
      form = found; code = found.code; misses = 0; say('');
      try { sessionStorage.setItem('spreadsim-class', code); } catch (e) { /* private */ }
      if (location.hash) history.replaceState(null, '', location.pathname);
      $('door').hidden = true; $('form').hidden = false;
      if (other) build();
      state();
      if (first || other) { $('title').focus(); window.scrollTo(0, 0); }
      clearTimeout(timer); timer = setTimeout(ask, 2000);
    } catch (e) {
      if (form && e.status === undefined) { again(); return; }
      if (e.status === 404) over(form ? 'This class has ended.' : e.message);
      else { say(e.message); if (form) { clearTimeout(timer); timer = setTimeout(enter, 5000); } }
    }
  }

  function over(text) {
    clearTimeout(timer);
    try { sessionStorage.removeItem('spreadsim-class'); } catch (e) { /* private */ }
    say(text); form = null;
    $('form').hidden = true; $('result').hidden = true; $('door').hidden = false; $('code').focus();
  }

  function again() { misses += 1; if (misses > 2) say('Cannot reach the class; trying again.'); clearTimeout(timer); timer = setTimeout(ask, Math.min(10000, 2000 * misses)); }

  async function ask() {
    try {
      const answer = await fetch('/join/now?code=' + encodeURIComponent(code));
      if (answer.status === 404) { enter(); return; }  // the place was cleared: take one again; else the class has ended
      const now = await answer.json();
      if (misses) { misses = 0; say(''); }
      if (now.version !== form.version) { enter(); return; }
      timer = setTimeout(ask, 2000);
    } catch (e) { again(); }
  }

  function build() {
    const l = form.lesson;
    drawn = form.mine;
    $('which').textContent = 'Lesson ' + l.number;
    $('title').textContent = l.title;
    $('question').innerHTML = l.question;  // made by the server from the lesson's Markdown, with no HTML let through
    $('ask').innerHTML = l.ask;
    $('dates').hidden = !l.dates;
    if (l.dates) { $('dates').querySelector('figcaption').textContent = l.dates.label; $('dates').querySelector('lesson-chart').data = l.dates; }
    const place = $('place'); place.replaceChildren(); pad = null;
    if (l.kind === 'card') {
      const box = document.createElement('fieldset'); box.className = 'cards';
      const legend = document.createElement('legend'); legend.className = 'quiet'; legend.textContent = 'Pick a card'; box.append(legend);
      l.cards.forEach((text, i) => {
        const label = document.createElement('label'), input = document.createElement('input'), span = document.createElement('span');
        label.className = 'pick'; input.type = 'radio'; input.name = 'card'; input.value = i; input.checked = drawn === i; span.textContent = text;
        input.addEventListener('change', () => { drawn = i; state(); });
        label.append(input, span); box.append(label);
      });
      place.append(box);
    } else {
      pad = document.createElement('curve-pad'); place.append(pad);
      pad.data = { ...l.pad, key: l.name };
      if (drawn) { pad.value = drawn.slice(); pad.moved = true; pad.boxes(); pad.draw(); }
      pad.addEventListener('change', (e) => { if (e.detail) { drawn = e.detail; state(); } });
    }
  }

  function state() {
    const open = form.stage === 'predict', sent = form.mine !== null && form.mine !== undefined;
    const same = JSON.stringify(form.mine) === JSON.stringify(drawn);
    document.querySelectorAll('#place input').forEach((e) => { e.disabled = !open; });
    document.querySelectorAll('.pick').forEach((e) => e.classList.toggle('on', e.querySelector('input').checked));
    $('place').toggleAttribute('inert', !open);
    $('send').hidden = !open;
    $('send').disabled = drawn === null || drawn === undefined || (sent && same);
    $('send').textContent = sent && !same ? 'Send the change' : sent ? 'Sent' : 'Send my prediction';
    $('state').textContent = open ? (sent && same ? 'Sent. You can change it until predictions are closed.' : '') :
      form.stage === 'fan' ? 'Predictions are closed. Look at the screen in front.' : sent ? '' : 'The result is on the screen in front.';
    $('result').hidden = !form.result;
    if (form.result) { $('head').textContent = form.result.verdict.head; $('words').textContent = form.result.verdict.text; $('chart').data = form.result.chart; }
  }

  $('enter').addEventListener('submit', (e) => { e.preventDefault(); code = $('code').value; enter(); });
  const send = () => post('/join/predict', { code: code, lesson: form.lesson.name, prediction: drawn });
  $('send').addEventListener('click', async () => {
    try {
      try { await send(); } catch (e) {
        if (e.status !== 404) throw e;
        await enter();  // the place was cleared, or the class has ended
        if (!form || drawn === null) return;
        await send();
      }
      form.mine = drawn; say(''); state();
    } catch (e) { if (e.status === 409) enter(); else say(e.message); }
  });
  let kept = ''; try { kept = sessionStorage.getItem('spreadsim-class') || ''; } catch (e) { /* private */ }
  code = decodeURIComponent(location.hash.slice(1)) || kept;
  if (code) { $('code').value = code; enter(); } else { $('code').focus(); }
})();
