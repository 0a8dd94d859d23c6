const HEIGHT = 380; // px, so that the picture's place is there before Plotly is

// What draws in the plane is a third of Plotly, and compiled already, as the page's header asks: it is here before
// what else stands on the page. The whole is for pictures in space.
const PLANE = '/assets/plotly/plotly-cartesian.min.js', WHOLE = '/vendor/plotly.min.js';
const uPlotly = (path) => (window.__plotly ??= {})[path] ??= import(location.origin + path).then(() => window.Plotly);

const uResolve = (value, colour) => {
  if (typeof value === 'string') return value.startsWith('var(--') ? colour(value.slice(4, -1)) : value;
  if (Array.isArray(value)) return typeof value[0] === 'number' ? value : value.map((item) => uResolve(item, colour));
  if (value && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, uResolve(item, colour)]));
  }
  return value;
};

const uMerge = (under, over) => {
  const merged = { ...under };
  for (const [key, value] of Object.entries(over ?? {})) {
    const both = value && typeof value === 'object' && !Array.isArray(value) && merged[key] && typeof merged[key] === 'object';
    merged[key] = both ? uMerge(merged[key], value) : value;
  }
  return merged;
};

// On a phone the words beside the ends of lines would take half of the picture: there they stand above it.
const NARROW = 420; // px
// A word with no room there is left out: its trace says meta.wide.
const uEnd = (trace) => trace.mode === 'text' && trace.cliponaxis === false && trace.x?.length === 1 && /^middle (left|right)$/.test(trace.textposition);

// Plotly takes about ten times as long to draw a frame as the browser to put up a copy of the drawing. So copies
// stand in while somebody scrubs; the drawing itself, which answers the pointer, as soon as that rests.
const REST = 250; // ms

const uCopies = (canvas, bar, draw) => {
  const copies = new Map(), idle = window.requestIdleCallback ?? setTimeout;
  let live = null, drawn = -1, shown = -1, count = 0, turn = 0, timer;
  // Nothing is copied before somebody reaches for the scrubber, nor what the pointer brought up on the picture.
  const wanted = () => count > 1 && bar.matches(':hover, :focus-within') && !canvas.matches(':hover');
  const put = (node) => { if (node && canvas.firstChild !== node) canvas.replaceChildren(node); };
  const make = async (index) => {
    const mine = ++turn;
    put(live);
    await draw(index);
    if (mine !== turn || index >= count) return;
    [live, drawn] = [canvas.firstChild, index];
    // What WebGL drew cannot be copied.
    if (live && wanted() && !live.querySelector('canvas')) copies.set(index, live.cloneNode(true));
  };
  const settle = () => { if (canvas.firstChild !== live || drawn !== shown) return make(shown); };
  const nearest = () => [...Array(count).keys()].filter((index) => !copies.has(index))
    .sort((one, other) => Math.abs(one - shown) - Math.abs(other - shown))[0];
  // The frames nobody has seen yet, one whenever the browser has nothing else to do.
  const prepare = async () => {
    const next = nearest();
    if (next === undefined || !wanted() || !canvas.isConnected) return settle();
    await make(next);
    if (!copies.has(next)) return settle();
    put(copies.get(shown));
    later(0);
  };
  const later = (wait) => { clearTimeout(timer); timer = setTimeout(() => idle(prepare), wait); };
  for (const kind of ['focusin', 'pointerenter']) bar.addEventListener(kind, () => later(0));
  canvas.addEventListener('pointerenter', settle);
  return {
    resized() { copies.clear(); if (live) settle(); },
    forget(frames) { copies.clear(); count = frames; drawn = -1; },
    show(index) {
      shown = index;
      if (wanted()) later(REST);
      const copy = wanted() && copies.get(index);
      return copy ? put(copy) : make(index);
    },
  };
};

