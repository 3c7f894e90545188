// Drawing on the map corner by corner: a line, a polygon or a box. Used to measure and to choose an
// area. Corners are set by clicks or taps, or with Enter at the centre of the map.

const release = new URL(import.meta.url).search;
const { el } = await import(`./dom.js${release}`);

const SAME_CLICK_MS = 350;
const CLOSE_PX = 12;
const LEAST = { line: 2, polygon: 3, box: 2 };

export class Sketch {
  constructor(view) {
    this.view = view;
    this.text = el("span", { class: "eo-sketch-text", role: "status" });
    this.undo = button("Undo", () => this.#undo());
    this.finish = button("Finish", () => this.#finish());
    const cancel = button("Cancel", () => this.stop());
    this.element = el(
      "div",
      { class: "eo-sketch eo-surface", role: "group", "aria-label": "Drawing", hidden: true },
      this.text,
      el("span", { class: "eo-sketch-buttons" }, this.undo, this.finish, cancel),
    );
    view.keys.add([
      { key: "Escape", rank: 5, act: () => (this.task ? this.stop() : false) },
      { key: "Backspace", rank: 5, act: () => (this.task ? this.#undo() : false) },
    ]);
  }

  get isActive() {
    return Boolean(this.task);
  }

  /**
   * @param {{name: string, shape: "line"|"polygon"|"box", hint: string,
   *   describe: function(Array): string, done: function(Array), stopped?: function()}} task
   *   `describe` and `done` get places {lat, lon}; of a box its four corners
   */
  start(task) {
    this.stop();
    this.task = task;
    this.places = [];
    this.hover = null;
    this.maps = this.view.sides.map(({ map }) => map);
    this.onMove = ({ latlng }) => this.#moved(latlng);
    for (const map of this.maps) {
      map.doubleClickZoom.disable();
      map.on("mousemove", this.onMove);
    }
    this.view.clickMode = (latlng) => this.#clicked(latlng);
    this.mark = this.view.marks.add((L) => this.#shape(L));
    this.element.hidden = false;
    this.#draw();
  }

  stop() {
    if (!this.task) return;
    const { stopped } = this.task;
    this.task = null;
    const { maps } = this;
    for (const map of maps) map.off("mousemove", this.onMove);
    // The double click that finishes a drawing must not zoom as well; it is told after the clicks.
    setTimeout(() => this.task ?? maps.forEach((map) => map.getContainer().isConnected && map.doubleClickZoom.enable()), SAME_CLICK_MS);
    this.view.clickMode = null;
    this.mark.remove();
    this.element.hidden = true;
    stopped?.();
  }

  #clicked(latlng) {
    const place = placeOf(latlng);
    const now = performance.now();
    // A double click arrives as two clicks first: the second sets no corner, it finishes.
    const isSecond = this.last && now - this.last.now < SAME_CLICK_MS && this.#isNear(place, this.last.place);
    this.last = { now, place };
    if (isSecond) return void this.#finish();
    if (this.task.shape === "polygon" && this.places.length > 2 && this.#isNear(place, this.places[0])) {
      return void this.#finish();
    }
    this.places.push(place);
    if (this.task.shape === "box" && this.places.length === 2) return void this.#finish();
    this.#draw();
  }

  #isNear(one, two) {
    const [a, b] = [one, two].map(({ lat, lon }) => this.maps[0].latLngToContainerPoint([lat, lon]));
    return a.distanceTo(b) < CLOSE_PX;
  }

  #moved(latlng) {
    this.hover = placeOf(latlng);
    if (this.places.length) this.#draw();
  }

  #undo() {
    this.places.pop();
    this.#draw();
  }

  #finish() {
    if (this.places.length < LEAST[this.task.shape]) return;
    const { done, shape } = this.task;
    const places = shape === "box" ? boxOf(this.places) : this.places;
    this.task.stopped = null;
    this.stop();
    done(places);
  }

  #shape(L) {
    const style = { color: "#ffe14d", weight: 2.5, fillOpacity: 0.12, interactive: false, className: "eo-sketch-line" };
    return this.task.shape === "line" ? L.polyline([], style) : L.polygon([], style);
  }

  #draw() {
    const { shape, describe, hint } = this.task;
    const drawn = this.hover && this.places.length ? [...this.places, this.hover] : this.places;
    const seen = shape === "box" && drawn.length > 1 ? boxOf([drawn[0], drawn.at(-1)]) : drawn;
    for (const layer of this.mark.layers()) layer.setLatLngs(seen.map(({ lat, lon }) => [lat, lon]));
    this.text.textContent = seen.length >= LEAST[shape] ? describe(seen) : hint;
    this.undo.disabled = !this.places.length;
    this.finish.disabled = this.places.length < LEAST[shape];
  }
}

function placeOf(latlng) {
  const { lat, lng } = latlng.wrap();
  return { lat, lon: lng };
}

function boxOf([one, two]) {
  const [west, east] = [one.lon, two.lon].sort((a, b) => a - b);
  const [south, north] = [one.lat, two.lat].sort((a, b) => a - b);
  return [
    { lat: south, lon: west },
    { lat: south, lon: east },
    { lat: north, lon: east },
    { lat: north, lon: west },
  ];
}

function button(text, click) {
  return el("button", { type: "button", class: "eo-text-button", text, on: { click } });
}
