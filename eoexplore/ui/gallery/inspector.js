// The card of a patch in the gallery: the same as on the map, but for what a map has: instead of an
// outline its tile is marked, next and previous follow the gallery's order, and a link leads to the map.

const release = new URL(import.meta.url).search;
const [{ Inspector }, { el, icon }] = await Promise.all(
  ["inspect", "dom"].map((name) => import(`../${name}.js${release}`)),
);

export class GalleryInspector extends Inspector {
  makeMarks() {
    return new TileMark(this.view);
  }

  makePlaceTool() {
    const link = el(
      "a",
      { class: "eo-button eo-quiet eo-to-map", title: "Show on the map", "aria-label": "Show on the map" },
      icon("target"),
    );
    this.placeLink = link;
    return link;
  }

  stepAddress(by) {
    const id = encodeURIComponent(this.patch.id);
    const isAlong = by === "next" || by === "previous";
    const path = isAlong ? `/gallery/${this.dataset}/${id}/step.json` : `/patch/${this.dataset}/${id}/step.json`;
    return this.view.url(path, this.side, isAlong ? { by, sort: this.view.order } : { by });
  }
}

/** The open patch among the tiles; has what PatchMark of the map has. */
class TileMark {
  constructor(view) {
    this.view = view;
  }

  setOutline(ring, id) {
    this.view.inspector.placeLink.hidden = !ring; // a sample without a place is on no map
    this.view.inspector.placeLink.href = this.view.mapAddress(id);
    this.view.mark(id);
  }

  /** The place in the order to which a step has led: its page is shown. */
  stepped({ position }) {
    if (position) this.view.showPosition(position);
  }

  reveal() {
    this.view.revealOpen();
  }

  uncover() {
    this.view.revealOpen();
  }

  clear() {
    this.view.mark(null);
  }

  setPin() {}

  zoom() {}
}
