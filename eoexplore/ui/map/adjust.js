// How a layer is drawn beyond its style: the stretch of a picture with its histogram, gamma and
// inverse; for classes, fills or outlines, and a way back from hidden classes.

const release = new URL(import.meta.url).search;
const [{ el, setAttribute }, { parseStyle, formatStyle }, { Segments }, { histogram }, { answerOf }] = await Promise.all(
  ["dom", "styletext", "segments", "histogram", "answers"].map((name) => import(`./${name}.js${release}`)),
);

const APPLY_AFTER_MS = 200;
const PERCENTILES = [[2, 98], [1, 99], [0.5, 99.5]];

export class Adjust {
  constructor(view, id) {
    this.view = view;
    this.id = id;
    this.element = el("div", { class: "eo-adjust", hidden: true });
    this.isOpen = false;
  }

  toggle(isOpen = !this.isOpen) {
    this.isOpen = isOpen;
  }

  /** Whether a style is drawn in another way than it is by itself. */
  isChanged(text) {
    return text !== parseStyle(text).name;
  }

  render(layer) {
    const kind = layer.controls?.includes("stretch") ? "stretch" : "classes";
    this.element.hidden = !this.isOpen || !layer.controls?.length;
    if (this.element.hidden) return;
    if (this.kind !== kind) {
      this.kind = kind;
      this.#build(kind);
    }
    this.layer = layer;
    if (kind === "stretch") this.#renderStretch();
    else this.#renderClasses();
  }

  #build(kind) {
    this.element.replaceChildren(...(kind === "stretch" ? this.#stretchParts() : this.#classParts()));
  }

  /** Draw the layer in another way; null: as its style is by itself. */
  #apply(change) {
    clearTimeout(this.timer);
    const style = parseStyle(this.layer.styleText);
    const text = change === null ? style.name : formatStyle({ ...style, ...change });
    if (text !== this.layer.styleText) this.view.setLayer(this.id, { style: text });
  }

