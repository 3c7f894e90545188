// The picked patches: which they are, and the bar with what can be done with them. They stay picked
// while one turns pages, sorts or filters.

const release = new URL(import.meta.url).search;
const { el, iconButton } = await import(`../dom.js${release}`);

export const MOST = 1000; // as many ids as a selection can hold
const WRITTEN_OUT = 20; // more are kept by the server, and named
const FILES = [
  ["parquet", "GeoParquet", "outlines and all columns; geopandas, QGIS, DuckDB"],
  ["geojson", "GeoJSON", "outlines and all columns; web maps, QGIS"],
  ["csv", "CSV", "all columns; spreadsheets"],
];

export class Picked {
  /** @param {object} view the gallery */
  constructor(view) {
    this.view = view;
    this.ids = new Set();
    this.asked = 0;
    this.count = el("span", { class: "eo-picked-count", role: "status", "aria-live": "polite" });
    const button = (text, title, act) => el("button", { type: "button", class: "eo-text-button", text, title, on: { click: act } });
    this.export = button("Export", "Take the picked patches away as a table", () => this.#toggleMenu());
    this.export.setAttribute("aria-haspopup", "true");
    this.export.setAttribute("aria-expanded", "false");
    this.menu = el("div", { class: "eo-picked-menu eo-surface", hidden: true, role: "group", "aria-label": "Export the picked patches" });
    this.element = el(
      "div",
      { class: "eo-picked eo-surface", hidden: true, role: "toolbar", "aria-label": "Picked patches" },
      this.menu,
      this.count,
      button("Pick the page", "All patches of this page (Ctrl + A)", () => this.set(view.grid.items.map(({ id }) => id), true)),
      button("Use as selection", "Show these patches on every page", () => this.#use()),
      this.export,
      iconButton("close", "Clear (Esc)", () => this.clear(), "eo-quiet"),
    );
  }

  set(ids, isPicked) {
    const before = this.ids.size;
    for (const id of ids) {
      if (!isPicked) this.ids.delete(id);
      else if (this.ids.size < MOST) this.ids.add(id);
    }
    if (isPicked && this.ids.size === MOST && ids.some((id) => !this.ids.has(id))) {
      this.view.say(`At most ${MOST.toLocaleString("en-GB")} patches can be picked. For more, use the filter.`);
    }
    if (before || this.ids.size) this.#render();
  }

  clear() {
    const hadFocus = this.element.contains(this.element.getRootNode().activeElement);
    this.ids.clear();
    this.#render();
    if (hadFocus) this.view.grid.focus();
  }

  /** The page has kept the ids that were asked to be named. */
  told(kept) {
    if (!kept || kept.seq !== this.waitsFor) return;
    this.waitsFor = null;
    this.#fill(kept.select);
  }

  get menuIsOpen() {
    return !this.menu.hidden;
  }

  closeMenu() {
    const hadFocus = this.menu.contains(this.menu.getRootNode().activeElement);
    this.menu.hidden = true;
    this.export.setAttribute("aria-expanded", "false");
    if (hadFocus) this.export.focus({ preventScroll: true });
  }

  #render() {
    const { size } = this.ids;
    this.element.hidden = !size;
    this.count.textContent = size === 1 ? "1 picked" : `${size.toLocaleString("en-GB")} picked`;
    this.closeMenu();
    this.view.picksChanged();
  }

  get #sorted() {
    return [...this.ids].sort();
  }

  #use() {
    this.view.ask({ kind: "ids", ids: this.#sorted });
  }

  #toggleMenu() {
    if (this.menuIsOpen) {
      this.closeMenu();
      return;
    }
    this.menu.hidden = false;
    this.export.setAttribute("aria-expanded", "true");
    if (this.ids.size <= WRITTEN_OUT) {
      this.#fill(`ids=${this.#sorted.map(encodeURIComponent).join("|")}`);
      return;
    }
    this.menu.replaceChildren(el("p", { class: "eo-note", text: "Preparing …" }));
    // Other tabs of the same session count for themselves.
    this.waitsFor = `${Date.now()}-${(this.asked += 1)}`;
    this.view.ask({ kind: "keep", ids: this.#sorted, seq: this.waitsFor });
  }

  #fill(select) {
    const { files = FILES } = this.view.data;
    const links = files.map(([ending, title, text]) =>
      el(
        "a",
        { class: "eo-menu-item", download: "", href: this.view.exportAddress(ending, select), on: { click: () => setTimeout(() => this.closeMenu()) } },
        el("span", { class: "eo-result-title", text: title }),
        el("span", { class: "eo-result-detail", text }),
      ),
    );
    this.menu.replaceChildren(...links);
    if (this.menuIsOpen) links[0].focus({ preventScroll: true });
  }
}
