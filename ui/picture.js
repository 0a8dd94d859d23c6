// What every picture has: a scrubber through its frames, a table of its numbers, and the theme's colours.

// All pictures of a page that show the same run move together.
const U_MOVED = 'unrolled-frame';

// What ui/payload.py packed.
const uUnpacked = (bytes) => JSON.parse(new TextDecoder().decode(bytes));

const uSame = (one, other) => one?.length === other?.length && one.every((byte, i) => byte === other[i]);

const uNumber = (value, words, digits) => {
  if (value === null || value === undefined) return '–';
  if (typeof value !== 'number') return String(value);
  const short = digits === undefined && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
  const text = (digits === undefined ? String(short) : value.toFixed(digits)).replaceAll('-', '−');
  return words.decimal === ',' ? text.replace('.', ',') : text;
};

const uElement = (tag, name, parent, text) => {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (text !== undefined) element.textContent = text;
  if (parent) parent.append(element);
  return element;
};

const uRgb = (() => {
  const known = new Map();
  let pen;
  return (colour) => {
    if (!known.has(colour)) {
      pen ??= Object.assign(document.createElement('canvas'), { width: 1, height: 1 }).getContext('2d', { willReadFrequently: true });
      pen.clearRect(0, 0, 1, 1);
      pen.fillStyle = colour;
      pen.fillRect(0, 0, 1, 1);
      known.set(colour, [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3));
    }
    return known.get(colour);
  };
})();

// The value of a custom property as the browser computes it here: light-dark() is resolved only in a colour.
// Each costs a computation of styles, so that they are kept until the theme changes.
const uColours = (root) => {
  let probe;
  const found = root.__colours ??= {};
  const colour = (name) => {
    if (!(name in found)) {
      probe ??= uElement('span', '', root);
      probe.style.color = `var(${name})`;
      found[name] = getComputedStyle(probe).color;
    }
    return found[name];
  };
  colour.done = () => probe?.remove();
  return colour;
};

const uThemeWatch = (root, redraw) => {
  const app = document.querySelector('.stApp');
  const scheme = () => getComputedStyle(app).colorScheme + getComputedStyle(app).backgroundColor;
  let last = scheme();
  const look = () => {
    if (!root.isConnected) return observer.disconnect();
    if (scheme() !== last) { last = scheme(); root.__colours = {}; redraw(); }
  };
  const observer = new MutationObserver(look);
  observer.observe(app, { attributeFilter: ['class', 'style'] });
  observer.observe(document.head, { childList: true });
};

// What is in sight is drawn at once; the rest when the browser has nothing else to do, each kind of work once.
const uInSight = (root) => {
  let seen = root.getBoundingClientRect().top < window.innerHeight;
  const waiting = new Map();
  const idle = window.requestIdleCallback ?? ((work) => setTimeout(work, 100)); // Safari has none
  const catchUp = () => { for (const [kind, work] of waiting) { waiting.delete(kind); work(); } };
  new IntersectionObserver((entries) => { seen = entries.at(-1).isIntersecting; if (seen) catchUp(); }).observe(root);
  return (kind, work) => {
    if (seen) { catchUp(); return work(); }
    if (!waiting.size) idle(catchUp);
    waiting.set(kind, work);
  };
};

// A play button and a slider: the picture's own, and that of a diagram's walk.
const uScrubber = (parent, { go, start, next, pace }) => {
  const bar = uElement('div', 'u-scrub', parent);
  const play = uElement('button', '', bar, '▶');
  play.type = 'button';
  const name = uElement('span', '', bar);
  const range = uElement('input', '', bar);
  range.type = 'range';
  range.min = 0;
  const output = uElement('output', '', bar);
  let timer = null, words = {};
  const still = () => { clearInterval(timer); timer = null; play.textContent = '▶'; play.setAttribute('aria-label', words.play ?? ''); };
  play.onclick = () => {
    if (timer) return still();
    play.textContent = '❚❚';
    play.setAttribute('aria-label', words.pause);
    start();
    timer = setInterval(() => { if (!next()) still(); }, pace);
  };
  range.oninput = () => { if (timer) still(); go(Number(range.value)); };
  return {
    bar,
    at(index, text) {
      range.value = index;
      output.textContent = text;
      range.setAttribute('aria-valuetext', text);
    },
    index: () => Number(range.value),
    update(count, title, phrases) {
      words = phrases;
      name.textContent = title;
      range.setAttribute('aria-label', title);
      bar.hidden = count < 2;
      range.max = Math.max(0, count - 1);
      if (!timer) still();
    },
  };
};

