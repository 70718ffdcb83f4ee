/** The script of the page: the map of addresses over time, with zoom, steps from mapping to mapping, and keys. */

/** Plain JavaScript; it reads the JSON in `#data` and draws on `#map`. */
export const PAGE_SCRIPT = `
'use strict';
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const canvas = document.getElementById('map');
  const said = document.getElementById('said');
  const filter = document.getElementById('device');
  const context = canvas.getContext('2d');
  const LEFT = 120;
  const home = () => ({ t0: data.from, t1: Math.max(data.to, data.from + 1e-6), y0: 0, y1: 1 });
  let view = home();
  let chosen = -1;
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const visible = () => data.samples.filter((one) => filter.value === '' || one.device === filter.value);
  let shown = visible();

  const size = () => ({ width: canvas.clientWidth, height: canvas.clientHeight });
  const px = (time) => LEFT + ((time - view.t0) / (view.t1 - view.t0)) * (size().width - LEFT);
  const py = (y) => ((y - view.y0) / (view.y1 - view.y0)) * size().height;

  function draw() {
    const { width, height } = size();
    const ratio = window.devicePixelRatio || 1;
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.fillStyle = colour('--paper');
    context.fillRect(0, 0, width, height);
    context.font = '11px monospace';
    for (const part of data.parts) {
      const [top, bottom] = [py(part.top), py(part.bottom)];
      if (bottom < 0 || height < top) continue;
      context.strokeStyle = colour('--line');
      context.beginPath();
      context.moveTo(LEFT, bottom);
      context.lineTo(width, bottom);
      context.stroke();
      if (bottom - top < 12) continue;
      context.fillStyle = colour('--ink');
      context.textAlign = 'right';
      context.fillText(part.start, LEFT - 6, Math.min(bottom - 2, height - 2));
      if (28 < bottom - top) context.fillText(part.end, LEFT - 6, Math.max(top + 11, 11));
    }
    context.save();
    context.beginPath();
    context.rect(LEFT, 0, width - LEFT, height);
    context.clip();
    shown.forEach((one, i) => {
      const from = px(one.start);
      const to = Math.max(from + 1, px(one.end === null ? data.to : one.end));
      if (to < LEFT || width < from) return;
      for (const [top, bottom] of one.places) {
        const y = py(top);
        const h = Math.max(1.5, py(bottom) - y);
        if (y + h < 0 || height < y) continue;
        context.globalAlpha = 0.75;
        context.fillStyle = colour('--' + one.direction.toLowerCase());
        context.fillRect(from, y, to - from, h);
        context.globalAlpha = 1;
        if (i !== chosen) continue;
        context.strokeStyle = colour('--ink');
        context.lineWidth = 2;
        context.strokeRect(from - 1, y - 1, to - from + 2, h + 2);
        context.lineWidth = 1;
      }
    });
    context.restore();
  }

  function clamp() {
    const all = home();
    const time = Math.min(Math.max(view.t1 - view.t0, 1e-7), all.t1 - all.t0);
    const rows = Math.min(Math.max(view.y1 - view.y0, 1e-6), 1);
    const t0 = Math.min(Math.max(view.t0, all.t0), all.t1 - time);
    const y0 = Math.min(Math.max(view.y0, 0), 1 - rows);
    view = { t0, t1: t0 + time, y0, y1: y0 + rows };
  }

  function zoom(factor, atX, atY) {
    const time = view.t0 + atX * (view.t1 - view.t0);
    const row = view.y0 + atY * (view.y1 - view.y0);
    view = {
      t0: time + (view.t0 - time) * factor,
      t1: time + (view.t1 - time) * factor,
      y0: row + (view.y0 - row) * factor,
      y1: row + (view.y1 - row) * factor,
    };
    clamp();
    draw();
  }

  function pan(dx, dy) {
    const [time, rows] = [(view.t1 - view.t0) * dx, (view.y1 - view.y0) * dy];
    view = { t0: view.t0 + time, t1: view.t1 + time, y0: view.y0 + rows, y1: view.y1 + rows };
    clamp();
    draw();
  }

  function choose(index) {
    if (shown.length === 0) return;
    chosen = (index + shown.length) % shown.length;
    const one = shown[chosen];
    const place = one.places[0];
    if (one.start < view.t0 || view.t1 < one.start) pan((one.start - (view.t0 + view.t1) / 2) / (view.t1 - view.t0), 0);
    if (place && (place[0] < view.y0 || view.y1 < place[1])) pan(0, ((place[0] + place[1]) / 2 - (view.y0 + view.y1) / 2) / (view.y1 - view.y0));
    said.textContent = one.text;
    draw();
  }

  const KEYS = {
    '+': () => zoom(0.6, 0.5, 0.5),
    '=': () => zoom(0.6, 0.5, 0.5),
    '-': () => zoom(1 / 0.6, 0.5, 0.5),
    '0': () => { view = home(); draw(); },
    Home: () => { view = home(); draw(); },
    ArrowLeft: () => pan(-0.2, 0),
    ArrowRight: () => pan(0.2, 0),
    ArrowUp: () => pan(0, -0.2),
    ArrowDown: () => pan(0, 0.2),
    n: () => choose(chosen + 1),
    p: () => choose(chosen - 1),
    Escape: () => { chosen = -1; said.textContent = ''; draw(); },
  };
  canvas.addEventListener('keydown', (event) => {
    const act = KEYS[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  });
  canvas.addEventListener('wheel', (event) => {
    event.preventDefault();
    const box = canvas.getBoundingClientRect();
    const x = Math.max(0, (event.clientX - box.left - LEFT) / (box.width - LEFT));
    zoom(event.deltaY < 0 ? 0.8 : 1.25, x, (event.clientY - box.top) / box.height);
  }, { passive: false });
  let drag;
  canvas.addEventListener('pointerdown', (event) => {
    drag = { x: event.clientX, y: event.clientY, moved: false };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener('pointermove', (event) => {
    if (!drag) return;
    const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
    if (!drag.moved && Math.abs(dx) + Math.abs(dy) < 4) return;
    pan(-dx / (size().width - LEFT), -dy / size().height);
    drag = { x: event.clientX, y: event.clientY, moved: true };
  });
  canvas.addEventListener('pointerup', (event) => {
    const wasClick = drag && !drag.moved;
    drag = undefined;
    if (!wasClick) return;
    const box = canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const hit = shown.findIndex((one) => {
      const from = px(one.start);
      const to = Math.max(from + 4, px(one.end === null ? data.to : one.end));
      return from - 2 <= x && x <= to && one.places.some(([top, bottom]) => py(top) - 3 <= y && y <= py(bottom) + 3);
    });
    if (hit !== -1) choose(hit);
  });
  for (const button of document.querySelectorAll('button[data-key]')) {
    button.addEventListener('click', () => KEYS[button.dataset.key]());
  }
  filter.addEventListener('change', () => { shown = visible(); chosen = -1; said.textContent = ''; draw(); });
  window.addEventListener('resize', draw);
  document.documentElement.dataset.ready = 'yes';
  draw();
})();
`;
