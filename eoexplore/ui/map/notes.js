// What is said in passing, and the list of keys: the same on the map and in the gallery.

const release = new URL(import.meta.url).search;
const { el, iconButton } = await import(`./dom.js${release}`);

const SAY_FOR_MS = 3500;
const MORE_PER_LETTER_MS = 45; // beyond what is read at a glance

/** A short note that goes away by itself. */
export class Toast {
  constructor() {
    this.element = el("div", { class: "eo-toast", role: "status", "aria-live": "polite" });
  }

  say(text) {
    clearTimeout(this.timer);
    this.element.textContent = text;
    this.element.classList.add("eo-shown");
    const more = Math.max(0, text.length - 40) * MORE_PER_LETTER_MS;
    this.timer = setTimeout(() => this.hush(), SAY_FOR_MS + more);
  }

  hush() {
    this.element.classList.remove("eo-shown");
  }
}

/** The list of keys, made from the table to which every part adds its own. */
export class Help {
  /** @param {{root, keys, canvas}} view `canvas` gets the focus when the list is closed */
  constructor(view) {
    this.view = view;
    this.rows = el("tbody");
    const close = iconButton("close", "Close (Esc)", () => this.toggle(false), "eo-quiet");
    this.element = el(
      "section",
      { class: "eo-help eo-surface", role: "dialog", "aria-label": "Keys", hidden: true },
      el("header", {}, el("h2", { text: "Keys" }), close),
      el("table", {}, this.rows),
    );
  }

  get isOpen() {
    return !this.element.hidden;
  }

  toggle(isOpen = !this.isOpen) {
    if (isOpen) this.rows.replaceChildren(...this.#listKeys());
    this.element.hidden = !isOpen;
    if (isOpen) this.element.querySelector("button").focus();
    else if (this.element.contains(this.view.root.getRootNode().activeElement)) this.view.canvas.focus();
  }

  #listKeys() {
    return this.view.keys.table
      .filter(({ meaning }) => meaning)
      .map(({ key, shown, meaning }) =>
        el("tr", {}, el("th", { scope: "row" }, el("kbd", { text: shown ?? [key].flat()[0] })), el("td", { text: meaning })),
      );
  }
}
