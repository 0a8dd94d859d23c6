// A pad to draw on: with mouse or finger, or with a pen that the arrow keys move.
const U_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const U_PACE = 60; // milliseconds between two messages while drawing
const U_PATIENCE = 600; // after which an answer is no longer waited for

// Points that a line drawn without them would pass within `near` are left out (Ramer, Douglas, Peucker).
const uThinned = (points, near) => {
  if (points.length < 3) return points;
  const [[x0, y0], [x1, y1]] = [points[0], points.at(-1)], length = Math.hypot(x1 - x0, y1 - y0);
  let far = 0, at = 0;
  points.forEach(([x, y], i) => {
    const off = length ? Math.abs((x - x0) * (y1 - y0) - (y - y0) * (x1 - x0)) / length : Math.hypot(x - x0, y - y0);
    if (off > far) { far = off; at = i; }
  });
  if (far <= near) return [points[0], points.at(-1)];
  return [...uThinned(points.slice(0, at + 1), near).slice(0, -1), ...uThinned(points.slice(at), near)];
};

// Strokes as explainers/support/drawing.py reads them, with as few points as their length allows.
const uStrokesText = (strokes, size, most) => {
  const cell = (v) => U_ALPHABET[Math.max(0, Math.min(size - 1, Math.round(v)))];
  for (let near = 0.4; ; near *= 1.5) {
    const text = strokes.map((stroke) => {
      const points = uThinned(stroke, near).map(([x, y]) => cell(x) + cell(y));
      return points.filter((point, i) => point !== points[i - 1]).join('');
    }).join('.');
    if (text.length <= most || !strokes.length) return text;
    if (near > size) strokes = strokes.slice(0, -1);
  }
};
const uStrokesOf = (text) => (/^(?:[\w-]{2})+(?:\.(?:[\w-]{2})+)*$/.test(text) ? text.split('.') : []).map((stroke) =>
  stroke.match(/../g).map((pair) => [...pair].map((letter) => U_ALPHABET.indexOf(letter))));

