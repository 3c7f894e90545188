// What one draws for: to measure, and to choose an area. Offers their buttons and keys.

const release = new URL(import.meta.url).search;
const [{ el, iconButton }, { area, length, metres, squareMetres }, { Sketch }] = await Promise.all(
  ["dom", "geodesy", "sketch"].map((name) => import(`./${name}.js${release}`)),
);

const MOST_CORNERS = 200;

export class Sketches {
  constructor(view) {
    this.view = view;
    this.sketch = new Sketch(view);
    this.buttons = {
      measure: iconButton("ruler", "Measure distance and area (m)", () => this.toggle("measure")),
      box: iconButton("box", "Choose an area: box (d)", () => this.toggle("box")),
      polygon: iconButton("polygon", "Choose an area: outline", () => this.toggle("polygon")),
    };
    this.group = el("div", { class: "eo-group" }, ...Object.values(this.buttons));
    this.result = el("div", { class: "eo-measured eo-surface", role: "status", hidden: true });
    this.elements = [this.sketch.element, this.result];
    view.keys.add([
      { key: "m", meaning: "measure a distance or an area", act: () => this.toggle("measure") },
      { key: "d", meaning: "draw a box: it becomes part of the selection", act: () => this.toggle("box") },
      { key: "Escape", rank: 4, act: () => (this.measured ? this.#forget() : false) },
    ]);
  }

  /** Called when the data has changed: outline the area that the selection is limited to. */
  update() {
    const ring = areaOf(new URLSearchParams(this.view.data.query).get("select") ?? "");
    const key = JSON.stringify(ring);
    if (key === this.ringKey) return;
    this.ringKey = key;
    this.ring?.remove();
    const style = { color: "#ffe14d", weight: 2, dashArray: "6 5", fill: false, interactive: false, className: "eo-area" };
    const casing = { ...style, color: "#10131a", weight: 4, dashArray: null, opacity: 0.55 };
    this.ring = ring ? this.view.marks.add((L) => L.featureGroup([L.polygon(ring, casing), L.polygon(ring, style)])) : null;
  }

  toggle(name) {
    const isSame = this.sketch.isActive && this.current === name;
    this.sketch.stop();
    this.#forget();
    if (isSame) return;
    this.current = name;
    for (const [key, button] of Object.entries(this.buttons)) button.setAttribute("aria-pressed", String(key === name));
    this.sketch.start({ ...this.#task(name), name, stopped: () => this.#released() });
    this.view.canvas.focus({ preventScroll: true });
  }

  #task(name) {
    if (name === "measure") {
      return {
        shape: "line",
        hint: "Click to set the first point; Enter sets it at the centre",
        describe: (places) => sizes(places).join(" · "),
        done: (places) => this.#measured(places),
      };
    }
    const isBox = name === "box";
    return {
      shape: name,
      hint: isBox ? "Click two opposite corners" : "Click the corners; double click to finish",
      describe: (places) => squareMetres(area(places)),
      done: (places) => this.#chosen(places, isBox),
    };
  }

  #measured(places) {
    this.#released();
    const line = { color: "#ffe14d", weight: 2.5, interactive: false, className: "eo-sketch-line" };
    this.measured = this.view.marks.add((L) => L.polyline(places.map(({ lat, lon }) => [lat, lon]), line));
    const close = iconButton("close", "Remove the measurement (Esc)", () => this.#forget(), "eo-quiet");
    this.result.replaceChildren(...sizes(places).map((text) => el("span", { text })), close);
    this.result.hidden = false;
  }

  #forget() {
    this.measured?.remove();
    this.measured = null;
    this.result.hidden = true;
  }

  #chosen(places, isBox) {
    this.#released();
    if (places.length > MOST_CORNERS) {
      this.view.say(`An area may have ${MOST_CORNERS} corners; this one has ${places.length}.`);
      return;
    }
    const ring = places.map(({ lat, lon }) => [Number(lon.toFixed(6)), Number(lat.toFixed(6))]);
    this.view.say(`Area of ${squareMetres(area(places))}: added to the selection`);
    this.view.ask({ kind: "area", ring, box: isBox });
  }

  #released() {
    for (const button of Object.values(this.buttons)) button.setAttribute("aria-pressed", "false");
    this.current = null;
  }
}

/** The length of a path and, where it has corners enough, the area that it encloses when closed. */
function sizes(places) {
  const texts = [metres(length(places))];
  if (places.length > 2) texts.push(`${squareMetres(area(places))} when closed`);
  return texts;
}

/** The box or polygon of a selection's text as [lat, lon] corners, or null. */
function areaOf(select) {
  for (const part of select.split("&")) {
    const [key, text] = part.split("=");
    const numbers = (text ?? "").split(",").map(Number);
    if (!["box", "poly"].includes(key) || numbers.length < 4 || !numbers.every(Number.isFinite)) continue;
    const [west, south, east, north] = numbers;
    if (key === "box") return [[south, west], [south, east], [north, east], [north, west]];
    return numbers.flatMap((lon, index) => (index % 2 ? [] : [[numbers[index + 1], lon]]));
  }
  return null;
}
