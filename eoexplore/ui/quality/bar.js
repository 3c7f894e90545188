// The row above the queue: reasons, class, status, scores, how many there are, the table to take away.

const release = new URL(import.meta.url).search;
const own = ["scores", "conditions"].map((name) => import(`./${name}.js${release}`));
const shared = ["dom", "format"].map((name) => import(`../${name}.js${release}`));
const parts = Object.assign({}, ...(await Promise.all([...own, ...shared])));
const { Scores, isNarrowed, el, icon, iconButton, setAttribute, value } = parts;

export class Bar {
  constructor(view) {
    this.view = view;
    this.reasons = el(
      "button",
      {
        type: "button",
        class: "eo-text-button eo-reasons-button",
        "aria-haspopup": "true",
        "aria-expanded": "false",
        on: { click: () => this.toggleReasons() },
      },
      (this.reasonsText = el("span", { class: "eo-reasons-text" })),
      icon("chevron"),
    );
    this.menu = el("div", { class: "eo-reasons-menu eo-surface", role: "group", "aria-label": "Reasons", hidden: true });
    this.class = select("Class", () => view.narrow({ class: this.class.value }));
    this.status = select("Decidable at the map's resolution", () => view.narrow({ status: this.status.value }));
    this.scores = new Scores((least) => view.narrow({ least }));
    this.clear = el("button", {
      type: "button",
      class: "eo-text-button",
      text: "Clear filters",
      hidden: true,
      on: { click: () => view.clear() },
    });
    this.table = el("a", { class: "eo-button eo-quiet", title: "These findings as a table (CSV)", "aria-label": "These findings as a table (CSV)", download: "" }, icon("download"));
    const help = iconButton("help", "Keys (?)", () => view.tools.toggleHelp(), "eo-quiet eo-help-button");
    this.element = el(
      "div",
      { class: "eo-strip eo-quality-bar", role: "toolbar", "aria-label": "Which findings" },
      el("div", { class: "eo-filters" }, el("div", { class: "eo-reasons" }, this.reasons, this.menu), this.class, this.status, this.clear),
      this.scores.element,
      el("div", { class: "eo-bar-end" }, this.table, help),
    );
  }

  get menuIsOpen() {
    return !this.menu.hidden;
  }

  /** A press elsewhere closes the list of reasons. */
  leave(path) {
    if (this.menuIsOpen && !path.includes(this.reasons) && !path.includes(this.menu)) this.toggleReasons(false);
  }

  toggleReasons(isOpen = this.menu.hidden) {
    const hadFocus = this.menu.contains(this.menu.getRootNode().activeElement);
    this.menu.hidden = !isOpen;
    this.reasons.setAttribute("aria-expanded", String(isOpen));
    if (isOpen) this.menu.querySelector("input")?.focus({ preventScroll: true });
    else if (hadFocus) this.reasons.focus({ preventScroll: true });
  }

  /** @param {object|null} page of page.json, null while none is there */
  render(page) {
    const { conditions } = this.view;
    this.clear.hidden = !isNarrowed(conditions);
    if (!page) return;
    this.#renderReasons(page, conditions.reasons);
    const classes = page.classes.map(({ name }, at) => ({ id: name, text: `${name} (${value(page.of_class[at])})` }));
    fill(this.class, [{ id: "", text: "All classes" }, ...classes], conditions.class);
    const status = page.status.map(({ name, title, count }) => ({ id: name, text: `${title} (${value(count)})` }));
    fill(this.status, [{ id: "", text: "Decidable or not" }, ...status], conditions.status);
    this.scores.show(page, conditions.least);
    setAttribute(this.table, "href", page.total ? this.view.tableAddress() : null);
    this.table.classList.toggle("eo-off", !page.total);
  }

  #renderReasons({ reasons, cannot }, chosen) {
    const picked = reasons.filter(({ name }) => chosen.includes(name));
    const [first] = picked;
    this.reasonsText.textContent = !first ? "All reasons" : picked.length === 1 ? first.title : `${picked.length} reasons`;
    setAttribute(this.reasons, "aria-label", `Reasons: ${this.reasonsText.textContent}`);
    const key = JSON.stringify([reasons, cannot, chosen]);
    if (key === this.reasonsKey) return;
    this.reasonsKey = key;
    const focused = this.menu.getRootNode().activeElement?.dataset?.reason;
    const rows = reasons.map(({ name, title, help, count }) => {
      const box = el("input", { type: "checkbox", "data-reason": name, on: { change: () => this.#choose(name, box.checked) } });
      box.checked = chosen.includes(name);
      const words = el("span", {}, el("span", { class: "eo-result-title", text: title }), el("span", { class: "eo-result-detail", text: help }));
      return el("label", { class: "eo-reason" }, box, words, el("span", { class: "eo-reason-count", text: value(count) }));
    });
    const silent = cannot.map(({ title, sentence }) =>
      el("p", { class: "eo-reason eo-reason-silent" }, el("span", { class: "eo-result-title", text: title }), el("span", { class: "eo-result-detail", text: sentence })),
    );
    const isSilent = !rows.length && !silent.length;
    this.menu.replaceChildren(...rows, ...silent, ...(isSilent ? [el("p", { class: "eo-note", text: "Nobody has looked for any yet." })] : []));
    if (focused) this.menu.querySelector(`[data-reason="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  }

  #choose(name, isOn) {
    const { reasons } = this.view.conditions;
    const others = reasons.filter((other) => other !== name);
    this.view.narrow({ reasons: isOn ? [...others, name] : others });
  }
}

function select(label, onChange) {
  return el("select", { class: "eo-select", "aria-label": label, title: label, on: { change: onChange } });
}

/** Options are made anew only where they are others, so that an open list stays open. */
function fill(node, options, chosen) {
  const known = options.some(({ id }) => id === chosen) ? options : [...options, { id: chosen, text: chosen }];
  const key = JSON.stringify(known);
  if (node.dataset.options !== key) {
    node.dataset.options = key;
    node.replaceChildren(...known.map(({ id, text }) => el("option", { value: id, text })));
  }
  node.value = chosen;
}
