// The layer panel: what is shown, in which style, how strongly, in which order, and the legend.

const release = new URL(import.meta.url).search;
const { el, icon, iconButton, setAttribute } = await import(`./dom.js${release}`);

export class Panel {
  constructor(view) {
    this.view = view;
    this.rows = new Map();
    this.layers = [];
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
    this.body = el("div", { class: "eo-panel-body" }, this.failed, this.list, this.online, this.legend);
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
  rest() {}

  /** Show the layers of the active side. */
  render() {
    const { layers } = this.view.activeSide.choices; // bottom to top
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
    this.layers = layers;
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

/** One layer of the list. It is built once and then kept, so that a slider survives an update. */
class Row {
  constructor(view, id) {
    this.view = view;
    this.id = id;
    this.eye = el("button", { type: "button", class: "eo-button eo-quiet", on: { click: () => view.toggleLayer(id) } });
    this.title = el("span", { class: "eo-layer-title" });
    this.number = el("kbd", { class: "eo-number" });
    this.up = iconButton("up", "Move up", () => view.moveLayer(id, 1), "eo-quiet eo-move");
    this.down = iconButton("down", "Move down", () => view.moveLayer(id, -1), "eo-quiet eo-move");
    this.note = el("p", { class: "eo-note", hidden: true });
    this.style = el("select", { class: "eo-select", on: { change: () => view.setLayer(id, { style: this.style.value }) } });
    this.percent = el("output", { class: "eo-percent" });
    this.slider = el("input", {
      type: "range",
      class: "eo-slider",
      min: 0,
      max: 100,
      step: 1,
      on: { input: () => view.setLayer(id, { opacity: Number(this.slider.value) / 100 }) },
    });
    this.controls = el("div", { class: "eo-layer-controls" }, this.style, this.slider, this.percent);
    this.element = el(
      "li",
      { class: "eo-layer", "data-layer": id },
      el("div", { class: "eo-layer-head" }, this.eye, this.title, this.number, this.up, this.down),
      this.note,
      this.controls,
    );
  }

  render(layer, index, count) {
    this.layer = layer;
    const { title, visible, disabled } = layer;
    this.element.classList.toggle("eo-off", !visible);
    this.element.classList.toggle("eo-disabled", Boolean(disabled));
    this.title.textContent = title;
    setAttribute(this.title, "title", title);
    this.number.textContent = index < 9 ? String(index + 1) : "";
    setAttribute(this.number, "title", index < 9 ? `Key ${index + 1} shows and hides this layer` : null);
    this.eye.replaceChildren(icon(visible ? "eye" : "eyeOff"));
    this.eye.disabled = Boolean(disabled);
    setAttribute(this.eye, "aria-pressed", String(visible));
    setAttribute(this.eye, "aria-label", `Show ${title}`);
    setAttribute(this.eye, "title", disabled ?? (visible ? "Hide" : "Show"));
    // Buttons that cannot act stay focusable, else the focus is lost at the end of the list.
    setAttribute(this.up, "aria-label", `Move ${title} up`);
    setAttribute(this.down, "aria-label", `Move ${title} down`);
    setAttribute(this.up, "aria-disabled", index === 0);
    setAttribute(this.down, "aria-disabled", index === count - 1);
    this.controls.hidden = !visible;
    this.#renderStyles(layer);
    setAttribute(this.slider, "aria-label", `Opacity of ${title}`);
    const percent = Math.round(layer.opacity * 100);
    if (Number(this.slider.value) !== percent) this.slider.value = String(percent);
    this.percent.textContent = `${percent} %`;
  }

  #renderStyles({ title, styles, style }) {
    setAttribute(this.style, "aria-label", `Style of ${title}`);
    const key = JSON.stringify(styles.map(({ id, title: name, disabled }) => [id, name, disabled]));
    if (key !== this.stylesKey) {
      this.stylesKey = key;
      const options = styles.map(({ id, title: name, disabled }) =>
        el("option", {
          value: id,
          disabled: Boolean(disabled),
          title: disabled ?? null,
          text: disabled ? `${name} (${disabled})` : name,
        }),
      );
      this.style.replaceChildren(...options);
      this.style.hidden = styles.length < 2;
    }
    if (style) this.style.value = style.id;
  }

  /** Say why nothing is seen of a layer that is switched on. */
  showRange(zoom) {
    const { disabled, visible, min_zoom: least = 0, max_zoom: most = 99 } = this.layer;
    let text = disabled ?? "";
    if (!disabled && visible && zoom < least) text = `Shown from zoom ${least}`;
    if (!disabled && visible && zoom > most) text = `Shown up to zoom ${most}`;
    this.note.textContent = text;
    this.note.hidden = !text;
  }
}
