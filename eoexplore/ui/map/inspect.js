// From a click to the card: asks which patch lies there, outlines it at once, then fills the card.

const release = new URL(import.meta.url).search;
const [{ Card }, { localUrl }] = await Promise.all([import(`./card.js${release}`), import(`./format.js${release}`)]);

const SAME_CLICK_MS = 350;
const SENTENCES = {
  network: "The server did not answer. Check that EOExplore is still running, then try again.",
  server: "The patch could not be read. Try again, or look at the terminal of the server for the reason.",
};

export class Inspector {
  constructor(view) {
    this.view = view;
    this.card = new Card(this);
    this.element = this.card.element;
    this.point = null; // the answer of the last click
    this.patch = null; // the card that is shown
  }

  get isOpen() {
    return this.card.isOpen;
  }

  setSource({ base, dataset, query }) {
    this.base = base ?? "";
    this.dataset = encodeURIComponent(dataset);
    this.query = query ? `?${query}` : "";
  }

  /** Ask what lies at a place of the map. */
  async pick(latlng) {
    const place = latlng.wrap();
    if (this.#isSecondOfDoubleClick(place)) return;
    const signal = this.#begin();
    this.#mark(place);
    const answer = await this.#ask(`/point/${this.dataset}/${place.lng.toFixed(6)}/${place.lat.toFixed(6)}`, signal);
    if (signal.aborted) return;
    if (answer.status === 404) {
      this.close();
      this.view.tools.say("No patch here");
      return;
    }
    if (!answer.body?.id) {
      this.#fail(answer, () => this.pick(latlng));
      return;
    }
    this.point = answer.body;
    this.#outline(this.point.outline);
    await this.#fill(this.point.id, signal);
  }

  /** Show the card of a patch by its id: another date of the place. */
  async show(id) {
    await this.#fill(id, this.#begin());
  }

  close() {
    this.#begin();
    this.card.close();
    this.outline?.remove();
    this.marker?.remove();
    this.outline = this.marker = null;
  }

  /** Key i: put the card away, or bring the last one back. */
  toggle() {
    if (this.isOpen) this.close();
    else if (this.patch) {
      this.#outline(this.patch.outline);
      this.card.show(this.patch, this.point);
      if (this.point?.pixel) this.#mark({ lat: this.point.pixel.lat, lng: this.point.pixel.lon });
    } else this.view.tools.say("Click a patch to open its card");
  }

  zoomToPatch() {
    if (!this.outline) return;
    const bounds = this.outline.getBounds();
    this.view.showBounds([bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()]);
    this.#uncover();
  }

  stop() {
    this.request?.abort();
  }

  async #fill(id, signal) {
    window.dispatchEvent(new CustomEvent("eoexplore:pick", { detail: { id } }));
    this.card.showLoading();
    const answer = await this.#ask(`/patch/${this.dataset}/${encodeURIComponent(id)}/card.json`, signal);
    if (signal.aborted) return;
    if (answer.status !== 200 || !answer.body) {
      this.#fail(answer, () => this.show(id));
      return;
    }
    this.patch = answer.body;
    this.#outline(this.patch.outline);
    this.card.show(this.patch, this.point);
    this.#uncover();
  }

  /** On a phone the sheet covers much of the map: bring the clicked place above it. */
  #uncover() {
    const { root, map } = this.view;
    if (!this.marker || !root.classList.contains("eo-narrow")) return;
    const { top, height } = root.getBoundingClientRect();
    const free = this.element.getBoundingClientRect().top - Math.max(top, 0);
    const below = map.latLngToContainerPoint(this.marker.getLatLng()).y - (this.element.getBoundingClientRect().top - top);
    if (below > -24 && free > 120 && free < height) map.panBy([0, below + free / 2]);
  }

  #fail({ status, body }, retry) {
    const told = typeof body?.error === "string" && status !== 404 ? sentence(body.error) : null;
    const fallback = status === 404 ? "This patch is not in the dataset any more." : SENTENCES.server;
    this.card.showError(told ?? (status === 0 ? SENTENCES.network : fallback), retry);
  }

  /** A new question makes the one before it void. */
  #begin() {
    this.request?.abort();
    this.request = new AbortController();
    return this.request.signal;
  }

  async #ask(path, signal) {
    try {
      const answer = await fetch(`${localUrl(this.base, path)}${this.query}`, { signal });
      const body = await answer.json().catch(() => null);
      return { status: answer.status, body };
    } catch {
      return { status: 0, body: null };
    }
  }

  #isSecondOfDoubleClick(place) {
    const now = performance.now();
    const before = this.lastClick;
    this.lastClick = { place, now };
    return Boolean(before) && now - before.now < SAME_CLICK_MS && before.place.equals(place, 1e-4);
  }

  #mark(place) {
    const { L, map } = this.view;
    this.marker?.remove();
    const point = L.divIcon({ className: "eo-pin", iconSize: [14, 14] });
    this.marker = L.marker(place, { icon: point, interactive: false, keyboard: false }).addTo(map);
  }

  #outline(ring) {
    const { L, map } = this.view;
    this.outline?.remove();
    this.outline = null;
    if (!Array.isArray(ring) || ring.length < 4) return;
    const places = ring.map(([lon, lat]) => [lat, lon]);
    // A dark line under a bright one is seen on any imagery.
    const line = (options) => L.polygon(places, { fill: false, interactive: false, ...options });
    this.outline = L.featureGroup([
      line({ color: "#10131a", weight: 5, opacity: 0.75, className: "eo-outline-casing" }),
      line({ color: "#ffe14d", weight: 2.5, className: "eo-outline" }),
    ]).addTo(map);
  }
}

/** Short answers of the server as a sentence: a capital at the start, a stop at the end. */
function sentence(text) {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
}
