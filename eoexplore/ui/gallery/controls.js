// The row above the tiles: layer and style, order, page size, page.

const release = new URL(import.meta.url).search;
const parts = await Promise.all(
  ["dom", "picker", "adjust", "styletext", "format"].map((name) => import(`../${name}.js${release}`)),
);
const { el, iconButton, setAttribute, Picker, Adjust, withName, value } = Object.assign({}, ...parts);

export class Controls {
  constructor(view) {
    this.view = view;
    this.layer = select("Layer", () => view.setShown(this.layer.value));
    this.picker = new Picker((name) => view.setLayer(view.shown.id, { style: withName(view.shown.styleText, name) }));
    this.fold = iconButton("adjust", "Adjust", () => this.#unfold(), "eo-quiet eo-adjust-button");
    this.popup = el("div", { class: "eo-gallery-popup eo-surface eo-layer" }, this.picker.popup);
    this.order = select("Sort by", () => view.setOrder(this.order.value));
    this.turn = iconButton("up", "Turn the order round", () => view.turnOrder());
    this.size = select("Patches on a page", () => view.setSize(Number(this.size.value)));
    this.previous = iconButton("earlier", "Previous page (PageUp)", () => view.turnPage(-1));
    this.next = iconButton("later", "Next page (PageDown)", () => view.turnPage(1));
    this.number = el("input", {
      type: "text",
      inputmode: "numeric",
      class: "eo-number-box eo-page-number",
      "aria-label": "Page",
      autocomplete: "off",
      on: { change: () => this.#typed(), keydown: (event) => event.key === "Enter" && this.#typed() },
    });
    this.of = el("span", { class: "eo-page-of" });
    this.range = el("span", { class: "eo-note eo-page-range", role: "status", "aria-live": "polite" });
    this.look = el("div", { class: "eo-controls-group eo-controls-look" }, this.layer, this.picker.button, this.fold);
    const help = iconButton("help", "Keys (?)", () => view.tools.toggleHelp(), "eo-help-button");
    this.element = el(
      "div",
      { class: "eo-strip eo-controls", role: "toolbar", "aria-label": "Layer, order and page" },
      this.look,
      el("div", { class: "eo-controls-group eo-controls-order" }, this.order, this.turn),
      el("div", { class: "eo-controls-group" }, this.size, this.range),
      el("div", { class: "eo-controls-group eo-pager" }, this.previous, this.number, this.of, this.next, help),
      this.popup,
    );
  }

  /** The dataset's layers, orders and sizes have come, or have changed. */
  update({ layers, sorts, sizes }) {
    const usable = layers.filter(({ disabled }) => !disabled).reverse();
    this.look.hidden = !usable.length;
    fill(this.layer, usable.map(({ id, title }) => ({ value: id, text: title })));
    this.layer.hidden = usable.length < 2;
    fillGroups(this.order, sorts);
    fill(this.size, sizes.map((size) => ({ value: String(size), text: `${size} a page` })));
  }

  /** What is shown now; layer and style first, the rest once a page is there. */
  render() {
    const { view } = this;
    const { shown } = view;
    if (shown) {
      this.layer.value = shown.id;
      this.picker.render(shown.styles, shown.style, `Style of ${shown.title}`);
      // The adjusting part belongs to one layer.
      if (this.adjust?.id !== shown.id) this.#renewAdjust(shown.id);
      this.adjust.render(shown);
      this.fold.hidden = !shown.controls?.length;
      setAttribute(this.fold, "aria-label", `Adjust ${shown.title}`);
      setAttribute(this.fold, "title", shown.controls?.includes("stretch") ? "Contrast, gamma, inverse" : "Fills or outlines");
      setAttribute(this.fold, "aria-expanded", String(this.adjust.isOpen));
      this.fold.classList.toggle("eo-changed", this.adjust.isChanged(shown.styleText));
    }
    const sort = view.sort;
    this.order.value = sort?.id ?? "";
    this.turn.classList.toggle("eo-turned", view.isTurned);
    const first = sort?.ends[view.isTurned ? 1 : 0] ?? "";
    const words = `${first}; press for ${sort?.ends[view.isTurned ? 0 : 1] ?? ""}`;
    setAttribute(this.turn, "title", words);
    setAttribute(this.turn, "aria-label", `Order: ${words}`);
    this.size.value = String(view.size);
    this.#renderPage(view.page);
  }

  #renderPage(page) {
    const number = page?.page ?? 1;
    const pages = page?.pages ?? 1;
    if (this.number.getRootNode().activeElement !== this.number) this.number.value = String(number);
    this.number.disabled = pages < 2;
    this.of.textContent = `of ${value(pages)}`;
    this.previous.disabled = number <= 1;
    this.next.disabled = number >= pages;
    this.range.textContent = page ? rangeWords(page) : "";
  }

  get popupIsOpen() {
    return this.picker.isOpen || Boolean(this.adjust?.isOpen);
  }

  closePopup() {
    const wasInside = this.popup.contains(this.popup.getRootNode().activeElement);
    if (this.picker.isOpen) {
      this.picker.toggle(false);
      if (wasInside) this.picker.button.focus({ preventScroll: true });
    } else if (this.adjust?.isOpen) {
      this.adjust.toggle(false);
      this.render();
      if (wasInside) this.fold.focus({ preventScroll: true });
    }
  }

  /** A press elsewhere closes what is unfolded. */
  leave(path) {
    if (!this.popupIsOpen || path.includes(this.look) || path.includes(this.popup)) return;
    this.closePopup();
  }

  #renewAdjust(id) {
    this.adjust?.element.remove();
    this.adjust = new Adjust(this.view, id);
    this.popup.append(this.adjust.element);
  }

  #unfold() {
    if (this.picker.isOpen) this.picker.toggle(false);
    this.adjust.toggle();
    this.render();
  }

  #typed() {
    const number = Number(this.number.value.replace(/[\s,.]/g, ""));
    const { page, pages } = this.view.page ?? { page: 1, pages: 1 };
    if (Number.isInteger(number) && number >= 1) this.view.setPage(Math.min(number, pages));
    else this.number.value = String(page);
  }
}

function select(label, onChange) {
  return el("select", { class: "eo-select", "aria-label": label, title: label, on: { change: onChange } });
}

/** Options are made anew only where they are others, so that an open list stays open. */
function fill(node, options) {
  const key = JSON.stringify(options);
  if (node.dataset.options === key) return;
  node.dataset.options = key;
  node.replaceChildren(...options.map(option));
}

function fillGroups(node, sorts) {
  const key = JSON.stringify(sorts);
  if (node.dataset.options === key) return;
  node.dataset.options = key;
  const groups = new Map();
  for (const sort of sorts) groups.set(sort.group, [...(groups.get(sort.group) ?? []), sort]);
  const made = [...groups].flatMap(([title, items]) => {
    const options = items.map(({ id, title: text, disabled }) => option({ value: id, text, disabled: Boolean(disabled), title: disabled }));
    const note = items.every(({ disabled }) => disabled) ? ` (${items[0].disabled})` : "";
    return title ? [el("optgroup", { label: `${title}${note}` }, ...options)] : options;
  });
  node.replaceChildren(...made);
}

function option({ value: id, text, disabled, title }) {
  return el("option", { value: id, text, disabled, title });
}

/** "49–96 of 3,412" */
function rangeWords({ page, size, total }) {
  if (!total) return "no patch";
  const first = (page - 1) * size + 1;
  return `${value(first)}–${value(Math.min(total, page * size))} of ${value(total)}`;
}

