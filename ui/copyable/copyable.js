const TOLD = 3000; // ms

const uCopied = async (node) => {
  try {
    await navigator.clipboard.writeText(node.textContent);
    return true;
  } catch { // over plain http, as in a class: the browser copies what is selected
    window.getSelection().selectAllChildren(node);
    return document.execCommand('copy');
  }
};

const uCopyable = (root) => {
  const [label, text, button, told] = ['p', 'code', 'button', 'span'].map((tag) => document.createElement(tag));
  button.type = 'button';
  told.setAttribute('role', 'status');
  root.replaceChildren(label, text, button, told);
  let words = {}, timer;
  button.onclick = async () => {
    told.textContent = (await uCopied(text)) ? words.copied : '';
    clearTimeout(timer);
    timer = setTimeout(() => { told.textContent = ''; }, TOLD);
  };
  return (fresh) => {
    words = fresh;
    if (text.textContent !== words.text) [text.textContent, told.textContent] = [words.text, ''];
    [label.textContent, button.textContent] = [words.label, words.copy];
  };
};

export default ({ data, parentElement }) => {
  const root = parentElement.querySelector('.u-copyable');
  root.__update ??= uCopyable(root);
  root.__update(data);
};
