// The layer panel: what is shown on each side, in which style, how strongly, in which order, of
// which date; the comparison; and the place for the legend.

const release = new URL(import.meta.url).search;
const [{ el, icon, setAttribute }, { Row }, { DateControl }, { Segments }] = await Promise.all(
  ["dom", "row", "dates", "segments"].map((name) => import(`./${name}.js${release}`)),
);

const SIDES = [["left", "Left"], ["right", "Right"]];
const COMPARE = [
  { value: "", text: "Off" },
  { value: "swipe", text: "Swipe", title: "One map with a divider" },
  { value: "two", text: "Two maps", title: "Two maps that move together" },
  { value: "blink", text: "Blink", title: "Hold space to see the other side" },
];

export class Panel {
  constructor(view) {
    this.view = view;
    this.rows = new Map();
    this.zoom = 0;
    this.list = el("ol", { class: "eo-layers", "aria-label": "Layers, the topmost first" });
    this.legend = el("div", { class: "eo-legends" });
    this.failed = el(
      "div",
      { class: "eo-warning", role: "status", hidden: true },
      icon("warn"),
      el("span", { text: "Some tiles could not be loaded." }),
      el("button", { type: "button", class: "eo-text-button", text: "Try again", on: { click: () => view.sides.forEach((side) => side.stack.retry()) } }),
    );
    this.online = this.#buildOnline();
    this.handle = el(
      "button",
      { type: "button", class: "eo-handle", "aria-expanded": "true", title: "Fold or unfold (l)", on: { click: () => this.toggle() } },
      icon("layers"),
      el("span", { text: "Layers" }),
      icon("chevron"),
    );
    this.tabs = this.#buildTabs();
    this.dates = new DateControl(view);
    this.modes = new Segments("Compare", COMPARE, (mode) => view.compare.choose(mode || null));
    const compare = el(
      "div",
      { class: "eo-compare-line", title: "Compare (c)" },
      el("span", { class: "eo-field-title", text: "Compare" }),
      this.modes.element,
    );
    this.body = el(
      "div",
      { class: "eo-panel-body" },
      this.failed,
      this.tabs,
      this.list,
      this.dates.element,
      compare,
      this.legend,
      this.online,
    );
    this.element = el("section", { class: "eo-panel eo-surface", "aria-label": "Layers and legend" }, this.handle, this.body);
    this.isOpen = true;
  }

  /** On a phone the panel starts folded, and any size of window remembers what the user did. */
  toggle(isOpen = !this.#isShown()) {
    this.element.classList.toggle("eo-folded", !isOpen);
    this.element.classList.toggle("eo-unfolded", isOpen);
    this.#syncHandle();
  }

  #isShown() {
    return this.body.getClientRects().length > 0;
  }

  #syncHandle() {
    this.handle.setAttribute("aria-expanded", String(this.#isShown()));
  }

  setFailed(hasFailed) {
    this.failed.hidden = !hasFailed;
  }

  setZoom(zoom) {
    this.zoom = zoom;
    for (const row of this.rows.values()) row.showRange(zoom);
  }

  setOnline(source) {
    this.online.hidden = !source;
    if (!source) return;
    this.onlineTitle.textContent = source.title;
    let host = "";
    try {
      host = new URL(source.url.replace(/[{}]/g, "")).host;
    } catch {
      // An unusable address is never asked for; nothing more to say about it.
    }
    this.onlineNote.textContent = host ? `Needs internet: loads pictures from ${host}` : "";
  }

  /** Stop what would go on by itself while the map is parked. */
  rest() {
    this.dates.stop();
  }

  /** Show the layers and the date of the active side. */
  render() {
    const { activeSide, compare } = this.view;
    const { layers } = activeSide.choices; // bottom to top
    this.tabs.hidden = !compare.mode;
    for (const tab of this.tabs.children) {
      const isOn = tab.value === activeSide.name;
      setAttribute(tab, "aria-selected", String(isOn));
      setAttribute(tab, "tabindex", isOn ? "0" : "-1");
    }
    this.modes.set(compare.mode ?? "");
    this.dates.render();
    const ids = new Set(layers.map((layer) => layer.id));
    for (const [id, row] of this.rows) {
      if (ids.has(id)) continue;
      row.element.remove();
      this.rows.delete(id);
    }
    const elements = [...layers].reverse().map((layer, index) => {
      if (!this.rows.has(layer.id)) this.rows.set(layer.id, new Row(this.view, layer.id));
      const row = this.rows.get(layer.id);
      row.render(layer, index, layers.length);
      row.showRange(this.zoom);
      return row.element;
    });
    this.#arrange(elements);
    this.#syncHandle();
  }

  /** Put the rows in order without letting go of the keyboard's focus. */
  #arrange(elements) {
    const current = [...this.list.children];
    if (elements.length === current.length && elements.every((node, index) => node === current[index])) return;
    const focused = this.view.root.getRootNode().activeElement;
    this.list.replaceChildren(...elements);
    if (focused && this.list.contains(focused)) focused.focus();
  }

  #buildTabs() {
    const choose = (name) => this.view.compare.activate(name);
    const tabs = SIDES.map(([value, text]) =>
      el("button", { type: "button", role: "tab", class: "eo-tab", value, text, on: { click: () => choose(value) } }),
    );
    const element = el("div", { class: "eo-tabs", role: "tablist", "aria-label": "Side", hidden: true }, ...tabs);
    element.addEventListener("keydown", (event) => {
      if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return;
      event.preventDefault();
      const other = tabs.find((tab) => tab !== event.target);
      choose(other.value);
      other.focus();
    });
    return element;
  }

  #buildOnline() {
    this.onlineTitle = el("span", { class: "eo-layer-title" });
    this.onlineNote = el("span", { class: "eo-note" });
    const box = el("input", { type: "checkbox", on: { change: () => this.view.setOnline(box.checked) } });
    return el(
      "label",
      { class: "eo-online", hidden: true },
      box,
      el("span", {}, this.onlineTitle, this.onlineNote),
    );
  }
}
