// The legends of what is drawn, topmost first, as the server describes them. Of a label map, each
// class can be hidden or shown alone, and says how much ground it covers in the selection.

const release = new URL(import.meta.url).search;
const [{ el, icon, swatch }, { answerOf }, { parseStyle, formatStyle }, { Areas }, { rove }] = await Promise.all(
  ["dom", "answers", "styletext", "areas", "roving"].map((name) => import(`./${name}.js${release}`)),
);

const SIDES = { left: "Left", right: "Right" };
const VALUE = new Intl.NumberFormat("en-GB", { maximumSignificantDigits: 4 });

export class Legend {
  /** @param {Element} element of the panel, to be filled */
  constructor(view, element) {
    this.view = view;
    this.element = element;
    this.areas = new Areas(view);
    this.sections = new Map(); // side and layer → element, kept so that focus and folds survive
    this.key = "";
    this.said = new Set(); // notices of the server, each said once
  }

  /** Called after each change of layers, styles, dates or zoom. */
  async update() {
    const layers = this.view.legendLayers();
    const key = [this.areas.url(), ...layers.map(({ side, url }) => `${side.name} ${url}`)].join(" ");
    if (key === this.key) return;
    this.key = key;
    const hasClasses = layers.some(canHide);
    const [areas, ...answers] = await Promise.all([
      hasClasses ? this.areas.ask() : null,
      ...layers.map(({ url }) => answerOf(url)),
    ]);
    if (key !== this.key) return; // something else is asked for by now
    const notices = answers.map((answer) => answer.notices).filter((text) => text && !this.said.has(text));
    for (const text of notices) this.said.add(text);
    this.view.say([...new Set(notices)].join(" "));
    const shown = layers.map((layer, index) => ({ layer, body: answers[index].body })).filter(({ body }) => body?.title);
    this.#render(shown, areas);
  }

