// A second scrubber under a diagram: through the places of the diagram itself, with no server.
const uWalk = (parent, go) => {
  const bar = uElement('div', 'u-scrub', parent);
  const play = uElement('button', '', bar, '▶');
  play.type = 'button';
  const name = uElement('span', '', bar);
  const range = uElement('input', '', bar);
  range.type = 'range';
  range.min = 0;
  const output = uElement('output', '', bar);
  let stops = [], words = {}, walk = {}, timer = null;

  const still = () => { clearInterval(timer); timer = null; play.textContent = '▶'; play.setAttribute('aria-label', walk.play ?? ''); };
  const last = () => Number(range.value) === stops.length - 1;
  const say = () => { output.textContent = stops[range.value]?.[1] ?? ''; range.setAttribute('aria-valuetext', output.textContent); };
  play.onclick = () => {
    if (timer) return still();
    play.textContent = '❚❚';
    play.setAttribute('aria-label', words.pause);
    go(last() ? 0 : Number(range.value) + 1);
    timer = setInterval(() => { if (last() || !parent.isConnected) return still(); go(Number(range.value) + 1); }, 900);
  };
  range.oninput = () => { if (timer) still(); go(Number(range.value)); };

  return {
    at(index) { range.value = index; say(); },
    update(fresh, phrases) {
      walk = fresh ?? {};
      stops = walk.stops ?? [];
      words = phrases;
      bar.hidden = stops.length < 2;
      name.textContent = walk.title ?? '';
      range.setAttribute('aria-label', walk.title ?? '');
      range.max = Math.max(0, stops.length - 1);
      if (!timer) still();
      say();
    },
  };
};
