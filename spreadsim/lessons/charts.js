// Charts of lessons, on the screen Learn, in a class, on printed sheets and on a site. Two elements:
// <lesson-chart>: curves with bands; its property `data` holds them. <curve-pad>: the same, on which a curve is drawn.
(() => {
  if (customElements.get('lesson-chart')) return;
  const texts = globalThis.lessonChartTexts;
  const say = (key, values = {}) => texts[key].replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  const NS = 'http://www.w3.org/2000/svg';
  const DASHES = ['', '9 4', '2 4', '9 4 2 4', '5 3'];
  const make = (name, attributes, text) => {
    const e = document.createElementNS(NS, name);
    for (const key in attributes) e.setAttribute(key, attributes[key]);
    if (text !== undefined) e.textContent = text;
    return e;
  };

  class Chart extends HTMLElement {
    set data(value) { this._data = value; this.draw(); }
    get data() { return this._data; }
    connectedCallback() {
      this.style.display = 'block';
      this.watcher = new ResizeObserver(() => { if (this.clientWidth !== this.was) this.draw(); });
      this.watcher.observe(this);
      this.draw();
    }
    disconnectedCallback() { this.watcher.disconnect(); }
    get narrow() { return this.w < 560; }
    frame() {
      this.was = this.clientWidth;
      this.w = Math.max(260, this.clientWidth || 600);
      this.h = Math.round(Math.min(420, Math.max(230, this.w * 0.55)));
      this.left = 44; this.top = 28; this.bottom = this.h - 40;
      const names = (this._data.series || []).map((s) => s.name.length);
      this.right = this.narrow || !names.length ? this.w - 14 : this.w - Math.min(this.w * 0.36, 24 + 8.1 * Math.max(...names));
    }
    px(x) { return this.left + (this.right - this.left) * x / this._data.last; }
    py(v) { return this.bottom - (this.bottom - this.top) * v; }
    path(values) {
      let d = '', pen = false;
      values.forEach((v, x) => { if (v === null) { pen = false; return; } d += (pen ? 'L' : 'M') + this.px(x).toFixed(1) + ' ' + this.py(v).toFixed(1); pen = true; });
      return d;
    }
    band(low, high) {
      const up = [], down = [];
      low.forEach((v, x) => { if (v === null) return; up.push(this.px(x).toFixed(1) + ' ' + this.py(high[x]).toFixed(1)); down.unshift(this.px(x).toFixed(1) + ' ' + this.py(v).toFixed(1)); });
      return up.length ? 'M' + up.join('L') + 'L' + down.join('L') + 'Z' : '';
    }
    polyline(points) { const k = points.length - 1; return points.map((v, i) => (i ? 'L' : 'M') + this.px(this._data.last * i / k).toFixed(1) + ' ' + this.py(v).toFixed(1)).join(''); }
    draw() {
      if (!this._data || !this.isConnected) return;
      const d = this._data;
      this.frame();
      let svg = this.querySelector('svg');
      if (svg) svg.remove();
      svg = make('svg', { viewBox: `0 0 ${this.w} ${this.h}`, width: this.w, height: this.h, class: 'lesson-svg' });
      if (d.sentence) { svg.setAttribute('role', 'img'); svg.setAttribute('aria-label', d.sentence); } else { svg.setAttribute('aria-hidden', 'true'); }
      for (let y = 0; y <= 1.001; y += 0.25) {
        svg.append(make('line', { x1: this.left, x2: this.right, y1: this.py(y), y2: this.py(y), class: 'grid' }));
        svg.append(make('text', { x: this.left - 6, y: this.py(y) + 4, 'text-anchor': 'end' }, Math.round(100 * y) + '%'));
      }
      const step = d.last <= 12 ? 2 : d.last <= 36 ? 6 : d.last <= 72 ? 12 : 24;
      for (let x = 0; x <= d.last; x += step) svg.append(make('text', { x: this.px(x), y: this.bottom + 17, 'text-anchor': 'middle' }, x));
      svg.append(make('text', { x: (this.left + this.right) / 2, y: this.bottom + 34, 'text-anchor': 'middle' }, say(d.axis === 'copies' ? 'copies' : 'month')));
      if (d.title) svg.append(make('text', { x: 2, y: 13 }, d.title));
      (d.fan || []).forEach((points) => svg.append(make('path', { d: this.polyline(points), class: 'fan' })));
      const ends = [];
      (d.series || []).forEach((s) => {
        (s.runs || []).forEach((run) => svg.append(make('path', { d: this.path(run), class: 'one-run ink' + s.style })));
        svg.append(make('path', { d: this.band(s.q[0], s.q[4]), class: 'band ink' + s.style }));
        svg.append(make('path', { d: this.path(s.q[2]), class: 'middle ink' + s.style, 'stroke-dasharray': DASHES[s.style % 5] }));
        let k = s.q[2].length - 1; while (k > 0 && s.q[2][k] === null) k--;
        ends.push({ name: s.name, y: this.py(s.q[2][k] || 0), style: s.style });
      });
      (d.points || []).forEach((p) => { if (p[0] <= d.last) svg.append(make('circle', { cx: this.px(p[0]), cy: this.py(p[1]), r: 3.2, class: 'dot' })); });
      if (d.middle) svg.append(make('path', { d: this.polyline(d.middle), class: 'guess' }));
      if (d.prediction) {
        svg.append(make('path', { d: this.polyline(d.prediction), class: 'guess' }));
        d.prediction.forEach((v, i) => svg.append(make('circle', { cx: this.px(d.last * i / (d.prediction.length - 1)), cy: this.py(v), r: 4, class: 'guess-dot' })));
      }
      if (!this.narrow) {
        ends.sort((a, b) => a.y - b.y);
        for (let i = 1; i < ends.length; i++) if (ends[i].y - ends[i - 1].y < 16) ends[i].y = ends[i - 1].y + 16;
        const over = ends.length ? ends[ends.length - 1].y - this.bottom : 0;
        if (over > 0) ends.forEach((e) => { e.y -= over; });
        ends.forEach((e) => svg.append(make('text', { x: this.right + 8, y: e.y + 4, class: 'end ink' + e.style }, e.name)));
      }
      this.prepend(svg);
      this.legend();
    }
    legend() {
      const d = this._data;
      let list = this.querySelector('ul.keys');
      if (list) list.remove();
      const keys = [];
      (d.series || []).forEach((s) => { if (this.narrow) keys.push(['ink' + s.style, s.name]); });
      if (d.prediction) keys.push(['guess', d.prediction_name || say('prediction')]);
      if (d.middle) keys.push(['guess', say('middle')]);
      if ((d.fan || []).length) keys.push(['fan', say('predictions')]);
      if ((d.points || []).length) keys.push(['dot', d.points_name || say('points')]);
      if (!keys.length) return;
      list = document.createElement('ul'); list.className = 'keys'; list.setAttribute('aria-hidden', 'true');
      keys.forEach(([kind, name]) => {
        const item = document.createElement('li'), mark = make('svg', { width: 26, height: 12, viewBox: '0 0 26 12' });
        if (kind === 'dot') mark.append(make('circle', { cx: 13, cy: 6, r: 3.2, class: 'dot' }));
        else mark.append(make('path', { d: 'M1 6H25', class: kind.startsWith('ink') ? 'middle ' + kind : kind, 'stroke-dasharray': kind.startsWith('ink') ? DASHES[Number(kind.slice(3)) % 5] : '' }));
        item.append(mark, document.createTextNode(name)); list.append(item);
      });
      this.insertBefore(list, this.querySelector('fieldset'));
    }
  }

  class Pad extends Chart {
    // `value` holds the heights of the points, from 0 to 1; "change" is sent when one moves.
    set data(value) {
      const other = !this._data || JSON.stringify(value.places) !== JSON.stringify(this._data.places) || value.key !== this._data.key;
      this._data = value;
      if (other) { this.value = value.places.map(() => value.start); this.moved = false; this.boxes(); }
      this.draw();
    }
    get data() { return this._data; }
    boxes() {
      let box = this.querySelector('fieldset');
      if (box) box.remove();
      const d = this._data;
      box = document.createElement('fieldset'); box.className = 'pad-boxes';
      const legend = document.createElement('legend'); legend.textContent = say('as_numbers');
      box.append(legend);
      this.inputs = d.places.map((x, i) => {
        if (!i) return null;
        const label = document.createElement('label'), input = document.createElement('input');
        const where = say(d.axis === 'copies' ? 'place_copies' : 'place_month', { n: x });
        input.type = 'number'; input.min = 0; input.max = 100; input.step = 1; input.value = Math.round(100 * this.value[i]);
        input.setAttribute('aria-label', say('as_number', { arm: d.arm, place: where }));
        input.addEventListener('input', () => { const v = Number(input.value); if (input.value !== '' && v >= 0 && v <= 100) this.put(i, v / 100, true); });
        label.append(document.createTextNode(where), input); box.append(label);
        return input;
      });
      this.append(box);
    }
    put(i, v, typed) {
      this.value[i] = Math.round(100 * Math.min(1, Math.max(0, v))) / 100;
      this.moved = true;
      if (!typed && this.inputs[i]) this.inputs[i].value = Math.round(100 * this.value[i]);
      this.draw();
      this.dispatchEvent(new CustomEvent('change', { detail: this.value.slice() }));
    }
    draw() {
      if (!this._data || !this.isConnected || !this.value) return;
      super.draw();
      const svg = this.querySelector('svg'), d = this._data, k = d.places.length - 1;
      svg.classList.add('pad');
      svg.append(make('path', { d: this.polyline(this.value), class: 'guess' }));
      this.value.forEach((v, i) => svg.append(make('circle', { cx: this.px(d.last * i / k), cy: this.py(v), r: i ? 9 : 5, class: i ? 'handle' : 'guess-dot' })));
      if (!this.moved) svg.append(make('text', { x: (this.left + this.right) / 2, y: this.top + 24, 'text-anchor': 'middle', class: 'hint' }, say('draw')));
      if (!this.held) this.listen(svg);
    }
    listen(svg) {
      const at = (e) => {
        const box = this.querySelector('svg').getBoundingClientRect(), k = this._data.places.length - 1;
        const x = (e.clientX - box.left) * this.w / box.width, y = (e.clientY - box.top) * this.h / box.height;
        const share = (x - this.left) / (this.right - this.left) * k, i = Math.round(share);
        if (i >= 1 && i <= k && Math.abs(share - i) < 0.4) this.put(i, (this.bottom - y) / (this.bottom - this.top), false);
      };
      svg.addEventListener('pointerdown', (e) => {
        e.preventDefault(); this.held = true; at(e);
        const move = (m) => { m.preventDefault(); at(m); };
        const up = () => { this.held = false; window.removeEventListener('pointermove', move); window.removeEventListener('pointerup', up); window.removeEventListener('pointercancel', up); this.draw(); };
        window.addEventListener('pointermove', move); window.addEventListener('pointerup', up); window.addEventListener('pointercancel', up);
      });
    }
  }
  customElements.define('lesson-chart', Chart);
  customElements.define('curve-pad', Pad);
})();
