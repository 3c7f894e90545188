// The tiles of a page as a grid: one stop of the Tab key, arrows go on among them.

const release = new URL(import.meta.url).search;
const [{ el }, { Tile }] = await Promise.all([import(`../dom.js${release}`), import(`./tile.js${release}`)]);

const MOST_BONES = 48;
const INSIDE = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Grid {
  /**
   * @param {{picked: Picked, url: function(string): string, open: function(string)}} listeners `url`
   *   puts the server's base path before an address
   */
  constructor({ picked, url, open }) {
    this.picks = picked;
    this.url = url;
    this.open = open;
    this.tiles = []; // those that are shown, in their order
    this.spare = [];
    this.columns = 0;
    this.at = 0; // the tile that the Tab key leads to
    this.anchor = null; // where a range begins
    this.element = el("div", {
      class: "eo-grid",
      role: "grid",
      "aria-label": "Patches of the selection",
      "aria-multiselectable": "true",
      on: {
        click: (event) => this.#clicked(event),
        keydown: (event) => this.#keyed(event),
        focusin: ({ target }) => this.#focused(target),
      },
    });
    this.observer = new ResizeObserver(() => this.#arrange());
    this.observer.observe(this.element);
  }

  get picked() {
    return this.picks.ids;
  }

  get items() {
    return this.tiles.map(({ item }) => item);
  }

  /** Places for what is coming, the first time. */
  showBones(count) {
    const bone = () => el("div", { class: "eo-tile eo-tile-bone", "aria-hidden": "true" }, el("div", { class: "eo-thumb eo-bone" }), el("div", { class: "eo-tile-caption" }, el("div", { class: "eo-bone" })));
    this.tiles = [];
    this.columns = 0;
    this.element.replaceChildren(...Array.from({ length: Math.min(count, MOST_BONES) }, bone));
  }

  /** @param {Array} items of page.json  @param {object} page as Tile.show takes it */
  show(items, page) {
    const all = [...this.tiles, ...this.spare];
    while (all.length < items.length) all.push(new Tile(this));
    const hadFocus = this.#focusedTile();
    this.tiles = all.slice(0, items.length);
    this.spare = all.slice(items.length);
    this.tiles.forEach((tile, index) => tile.show(items[index], page));
    this.at = Math.min(this.at, Math.max(0, items.length - 1));
    this.anchor = null;
    this.columns = 0;
    this.#arrange();
    this.#stop();
    if (hadFocus && this.tiles.length) this.tiles[this.at].element.focus({ preventScroll: true });
  }

  /** Show which patch is open; null: none. */
  setCurrent(id) {
    for (const tile of this.tiles) tile.setCurrent(tile.item.id === id);
    const index = this.#indexOf(id);
    if (index < 0) return;
    this.at = index;
    this.#stop();
  }

  reveal(id) {
    this.tiles[this.#indexOf(id)]?.element.scrollIntoView({ block: "nearest" });
  }

  /** Put the focus on the open patch, or where it was. */
  focus() {
    this.tiles[this.at]?.element.focus({ preventScroll: true });
  }

  /** Where the page begins again. */
  toStart() {
    this.at = 0;
    this.#stop();
  }

  showPicked() {
    for (const tile of this.tiles) tile.setPicked(this.picked.has(tile.item.id));
  }

  // -- what keys.js asks for ------------------------------------------------------------------

  /** @returns {boolean} whether the key was for the grid */
  act(event, target) {
    const index = this.#indexAt(target);
    if (index < 0) return false;
    const { id } = this.tiles[index].item;
    if (event.key === "Enter") this.open(id, { byKey: true });
    else if (event.key === " ") this.#pick(index, event.shiftKey);
    else return this.#move(index, event);
    return true;
  }

  holds(target) {
    return this.#indexAt(target) >= 0;
  }

  #move(index, event) {
    const last = this.tiles.length - 1;
    const columns = Math.max(1, this.columns);
    const start = index - (index % columns);
    let next = { Home: start, End: Math.min(last, start + columns - 1) }[event.key];
    if (event.key in INSIDE) {
      const [right, down] = INSIDE[event.key];
      next = index + right + down * columns;
      // From above a short last row one still comes down to it.
      if (down > 0 && next > last && last - (last % columns) > start) next = last;
    }
    if (next === undefined) return false;
    if (next < 0 || next > last) return true;
    if (event.shiftKey) {
      this.anchor ??= index;
      this.#pickRange(this.anchor, next);
    } else this.anchor = next;
    this.tiles[next].element.focus({ preventScroll: true });
    this.tiles[next].element.scrollIntoView({ block: "nearest" });
    return true;
  }

  // -- picking ----------------------------------------------------------------------------------

  #clicked(event) {
    const index = this.#indexAt(event.target);
    if (index < 0) return;
    const tile = this.tiles[index];
    const isTick = event.target === tile.tick;
    if (isTick || event.shiftKey || event.ctrlKey || event.metaKey) {
      this.#pick(index, event.shiftKey);
      tile.setPicked(this.picked.has(tile.item.id));
      if (isTick) tile.element.focus({ preventScroll: true });
    } else this.open(tile.item.id, { byKey: false });
  }

  #pick(index, isRange) {
    const { id } = this.tiles[index].item;
    if (isRange && this.anchor !== null) this.#pickRange(this.anchor, index);
    else {
      this.picks.set([id], !this.picked.has(id));
      this.anchor = index;
    }
  }

  #pickRange(from, to) {
    const [first, last] = from < to ? [from, to] : [to, from];
    this.picks.set(this.tiles.slice(first, last + 1).map(({ item }) => item.id), true);
  }

  #keyed(event) {
    // Keys with modifiers pass the page's table by.
    if (event.key.toLowerCase() !== "a" || !(event.ctrlKey || event.metaKey) || event.altKey) return;
    this.picks.set(this.items.map(({ id }) => id), true);
    event.preventDefault();
    event.stopPropagation();
  }

  // -- places -----------------------------------------------------------------------------------

  #indexOf(id) {
    return this.tiles.findIndex(({ item }) => item.id === id);
  }

  #indexAt(target) {
    const element = target.closest?.(".eo-tile");
    return element ? this.tiles.findIndex((tile) => tile.element === element) : -1;
  }

  #focusedTile() {
    const active = this.element.getRootNode().activeElement;
    return Boolean(active && this.element.contains(active));
  }

  #focused(target) {
    const index = this.#indexAt(target);
    if (index < 0) return;
    this.at = index;
    this.#stop();
  }

  #stop() {
    this.tiles.forEach(({ element }, index) => (element.tabIndex = index === this.at ? 0 : -1));
  }

  /** Put the tiles into rows, as many in each as the width gives room for. */
  #arrange() {
    if (!this.tiles.length || !this.element.clientWidth) return;
    const columns = getComputedStyle(this.element).gridTemplateColumns.split(" ").length;
    if (columns === this.columns) return;
    this.columns = columns;
    const active = this.#focusedTile() ? this.element.getRootNode().activeElement : null;
    const rows = [];
    for (let first = 0; first < this.tiles.length; first += columns) {
      const cells = this.tiles.slice(first, first + columns).map(({ element }) => element);
      rows.push(el("div", { class: "eo-grid-row", role: "row" }, ...cells));
    }
    this.element.replaceChildren(...rows);
    active?.focus({ preventScroll: true });
  }
}
