// The open patch on the map: its outline, the pin at its pixel, and bringing both into sight.

export class PatchMark {
  /** @param {HTMLElement} card what may cover the patch */
  constructor(view, card) {
    this.view = view;
    this.card = card;
    this.outline = this.pin = null;
  }

  clear() {
    this.outline?.remove();
    this.pin?.remove();
    this.outline = this.pin = null;
  }

  setPin(place) {
    this.place = place;
    for (const layer of this.pin?.layers() ?? []) layer.setLatLng(place);
    this.pin ??= this.view.marks.add((L) => {
      const icon = L.divIcon({ className: "eo-pin", iconSize: [14, 14] });
      return L.marker(this.place, { icon, interactive: false, keyboard: false });
    });
  }

  get bounds() {
    return this.outline?.layers()[0]?.getBounds() ?? null;
  }

  setOutline(ring) {
    this.outline?.remove();
    this.outline = null;
    if (!Array.isArray(ring) || ring.length < 4) return;
    const places = ring.map(([lon, lat]) => [lat, lon]);
    // A dark line under a bright one is seen on any imagery.
    this.outline = this.view.marks.add((L) => {
      const line = (options) => L.polygon(places, { fill: false, interactive: false, ...options });
      return L.featureGroup([
        line({ color: "#10131a", weight: 5, opacity: 0.75, className: "eo-outline-casing" }),
        line({ color: "#ffe14d", weight: 2.5, className: "eo-outline" }),
      ]);
    });
  }

  /** Show the whole patch. */
  zoom() {
    const { bounds } = this;
    if (!bounds) return;
    this.view.showBounds([bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()]);
    if (this.view.root.classList.contains("eo-narrow")) this.#centre(this.#free());
  }

  /** On a phone the sheet covers much of the map: bring the clicked place above it. */
  uncover() {
    const { root, map } = this.view;
    const [marker] = this.pin?.layers() ?? [];
    if (!marker || !root.classList.contains("eo-narrow")) return;
    const { top, height } = root.getBoundingClientRect();
    const free = this.card.getBoundingClientRect().top - Math.max(top, 0);
    const below = map.latLngToContainerPoint(marker.getLatLng()).y - (this.card.getBoundingClientRect().top - top);
    if (below > -24 && free > 120 && free < height) map.panBy([0, below + free / 2], { animate: map.options.inertia });
  }

  /** After a step: move the map only if the patch lies outside what is seen of it. */
  reveal() {
    if (!this.bounds) return;
    const free = this.#free();
    const [a, b] = this.#corners();
    if (a.x >= free.left && b.x <= free.right && a.y >= free.top && b.y <= free.bottom) return;
    if (b.x - a.x > free.right - free.left || b.y - a.y > free.bottom - free.top) this.zoom();
    else this.#centre(free);
  }

  /** Upper left and lower right in the pixels of the left map. */
  #corners() {
    const { bounds, view } = this;
    return [bounds.getNorthWest(), bounds.getSouthEast()].map((place) => view.map.latLngToContainerPoint(place));
  }

  #centre({ left, right, top, bottom }) {
    const [a, b] = this.#corners();
    this.view.map.panBy([(a.x + b.x - left - right) / 2, (a.y + b.y - top - bottom) / 2], { animate: false });
  }

  /** The part of the left map that neither the layer panel nor the card covers, in its pixels. */
  #free() {
    const frame = this.view.map.getContainer().getBoundingClientRect();
    const [card, panel] = [this.card, this.view.panel.element].map((node) => node.getBoundingClientRect());
    const isNarrow = this.view.root.classList.contains("eo-narrow");
    const left = isNarrow ? 0 : Math.max(0, panel.right - frame.left);
    const right = isNarrow ? frame.width : Math.min(frame.width, card.left - frame.left);
    const bottom = isNarrow ? Math.min(frame.height, card.top - frame.top) : frame.height;
    const top = Math.max(0, -frame.top); // scrolled out of the window
    // Where hardly anything is left between them, the whole map counts.
    return right - left > 160 ? { left, right, top, bottom } : { left: 0, right: frame.width, top, bottom };
  }
}
