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

const uChart = (root) => {
  let data, words, overlay;
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
    const axes = new Set(['xaxis', 'yaxis', ...Object.keys(own).filter((key) => /^[xy]axis\d*$/.test(key))]);
    for (const name of axes) base[name] = axis;
    return uMerge(base, own);
  };
  const show = (index) => uPlotly().then((Plotly) => {
    if (!root.isConnected || index >= data.frames.length) return;
    const colour = uColours(root);
    const traces = (overlay ?? []).filter((trace) => trace.mode !== 'text').map((trace) => ({
      ...uResolve(trace, colour), opacity: 0.45, name: `${trace.name ?? ''} (A)`,
      line: { ...uResolve(trace.line ?? {}, colour), dash: 'dash' },
    })).concat(uResolve(data.frames[index], colour));
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
  const frame = uFrame(root, show, rows);
  frame.canvas.setAttribute('role', 'img');
  uThemeWatch(root, () => frame.redraw());
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
