// On a narrow screen one grid stands under the other: an arrow with a word on it passes those between on the right.
const uAround = (a, b, between, origin, [path, head, label]) => {
  const [x1, x2] = [a.right - origin.left + 1, b.right - origin.left + 1];
  const [y1, y2] = [(a.top + a.bottom) / 2 - origin.top, (b.top + b.bottom) / 2 - origin.top];
  for (const part of [path, head]) part.removeAttribute('d');
  if (!label.textContent) return;
  const out = Math.max(x1, x2, ...between.map((c) => c.right - origin.left)) + 12;
  path.setAttribute('d', `M${x1},${y1} C${out},${y1} ${out},${y1} ${out},${y1 + 12} V${y2 - 12} C${out},${y2} ${out},${y2} ${x2 + 6},${y2}`);
  head.setAttribute('d', `M${x2},${y2} l8,-4.5 v9 z`);
  label.setAttribute('x', out - label.textContent.length * 4 - 8);
  label.setAttribute('y', (y1 + y2) / 2 + 4);
};

// Where the arrows of a diagram go, once its grids have their places.
const uArrows = ({ arrows, boxes, svg, layout, form }) => {
  // All are measured before the first arrow is drawn: the browser computes the layout anew for who asks after it.
  const origin = layout.getBoundingClientRect();
  const rects = new Map([...boxes].map(([name, box]) => [name, box.getBoundingClientRect()]));
  const inner = new Map([...boxes].map(([name, box]) => [name, box.querySelector('.u-cells').getBoundingClientRect()]));
  arrows.forEach((arrow, i) => {
    const [a, b] = [rects.get(arrow.start), rects.get(arrow.end)];
    const [path, head, label] = svg.children[i].children;
    if (!a?.width || !b?.width) return [path, head].forEach((part) => part.removeAttribute('d'));
    const [above, below] = [Math.min(a.bottom, b.bottom), Math.max(a.top, b.top)];
    const between = [...rects.values()].filter((c) => c.width && c.top >= above - 1 && c.bottom <= below + 1);
    if (form === 'narrow' && between.length) return uAround(a, b, between, origin, svg.children[i].children);
    const across = b.left >= a.right - 1 || b.right <= a.left + 1;
    const down = b.top >= a.bottom - 1 || b.bottom <= a.top + 1;
    const level = across && !(down && Math.abs(b.top - a.bottom) < Math.abs(b.left - a.right) + 60);
    let x1, y1, x2, y2, dx = 0, dy = 0;
    if (level) {
      dx = b.left >= a.right - 1 ? 1 : -1;
      x1 = dx > 0 ? a.right : a.left; x2 = dx > 0 ? b.left : b.right;
      // Level where both have cells; the title above one of them does not bend the arrow, nor lift it.
      const [c, d] = [inner.get(arrow.start), inner.get(arrow.end)];
      const top = Math.max(c.top, d.top), bottom = Math.min(c.bottom, d.bottom);
      [y1, y2] = bottom > top ? [(top + bottom) / 2, (top + bottom) / 2] : [(a.top + a.bottom) / 2, (b.top + b.bottom) / 2];
    } else {
      dy = b.top >= a.bottom - 1 ? 1 : -1;
      y1 = dy > 0 ? a.bottom : a.top; y2 = dy > 0 ? b.top : b.bottom;
      x1 = (a.left + a.right) / 2; x2 = (b.left + b.right) / 2;
      if (form === 'narrow') x1 = x2 = Math.min(x1, x2);
    }
    [x1, x2] = [x1 - origin.left + 3 * dx, x2 - origin.left - 3 * dx];
    [y1, y2] = [y1 - origin.top + 2 * dy, y2 - origin.top - 2 * dy];
    const bend = level ? `${(x1 + x2) / 2},${y1} ${(x1 + x2) / 2},${y2}` : `${x1},${(y1 + y2) / 2} ${x2},${(y1 + y2) / 2}`;
    path.setAttribute('d', `M${x1},${y1} C${bend} ${x2 - 6 * dx},${y2 - 6 * dy}`);
    head.setAttribute('d', level ? `M${x2},${y2} l${-8 * dx},-4.5 v9 z` : `M${x2},${y2} l-4.5,${-8 * dy} h9 z`);
    label.setAttribute('x', (x1 + x2) / 2 + (level ? 0 : (label.textContent.length * 4 + 8) * (x2 >= x1 ? 1 : -1)));
    label.setAttribute('y', (y1 + y2) / 2 + (level ? -7 : 4));
  });
};
