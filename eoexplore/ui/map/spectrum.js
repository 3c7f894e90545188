// Reflectance over wavelength as an SVG chart: one line per date of the place, and behind them what
// the class has elsewhere (mean, and the band that holds its middle 80 %). With a table of the same.

const release = new URL(import.meta.url).search;
const { el } = await import(`./dom.js${release}`);

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 208;
const MARGIN = { left: 40, right: 10, top: 44, bottom: 32 };
const TICKS_NM = [500, 1000, 1500, 2000];
const NARROWEST = 280;

/**
 * @typedef {object} Line
 * @property {string} label
 * @property {boolean} isCurrent
 * @property {Array<number|null>} values reflectance per band
 */

export class Spectrum {
  constructor() {
    this.chart = el("div", { class: "eo-chart" });
    this.legend = el("ul", { class: "eo-chart-legend" });
    this.table = el("div", { class: "eo-scroll" });
    const details = el("details", { class: "eo-fold" }, el("summary", { text: "Spectrum as a table" }), this.table);
    this.note = el("p", { class: "eo-note", hidden: true });
    this.element = el("section", { class: "eo-spectrum" }, el("h3", { text: "Spectrum at the pixel" }), this.chart, this.legend, this.note, details);
    this.top = 0;
    this.observer = new ResizeObserver(() => this.#fit());
    this.observer.observe(this.chart);
  }

  /** The scale starts anew: another patch. */
  reset() {
    // Only with the next values: until they come, the old ones may be drawn again at another width.
    this.isOther = true;
  }

  /**
   * @param {{bands: Array<{name, title, wavelength_nm}>, lines: Line[], where: string,
   *   group: {label, colour, mean, p10, p90}|null, note: string}} data values in the order of `bands`
   */
  show(data) {
    this.data = data;
    const highest = Math.max(...data.lines.flatMap(({ values }) => values), ...(data.group?.p90 ?? []), 0);
    // The scale grows with what is shown but never shrinks while one moves about in a patch.
    this.top = Math.max(this.isOther ? 0 : this.top, Math.ceil(Math.max(highest, 0.01) * 1.05 * 5 - 1e-9) / 5);
    this.isOther = false;
    this.note.textContent = data.note ?? "";
    this.note.hidden = !data.note;
    this.#draw();
    this.legend.replaceChildren(...this.#legend());
    this.table.replaceChildren(this.#table());
  }

  #fit() {
    if (this.data && Math.abs(this.chart.clientWidth - this.width) > 1) this.#draw();
  }

  #draw() {
    this.width = Math.max(NARROWEST, this.chart.clientWidth || 372);
    const { bands, lines, group } = this.data;
    const waves = bands.map((band) => band.wavelength_nm);
    const [least, most] = [Math.min(...waves) - 40, Math.max(...waves) + 40];
    const x = (nm) => MARGIN.left + ((nm - least) / (most - least)) * (this.width - MARGIN.left - MARGIN.right);
    const y = (value) => HEIGHT - MARGIN.bottom - (value / this.top) * (HEIGHT - MARGIN.top - MARGIN.bottom);
    const scale = { x, y, waves };
    const back = lines.filter(({ isCurrent }) => !isCurrent);
    const front = lines.filter(({ isCurrent }) => isCurrent);
    const parts = [
      ...this.#axes(scale, least, most),
      ...(group ? groupShapes(scale, group) : []),
      ...[...back, ...front].map((line) => lineShape(scale, line, lines.indexOf(line))),
      ...front.flatMap((line) => dots(scale, line, bands)),
    ];
    const about = { class: "eo-spectrum-svg", viewBox: `0 0 ${this.width} ${HEIGHT}`, width: this.width, height: HEIGHT, role: "img", "aria-label": this.#words() };
    this.chart.replaceChildren(svg("svg", about, ...parts));
  }

  #axes({ x, y, waves }, least, most) {
    const steps = this.top <= 0.4 ? 0.1 : 0.2;
    const floor = y(0);
    const parts = [];
    for (let value = 0; value <= this.top + 1e-9; value += steps) {
      parts.push(svg("line", { class: "eo-grid", x1: MARGIN.left, x2: this.width - MARGIN.right, y1: y(value), y2: y(value) }));
      parts.push(svg("text", { class: "eo-tick", x: MARGIN.left - 5, y: y(value) + 3.5, "text-anchor": "end" }, value.toFixed(1)));
    }
    for (const nm of TICKS_NM.filter((tick) => tick > least && tick < most)) {
      parts.push(svg("line", { class: "eo-axis", x1: x(nm), x2: x(nm), y1: floor, y2: floor + 4 }));
      parts.push(svg("text", { class: "eo-tick", x: x(nm), y: floor + 14, "text-anchor": "middle" }, String(nm)));
    }
    parts.push(svg("line", { class: "eo-axis", x1: MARGIN.left, x2: this.width - MARGIN.right, y1: floor, y2: floor }));
    parts.push(svg("text", { class: "eo-axis-title", x: (MARGIN.left + this.width) / 2, y: HEIGHT - 3, "text-anchor": "middle" }, "wavelength (nm)"));
    const middle = (MARGIN.top + floor) / 2;
    parts.push(svg("text", { class: "eo-axis-title", transform: `translate(9 ${middle}) rotate(-90)`, "text-anchor": "middle" }, "reflectance"));
    // Bands lie close together in the red edge: two rows of upright names keep them apart.
    this.data.bands.forEach((band, index) => {
      const low = MARGIN.top - 4 - (index % 2) * 20;
      parts.push(svg("line", { class: "eo-band-line", x1: x(waves[index]), x2: x(waves[index]), y1: low + 2, y2: floor }));
      const name = svg("text", { class: "eo-band-name", transform: `translate(${x(waves[index]) + 3} ${low}) rotate(-90)` }, short(band.name));
      name.append(svg("title", {}, `${band.name}, ${band.title}, ${band.wavelength_nm} nm`));
      parts.push(name);
    });
    return parts;
  }

  #legend() {
    const { lines, group } = this.data;
    const entries = lines.map(({ label, isCurrent }, index) => {
      const sample = svg("svg", { viewBox: "0 0 22 10", width: 22, height: 10, "aria-hidden": "true" });
      sample.append(svg("line", { class: lineClass(isCurrent, index), x1: 0, x2: 22, y1: 5, y2: 5 }));
      return el("li", {}, sample, el("span", { text: isCurrent && label !== "this patch" ? `${label} (this patch)` : label }));
    });
    if (group) {
      const sample = svg("svg", { viewBox: "0 0 22 10", width: 22, height: 10, "aria-hidden": "true" });
      sample.append(svg("rect", { class: "eo-group-area", width: 22, height: 10, fill: colourOf(group) }), svg("line", { class: "eo-group-mean", x1: 0, x2: 22, y1: 5, y2: 5 }));
      entries.push(el("li", {}, sample, el("span", { text: `${group.label}: mean and 10–90 % of its pixels` })));
    }
    return entries;
  }