  #render(shown, areas) {
    const hasSides = this.view.sides.length > 1;
    const elements = shown.map(({ layer, body }) => {
      const id = `${layer.side.name} ${layer.id}`;
      const open = this.sections.get(id)?.open ?? true;
      const focus = focusedCode(this.sections.get(id));
      const element = this.#section(layer, body, areas, hasSides);
      element.open = open;
      this.sections.set(id, element);
      return { element, focus };
    });
    const scroller = this.element.closest(".eo-panel-body");
    const top = scroller?.scrollTop ?? 0;
    this.element.replaceChildren(...elements.map(({ element }) => element));
    if (scroller) scroller.scrollTop = top;
    // A pressed class keeps the keyboard's focus.
    for (const { element, focus } of elements) {
      if (focus) element.querySelector(`[data-code="${CSS.escape(focus.code)}"].${focus.kind}`)?.focus({ preventScroll: true });
    }
  }

  #section(layer, legend, areas, hasSides) {
    const { title, note, formula, source, unit } = legend;
    const name = hasSides ? `${SIDES[layer.side.name]}: ${title}` : title;
    return el(
      "details",
      { class: "eo-legend", "data-layer": layer.id },
      el("summary", {}, el("span", { text: name }), icon("chevron")),
      note ? el("p", { class: "eo-note", text: note }) : null,
      formula ? el("p", { class: "eo-formula", text: formula }) : null,
      legend.ramp ? ramp(legend.ramp, unit) : null,
      channels(legend.channels, unit),
      this.#entries(layer, legend, areas),
      link(source),
    );
  }

  #entries(layer, { entries, title }, areas) {
    if (!entries?.length) return null;
    if (!canHide(layer)) {
      return el("ul", {}, ...entries.map(({ label, colour, help }) => el("li", { title: help || null }, swatch(colour), el("span", { text: label }))));
    }
    const style = parseStyle(layer.styleText);
    const codes = entries.map(({ key }) => key);
    const rows = entries.map((entry) => this.#classRow(layer, style, codes, entry, areas));
    const isPart = Boolean(style.only || style.not);
    const all = el("button", { type: "button", class: "eo-text-button", text: "Show all", on: { click: () => this.#choose(layer, style, null) } });
    const label = `${title}: press a class to hide it; arrow keys go from one to the next`;
    const list = el("ul", { class: "eo-classes", "aria-label": label }, ...rows);
    rove(list, rows.map((row) => [...row.querySelectorAll("button")]));
    return el("div", {}, isPart ? all : null, this.areas.note(areas), list);
  }

  #classRow(layer, style, codes, { key, label, colour, help }, areas) {
    const isShown = style.only ? style.only.includes(key) : !style.not?.includes(key);
    const isAlone = style.only?.length === 1 && isShown;
    const sizes = this.areas.of(areas, style.name, key);
    const toggle = el(
      "button",
      {
        type: "button",
        class: "eo-class",
        "data-code": key,
        "aria-pressed": String(isShown),
        title: [help, isShown ? "Press to hide" : "Press to show"].filter(Boolean).join(". "),
        on: { click: () => this.#choose(layer, style, toggled(style, codes, key)) },
      },
      swatch(colour),
      el("span", { class: "eo-class-label", text: label }),
      sizes ? areaCells(sizes) : null,
    );
    const only = el("button", {
      type: "button",
      class: "eo-only eo-text-button",
      "data-code": key,
      text: isAlone ? "all" : "only",
      "aria-label": isAlone ? "Show all classes" : `Show only ${label}`,
      on: { click: () => this.#choose(layer, style, isAlone ? null : { only: [key] }) },
    });
    return el("li", {}, toggle, only);
  }

  /** @param {{only?: string[], not?: string[]}|null} choice null shows all classes */
  #choose(layer, style, choice) {
    const text = formatStyle({ ...style, only: null, not: null, ...choice });
    this.view.setLayer(layer.id, { style: text }, layer.side);
  }
}

function areaCells({ ground, sampled, long }) {
  const cells = [ground, sampled].map((text) => el("span", { "aria-hidden": "true", text }));
  return el("span", { class: "eo-class-areas", title: long }, el("span", { class: "eo-said", text: long }), ...cells);
}

function canHide({ controls }) {
  return Boolean(controls?.includes("classes"));
}

function focusedCode(section) {
  const node = section?.getRootNode().activeElement;
  if (!node || !section.contains(node) || !node.dataset.code) return null;
  return { code: node.dataset.code, kind: node.classList.contains("eo-only") ? "eo-only" : "eo-class" };
}

/** What is hidden once a class is pressed; the shorter of the two lists stands in the address. */
function toggled(style, codes, key) {
  const before = codes.filter((code) => (style.only ? style.only.includes(code) : !style.not?.includes(code)));
  const shown = before.includes(key) ? before.filter((code) => code !== key) : [...before, key];
  const hidden = codes.filter((code) => !shown.includes(code));
  if (!hidden.length) return null;
  // Nothing at all cannot be written as a list of what is shown.
  return shown.length && shown.length < hidden.length ? { only: codes.filter((code) => shown.includes(code)) } : { not: hidden };
}

function channels(items, unit) {
  if (!items?.length) return null;
  const lines = items.map(({ label, colour, low, high }) =>
    el("li", {}, swatch(colour), el("span", { text: label }), el("span", { class: "eo-range", text: range(low, high) })),
  );
  return el("div", {}, el("ul", {}, ...lines), unit ? el("p", { class: "eo-note", text: unit }) : null);
}

function ramp({ colours, low, high }, unit) {
  const safe = (colours ?? []).filter((colour) => /^#[0-9a-f]{6}$/i.test(colour));
  const bar = el("div", { class: "eo-ramp", role: "img", "aria-label": `Colours from ${number(low)} to ${number(high)}` });
  if (safe.length > 1) bar.style.backgroundImage = `linear-gradient(to right, ${safe.join(", ")})`;
  const ends = el("div", { class: "eo-ramp-ends" }, el("span", { text: number(low) }), el("span", { text: unit ?? "" }), el("span", { text: number(high) }));
  return el("div", {}, bar, ends);
}

function link(source) {
  if (!source?.text) return null;
  const isWeb = /^https?:\/\//.test(source.url ?? "");
  const node = isWeb
    ? el("a", { href: source.url, target: "_blank", rel: "noopener noreferrer", text: source.text })
    : el("span", { text: source.text });
  return el("p", { class: "eo-note eo-source" }, "Source: ", node);
}

function range(low, high) {
  return `${number(low)} to ${number(high)}`;
}

function number(value) {
  return typeof value === "number" ? VALUE.format(value).replace("-", "−") : String(value ?? "");
}