  /** The same, once a slider or a number has come to rest. */
  #applySoon(change) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#apply(change), APPLY_AFTER_MS);
  }

  // -- pictures -----------------------------------------------------------------------------

  #stretchParts() {
    const options = [
      ["fixed", "Range of the style"],
      ...PERCENTILES.map(([low, high]) => [`${low}..${high}`, `${low} – ${high} % of the dataset`]),
      ["percentile", "Own percentiles"],
      ["range", "Own range"],
    ];
    this.mode = el(
      "select",
      { class: "eo-select", "aria-label": "Contrast", on: { change: () => this.#chooseMode() } },
      ...options.map(([value, text]) => el("option", { value, text })),
    );
    const number = (label) =>
      el("input", { type: "number", step: "any", class: "eo-number-box", "aria-label": label, on: { input: () => this.#ownLimits() } });
    this.low = number("Shown as darkest");
    this.high = number("Shown as brightest");
    this.unit = el("span", { class: "eo-note" });
    this.limits = el("div", { class: "eo-limits" }, this.low, el("span", { text: "to" }), this.high, this.unit);
    this.chart = el("div", { class: "eo-histogram" });
    this.gammaText = el("output", { class: "eo-percent" });
    this.gamma = el("input", {
      type: "range",
      class: "eo-slider",
      "aria-label": "Gamma",
      // On a scale of powers, so that 1 stands in the middle.
      min: -1,
      max: 1,
      step: 0.02,
      on: { input: () => this.#ownGamma() },
    });
    this.reset = button("Reset", () => this.#apply(null));
    this.inverse = el("input", { type: "checkbox", on: { change: () => this.#apply({ inverse: this.inverse.checked }) } });
    return [
      el("label", { class: "eo-field" }, el("span", { text: "Contrast" }), this.mode),
      this.limits,
      this.chart,
      el("label", { class: "eo-field" }, el("span", { text: "Gamma" }), this.gamma, this.gammaText),
      el(
        "div",
        { class: "eo-field" },
        el("label", { class: "eo-tick" }, this.inverse, el("span", { text: "Inverse" })),
        this.reset,
      ),
    ];
  }

  #renderStretch() {
    const style = parseStyle(this.layer.styleText);
    const { stretch } = style;
    const known = stretch?.kind === "percentile" && this.own !== "percentile";
    const preset = known && PERCENTILES.find(([low, high]) => low === stretch.low && high === stretch.high);
    const mode = preset ? preset.join("..") : (stretch?.kind ?? "fixed");
    if (this.mode.value !== mode) this.mode.value = mode;
    this.limits.hidden = !["percentile", "range"].includes(mode);
    this.#setNumber(this.low, stretch?.low);
    this.#setNumber(this.high, stretch?.high);
    this.gammaText.textContent = style.gamma.toFixed(2);
    if (!this.#hasFocus(this.gamma)) this.gamma.value = String(Math.log10(style.gamma));
    this.gamma.setAttribute("aria-valuetext", style.gamma.toFixed(2));
    this.inverse.checked = style.inverse;
    this.reset.disabled = !this.isChanged(this.layer.styleText);
    this.#renderChart(mode);
  }

  async #renderChart(mode) {
    const { questions, activeSide } = this.view;
    const address = questions.legendUrl(this.layer, activeSide);
    if (address === this.address) return;
    this.address = address;
    const { body } = await answerOf(address);
    if (address !== this.address) return;
    this.legend = body;
    this.unit.textContent = mode === "percentile" ? "%" : (body?.unit ?? "");
    const drawn = histogram(body);
    this.chart.replaceChildren(drawn ?? el("p", { class: "eo-note", text: "No histogram of this style yet." }));
  }

  #chooseMode() {
    const mode = this.mode.value;
    this.own = mode;
    if (mode === "fixed") this.#apply({ stretch: null });
    else if (mode === "percentile") this.#apply({ stretch: { kind: mode, low: 5, high: 95 } });
    else if (mode === "range") this.#apply({ stretch: { kind: mode, ...this.#limitsNow() } });
    else {
      const [low, high] = mode.split("..").map(Number);
      this.#apply({ stretch: { kind: "percentile", low, high } });
    }
  }

  /** The limits of what is shown, from which an own range starts. */
  #limitsNow() {
    const parts = this.legend?.ramp ? [this.legend.ramp] : (this.legend?.channels ?? []);
    const lows = parts.map(({ low }) => low).filter(Number.isFinite);
    const highs = parts.map(({ high }) => high).filter(Number.isFinite);
    if (!lows.length || !highs.length) return { low: 0, high: 1 };
    return { low: Math.min(...lows), high: Math.max(...highs) };
  }

  #ownLimits() {
    const kind = this.mode.value === "range" ? "range" : "percentile";
    const [low, high] = [this.low, this.high].map((box) => (box.value === "" ? NaN : Number(box.value)));
    const isInside = kind === "range" ? Math.max(Math.abs(low), Math.abs(high)) < 1e7 : low >= 0 && high <= 100;
    const isGood = low < high && isInside;
    for (const box of [this.low, this.high]) setAttribute(box, "aria-invalid", isGood ? null : "true");
    if (isGood) this.#applySoon({ stretch: { kind, low, high } });
  }

  #ownGamma() {
    const gamma = Number((10 ** Number(this.gamma.value)).toFixed(2));
    this.gammaText.textContent = gamma.toFixed(2);
    this.#applySoon({ gamma });
  }

  /** A box keeps what is being typed into it. */
  #setNumber(box, number) {
    if (this.#hasFocus(box) || number === undefined) return;
    box.value = String(number);
    box.removeAttribute("aria-invalid");
  }

  #hasFocus(node) {
    return this.view.root.getRootNode().activeElement === node;
  }

  // -- classes ------------------------------------------------------------------------------

  #classParts() {
    const options = [
      { value: "fill", text: "Fills" },
      { value: "line", text: "Outlines", title: "Only the borders between classes, so that imagery shows" },
    ];
    this.shape = new Segments("Fills or outlines", options, (value) => this.#apply({ line: value === "line" }));
    this.hidden = el("span", { class: "eo-note" });
    const all = button("Show all classes", () => this.#apply({ only: null, not: null }));
    this.hiddenLine = el("div", { class: "eo-field" }, this.hidden, all);
    return [this.shape.element, this.hiddenLine];
  }

  #renderClasses() {
    const { line, only, not } = parseStyle(this.layer.styleText);
    this.shape.element.hidden = !this.layer.controls.includes("line");
    this.shape.set(line ? "line" : "fill");
    const count = (only ?? not ?? []).length;
    const noun = count === 1 ? "class" : "classes";
    this.hidden.textContent = only ? `Only ${count} ${noun} shown` : `${count} ${noun} hidden`;
    this.hiddenLine.hidden = !count;
  }
}

function button(text, onClick) {
  return el("button", { type: "button", class: "eo-text-button", text, on: { click: onClick } });
}