// Builds the scrubber and the table once; `show(frame index)` draws a frame, `rows(frame index)` is its table.
const uFrame = (root, show, rows) => {
  const canvas = uElement('div', 'u-canvas', root);
  const scrubber = uScrubber(root, {
    go: (to) => go(to),
    start: () => { if (atEnd) go(0); },
    next: () => { if (wanted === null) go(index + 1); return wanted !== null || !atEnd; },
    pace: 180,
  });
  const details = uElement('details', 'u-table', root);
  const summary = uElement('summary', '', details);
  const box = uElement('div', '', details);
  box.tabIndex = 0;
  box.setAttribute('role', 'region');
  let data = { steps: [] }, words = {}, index = 0, atEnd = false;
  let wanted = null; // a frame that is asked for and on its way: until it is here, what is shown stays

  const fill = () => {
    if (!details.open) return;
    const made = uElement('table');
    const lines = rows(index);
    lines.forEach((line, i) => {
      const row = uElement('tr', '', i ? (made.tBodies[0] ?? made.createTBody()) : made.createTHead());
      line.forEach((cell) => { const at = uElement(i ? 'td' : 'th', '', row, uNumber(cell, words)); if (!i) at.scope = 'col'; });
    });
    box.replaceChildren(made);
  };
  const draw = () => {
    show(index); // before anything else is written, for it measures its place
    scrubber.at(index, words.step.replace('{step}', data.steps[index]));
    fill();
  };
  const go = (to, tell = true) => {
    to = Math.max(0, Math.min(to, data.steps.length - 1));
    wanted = data.frames[to] ? null : to;
    if (wanted !== null) return;
    index = to;
    atEnd = index === data.steps.length - 1;
    draw();
    if (tell) window.dispatchEvent(new CustomEvent(U_MOVED, { detail: { from: root, steps: data.steps.join(), index } }));
  };
  details.ontoggle = fill;
  const follow = (event) => {
    if (!root.isConnected) { window.removeEventListener(U_MOVED, follow); return; }
    const { from, steps, index: to } = event.detail;
    if (from !== root && steps === data.steps.join() && to !== index) root.__inSight('scrub', () => go(to, false));
  };
  window.addEventListener(U_MOVED, follow);

  const same = (fresh) => fresh.steps[0] === data.steps[0] && fresh.steps[1] === data.steps[1];

  return {
    canvas,
    bar: scrubber.bar,
    redraw: () => data.steps.length && draw(),
    showsNewest: (fresh) => (same(fresh) ? atEnd : !fresh.opens_first),
    update(fresh, phrases) {
      if (!same(fresh)) { index = 0; atEnd = !fresh.opens_first; wanted = null; }
      data = fresh;
      words = phrases;
      scrubber.update(data.steps.length, words.training, words);
      summary.textContent = words.table;
      box.setAttribute('aria-label', `${words.table}: ${words.title}`);
      if (atEnd) index = data.steps.length - 1;
      index = Math.min(index, data.steps.length - 1);
      if (wanted !== null && data.frames[wanted]) go(wanted); else draw();
    },
  };
};

// Whether this answers an earlier key press than the one whose picture ui/ahead has drawn.
const uLate = (root, data) => {
  if (!root.__ahead) return false;
  const { field, value } = root.__ahead;
  const slider = document.querySelector(`.st-key-${field} input[type=range]`);
  if (Number(slider?.value) === value && uUnpacked(data).view?.[field] !== value) return true;
  root.__ahead = null;
  return false;
};

// What Streamlit calls with every message. A change of a control draws the stage, then the page: what stands
// already is not drawn again.
const uPicture = (make) => ({ data, parentElement }) => {
  const root = parentElement.querySelector('.u-picture');
  if (root.__data && uSame(root.__data, data)) return;
  if (uLate(root, data)) return;
  root.__data = data;
  root.__inSight ??= uInSight(root);
  root.__inSight('update', () => {
    root.__picture ??= make(root);
    root.__picture.update(uUnpacked(data));
  });
};
