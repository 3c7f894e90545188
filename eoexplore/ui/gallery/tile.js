// One tile of the gallery: its picture, caption, badges, tick, and the label map on hovering. A tile is
// kept and given other samples, so that nothing jumps.

const release = new URL(import.meta.url).search;
const [{ el, swatch, setAttribute }, { share, value }] = await Promise.all(
  ["dom", "format"].map((name) => import(`../${name}.js${release}`)),
);

const ASK_AGAIN_AFTER_MS = 2000;
const MOST_CHIPS = 5;

export class Tile {
  /** @param {{picked: Set<string>, url: function(string): string}} grid */
  constructor(grid) {
    this.grid = grid;
    this.picture = el("img", { class: "eo-thumb-picture", alt: "", loading: "lazy", decoding: "async", draggable: "false" });
    this.mask = el("img", { class: "eo-thumb-mask", alt: "Label map", hidden: true, decoding: "async", draggable: "false" });
    this.instead = el("div", { class: "eo-thumb-instead", hidden: true });
    this.tick = el("input", { type: "checkbox", class: "eo-tile-tick", tabindex: "-1" });
    this.badges = el("div", { class: "eo-tile-badges" });
    this.caption = el("div", { class: "eo-tile-caption" });
    this.element = el(
      "div",
      { class: "eo-tile", role: "gridcell", tabindex: "-1" },
      el("div", { class: "eo-thumb" }, this.picture, this.mask, this.instead, this.badges, this.tick),
      this.caption,
    );
    for (const image of [this.picture, this.mask]) {
      image.addEventListener("error", () => this.#failed(image));
      image.addEventListener("load", () => this.#came(image));
    }
    this.element.addEventListener("pointerenter", ({ pointerType }) => pointerType !== "touch" && this.#showMask(true));
    this.element.addEventListener("pointerleave", () => this.#showMask(false));
    this.element.addEventListener("focusin", () => this.element.matches(":focus-visible") && this.#showMask(true));
    this.element.addEventListener("focusout", () => this.#showMask(false));
  }

  /**
   * @param {object} item of page.json
   * @param {{classes: Array, sort: {title, id}, isLabelMap: boolean, alt: string}} page
   */
  show(item, page) {
    const isOther = item.id !== this.item?.id;
    this.item = item;
    this.element.dataset.id = item.id;
    this.#showMask(false);
    if (isOther) this.mask.removeAttribute("src");
    this.#showPicture(item, page, isOther);
    const labels = item.labels.map((at) => page.classes[at]).filter(Boolean);
    this.#instead(item, labels);
    this.#badges(item, labels);
    this.#caption(item, page);
    this.#describe(item, labels, page);
    this.setPicked(this.grid.picked.has(item.id));
  }

  setPicked(isPicked) {
    this.tick.checked = isPicked;
    this.element.setAttribute("aria-selected", String(isPicked));
  }

  setCurrent(isCurrent) {
    this.element.classList.toggle("eo-current", isCurrent);
    setAttribute(this.element, "aria-current", isCurrent ? "true" : null);
  }

  get #maskIsWanted() {
    return Boolean(this.item?.mask) && this.element.matches(":hover, :focus-visible");
  }

  #showPicture({ picture }, { isLabelMap }, isOther) {
    const url = picture ? this.grid.url(picture) : null;
    this.picture.classList.toggle("eo-pixels", isLabelMap);
    this.picture.hidden = !url;
    if (url && this.picture.getAttribute("src") === url) return;
    this.tries = 0;
    // Of the same sample the old picture stays until the new one is there.
    if (isOther || !url) this.picture.removeAttribute("src");
    if (isOther) delete this.picture.dataset.shown;
    if (url) this.picture.src = url;
  }

  #instead({ picture, reason }, labels) {
    this.instead.hidden = Boolean(picture);
    if (picture) return;
    const chips = labels.slice(0, MOST_CHIPS).map(({ name, colour }) =>
      el("li", { title: name }, swatch(colour), el("span", { text: name })),
    );
    const more = labels.length - MOST_CHIPS;
    if (more > 0) chips.push(el("li", { class: "eo-note", text: `and ${more} more` }));
    this.instead.replaceChildren(
      ...[
        this.grid.isPictureless || !reason ? null : el("p", { class: "eo-note", text: reason }),
        chips.length ? el("ul", { class: "eo-chips" }, ...chips) : el("p", { class: "eo-note", text: "No label" }),
      ].filter(Boolean),
    );
  }

  #badges({ split }, labels) {
    const names = labels.map(({ name }) => name).join(", ");
    const word = labels.length === 1 ? " label" : " labels";
    const count = `${labels.length}${word}`;
    this.badges.replaceChildren(
      ...[
        split ? el("span", { class: "eo-tag eo-split", "data-split": split, title: `Split: ${split}`, text: split }) : null,
        // Where there is little room, the number stands alone.
        el("span", { class: "eo-tag", title: names ? `${count}: ${names}` : "No label" }, String(labels.length), el("span", { class: "eo-tag-word", text: word })),
      ].filter(Boolean),
    );
  }

  #caption({ id, place, country, date, value: number }, { sort }) {
    const words = valueWords(number, sort);
    this.caption.replaceChildren(
      ...[
        el("span", { class: "eo-tile-place", title: [place, country, id].filter(Boolean).join("\n"), text: place ?? id }),
        // Where not even a place is known, a missing date is nothing to tell.
        date || place ? el("span", { class: "eo-tile-date", text: date ?? "no date" }) : null,
        words ? el("span", { class: "eo-tile-value", title: sort.title, text: words }) : null,
      ].filter(Boolean),
    );
  }

  #describe({ id, place, date, split, country, value: number }, labels, { sort, alt }) {
    const words = [place ?? id, country, date, split, labels.map(({ name }) => name).join(", ") || "no label", valueWords(number, sort)];
    setAttribute(this.element, "aria-label", words.filter(Boolean).join("; "));
    setAttribute(this.tick, "aria-label", `Select ${place ?? id}`);
    this.picture.alt = alt ?? "";
  }

  #showMask(isOn) {
    const url = isOn && this.item?.mask ? this.grid.url(this.item.mask) : null;
    if (!url) {
      this.mask.hidden = true;
      return;
    }
    if (this.mask.getAttribute("src") !== url) this.mask.src = url;
    else if (this.mask.complete && this.mask.naturalWidth) this.mask.hidden = false;
  }

  #came(image) {
    if (image === this.mask) this.mask.hidden = !this.#maskIsWanted;
    else this.picture.dataset.shown = this.item.id;
  }

  /** A busy server refuses now and then: once more before saying so. */
  #failed(image) {
    const url = image.getAttribute("src");
    if (!url) return;
    if (image === this.mask) {
      image.removeAttribute("src");
      image.hidden = true;
      return;
    }
    this.tries += 1;
    if (this.tries > 1) {
      image.hidden = true;
      this.instead.hidden = false;
      this.instead.replaceChildren(el("p", { class: "eo-note", text: "The picture did not come." }));
      return;
    }
    setTimeout(() => image.getAttribute("src") === url && (image.src = url), ASK_AGAIN_AFTER_MS);
  }
}

/** "12.3 %" of a share, a plain number of a prediction, nothing where the order says it already. */
function valueWords(number, sort) {
  if (typeof number !== "number") return sort?.id.startsWith("share.") ? "share not known" : null;
  return sort?.id.startsWith("share.") ? share(number) : value(number);
}
