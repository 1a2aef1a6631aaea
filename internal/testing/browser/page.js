// What the tests ask of a page, in the words that a person sees or hears.
window.rollbookTest = (() => {
  const shown = (e) => e.checkVisibility({ visibilityProperty: true, opacityProperty: false }) || e.matches('input[type=radio], input[type=checkbox], input[type=file]');
  const plain = (s) => (s || '').replace(/\s+/g, ' ').trim();
  const name = (e) => plain(e.getAttribute('aria-label') || e.innerText || e.textContent);
  const top = () => [...document.querySelectorAll('dialog')].find((d) => d.open) || document;
  const buttons = (root) => [...root.querySelectorAll('button, a[href], summary, label.button')].filter(shown);
  const byName = (list, wanted) => list.find((e) => name(e) === wanted || plain(e.innerText) === wanted) || list.find((e) => name(e).startsWith(wanted));
  const labelled = (wanted) => {
    const root = top();
    const all = [...root.querySelectorAll('input, select, textarea')];
    const of = (e) => [e.getAttribute('aria-label'), ...[...(e.labels || [])].map((l) => l.querySelector('.choice-label')?.innerText || l.innerText)].map(plain);
    return all.find((e) => of(e).includes(wanted)) || all.find((e) => of(e).some((l) => l.startsWith(wanted)));
  };
  const fire = (e, type) => e.dispatchEvent(new Event(type, { bubbles: true }));
  const [later, regularly] = [setTimeout, setInterval]; // a test may put others in their place
  const said = [];
  const watch = () => new MutationObserver((changes) => {
    for (const c of changes) {
      const region = (c.target.nodeType === 1 ? c.target : c.target.parentElement)?.closest('[role=status], [role=alert]');
      const text = plain(region?.textContent);
      if (text && said[said.length - 1] !== text) said.push(text);
    }
  }).observe(document.documentElement, { subtree: true, childList: true, characterData: true });
  if (document.documentElement) watch(); else document.addEventListener('readystatechange', watch, { once: true });
  return {
    said,
    // Tells whether what is asked comes true within a second: it looks when the page
    // changes, and four times a second for what no change of the page tells. It fails
    // with what the last look threw.
    until: (what) => new Promise((done, fail) => {
      let next = 0;
      let thrown;
      const look = () => {
        next = 0;
        thrown = undefined;
        try { if (what()) end(true); } catch (e) { thrown = e; }
      };
      const changes = new MutationObserver(() => { next ||= later(look, 25); });
      const often = regularly(look, 250);
      const last = later(() => end(false), 1000);
      const end = (so) => {
        changes.disconnect();
        clearInterval(often);
        for (const timer of [next, last]) clearTimeout(timer);
        if (thrown) fail(thrown); else done(so);
      };
      changes.observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
      look();
    }),
    sees: (text) => plain(document.body?.innerText).includes(plain(text)),
    button: (wanted) => byName(buttons(top()), wanted),
    buttonIn: (part, wanted) => {
      const named = [...document.querySelectorAll('[role=group]')].filter((e) => shown(e) && e.ariaLabel === part);
      const rows = [...named, ...[...document.querySelectorAll('tr, li, section, article')].filter((e) => shown(e) && plain(e.innerText).includes(part)).reverse()];
      for (const r of rows) { const b = byName(buttons(r), wanted); if (b) return b; }
      return undefined;
    },
    control: labelled,
    // Where to click: once what is under way has been drawn, and the element is
    // there and stands still.
    point: async (find) => {
      const frame = () => new Promise(requestAnimationFrame);
      await frame();
      for (let before = ''; ;) {
        await frame();
        const e = find();
        if (!e || e.disabled) continue;
        e.scrollIntoView({ block: 'center', behavior: 'instant' });
        // The middle of a link that goes over two lines may lie beside both.
        const r = [...e.getClientRects()].find((c) => c.width && c.height) || e.getBoundingClientRect();
        const now = [r.left, r.top, r.width, r.height].join();
        if (now === before) {
          window.rollbookTest.hit = false;
          window.addEventListener('click', (ev) => { window.rollbookTest.hit = Boolean(find()?.contains(ev.target)); }, { capture: true, once: true });
          return { X: r.left + r.width / 2, Y: r.top + r.height / 2 };
        }
        before = now;
      }
    },
    select: (label) => { const e = labelled(label); e.focus(); if (e.select && e.type !== 'date') e.select(); },
    // A combobox opens and filters by the text before it has the option.
    option: (label, text) => {
      const e = labelled(label);
      if (e?.role !== 'combobox') return [...(e?.options || [])].find((o) => plain(o.text) === text || plain(o.text).startsWith(text));
      if (e.value !== text || e.ariaExpanded !== 'true') { e.focus(); e.value = text; fire(e, 'input'); return undefined; }
      return [...document.getElementById(e.getAttribute('aria-controls'))?.children || []].find((o) => plain(o.firstChild?.textContent || '') === text);
    },
    choose(label, text) {
      const e = labelled(label);
      if (e.role === 'combobox') { this.option(label, text).click(); return; }
      e.value = this.option(label, text).value;
      fire(e, 'input');
      fire(e, 'change');
    },
    sticksOut: () => {
      const out = [];
      const root = document.documentElement;
      if (root.scrollWidth > root.clientWidth) out.push(`the page is ${root.scrollWidth - root.clientWidth} pixels too wide`);
      const boxes = new Map([[document.body, null], [root, null]]); // what is around it, for each element
      const boxOf = (e) => {
        if (!boxes.has(e)) {
          const style = getComputedStyle(e);
          boxes.set(e, style.display === 'inline' || style.display === 'contents' ? boxOf(e.parentElement)
            : { e, rect: e.getBoundingClientRect(), clips: style.overflowX !== 'visible', scrolls: style.textOverflow === 'ellipsis' || style.overflowX === 'auto' });
        }
        return boxes.get(e);
      };
      for (const e of document.body.querySelectorAll('*')) {
        const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
        if (!own || !e.checkVisibility() || e.matches('select, option, textarea, script, style') || e.closest('.hidden, thead:not(:has(:scope tr:hover)), .skip, .announcer')) continue;
        const r = e.getBoundingClientRect();
        if (r.width <= 1 || r.height <= 1) continue;
        // What is written is in the box of each element around it that shows one.
        const range = document.createRange();
        range.selectNodeContents(e);
        const text = range.getBoundingClientRect();
        for (let box = boxOf(e); box; box = boxOf(box.e.parentElement)) {
          const over = Math.max(text.right - box.rect.right, box.rect.left - text.left);
          if (box.clips) {
            if (!box.scrolls && over > 1) out.push(`“${plain(e.textContent).slice(0, 30)}” is cut off by ${Math.round(over)} pixels`);
            break;
          }
          if (over > 1) { out.push(`“${plain(e.textContent).slice(0, 30)}” sticks ${Math.round(over)} pixels out of ${box.e.tagName.toLowerCase()}.${box.e.className}`); break; }
        }
      }
      return out;
    },
    focus: () => {
      const e = document.activeElement;
      if (!e || e === document.body) return '';
      const label = e.labels?.[0];
      return `${e.getAttribute('role') || e.type || e.tagName.toLowerCase()} ${plain(e.getAttribute('aria-label') || (label && (label.querySelector('.choice-label')?.innerText || label.innerText)) || e.innerText)}`;
    },
  };
})();
