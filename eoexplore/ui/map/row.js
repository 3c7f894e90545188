// One layer in the panel. It is built once and then kept, so that a slider survives an update.

const release = new URL(import.meta.url).search;
const [{ el, icon, iconButton, setAttribute }, { Picker }, { Adjust }, { withName }] = await Promise.all(
  ["dom", "picker", "adjust", "styletext"].map((name) => import(`./${name}.js${release}`)),
);

export class Row {
  constructor(view, id) {
    this.view = view;
    this.id = id;
    this.eye = el("button", { type: "button", class: "eo-button eo-quiet", on: { click: () => view.toggleLayer(id) } });
    this.title = el("span", { class: "eo-layer-title" });
    this.number = el("kbd", { class: "eo-number" });
    this.up = iconButton("up", "Move up", () => view.moveLayer(id, 1), "eo-quiet eo-move");
    this.down = iconButton("down", "Move down", () => view.moveLayer(id, -1), "eo-quiet eo-move");
    this.note = el("p", { class: "eo-note", hidden: true });
    this.picker = new Picker((name) => view.setLayer(id, { style: withName(this.layer.styleText, name) }));
    this.adjust = new Adjust(view, id);
    this.fold = iconButton("adjust", "Adjust", () => this.#unfold(), "eo-quiet eo-adjust-button");
    this.percent = el("output", { class: "eo-percent" });
    this.slider = el("input", {
      type: "range",
      class: "eo-slider",
      min: 0,
      max: 100,
      step: 1,
      on: { input: () => view.setLayer(id, { opacity: Number(this.slider.value) / 100 }) },
    });
    this.controls = el(
      "div",
      { class: "eo-layer-controls" },
      this.picker.button,
      this.slider,
      this.percent,
      this.fold,
    );
    this.body = el("div", { class: "eo-layer-body" }, this.controls, this.picker.popup, this.adjust.element);
    this.element = el(
      "li",
      { class: "eo-layer", "data-layer": id },
      el("div", { class: "eo-layer-head" }, this.eye, this.title, this.number, this.up, this.down),
      this.note,
      this.body,
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
    this.picker.render(layer.styles, layer.style, `Style of ${title}`);
    this.#renderFold(layer);
    setAttribute(this.slider, "aria-label", `Opacity of ${title}`);
    const percent = Math.round(layer.opacity * 100);
    if (Number(this.slider.value) !== percent) this.slider.value = String(percent);
    this.percent.textContent = `${percent} %`;
  }

  #renderFold({ title, controls }) {
    this.fold.hidden = !controls?.length;
    setAttribute(this.fold, "aria-label", `Adjust ${title}`);
    setAttribute(this.fold, "title", controls?.includes("stretch") ? "Contrast, gamma, inverse" : "Fills or outlines");
    setAttribute(this.fold, "aria-expanded", String(this.adjust.isOpen));
    this.fold.classList.toggle("eo-changed", this.adjust.isChanged(this.layer.styleText));
    this.adjust.render(this.layer);
  }

  #unfold() {
    this.adjust.toggle();
    this.#renderFold(this.layer);
  }

  /** Say why nothing is seen of a layer that is switched on. */
  showRange(zoom) {
    const { disabled, visible, min_zoom: least = 0, max_zoom: most = 99, note, note_zoom: near } = this.layer;
    let text = disabled ?? "";
    if (!disabled && visible && zoom < least) text = `Shown from zoom ${least}`;
    if (!disabled && visible && zoom > most) text = `Shown up to zoom ${most}`;
    // What is not drawn here need not be adjusted: the panel stays short.
    this.body.hidden = !visible || Boolean(text);
    if (!text && visible && note && zoom >= near) text = note;
    this.note.textContent = text;
    this.note.hidden = !text;
  }
}