const uChart = (root) => {
  let data, words, overlay, narrow = false;
  const layout = (colour) => {
    const axis = {
      gridcolor: colour('--u-line'), zerolinecolor: colour('--u-line'), linecolor: colour('--u-line'),
      tickfont: { size: 13 }, title: { font: { size: 14 }, standoff: 8 }, automargin: true,
    };
    const base = {
      paper_bgcolor: 'rgba(0,0,0,0)', plot_bgcolor: 'rgba(0,0,0,0)', height: HEIGHT,
      font: { family: getComputedStyle(root).fontFamily, size: 14, color: colour('--u-ink') },
      margin: { l: 56, r: 16, t: 12, b: 48 }, showlegend: false, autosize: true,
      separators: words.decimal === ',' ? ',.' : '.,', hoverlabel: { font: { size: 13 } },
    };
    let own = uResolve(data.layout, colour);
    if (narrow) {
      own = uMerge(own, own.meta?.narrow);
      if (ends(0).length) own.margin = { ...own.margin, l: base.margin.l, r: base.margin.r };
      axis.nticks = 6;
      axis.tickangle = 0;
      axis.tickfont = { size: 12 };
      // Two panels side by side stand one above the other.
      if (own.xaxis2?.domain && own.yaxis2 && !own.yaxis2.domain) {
        own.xaxis = { ...own.xaxis, domain: [0, 1] };
        own.xaxis2 = { ...own.xaxis2, domain: [0, 1] };
        own.yaxis = { ...own.yaxis, domain: [0.6, 1] };
        own.yaxis2 = { ...own.yaxis2, domain: [0, 0.4] };
        own.height = 1.6 * (own.height ?? HEIGHT);
      }
    }
    const axes = new Set(['xaxis', 'yaxis', ...Object.keys(own).filter((key) => /^[xy]axis\d*$/.test(key))]);
    for (const name of axes) base[name] = axis;
    return uMerge(base, own);
  };
  const ends = (index) => narrow ? data.frames[index].filter(uEnd) : [];
  const closer = (trace) => {
    if (!narrow) return trace;
    const own = uMerge(trace, trace.meta?.narrow);
    // Many marks side by side would cover one another.
    return own.marker?.symbol && own.x.length > 16 ? uMerge(own, { marker: { size: 0.45 * own.marker.size } }) : own;
  };
  const tell = (index) => {
    narrow = root.clientWidth < NARROW;
    frame.canvas.style.minHeight = `${(narrow && data.layout.meta?.narrow?.height) || (data.layout.height ?? HEIGHT)}px`;
    const told = ends(index);
    key.hidden = !told.length;
    if (!told.length) return;
    const colour = uColours(root);
    key.replaceChildren(...told.map((trace) => {
      const word = uElement('span', '', null, `${trace.text[0]}`.trim());
      word.style.color = uResolve(trace.textfont.color, colour);
      return word;
    }));
    colour.done();
  };
  // Plotly takes the place of a word that was empty once away for good.
  const named = (trace) => Array.isArray(trace.text) ? { ...trace, text: trace.text.map((word) => word === '' ? ' ' : word) } : trace;
  let library = null;
  const inSpace = () => data.frames.some((traces) => traces.some(({ type }) => type?.endsWith('3d')));
  const draw = (index) => uPlotly(inSpace() ? WHOLE : PLANE).then((Plotly) => {
    if (!root.isConnected || index >= data.frames.length) return;
    if (library && library !== Plotly) library.purge(frame.canvas);
    library = Plotly;
    const colour = uColours(root), told = ends(index);
    const traces = (overlay ?? []).filter((trace) => trace.mode !== 'text').map((trace) => ({
      ...uResolve(trace, colour), opacity: 0.45, name: `${trace.name ?? ''} (A)`,
      line: { ...uResolve(trace.line ?? {}, colour), dash: 'dash' },
    })).concat(uResolve(data.frames[index].filter((trace) => !told.includes(trace) && !(narrow && trace.meta?.wide)).map(closer).map(named), colour));
    const full = layout(colour);
    colour.done();
    return Plotly.react(frame.canvas, traces, full, { displayModeBar: false, responsive: true, scrollZoom: false });
  });
  // As the axis says it.
  const read = (axis, value) => typeof value === 'number' && data.layout[axis]?.tickformat?.endsWith('%') ? `${uNumber(100 * value, words)}%` : value;
  const rows = (index) => {
    const out = [];
    for (const trace of data.frames[index]) {
      // Shapes whose coordinates are no numbers that were measured bring those along.
      if (trace.meta?.table) { out.push(...trace.meta.table); continue; }
      const [x, y, z] = [trace.x ?? [], trace.y ?? [], trace.z ?? []];
      const labels = Array.isArray(trace.text) ? trace.text : [];
      if (Array.isArray(z[0])) z.forEach((line, i) => line.forEach((cell, j) => out.push([trace.name ?? '', x[j] ?? j, y[i] ?? i, cell])));
      else y.forEach((value, i) => out.push([labels[i] ? `${trace.name ?? ''} ${labels[i]}` : trace.name ?? '', read('xaxis', x[i]), read('yaxis', value), ...(z.length ? [z[i]] : [])]));
    }
    const wide = Math.max(2, ...out.map((line) => line.length));
    if (data.layout.meta?.table) return [data.layout.meta.table, ...out];
    const title = (name, fallback) => data.layout[name]?.title?.text ?? fallback;
    return [['', title('xaxis', 'x'), title('yaxis', 'y'), 'z'].slice(0, wide), ...out];
  };
  const key = uElement('div', 'u-key', root);
  const frame = uFrame(root, (index) => { tell(index); return copies.show(index); }, rows);
  const apart = uElement('p', 'u-apart', root);
  const copies = uCopies(frame.canvas, frame.bar, draw);
  const anew = () => { if (data) { copies.forget(data.frames.length); frame.redraw(); } };
  frame.canvas.setAttribute('role', 'img');
  uThemeWatch(root, anew);
  new ResizeObserver(() => (root.clientWidth < NARROW) !== narrow ? anew() : copies.resized()).observe(root);
  return {
    update(message) {
      ({ spec: data, words, overlay } = message);
      apart.textContent = message.alone ? words.alone : '';
      frame.canvas.setAttribute('aria-label', words.title);
      copies.forget(data.frames.length);
      frame.update(data, words);
    },
  };
};

export default uPicture(uChart);