  #table() {
    const { bands, lines, group } = this.data;
    const heads = ["Band", "nm", ...lines.map(({ label }) => label), ...(group ? ["class mean", "10–90 %"] : [])];
    const rows = bands.map((band, index) => {
      const cells = [String(band.wavelength_nm), ...lines.map(({ values }) => number(values[index]))];
      if (group) cells.push(number(group.mean[index]), `${number(group.p10[index])}–${number(group.p90[index])}`);
      return el("tr", {}, el("th", { scope: "row", text: band.name, title: band.title }), ...cells.map((text) => el("td", { text })));
    });
    const head = el("tr", {}, ...heads.map((text) => el("th", { scope: "col", text })));
    return el("table", { class: "eo-spectrum-table" }, el("caption", { text: `Reflectance, ${this.data.where}` }), el("thead", {}, head), el("tbody", {}, ...rows));
  }

  /** What the chart shows, for those who cannot see it. */
  #words() {
    const { bands, lines, group, where } = this.data;
    const told = lines.map(({ label, values }) => {
      const list = bands.map(({ name }, index) => `${name} ${number(values[index])}`).join(", ");
      return `${label}: ${list}.`;
    });
    const more = group ? ` Behind the lines: ${group.label}, mean and 10 to 90 %.` : "";
    return `Reflectance over wavelength, ${where}. ${told.join(" ")}${more}`;
  }
}

function groupShapes({ x, y, waves }, group) {
  const upper = waves.map((nm, index) => [x(nm), y(group.p90[index])]);
  const lower = waves.map((nm, index) => [x(nm), y(group.p10[index])]).reverse();
  const middle = waves.map((nm, index) => [x(nm), y(group.mean[index])]);
  return [
    svg("polygon", { class: "eo-group-area", points: joined([...upper, ...lower]), fill: colourOf(group) }),
    svg("polyline", { class: "eo-group-mean", points: joined(middle) }),
  ];
}

function lineShape({ x, y, waves }, { values, isCurrent, label }, index) {
  let pen = "M";
  const path = values.flatMap((value, band) => {
    if (value === null) {
      pen = "M"; // a band that is missing leaves a gap, not a guess
      return [];
    }
    const step = `${pen}${x(waves[band]).toFixed(1)} ${y(value).toFixed(1)}`;
    pen = "L";
    return [step];
  });
  const line = svg("path", { class: lineClass(isCurrent, index), d: path.join("") });
  line.append(svg("title", {}, label));
  return line;
}

function dots({ x, y, waves }, { values }, bands) {
  return values.flatMap((value, index) => {
    if (value === null) return [];
    const dot = svg("circle", { class: "eo-dot", cx: x(waves[index]), cy: y(value), r: 2.6 });
    dot.append(svg("title", {}, `${bands[index].name}, ${bands[index].wavelength_nm} nm: ${number(value)}`));
    return [dot];
  });
}

function lineClass(isCurrent, index) {
  return isCurrent ? "eo-line eo-line-now" : `eo-line eo-line-${index % 4}`;
}

function colourOf({ colour }) {
  return /^#[0-9a-f]{6}$/i.test(colour ?? "") ? colour : "#888888";
}

function joined(points) {
  return points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");
}

function number(value) {
  return typeof value === "number" ? value.toFixed(4) : "–";
}

function svg(tag, attributes, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...children);
  return node;
}

/** As much of a name as there is room for above the chart. */
function short(name) {
  return name.length > 4 ? `${name.slice(0, 3)}…` : name;
}
