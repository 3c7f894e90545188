// A choice among a few, shown side by side: a group of radio buttons with the keys of one.

const release = new URL(import.meta.url).search;
const { el, setAttribute } = await import(`./dom.js${release}`);

export class Segments {
  /**
   * @param {string} label what is chosen, for screen readers
   * @param {Array<{value: string, text: string, title?: string}>} options
   * @param {function(string)} onChoose
   */
  constructor(label, options, onChoose) {
    this.onChoose = onChoose;
    this.buttons = options.map(({ value, text, title }) =>
      el("button", {
        type: "button",
        class: "eo-segment",
        role: "radio",
        value,
        text,
        title: title ?? null,
        on: { click: () => onChoose(value) },
      }),
    );
    this.element = el("div", { class: "eo-segments", role: "radiogroup", "aria-label": label }, ...this.buttons);
    this.element.addEventListener("keydown", (event) => this.#key(event));
  }

  set(value) {
    for (const button of this.buttons) {
      const isOn = button.value === value;
      setAttribute(button, "aria-checked", String(isOn));
      setAttribute(button, "tabindex", isOn ? "0" : "-1");
    }
  }

  #key(event) {
    const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const at = this.buttons.indexOf(event.target);
    const next = this.buttons[(at + step + this.buttons.length) % this.buttons.length];
    next.focus();
    this.onChoose(next.value);
  }
}