const uPad = (root, tell) => {
  let data, words = {}, strokes = [], picture = null, pen = null, down = false, drawing = false;
  let known = '', sent = [], waiting = null, frame = 0, last = 0; // what the server knows; what it was told and has not answered

  const sheet = uElement('div', 'u-pad-sheet', root);
  sheet.tabIndex = 0;
  sheet.setAttribute('role', 'application');
  const canvas = uElement('canvas', '', sheet);
  const hint = uElement('div', 'u-pad-hint', sheet);
  const state = uElement('div', 'u-pad-state', root);
  state.setAttribute('aria-live', 'polite');
  const bar = uElement('div', 'u-pad-bar', root);
  const button = (act) => { const made = uElement('button', '', bar); made.type = 'button'; made.onclick = act; return made; };
  const clear = button(() => wipe());
  const choose = button(() => file.click());
  const file = uElement('input', '', bar);
  file.type = 'file';
  file.accept = 'image/png,image/jpeg,image/gif,image/webp,image/bmp';
  file.hidden = true;

  const draw = () => {
    const pixels = Math.round(sheet.clientWidth * (window.devicePixelRatio || 1)) || 1;
    if (canvas.width !== pixels) canvas.width = canvas.height = pixels;
    const brush = canvas.getContext('2d'), unit = pixels / data.size, colour = uColours(root);
    const [ink, accent, paper] = ['--u-ink', '--u-accent', '--u-cell'].map((name) => colour(name));
    colour.done();
    brush.fillStyle = paper;
    brush.fillRect(0, 0, pixels, pixels);
    brush.strokeStyle = brush.fillStyle = ink;
    brush.lineWidth = 2 * data.pen * unit;
    brush.lineCap = brush.lineJoin = 'round';
    const middle = (v) => (v + 0.5) * unit;
    for (const stroke of strokes) {
      brush.beginPath();
      stroke.forEach(([x, y], i) => brush[i ? 'lineTo' : 'moveTo'](middle(x), middle(y)));
      if (stroke.length === 1) brush.lineTo(middle(stroke[0][0]) + 0.01, middle(stroke[0][1]));
      brush.stroke();
    }
    if (picture) {
      const side = pixels / 28;
      picture.forEach((shade, i) => {
        brush.globalAlpha = shade / 15;
        brush.fillRect((4 + (i % 20)) * side, (4 + Math.floor(i / 20)) * side, side + 0.5, side + 0.5);
      });
      brush.globalAlpha = 1;
    }
    if (pen && document.activeElement === sheet) {
      brush.beginPath();
      brush.arc(middle(pen[0]), middle(pen[1]), data.pen * unit, 0, 7);
      brush.lineWidth = Math.max(2, unit);
      brush.strokeStyle = accent;
      brush.stroke();
      if (down) { brush.fillStyle = accent; brush.fill(); }
    }
    hint.hidden = strokes.length > 0 || picture !== null || document.activeElement === sheet;
    clear.disabled = !strokes.length && !picture;
  };
  // With the next frame, and once for all that happens before it: the message goes first.
  const paint = () => { cancelAnimationFrame(frame); frame = requestAnimationFrame(draw); };

  const say = () => {
    const at = pen && document.activeElement === sheet;
    state.textContent = at ? words[down ? 'down' : 'up'].replace('{x}', pen[0] + 1).replace('{y}', pen[1] + 1) : '';
  };

  // One message at a time: the next goes when the last was answered, with what stands there by then.
  const text = () => uStrokesText(strokes, data.size, data.most);
  const send = () => {
    clearTimeout(waiting);
    const now = performance.now(), due = sent.length ? last + U_PATIENCE : last + U_PACE;
    if (now < due) { waiting = setTimeout(send, due - now); return; }
    const value = text();
    if (value === (sent.at(-1) ?? known)) return;
    last = now;
    sent.push(value);
    tell('drawing', { text: value, at: now }); // never the same twice: what is told again is heard again
  };
  const changed = () => { picture = null; paint(); send(); };
  const wipe = () => { strokes = []; drawing = false; down = false; picture = null; last = 0; sent = []; paint(); say(); known = null; send(); };

  const place = ({ clientX, clientY }) => {
    const box = canvas.getBoundingClientRect();
    return [(clientX - box.left) / box.width, (clientY - box.top) / box.height].map((part) => Math.max(0, Math.min(data.size - 1, part * data.size - 0.5)));
  };
  sheet.addEventListener('pointerdown', (event) => {
    if (event.button) return;
    sheet.setPointerCapture(event.pointerId);
    pen = null; down = false; drawing = true;
    strokes.push([place(event)]);
    changed();
  });
  sheet.addEventListener('pointermove', (event) => {
    if (!drawing) return;
    const events = event.getCoalescedEvents?.() ?? [];
    strokes.at(-1).push(...(events.length ? events : [event]).map(place));
    changed();
  });
  const lift = () => { if (drawing) { drawing = false; send(); } };
  for (const kind of ['pointerup', 'pointercancel']) sheet.addEventListener(kind, lift);

  sheet.addEventListener('keydown', (event) => {
    const aim = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey || !(aim || [' ', 'Backspace', 'Delete'].includes(event.key))) return;
    event.preventDefault();
    pen ??= [data.size / 2, data.size / 4];
    if (aim) {
      pen = pen.map((v, i) => Math.max(0, Math.min(data.size - 1, v + aim[i] * (event.shiftKey ? 8 : 2))));
      if (down) { strokes.at(-1).push(pen); changed(); }
    } else if (event.key === ' ') {
      down = !down;
      if (down) { strokes.push([pen]); changed(); }
    } else wipe();
    paint();
    say();
  });
  sheet.addEventListener('focus', () => { if (!drawing && sheet.matches(':focus-visible')) pen ??= [data.size / 2, data.size / 4]; paint(); say(); });
  sheet.addEventListener('blur', () => { down = false; paint(); say(); });

  const upload = (one) => {
    if (!one) return;
    // Too large to be sent: the server says so all the same.
    if (one.size > data.largest) return tell('picture', 'A'.repeat(Math.ceil((data.largest * 4) / 3) + 8));
    const reader = new FileReader();
    reader.onload = () => tell('picture', reader.result.slice(reader.result.indexOf(',') + 1));
    reader.readAsDataURL(one);
  };
  file.onchange = () => { upload(file.files[0]); file.value = ''; };
  sheet.addEventListener('dragover', (event) => event.preventDefault());
  sheet.addEventListener('drop', (event) => { event.preventDefault(); upload(event.dataTransfer.files[0]); });
  new ResizeObserver(() => data && paint()).observe(sheet);
  uThemeWatch(root, () => paint());

  return (message) => {
    data = message;
    words = data.words;
    hint.textContent = words.hint;
    clear.textContent = words.clear;
    choose.textContent = words.choose;
    choose.title = words.kinds;
    file.setAttribute('aria-label', words.choose);
    sheet.setAttribute('aria-label', `${data.label}. ${words.keys}`);
    const answered = sent.indexOf(data.value);
    if (answered >= 0) {
      sent = sent.slice(answered + 1);
      known = data.value;
      if (!sent.length && text() !== known && !picture) send();
    } else if (data.value !== known && !drawing) {
      // Not from this pad: a link, a button, a picture.
      known = data.value;
      sent = [];
      strokes = uStrokesOf(known);
      picture = /^~[\w-]{267}$/.test(known) ? [...atob(known.slice(1).replaceAll('-', '+').replaceAll('_', '/') + '=')].flatMap((byte) => [byte.charCodeAt(0) >> 4, byte.charCodeAt(0) & 15]) : null;
    }
    paint();
    say();
  };
};

export default ({ data, parentElement, setStateValue, setTriggerValue }) => {
  const root = parentElement.querySelector('.u-pad');
  root.__tell = (name, value) => (name === 'picture' ? setTriggerValue : setStateValue)(name, value);
  root.__pad ??= uPad(root, (name, value) => root.__tell(name, value));
  root.__pad(data);
};
