// The style of a layer: a button with its name, which opens a list that can be searched. With a
// hundred and fifty bands, composites and indices a plain list is no help.

const release = new URL(import.meta.url).search;
const { el, icon, setAttribute } = await import(`./dom.js${release}`);

let numbers = 0; // for ids that tie list, options and input together

export class Picker {
  /** @param {function(string)} onPick called with the id of a style */
  constructor(onPick) {
    this.onPick = onPick;
    this.id = `eo-picker-${(numbers += 1)}`;
    this.text = el("span", { class: "eo-picker-text" });
    this.button = el(
      "button",
      {
        type: "button",
        class: "eo-select eo-picker-button",
        "aria-haspopup": "listbox",
        "aria-expanded": "false",
        on: { click: () => this.toggle(), keydown: (event) => this.#stepped(event) },
      },
      this.text,
      icon("chevron"),
    );
    this.input = el("input", {
      type: "search",
      class: "eo-search-box",
      placeholder: "Search by name, band or formula",
      role: "combobox",
      "aria-expanded": "true",
      "aria-controls": this.id,
      autocomplete: "off",
      spellcheck: "false",
      on: { input: () => this.#filter(), keydown: (event) => this.#typed(event) },
    });
    this.list = el("div", { class: "eo-options", role: "listbox", id: this.id });
    this.popup = el("div", { class: "eo-picker-popup", hidden: true }, this.input, this.list);
    this.popup.addEventListener("focusout", ({ relatedTarget }) => {
      const isInside = relatedTarget && (this.popup.contains(relatedTarget) || relatedTarget === this.button);
      if (!isInside && relatedTarget) this.toggle(false);
    });
  }

  /**
   * @param {Array<{id, title, group, help, disabled}>} styles
   * @param {object|null} style the chosen one
   */
  render(styles, style, label) {
    this.styles = styles;
    this.style = style;
    this.label = label;
    this.text.textContent = style?.title ?? "No style";
    setAttribute(this.button, "title", style ? [style.title, style.help].filter(Boolean).join(": ") : null);
    setAttribute(this.button, "aria-label", `${label}: ${style?.title ?? "none"}`);
    setAttribute(this.input, "aria-label", `Search: ${label}`);
    setAttribute(this.list, "aria-label", label);
    this.button.hidden = styles.length < 2;
    for (const option of this.list.querySelectorAll("[role=option]")) {
      setAttribute(option, "aria-selected", String(option.dataset.value === style?.id));
    }
  }

  get isOpen() {
    return !this.popup.hidden;
  }

  toggle(isOpen = !this.isOpen) {
    if (isOpen === this.isOpen) return;
    this.popup.hidden = !isOpen;
    this.button.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) return;
    this.input.hidden = this.styles.length <= 8;
    this.input.value = "";
    this.#filter();
    (this.input.hidden ? this.button : this.input).focus({ preventScroll: true });
    this.popup.scrollIntoView({ block: "nearest" });
  }

  #filter() {
    const words = this.input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const isFound = ({ id, title, group, help }) => {
      const text = `${id} ${title} ${group ?? ""} ${help ?? ""}`.toLowerCase();
      return words.every((word) => text.includes(word));
    };
    const found = this.styles.filter(isFound);
    const groups = new Map();
    for (const style of found) groups.set(style.group ?? "", [...(groups.get(style.group ?? "") ?? []), style]);
    const sections = [...groups].map(([title, styles]) => this.#group(title, styles));
    const nothing = el("p", { class: "eo-note eo-nothing", text: "No style of this name, band or formula." });
    this.list.replaceChildren(...(sections.length ? sections : [nothing]));
    const chosen = found.find(({ id }) => id === this.style?.id);
    this.#activate((words.length ? null : this.#option(chosen?.id)) ?? this.#usable()[0] ?? null);
  }

  #group(title, styles) {
    const options = styles.map((style) => this.#makeOption(style));
    if (!title) return el("div", {}, ...options);
    const heading = el("div", { class: "eo-group-title", "aria-hidden": "true", text: title });
    return el("div", { role: "group", "aria-label": title }, heading, ...options);
  }

  #makeOption({ id, title, help, disabled }) {
    const note = disabled ?? (help === title ? null : help);
    return el(
      "div",
      {
        class: "eo-option",
        role: "option",
        id: `${this.id}-${id}`,
        "data-value": id,
        "aria-selected": String(id === this.style?.id),
        "aria-disabled": disabled ? "true" : null,
        title: note ?? null,
        on: { click: () => this.#pick(id), pointerdown: (event) => event.preventDefault() },
      },
      el("span", { text: title }),
      note ? el("span", { class: "eo-note", text: note }) : null,
    );
  }

  #option(id) {
    return id === undefined ? null : this.list.querySelector(`[data-value="${CSS.escape(id)}"]`);
  }

  #usable() {
    return [...this.list.querySelectorAll("[role=option]:not([aria-disabled])")];
  }

  /** Mark the option that Enter takes. */
  #activate(option) {
    this.active?.classList.remove("eo-active");
    this.active = option;
    setAttribute(this.input, "aria-activedescendant", option?.id ?? null);
    if (!option) return;
    option.classList.add("eo-active");
    // Only the list scrolls, never the page.
    const top = option.offsetTop - this.list.offsetTop;
    if (top < this.list.scrollTop) this.list.scrollTop = top - 24;
    else if (top + option.offsetHeight > this.list.scrollTop + this.list.clientHeight) {
      this.list.scrollTop = top + option.offsetHeight - this.list.clientHeight;
    }
  }

  #pick(id) {
    const style = this.styles.find((candidate) => candidate.id === id);
    if (!style || style.disabled) return;
    this.toggle(false);
    this.button.focus({ preventScroll: true });
    this.onPick(id);
  }

  #typed(event) {
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };
    if (event.key in steps) {
      const options = this.#usable();
      const at = options.indexOf(this.active) + steps[event.key];
      this.#activate(options[Math.min(options.length - 1, Math.max(0, at))] ?? null);
    } else if (event.key === "Enter") {
      if (this.active) this.#pick(this.active.dataset.value);
    } else if (event.key === "Escape") {
      this.toggle(false);
      this.button.focus({ preventScroll: true });
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** On the closed button the arrows change the style at once, as in a plain list. */
  #stepped(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape" && this.isOpen) this.toggle(false);
    else if (!step) return;
    else {
      const usable = this.styles.filter(({ disabled }) => !disabled);
      const next = usable[usable.findIndex(({ id }) => id === this.style?.id) + step];
      if (next) this.onPick(next.id);
    }
    event.preventDefault();
    event.stopPropagation();
  }
}
