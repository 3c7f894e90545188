// Keys for the whole page while the map is on it. Each part adds its own to the table; the list of
// keys that one opens with ? is made from it.

const TEXT_INPUTS = new Set(["text", "search", "number", "email", "url", "tel", "password", "date", "time"]);
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const PAN_PX = 140;
// Elements that move something of their own with the arrow keys.
const ARROW_ROLES = new Set(["slider", "tab", "radio", "listbox", "option", "menuitem", "menu", "spinbutton", "grid"]);
// What a key of the map may still mean while a list has the focus, which keeps letters and arrows.
const BESIDE_LISTS = /^([1-9+?[\]-]|Escape)$/;

/**
 * @typedef {object} Key
 * @property {string|string[]} key what `event.key` says, one or several
 * @property {string} [shown] how the list names it, if not as `key`
 * @property {string} [meaning] one line for the list of keys; without it the key is not listed
 * @property {function({event, target, isInside, view}): boolean|void} act false: it was not for this
 *   one, the next with the same key is asked
 * @property {function(): void} [release] called when the key is let go
 * @property {number} [rank] the highest is asked first; default 0, of equals the last added
 */

export class Keys {
  /** @param {Key[]} own what keys mean on this page beyond those of its parts */
  constructor(view, own = mapKeys(view)) {
    this.view = view;
    this.table = []; // Key[], in the order in which they are listed
    this.held = new Map(); // event.key → Key
    this.listeners = {
      keydown: (event) => this.#pressed(event),
      keyup: (event) => this.#released(event.key),
      blur: () => this.#releaseAll(),
    };
    this.add(own);
  }

  /** @param {Key[]} keys @returns {function()} takes them out again */
  add(keys) {
    this.table.push(...keys);
    return () => (this.table = this.table.filter((key) => !keys.includes(key)));
  }

  attach() {
    // In the capture phase, to be ahead of Streamlit's own keys.
    document.addEventListener("keydown", this.listeners.keydown, true);
    document.addEventListener("keyup", this.listeners.keyup, true);
    window.addEventListener("blur", this.listeners.blur);
  }

  detach() {
    document.removeEventListener("keydown", this.listeners.keydown, true);
    document.removeEventListener("keyup", this.listeners.keyup, true);
    window.removeEventListener("blur", this.listeners.blur);
    this.#releaseAll();
  }

  #pressed(event) {
    if (hasModifier(event) || event.defaultPrevented) return;
    const path = event.composedPath();
    // Shadow roots hide the true target from event.target.
    const target = path[0];
    if (!(target instanceof Element) || writesText(target, path)) return;
    if (target.tagName === "SELECT" && !BESIDE_LISTS.test(event.key)) return;
    // A button is pressed with these; it comes before what they mean to the map.
    if ([" ", "Enter"].includes(event.key) && isPressable(target)) return;
    const isInside = path.includes(this.view.root);
    if (!isInside && !isInSight(this.view.root)) return;
    if (this.#act(event, target, isInside)) {
      event.preventDefault();
      event.stopPropagation();
    } else if (isInside && (event.key === "c" || event.key === "r")) {
      // Streamlit would clear its cache or run the script again.
      event.stopPropagation();
    }
  }

  /** True if the key meant something to the map. */
  #act(event, target, isInside) {
    if (this.held.has(event.key)) return true; // the keyboard repeats a key that is held
    const found = this.table
      .map((key, index) => ({ key, index }))
      .filter(({ key }) => [key.key].flat().includes(event.key))
      .sort((a, b) => (b.key.rank ?? 0) - (a.key.rank ?? 0) || b.index - a.index);
    const taken = found.find(({ key }) => key.act({ event, target, isInside, view: this.view }) !== false);
    if (taken?.key.release) this.held.set(event.key, taken.key);
    return Boolean(taken);
  }

  #released(name) {
    const key = this.held.get(name);
    this.held.delete(name);
    key?.release();
  }

  #releaseAll() {
    for (const name of [...this.held.keys()]) this.#released(name);
  }
}

