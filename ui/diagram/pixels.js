// Grids of many small numbers, each drawn on one canvas: pictures (ink) and feature maps (map).
const U_PIXELS = ['ink', 'map'];

// The numbers of a packed grid (ui/payload.py), row after row: 16 bits each, unpacked when first looked at.
const uHalves = (() => {
  const known = new WeakMap();
  let all; // what each of 65,536 patterns means: Float16Array is too new for many browsers
  const meanings = () => Float32Array.from({ length: 65536 }, (_, bits) => {
    const power = (bits >> 10) & 31, part = bits & 1023, sign = bits & 32768 ? -1 : 1;
    if (power === 31) return NaN;
    return sign * (power ? 2 ** (power - 15) * (1 + part / 1024) : 2 ** -14 * (part / 1024));
  });
  return (packed) => {
    if (!known.has(packed)) {
      all ??= meanings();
      const bytes = atob(packed.half), numbers = new Float32Array(bytes.length / 2);
      for (let i = 0; i < numbers.length; i++) numbers[i] = all[bytes.charCodeAt(2 * i) | (bytes.charCodeAt(2 * i + 1) << 8)];
      known.set(packed, numbers);
    }
    return known.get(packed);
  };
})();

// One number of a grid, packed or as rows of columns; what is no number is a gap.
const uPick = (grid, r, c) => {
  if (!grid?.half) return grid?.[r]?.[c];
  if (r < 0 || c < 0 || r >= grid.rows || c >= grid.columns) return undefined;
  const number = uHalves(grid)[r * grid.columns + c];
  return Number.isNaN(number) ? null : number;
};

// 256 colours from paper to ink, or 511 from negative over zero to positive, as a canvas keeps them.
const uRamp = (() => {
  const known = new Map();
  return (kind, { cell, ink, pos, neg }) => {
    const ends = kind === 'ink' ? [ink] : [neg, pos], key = `${kind}|${cell}|${ends.join('|')}`;
    if (!known.has(key)) {
      const half = (end, i) => {
        const part = kind === 'ink' ? i / 255 : (i / 255) ** 0.8;
        const [red, green, blue] = cell.map((from, k) => Math.round(from + (end[k] - from) * part));
        return (255 << 24 | blue << 16 | green << 8 | red) >>> 0;
      };
      const colours = kind === 'ink' ? [] : Array.from({ length: 255 }, (_, i) => half(neg, 255 - i));
      known.set(key, Uint32Array.from([...colours, ...Array.from({ length: 256 }, (_, i) => half(ends.at(-1), i))]));
    }
    return known.get(key);
  };
})();

// One grid's canvas, and over it what is marked: the touched pixel, where it looks, boxes.
const uSheet = (grid, parent, { rows = 0, columns = 0 } = {}) => {
  const body = uElement('div', 'u-cells u-pixels', parent);
  body.dataset.grid = grid.name;
  body.style.setProperty('--columns', columns);
  body.style.setProperty('--lines', rows);
  const canvas = uElement('canvas', '', body);
  Object.assign(canvas, { width: columns || 1, height: rows || 1 });
  const pen = canvas.getContext('2d'), image = pen.createImageData(columns || 1, rows || 1);
  const dots = new Uint32Array(image.data.buffer);
  const boxes = uElement('div', 'u-layer', body), marks = uElement('div', 'u-layer', body);
  let drawn = [], framed, size = grid.pixel;

  const lay = (name, to, [x, y, w, h]) => {
    const mark = uElement('div', name, to);
    Object.entries({ x, y, w, h }).forEach(([key, value]) => mark.style.setProperty(`--${key}`, value));
    return mark;
  };
  const frame = (of) => {
    if (of === framed) return;
    framed = of;
    boxes.replaceChildren();
    for (const { box: [x0, y0, x1, y1], series, label, dashed, cell, quiet } of of ?? []) {
      const made = lay('u-box', boxes, [x0, y0, x1 - x0, y1 - y0]);
      made.style.setProperty('--series', `var(--u-${series.replaceAll('_', '-')})`);
      made.classList.toggle('u-dashed', !!dashed);
      made.classList.toggle('u-quiet', !!quiet);
      made.dataset.cell = (Array.isArray(cell?.[0]) ? cell : cell ? [cell] : []).map((one) => one.join('|')).join(' ');
      if (label) made.classList.add(...[[y0 * size < 17, 'u-below'], [x0 + x1 > columns, 'u-leftwards']].filter(([is]) => is).map(([, name]) => name));
      if (label) uElement('span', '', made, label);
    }
  };

  return {
    body, canvas, rows, columns,
    has: (r, c) => r >= 0 && c >= 0 && r < rows && c < columns,
    sized(to) { size = to; body.style.setProperty('--p', `${to}px`); },
    paint(numbers, scale, colours) {
      const ramp = uRamp(grid.kind, colours), now = [numbers, scale, ramp];
      if (now.every((part, i) => part === drawn[i])) return;
      drawn = now;
      const top = ramp.length === 256 ? 0 : 255, all = numbers?.half ? uHalves(numbers) : [];
      for (let i = 0; i < dots.length; i++) {
        const part = all[i] / scale; // a gap, and what is not there, is no number: transparent
        dots[i] = part === part ? ramp[top + Math.round(255 * Math.max(top ? -1 : 0, Math.min(1, part)))] : 0;
      }
      pen.putImageData(image, 0, 0);
    },
    frame,
    // Those that belong to the touched cell are drawn thick.
    thick(key) { for (const box of boxes.children) box.classList.toggle('u-thick', box.dataset.cell.split(' ').includes(key)); },
    clear: () => marks.replaceChildren(),
    mark: (name, r, c) => lay(`u-mark ${name}`, marks, [c, r, 1, 1]),
    // Where a cell looks; what lies outside of the picture is cut off.
    look(r, c, [stride, extent, offset]) {
      const edge = (at, most) => [Math.max(0, at * stride + offset), Math.min(most, at * stride + offset + extent)];
      const [y0, y1] = edge(r, rows), [x0, x1] = edge(c, columns);
      if (y1 > y0 && x1 > x0) lay('u-mark u-looks', marks, [x0, y0, x1 - x0, y1 - y0]);
    },
    // Pixels that fill a rectangle get one outline, others one each.
    sources(pixels) {
      const inside = pixels.filter(([r, c]) => r >= 0 && c >= 0 && r < rows && c < columns);
      if (!inside.length) return;
      const [down, right] = [0, 1].map((i) => inside.map((pixel) => pixel[i]));
      const [y0, y1, x0, x1] = [Math.min(...down), Math.max(...down), Math.min(...right), Math.max(...right)];
      const [h, w] = [y1 - y0 + 1, x1 - x0 + 1];
      if (new Set(inside.map(String)).size === h * w) lay('u-mark u-source', marks, [x0, y0, w, h]);
      else inside.forEach(([r, c]) => lay('u-mark u-source', marks, [c, r, 1, 1]));
    },
    // Which pixel lies under, or nearest to, a point of the window.
    at(x, y) {
      const { left, top, width, height } = canvas.getBoundingClientRect();
      const within = (part, most) => Math.max(0, Math.min(most - 1, Math.floor(part * most)));
      return [within((y - top) / height, rows), within((x - left) / width, columns)];
    },
    rect(r, c) {
      const { left, top, width, height } = canvas.getBoundingClientRect();
      return new DOMRect(left + (c * width) / columns, top + (r * height) / rows, width / columns, height / rows);
    },
  };
};
