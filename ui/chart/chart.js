const HEIGHT = 380; // px, so that the picture's place is there before Plotly is

const uPlotly = () => window.__plotly ??= new Promise((done, failed) => {
  const tag = Object.assign(document.createElement('script'), {
    src: '/vendor/plotly.min.js', onload: () => done(window.Plotly), onerror: failed,
  });
  document.head.append(tag);
});

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
    const own = uResolve(data.layout, colour);
    if (narrow) {
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
  // Many marks side by side would cover one another.
  const closer = (trace) => narrow && trace.marker?.symbol && trace.x.length > 16
    ? { ...trace, marker: { ...trace.marker, size: 0.45 * trace.marker.size } } : trace;
  const show = (index) => uPlotly().then((Plotly) => {
    if (!root.isConnected || index >= data.frames.length) return;
    const colour = uColours(root);
    narrow = root.clientWidth < NARROW;
    const told = ends(index);
    key.hidden = !told.length;
    key.replaceChildren(...told.map((trace) => {
      const word = uElement('span', '', null, `${trace.text[0]}`.trim());
      word.style.color = uResolve(trace.textfont.color, colour);
      return word;
    }));
    const traces = (overlay ?? []).filter((trace) => trace.mode !== 'text').map((trace) => ({
      ...uResolve(trace, colour), opacity: 0.45, name: `${trace.name ?? ''} (A)`,
      line: { ...uResolve(trace.line ?? {}, colour), dash: 'dash' },
    })).concat(uResolve(data.frames[index].filter((trace) => !told.includes(trace) && !(narrow && trace.meta?.wide)).map(closer), colour));
    const full = layout(colour);
    colour.done();
    return Plotly.react(frame.canvas, traces, full, { displayModeBar: false, responsive: true, scrollZoom: false });
  });
  const rows = (index) => {
    const out = [];
    for (const trace of data.frames[index]) {
      // Shapes whose coordinates are no numbers that were measured bring those along.
      if (trace.meta?.table) { out.push(...trace.meta.table); continue; }
      const [x, y, z] = [trace.x ?? [], trace.y ?? [], trace.z ?? []];
      const labels = Array.isArray(trace.text) ? trace.text : [];
      if (Array.isArray(z[0])) z.forEach((line, i) => line.forEach((cell, j) => out.push([trace.name ?? '', x[j] ?? j, y[i] ?? i, cell])));
      else y.forEach((value, i) => out.push([labels[i] ? `${trace.name ?? ''} ${labels[i]}` : trace.name ?? '', x[i], value, ...(z.length ? [z[i]] : [])]));
    }
    const wide = Math.max(2, ...out.map((line) => line.length));
    if (data.layout.meta?.table) return [data.layout.meta.table, ...out];
    const title = (name, fallback) => data.layout[name]?.title?.text ?? fallback;
    return [['', title('xaxis', 'x'), title('yaxis', 'y'), 'z'].slice(0, wide), ...out];
  };
  const key = uElement('div', 'u-key', root);
  const frame = uFrame(root, show, rows);
  frame.canvas.setAttribute('role', 'img');
  uThemeWatch(root, () => frame.redraw());
  new ResizeObserver(() => { if (data && (root.clientWidth < NARROW) !== narrow) frame.redraw(); }).observe(root);
  return {
    update(message) {
      ({ spec: data, words, overlay } = message);
      frame.canvas.setAttribute('aria-label', words.title);
      frame.canvas.style.minHeight = `${data.layout.height ?? HEIGHT}px`;
      frame.update(data, words);
    },
  };
};

export default uPicture(uChart);