function mapKeys(view) {
  const pan = ({ event, target }) => {
    if (usesArrows(target) || event.shiftKey) return false;
    const by = ARROWS[event.key].map((step) => step * PAN_PX);
    view.map.panBy(by, { duration: 0.15, animate: view.map.options.inertia });
    return true;
  };
  const digits = Array.from("123456789");
  return [
    { key: Object.keys(ARROWS), shown: "← ↑ → ↓", meaning: "pan", act: pan },
    { key: ["+", "="], shown: "+ −", meaning: "zoom in and out", act: () => void view.map.zoomIn() },
    { key: ["-", "_", "−"], act: () => void view.map.zoomOut() },
    {
      key: digits,
      shown: "1 – 9",
      meaning: "show or hide a layer, numbered in the layer panel",
      act: ({ event }) => toggleLayer(view, Number(event.key)),
    },
    { key: "l", meaning: "fold or unfold the layer panel", act: () => view.panel.toggle() },
    { key: "f", meaning: "full screen", act: () => view.toggleFullScreen() },
    {
      key: "Enter",
      meaning: "with the map in focus: ask at its centre",
      act: ({ isInside, target }) => {
        const side = view.sideOf(target);
        if (!isInside || !side) return false;
        const isNew = !view.inspector.isOpen && !view.clickDoes;
        const asked = view.clickMode(side.map.getCenter(), side);
        // The card that was opened by a key is read by keys; Esc leads back to the map.
        if (isNew) asked?.then(() => view.inspector.takeFocus(target));
        return true;
      },
    },
    { key: "i", meaning: "open or close the card of the patch", act: () => view.inspector.toggle() },
    {
      key: "Escape",
      shown: "Esc",
      meaning: "close what is open: lists first, then the card",
      act: () => view.inspector.isOpen && (view.inspector.close(), true),
    },
    { key: "Escape", rank: 10, act: () => view.tools.helpIsOpen && (view.tools.toggleHelp(false), true) },
    { key: "?", meaning: "show this list", act: () => view.tools.toggleHelp() },
  ];
}

/** Numbers count from the top of the panel, where they are shown. */
function toggleLayer(view, number) {
  const { layers } = view.activeSide.choices;
  const layer = layers[layers.length - number];
  if (!layer) return false;
  view.toggleLayer(layer.id);
  return true;
}

function hasModifier(event) {
  // On many keyboards [ and ] are typed with AltGr, or with Option.
  if (event.key === "[" || event.key === "]") return event.metaKey;
  return event.ctrlKey || event.metaKey || event.altKey;
}

function writesText(target, path) {
  if (target.tagName === "INPUT") return TEXT_INPUTS.has(target.type);
  if (target.tagName === "TEXTAREA" || target.isContentEditable) return true;
  return path.some(
    (node) =>
      node instanceof Element &&
      (["combobox", "textbox", "searchbox"].includes(node.getAttribute("role")) ||
        node.hasAttribute("data-eo-keys-off") ||
        (node.getAttribute("role") === "dialog" && !node.classList.contains("eo-help"))),
  );
}

function isPressable(target) {
  return ["BUTTON", "SUMMARY", "A", "INPUT"].includes(target.tagName) || target.getAttribute("role") === "button";
}

/** Keys from elsewhere on the page are for the map only while one sees what they do. */
function isInSight(root) {
  const { top, bottom } = root.getBoundingClientRect();
  return Math.min(bottom, window.innerHeight) - Math.max(top, 0) > 120;
}

function usesArrows(target) {
  const opensList = target.getAttribute("aria-haspopup") === "listbox";
  const isAmong = target.closest("[data-eo-arrows]");
  return target.tagName === "INPUT" || opensList || isAmong || ARROW_ROLES.has(target.getAttribute("role"));
}
