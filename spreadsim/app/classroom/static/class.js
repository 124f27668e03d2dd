// The facilitator's pages: starting a class, setting its pace, printing sheets.
(() => {
  const $ = (id) => document.getElementById(id);
  const root = document.documentElement;
  let theme = null; try { theme = localStorage.getItem('spreadsim-theme'); } catch (e) { /* private */ }
  root.setAttribute('data-theme', theme || (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'));
  const say = (text) => { const t = $('trouble'); if (t) { t.textContent = text; t.hidden = !text; } };
  const post = async (path, body) => {
    const answer = await fetch(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
    const found = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(found.error || 'That did not work.');
    return found;
  };

  document.querySelectorAll('[data-start]').forEach((b) => b.addEventListener('click', async () => {
    try { location.assign('/class/' + (await post('/class/start', { lesson: b.dataset.start })).code); } catch (e) { say(e.message); }
  }));
  document.querySelectorAll('[data-json]').forEach((e) => { customElements.whenDefined('lesson-chart').then(() => { e.data = JSON.parse(e.dataset.json); }); });
  if (document.querySelector('.paper-sheet')) { root.setAttribute('data-theme', 'light'); $('print').addEventListener('click', () => window.print()); }

  const main = document.querySelector('.projector');
  if (!main) return;
  const code = main.dataset.code, base = '/class/' + code;
  let lesson = null, seen = '', shown = '', timer = 0;

  async function ask() {
    clearTimeout(timer);
    try {
      const answer = await fetch(base + '/now?seen=' + encodeURIComponent(seen));
      const now = await answer.json();
      if (!answer.ok) { say(now.error || 'This class has ended.'); if (answer.status === 404) return; } else { say(''); paint(now); }
    } catch (e) { say('Cannot reach the app; trying again.'); }
    timer = setTimeout(ask, 1500);
  }
  const lead = async (what) => { try { await post(base + '/lead', what); } catch (e) { say(e.message); } ask(); };

  function paint(now) {
    $('joined').textContent = now.joined; $('predicted').textContent = now.predicted;
    $('clear').textContent = 'Clear silent places (' + now.silent + ')'; $('clear').disabled = now.silent === 0;
    const mark = JSON.stringify([now.name, now.version, now.stage === 'predict' ? 0 : now.predicted]);
    if (now.lesson) { lesson = now.lesson; seen = now.name; text(); }
    if (mark === shown || !lesson) return;
    shown = mark;
    $('lesson').value = now.name;
    document.querySelectorAll('[data-stage]').forEach((b) => { b.setAttribute('aria-pressed', b.dataset.stage === now.stage ? 'true' : 'false'); b.classList.toggle('main', b.dataset.stage === now.stage); });
    const open = now.stage === 'predict', revealed = now.stage === 'reveal';
    $('question').hidden = !open; $('dates').hidden = !lesson.dates || !open;
    $('shown').hidden = !(lesson.pad && open);
    if (lesson.pad && open) $('shown').data = { ...lesson.pad, sentence: '' };
    cards(now);
    const chart = $('chart');
    chart.hidden = open || (lesson.kind === 'card' && !revealed);
    if (!chart.hidden) {
      const fan = lesson.kind === 'curve' ? { fan: now.fan.curves, middle: now.fan.middle } : {};
      chart.data = revealed ? { ...now.result.chart, ...fan } : { ...lesson.pad, ...fan, sentence: now.predicted + ' predictions' };
    }
    $('said').textContent = revealed ? now.result.chart.sentence : '';
    $('verdict').hidden = !revealed; $('verdict').textContent = revealed ? now.result.answer.text : '';
    means(revealed ? now.result.means : null);
    $('after').hidden = !revealed;
    document.querySelectorAll('#options button').forEach((b) => { const on = Number(b.dataset.option) === now.option; b.setAttribute('aria-pressed', on ? 'true' : 'false'); b.classList.toggle('main', on); });
    $('changed').hidden = !now.changed;
    if (now.changed) $('changed').data = now.changed;
    $('changed-said').textContent = now.changed ? now.changed.sentence : '';
  }

  function text() {
    $('title').textContent = lesson.number + '. ' + lesson.title;
    for (const [id, html] of [['question', lesson.question], ['ask', lesson.ask], ['why', lesson.rest.why], ['change', lesson.rest.change], ['home', lesson.rest.home]]) $(id).innerHTML = html;
    if (lesson.dates) { $('dates').querySelector('figcaption').textContent = lesson.dates.label; $('dates').querySelector('lesson-chart').data = lesson.dates; }
    $('sheet-learner').href = '/class/sheet/' + lesson.name + '?for=learner';
    $('sheet-facilitator').href = '/class/sheet/' + lesson.name + '?for=facilitator';
    const box = $('options'); box.replaceChildren();
    ['as it was', ...lesson.rest.options].forEach((name, i) => {
      const b = document.createElement('button'); b.type = 'button'; b.dataset.option = i - 1; b.textContent = name;
      b.addEventListener('click', () => lead({ option: i - 1 })); box.append(b);
    });
  }

  function cards(now) {
    const list = $('cards'); list.replaceChildren();
    if (lesson.kind !== 'card') return;
    const counts = now.fan ? now.fan.counts : null, most = counts ? Math.max(1, ...counts) : 1;
    lesson.cards.forEach((name, i) => {
      const item = document.createElement('li'), label = document.createElement('span');
      label.textContent = name + (now.result && now.result.answer.answer === i ? ' (what the runs say)' : '');
      item.append(label);
      if (now.result && now.result.answer.answer === i) item.className = 'truth';
      if (counts) {
        const bar = document.createElement('span'), count = document.createElement('b');
        bar.className = 'count'; bar.style.width = (60 * counts[i] / most) + '%'; count.textContent = counts[i];
        const line = document.createElement('span'); line.className = 'count-line'; line.append(bar, count); item.append(line);
      }
      list.append(item);
    });
  }

  function means(found) {
    const table = $('means'); table.hidden = !found; table.replaceChildren();
    if (!found) return;
    const caption = document.createElement('caption'), body = document.createElement('tbody');
    caption.textContent = found.title + ', mean over runs (middle 90% of runs)';
    found.rows.forEach((row) => {
      const tr = document.createElement('tr');
      row.forEach((cell, i) => { const e = document.createElement(i ? 'td' : 'th'); if (i) e.className = 'n'; else e.scope = 'row'; e.textContent = cell; tr.append(e); });
      body.append(tr);
    });
    table.append(caption, body);
  }

  document.querySelectorAll('[data-stage]').forEach((b) => b.addEventListener('click', () => lead({ stage: b.dataset.stage })));
  $('lesson').addEventListener('change', (e) => lead({ lesson: e.target.value }));
  $('look').addEventListener('click', () => { const dark = root.getAttribute('data-theme') !== 'dark'; root.setAttribute('data-theme', dark ? 'dark' : 'light'); try { localStorage.setItem('spreadsim-theme', dark ? 'dark' : 'light'); } catch (e) { /* private */ } });
  $('clear').addEventListener('click', async () => { try { await post(base + '/clear', {}); say(''); } catch (e) { say(e.message); } ask(); });
  $('end').addEventListener('click', () => $('sure').showModal());
  $('no').addEventListener('click', () => $('sure').close());
  $('yes').addEventListener('click', async () => { try { await post(base + '/end', {}); clearTimeout(timer); location.assign('/class'); } catch (e) { say(e.message); } });
  ask();
})();
