const U_SVG = 'http://www.w3.org/2000/svg';

const uDiagram = (root) => {
  let data, words, overlay, cells = new Map(), boxes = new Map(), sheets = new Map(), stages = [], breaks = [], shape = '', touched = null, index = 0, form = 'wide', places = new Map();
  let fitted = null; // the width that the grids have their places for
  const by = (name) => data.grids.find((grid) => grid.name === name);
  const value = (name, r, c) => uPick(data.frames[index]?.[name], r, c);

  const text = (grid, number) => {
    if (number === null || number === undefined) return '⋯';
    if (typeof number === 'string') return number;
    if (grid.kind === 'ink') return uNumber(number, words, grid.digits);
    if (grid.kind === 'plain' || grid.kind === 'binary') return Number.isInteger(number) ? number.toLocaleString(words.decimal === ',' ? 'pt-BR' : 'en-US') : uNumber(number, words, grid.digits);
    if (grid.kind === 'share') return `${uNumber(number * 100, words, Math.abs(number - 0.5) > 0.489 ? 1 : 0)}%`;
    const size = uNumber(Math.abs(number), words, grid.digits), nothing = !/[1-9]/.test(size); // no sign before 0.00
    return (nothing ? '' : number < 0 ? '−' : grid.sign === false ? '' : '+') + size;
  };

  // Mixing in numbers lets the ink be chosen by contrast, so that every cell can be read in both themes.
  const paint = (cell, grid, number, colours) => {
    if (grid.kind === 'signed' || grid.kind === 'share' || (grid.kind === 'binary' && number)) {
      if (typeof number !== 'number') return;
      if (grid.kind === 'share') { cell.style.color = colours[number >= 0.5 ? 'posText' : 'negText']; return; }
      const part = grid.kind === 'binary' ? 1 : Math.min(1, Math.abs(number) / data.scale) ** 0.8;
      const end = number >= 0 ? colours.pos : colours.neg;
      const mixed = colours.cell.map((from, i) => Math.round(from + (end[i] - from) * part));
      const [red, green, blue] = mixed.map((v) => { const s = v / 255; return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4; });
      const light = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
      cell.style.background = `rgb(${mixed})`;
      cell.style.color = (light + 0.05) / 0.05 > 1.05 / (light + 0.05) ? '#000' : '#fff';
    }
  };

  const show = (to) => {
    index = to;
    const colour = uColours(root);
    const colours = { pos: uRgb(colour('--u-pos')), neg: uRgb(colour('--u-neg')), cell: uRgb(colour('--u-cell')), ink: uRgb(colour('--u-ink')), posText: colour('--u-positive'), negText: colour('--u-negative') };
    colour.done();
    let wider = false; // words of another length move the columns
    for (const [key, cell] of cells) {
      const [name, r, c] = key.split('|');
      const grid = by(name), number = value(name, +r, +c);
      cell.toggleAttribute('data-gap', number === null || number === undefined);
      wider ||= grid.kind === 'word' && cell.textContent !== text(grid, number);
      cell.textContent = text(grid, number);
      paint(cell, grid, number, colours);
      const then = ofA(name, r, c);
      const moved = grid.against ? value(grid.against, r, c) !== number : then !== null && text(grid, then) !== text(grid, number);
      cell.classList.toggle('u-moved', grid.kind !== 'share' && moved);
      if (grid.kind === 'share') {
        uElement('i', '', cell).style.width = `${number * 100}%`;
        if (then !== null) {
          uElement('i', 'u-then', cell).style.width = `${then * 100}%`;
          uElement('small', '', cell, `A ${text(grid, then)}`);
        }
      }
    }
    for (const [name, sheet] of sheets) {
      sheet.paint(data.frames[index][name], by(name).kind === 'ink' ? 1 : by(name).scale ?? data.scale, colours);
      sheet.frame(data.frames[index][`${name}/boxes`]);
    }
    for (const [name, box] of boxes) box.classList.toggle('u-same', !!by(name).against && !box.querySelector('.u-moved'));
    if (wider && fitted !== null) fit(); else explain();
  };

  const ofA = (name, r, c) => { const then = uPick(overlay?.[name], r, c); return typeof then === 'number' ? then : null; };

  // The same number in run A, at the end of its training.
  const beside = (grid, name, r, c) => {
    const then = ofA(name, r, c);
    if (then !== null) uElement('span', 'u-beside', line, `A ${text(grid, then)}`);
  };

  // A grid and all that it was made from, along the arrows.
  const origins = (name) => {
    const found = new Set([name]);
    for (const one of found) for (const { start, end } of data.arrows) if (end === one) found.add(start);
    return found;
  };

  // A row or column of a template: 3, r, c, r+1, 2c-2, r/2+1.
  const spotOf = (term, r, c) => {
    const [, times, of, parts, more] = term?.match(/^(?:(\d*)([rc])(?:\/(\d+))?)?([+-]?\d+)?$/) ?? [];
    if (!of && more === undefined) return null;
    return (of ? Math.floor((of === 'r' ? r : c) * (times || 1) / (parts || 1)) : 0) + Number(more ?? 0);
  };

  const explain = () => {
    for (const cell of cells.values()) cell.classList.remove('u-source', 'u-self');
    for (const sheet of sheets.values()) { sheet.clear(); sheet.thick(touched ? `${touched.name}|${touched.r}|${touched.c}` : null); }
    const grid = touched && by(touched.name), now = grid?.step ?? null;
    const from = data.traced && touched ? origins(touched.name) : null;
    const later = (name) => from ? !from.has(name) : now !== null && (by(name).step ?? now) > now;
    for (const [name, box] of boxes) {
      box.classList.toggle('u-touched', touched?.name === name);
      box.classList.toggle('u-later', later(name));
    }
    for (const arrow of svg.querySelectorAll('g')) {
      const { end } = arrow.dataset;
      arrow.classList.toggle('u-hot', end === touched?.name || (!from && now !== null && by(end).step === now));
      arrow.classList.toggle('u-later', later(end));
    }
    if (touched) {
      for (const [name, look] of Object.entries(grid.looks ?? {})) sheets.get(name)?.look(touched.r, touched.c, look);
      sheets.get(touched.name)?.mark('u-self', touched.r, touched.c);
    }
    const room = places.get(now);
    band.hidden = !room;
    if (room) Object.assign(band.style, room);
    const stop = data.walk ? data.walk.stops.findIndex(([name]) => name === touched?.name || (now !== null && by(name)?.step === now)) : -1;
    if (stop >= 0) walk.at(stop);
    if (!grid?.arithmetic) {
      const [hint, place] = sheets.size ? [words.hint_pixels, `${grid?.title || grid?.caption || ''}[${touched?.r}, ${touched?.c}] = `] : [words.hint, ''];
      line.textContent = grid ? `${sheets.has(touched.name) ? place : ''}${text(grid, value(touched.name, touched.r, touched.c))}` : hint;
      line.classList.toggle('u-hint', !grid);
      if (grid) {
        cells.get(`${touched.name}|${touched.r}|${touched.c}`)?.classList.add('u-self');
        beside(grid, touched.name, touched.r, touched.c);
      }
      return;
    }
    const { name, r, c } = touched;
    line.classList.remove('u-hint');
    const sources = new Map();
    write(grid.arithmetic.replace(/\{([A-Za-z_]\w*)(?::([^,{}]+),([^,{}]+))?\}/g, (whole, of, row, column) => {
      if (of === 'self') return text(grid, value(name, r, c));
      if (of === 'r' && row === undefined) return r;
      if (of === 'c' && row === undefined) return c;
      const other = by(of), at = [row, column].map((term) => spotOf(term, r, c));
      if (!other || at.includes(null)) return whole;
      cells.get(`${of}|${at[0]}|${at[1]}`)?.classList.add('u-source');
      sources.set(of, [...(sources.get(of) ?? []), at]);
      const found = value(of, ...at);
      return text({ ...other, kind: other.kind === 'hidden' ? 'signed' : other.kind }, found === undefined && U_PIXELS.includes(other.kind) ? 0 : found);
    }));
    for (const [of, at] of sources) sheets.get(of)?.sources(at);
    cells.get(`${name}|${r}|${c}`)?.classList.add('u-self');
    beside(grid, name, r, c);
  };

  // Terms between backquotes: the word above its number.
  const write = (filled) => line.replaceChildren(...filled.split('`').map((part, i) => {
    if (i % 2 === 0) return part.replace(/\+ ([+−])(?=\d)/g, '$1 '); // a sum is written 3 − 2, not 3 + −2
    const term = uElement('span', 'u-term');
    part.split('|').forEach((half) => uElement('span', '', term, half));
    return term;
  }));

  const touch = (key, focus) => {
    const [name, r, c] = key.split('|');
    touched = { name, r: +r, c: +c };
    for (const [other, cell] of cells) cell.tabIndex = other === key ? 0 : -1;
    for (const [other, { body }] of sheets) body.tabIndex = other === name ? 0 : -1;
    if (focus) (sheets.get(name)?.body ?? cells.get(key)).focus({ preventScroll: false });
    explain();
  };

  const move = (event) => {
    const aim = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!aim) return;
    event.preventDefault();
    const own = event.target.dataset.grid, sheet = sheets.get(own);
    if (sheet && !event.shiftKey && sheet.has(touched.r + aim[1], touched.c + aim[0])) return touch(`${own}|${touched.r + aim[1]}|${touched.c + aim[0]}`, true);
    const middle = (box) => [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
    const [x, y] = middle(sheet ? sheet.rect(touched.r, touched.c) : event.target.getBoundingClientRect());
    let best = null, least = Infinity;
    const weigh = (key, there) => {
      const [a, b] = middle(there);
      const along = (a - x) * aim[0] + (b - y) * aim[1], across = Math.abs((a - x) * aim[1]) + Math.abs((b - y) * aim[0]);
      if (there.width && along > 2 && along + 3 * across < least) { least = along + 3 * across; best = key; }
    };
    for (const [key, cell] of cells) weigh(key, cell.getBoundingClientRect());
    for (const [name, other] of sheets) {
      if (name === own || !other.rows) continue;
      const [r, c] = other.at(x, y);
      weigh(`${name}|${r}|${c}`, other.rect(r, c));
    }
    if (best) touch(best, true);
  };

  const tell = ({ title, href }, place) => {
    if (href) uElement('a', '', place, title).href = `${href}?lang=${words.language}`;
    else place.textContent = title;
    return place;
  };
  const build = () => {
    const linked = new Set();
    fitted = null;
    cells = new Map(); boxes = new Map(); sheets = new Map();
    layout.replaceChildren(band, svg);
    svg.replaceChildren();
    for (const grid of data.grids) {
      if (grid.kind === 'hidden') continue;
      const box = uElement('div', `u-grid u-${grid.kind}`, layout);
      box.classList.toggle('u-timed', grid.step !== null);
      box.classList.toggle('u-still', !!grid.still);
      box.classList.toggle('u-both', !!(grid.title && grid.caption));
      uElement('div', 'u-title', box, grid.title);
      const stage = data.stages.find((stage) => stage.row === grid.at[1]);
      if (stage && grid.narrow && !grid.title && !grid.caption && grid.kind !== 'word') {
        // Each leads on once: the same link beside every word would be as many steps of the Tab key.
        tell(linked.has(stage) ? { title: stage.title } : stage, uElement('div', 'u-caption-of u-when-narrow', box));
        linked.add(stage);
      }
      const named = grid.title || grid.caption || stage?.title || grid.name;
      if (U_PIXELS.includes(grid.kind)) {
        const sheet = uSheet(grid, box, data.frames.at(-1)[grid.name] ?? {});
        // Arrow keys are for the picture: a screen reader passes them on, and reads the line under it.
        sheet.body.setAttribute('role', 'application');
        sheet.body.setAttribute('aria-label', `${named}: ${sheet.rows} × ${sheet.columns}`);
        sheet.body.setAttribute('aria-description', words.hint_pixels);
        sheet.body.tabIndex = cells.size + sheets.size ? -1 : 0;
        sheets.set(grid.name, sheet);
        if (grid.caption) uElement('div', 'u-caption-of', box, grid.caption);
        boxes.set(grid.name, box);
        continue;
      }
      const body = uElement('div', 'u-cells', box);
      body.setAttribute('role', 'grid');
      body.setAttribute('aria-label', named);
      const put = (name, parent, r, c, role, text) => {
        const cell = uElement('span', name, parent, text);
        cell.style.setProperty('--r', r + 1 + (grid.columns.length ? 1 : 0));
        cell.style.setProperty('--c', c + 1 + (grid.rows.length ? 1 : 0));
        cell.setAttribute('role', role);
        return cell;
      };
      const line = () => {
        const row = uElement('div', 'u-row', body);
        row.setAttribute('role', 'row');
        return row;
      };
      if (grid.columns.length) { const top = line(); grid.columns.forEach((text, c) => put('u-label', top, -1, c, 'columnheader', text)); }
      (data.frames.at(-1)[grid.name] ?? []).forEach((row, r) => {
        const at = line();
        if (grid.rows.length) put('u-label', at, r, -1, 'rowheader', grid.rows[r]);
        row.forEach((_, c) => {
          const cell = put('u-cell', at, r, c, 'gridcell');
          cell.tabIndex = cells.size + sheets.size ? -1 : 0;
          cell.dataset.key = `${grid.name}|${r}|${c}`;
          cells.set(cell.dataset.key, cell);
        });
      });
      if (grid.caption) uElement('div', 'u-caption-of', box, grid.caption);
      boxes.set(grid.name, box);
    }
    const narrow = data.grids.map((grid) => grid.narrow?.[1] ?? grid.at[0]);
    breaks = sheets.size ? Array.from({ length: Math.max(...narrow) + 1 }, () => uElement('div', 'u-break', layout)) : [];
    stages = data.stages.map((stage) => tell(stage, uElement('div', 'u-stage', layout)));
    if (touched && !cells.has(`${touched.name}|${touched.r}|${touched.c}`) && !sheets.get(touched.name)?.has(touched.r, touched.c)) touched = null;
    for (const arrow of data.arrows) {
      const group = document.createElementNS(U_SVG, 'g');
      group.classList.toggle('u-timed', by(arrow.end).step !== null);
      group.dataset.start = arrow.start; group.dataset.end = arrow.end;
      for (const [tag, name] of [['path', ''], ['path', 'u-head-of'], ['text', '']]) {
        const part = document.createElementNS(U_SVG, tag);
        if (name) part.setAttribute('class', name);
        group.append(part);
      }
      group.lastChild.textContent = arrow.label;
      svg.append(group);
    }
  };

  const spot = (grid) => (form === 'narrow' && grid.narrow) || (form === 'wide' ? grid.at : [grid.at[1], grid.at[0]]);

  const place = (tight) => {
    const turned = form !== 'wide';
    // Titles stand in a margin, or in the first column where they find it empty.
    const taken = ({ row }) => data.grids.some((grid) => boxes.has(grid.name) && grid.at[0] === 0 && grid.at[1] === row);
    const margin = data.stages.some(taken) ? 1 : 0;
    // On a narrow screen pictures stand in lines, each as wide as it is, and not in columns.
    const lines = form === 'narrow' && sheets.size > 0, width = Math.min(area.clientWidth, area.parentElement.clientWidth) - 2;
    // A word on an arrow between two columns needs more room than the gap between them.
    const room = new Map();
    for (const { start, end, label } of data.arrows) {
      const [from, to] = [spot(by(start)), spot(by(end))], column = Math.max(from[0], to[0]);
      const gap = lines ? -4 : tight && data.walk ? 22 : 12;
      if (label && from[1] === to[1] && Math.min(from[0], to[0]) >= 0) room.set(column, Math.max(room.get(column) ?? 0, label.length * 8 - gap));
    }
    for (const [name, box] of boxes) {
      const [column, row] = spot(by(name));
      box.hidden = column < 0;
      box.style.marginLeft = `${room.get(column) ?? 0}px`;
      const [wide, high] = form === 'narrow' ? [1, 1] : turned ? [...by(name).span].reverse() : by(name).span;
      box.style.gridColumn = `${column + 1 + (turned ? 0 : margin)} / span ${wide}`;
      box.style.gridRow = `${row + 1 + (turned ? margin : 0)} / span ${high}`;
      box.style.order = lines ? 1000 * row + column + 1 : '';
      const sheet = sheets.get(name), mates = data.grids.filter((grid) => boxes.has(grid.name) && spot(grid)[1] === row);
      const words = mates.reduce((sum, grid) => sum + (room.get(spot(grid)[0]) ?? 0), 0);
      sheet?.sized(lines ? Math.min(by(name).pixel, ((width - words) / mates.length - 16) / sheet.columns) : by(name).pixel);
    }
    breaks.forEach((end, row) => { end.hidden = !lines; end.style.order = 1000 * row + 999; });
    stages.forEach((stage, i) => {
      const at = data.stages[i].row + 1;
      stage.style.gridColumn = turned ? at : 1;
      stage.style.gridRow = turned ? 1 : at;
      const under = data.grids.filter((grid) => boxes.has(grid.name) && grid.at[1] === at - 1 && spot(grid)[0] >= 0).map((grid) => spot(grid)[1]);
      stage.style.order = lines ? 1000 * Math.min(...under) : '';
    });
    layout.classList.toggle('u-pictures', sheets.size > 0);
    layout.classList.toggle('u-lines', lines);
    layout.classList.toggle('u-flip', turned);
    layout.classList.toggle('u-narrow', form === 'narrow');
    layout.classList.toggle('u-traced', data.traced && form !== 'narrow');
    layout.classList.toggle('u-walked', !turned && !!data.walk);
  };

  // A row's title stands beside its cells: what some of them have above or below does not move it.
  const titles = () => {
    for (const stage of stages) stage.style.translate = '';
    if (form !== 'wide') return;
    // All are measured before one is moved: the browser computes the layout anew for who asks after a change.
    const moves = stages.map((stage, i) => {
      const heights = data.grids.filter((grid) => boxes.has(grid.name) && grid.at[1] === data.stages[i].row).map(({ name }) => boxes.get(name).querySelector('.u-cells').getBoundingClientRect());
      const [top, bottom] = [Math.min(...heights.map((box) => box.top)), Math.max(...heights.map((box) => box.bottom))];
      const own = stage.getBoundingClientRect();
      return heights.length ? `0 ${Math.round((top + bottom - own.top - own.bottom) / 2)}px` : '';
    });
    moves.forEach((to, i) => { stages[i].style.translate = to; });
  };

  // Where the band behind all that belongs to one step stands.
  const bands = () => {
    const timed = new Map();
    for (const [name, box] of boxes) {
      const { step } = by(name);
      if (step !== null && !box.hidden) timed.set(step, [...(timed.get(step) ?? []), box]);
    }
    places = new Map([...timed].filter(([, group]) => group.length > 1).map(([step, group]) => {
      const edges = group.map((box) => [box.offsetLeft, box.offsetTop, box.offsetLeft + box.offsetWidth, box.offsetTop + box.offsetHeight]);
      const [left, top, right, bottom] = [0, 1, 2, 3].map((i) => Math[i < 2 ? 'min' : 'max'](...edges.map((edge) => edge[i])));
      return [step, { left: `${left}px`, top: `${top}px`, width: `${right - left}px`, height: `${bottom - top}px` }];
    }));
  };

  const fit = () => {
    if (!data) return;
    fitted = area.clientWidth;
    // Columns side by side; closer together; turned by 90 degrees; one under the other: the first that fits.
    layout.style.columnGap = '';
    const ways = [['wide', false], ['wide', true]];
    if (data.turns) ways.push(['turned', true]);
    // A number fills the narrowest of its cells to the edge: wider where there is room, which lines do not tell.
    const cellWidths = sheets.size ? [36] : [41, 39, 36];
    if (data.grids.some((grid) => grid.narrow)) ways.push(...cellWidths.map((least) => ['narrow', true, least]));
    const set = ([to, tight, least = 36]) => { form = to; layout.style.setProperty('--least', `${least}px`); layout.classList.toggle('u-tight', tight); place(tight); return layout.offsetWidth; };
    const widths = [];
    const fits = (way) => { widths.push(set(way)); return widths.at(-1) <= area.clientWidth + 1; };
    if (!ways.some(fits)) set(ways[widths.indexOf(Math.min(...widths))]);
    if (data.walk && form === 'wide') {
      const columns = Math.max(...data.grids.map((grid) => grid.at[0]));
      layout.style.columnGap = `${Math.min(64, parseFloat(getComputedStyle(layout).columnGap) + (area.clientWidth - layout.offsetWidth - 2) / columns)}px`;
    }
    const scrolls = layout.offsetWidth > area.clientWidth + 1;
    if (scrolls) area.tabIndex = 0; else area.removeAttribute('tabindex');
    titles();
    uArrows({ arrows: data.arrows, boxes, svg, layout, form });
    bands();
    explain();
  };

  // A pixel is no row of the table: a row of pixels is one, and there are at most so many of them.
  const MOST_ROWS = 1000;
  const rows = (at) => {
    let left = MOST_ROWS, passed = 0;
    const lines = data.grids.filter((grid) => grid.kind !== 'hidden').flatMap((grid) => {
      const title = grid.title || grid.caption || grid.name, now = data.frames[at][grid.name];
      if (!sheets.has(grid.name)) return (now ?? []).flatMap((row, r) => row.map((cell, c) => [title, r, c, cell ?? '…']));
      const { rows: high = 0, columns = 0 } = now ?? {}, few = Math.min(high, left);
      left -= few; passed += high - few;
      const number = (r, c) => { const found = uPick(now, r, c); return found === null ? '…' : uNumber(found, words, grid.digits); };
      return [
        ...(data.frames[at][`${grid.name}/boxes`] ?? []).map(({ box, label }) => [title, label ?? '', '', box.map((edge) => uNumber(edge, words, 1)).join(' ')]),
        ...Array.from({ length: few }, (_, r) => [title, r, `0–${columns - 1}`, Array.from({ length: columns }, (_, c) => number(r, c)).join(' ')]),
      ];
    });
    if (passed) lines.push([words.left_out.replace('{n}', passed), '', '', '']);
    return [['', words.row, words.column, words.value], ...lines];
  };

  const shapeOf = (numbers) => numbers?.half !== undefined ? [numbers.rows, numbers.columns] : (numbers ?? []).map((row) => row.length);
  const frame = uFrame(root, show, rows);
  const area = uElement('div', 'u-area', frame.canvas);
  area.setAttribute('role', 'region');
  const layout = uElement('div', 'u-layout', area);
  const svg = document.createElementNS(U_SVG, 'svg');
  svg.setAttribute('aria-hidden', 'true');
  const band = uElement('div', 'u-band');
  const line = uElement('div', 'u-arithmetic', frame.canvas);
  line.setAttribute('aria-live', 'polite');
  const walk = uWalk(frame.canvas, (to) => {
    const name = data.walk.stops[to][0], key = `${name}|${touched?.r}|0`;
    touch(cells.has(key) ? key : `${name}|0|0`, false);
  });
  // The cell or pixel that an event is about.
  const under = ({ target, clientX, clientY }) => {
    const sheet = sheets.get(target.closest?.('.u-pixels')?.dataset.grid);
    return sheet?.rows ? [target.closest('.u-pixels').dataset.grid, ...sheet.at(clientX, clientY)].join('|') : target.dataset?.key;
  };
  const point = (focus) => (event) => {
    const key = under(event);
    if (key && (focus || key !== `${touched?.name}|${touched?.r}|${touched?.c}`)) touch(key, focus);
  };
  layout.addEventListener('pointerover', point(false));
  layout.addEventListener('pointermove', (event) => event.target.closest?.('.u-pixels') && point(false)(event));
  layout.addEventListener('click', point(true));
  layout.addEventListener('focusin', ({ target: { dataset: { key, grid } } }) => {
    if (key) touch(key, false);
    const sheet = sheets.get(grid);
    if (sheet && touched?.name !== grid) touch(`${grid}|${sheet.rows >> 1}|${sheet.columns >> 1}`, false);
  });
  layout.addEventListener('keydown', move);
  // Its height changes with what stands in it.
  new ResizeObserver(() => area.clientWidth !== fitted && fit()).observe(area);
  document.fonts?.ready.then(fit);
  uThemeWatch(root, () => frame.redraw());

  return {
    update(message) {
      // The newest frame comes alone, the others follow: who looks at one of those sees it when it is here.
      const { steps, frames } = message.spec;
      if (frames.length < steps.length && !frame.showsNewest(message.spec)) return;
      frames.unshift(...Array(steps.length - frames.length));
      ({ spec: data, words, overlay } = message);
      // Pixels that are as they were are sent once.
      data.frames.forEach((now, k) => { for (const { name, kind } of data.grids) if (data.frames[k - 1] && [...U_PIXELS, 'hidden'].includes(kind) && !(name in now)) now[name] = data.frames[k - 1][name]; });
      area.setAttribute('aria-label', words.title);
      line.classList.toggle('u-tall', data.grids.some((grid) => grid.arithmetic.includes('`')));
      walk.update(data.walk, words);
      const now = JSON.stringify([data.grids.map((g) => [g.name, g.at, g.kind, g.title, g.caption, g.rows, g.columns, g.pixel, g.span, shapeOf(data.frames.at(-1)[g.name])]), data.arrows, data.stages, data.turns]);
      const changed = now !== shape;
      if (changed) { shape = now; build(); }
      if (!touched && data.start_cell) touched = { name: data.start_cell[0], r: data.start_cell[1], c: data.start_cell[2] };
      frame.update(data, words);
      if (changed) fit();
    },
  };
};

export default uPicture(uDiagram);
