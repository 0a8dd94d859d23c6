// The main picture one key press ahead: those of a slider's neighbouring values are here already, and are drawn
// at once. The server's answer follows, and finds its picture standing.

const uAhead = (tell) => {
  let picture = '', known = new Map(), field = '', fields = [];
  const place = () => field && document.querySelector(`.st-key-${field}`);
  const reach = ({ target }) => {
    const name = fields.find((one) => target.closest?.(`.st-key-${one}`));
    if (name && name !== field) tell('reached', field = name);
  };
  const draw = () => {
    const shown = document.querySelector(`.st-key-u_picture_${picture} .u-picture`);
    const value = Number(place()?.querySelector('input[type=range]')?.value), bytes = known.get(value);
    if (!bytes || !shown?.__picture || uSame(bytes, shown.__data)) return;
    // Only from a picture that is one of these to another: what was asked for since is not known here.
    if (![...known.values()].some((one) => uSame(one, shown.__data))) return;
    shown.__ahead = { field, value };
    shown.__data = bytes;
    shown.__picture.update(uUnpacked(bytes));
  };
  // Streamlit's sliders fire no event of their own at a key press: what moves is seen.
  const moved = new MutationObserver(draw);
  let watched = null;
  for (const kind of ['focusin', 'pointerover']) window.addEventListener(kind, reach);
  return {
    knows: (value) => known.has(value),
    update(bytes) {
      const end = bytes.indexOf(10);
      let values, sizes, from = end + 1;
      ({ picture, fields, field, values, sizes } = uUnpacked(bytes.subarray(0, end)));
      known = new Map(values.map((value, i) => [value, bytes.subarray(from, from += sizes[i])]));
      if (place() === watched) return;
      moved.disconnect();
      watched = place();
      if (watched) moved.observe(watched, { subtree: true, attributes: true, characterData: true });
    },
    done: () => {
      moved.disconnect();
      for (const kind of ['focusin', 'pointerover']) window.removeEventListener(kind, reach);
    },
  };
};

export default ({ data, parentElement, setStateValue }) => {
  const root = parentElement.querySelector('.u-ahead');
  root.__ahead ??= uAhead(setStateValue);
  root.__ahead.update(data);
  return () => { root.__ahead?.done(); root.__ahead = null; };
};
