// A second scrubber under a diagram: through the places of the diagram itself, with no server.
const uWalk = (parent, go) => {
  let stops = [];
  const last = () => scrubber.index() === stops.length - 1;
  const scrubber = uScrubber(parent, {
    go,
    start: () => go(last() ? 0 : scrubber.index() + 1),
    next: () => { if (last() || !parent.isConnected) return false; go(scrubber.index() + 1); return true; },
    pace: 900,
  });
  const at = (index) => scrubber.at(index, stops[index]?.[1] ?? '');

  return {
    at,
    update(walk, words) {
      stops = walk?.stops ?? [];
      scrubber.update(stops.length, walk?.title ?? '', { ...words, play: walk?.play });
      at(scrubber.index());
    },
  };
};
