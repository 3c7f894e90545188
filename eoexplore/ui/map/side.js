// One side of the map: the layers and the date that are chosen for it, and where they are drawn.
// The left side is always there; the right one only while two states are compared, either in a pane
// of the left map (swipe, blink) or in a second map beside it.

const release = new URL(import.meta.url).search;
const [{ el }, { LayerStack }, { Background }, { localUrl }] = await Promise.all(
  ["dom", "layers", "background", "format"].map((name) => import(`./${name}.js${release}`)),
);

export const WIDEST_ZOOM = 2;
export const DEEPEST_ZOOM = 18;
const sharpened = new WeakSet(); // Leaflets whose lines keep to whole pixels

/** What outlives a map: the choices of one side. */
export class SideState {
  constructor(choices, date = "") {
    this.choices = choices;
    this.date = date; // a date rule; empty for the latest
  }
}

export class Side {
  /**
   * @param {string} name "left" or "right"
   * @param {SideState} state
   */
  constructor(name, state) {
    this.name = name;
    this.state = state;
    this.map = null;
    this.stack = null;
  }

  get choices() {
    return this.state.choices;
  }

  get date() {
    return this.state.date;
  }

  /** Draw into a pane of a map from now on. */
  place(L, map, listeners, pane) {
    this.stack?.clear();
    this.map = map;
    this.stack = new LayerStack(L, map, listeners, pane);
  }

  /** Bring the tiles on the map in line with the choices. */
  draw(base) {
    const wanted = this.choices.layers
      .filter((layer) => layer.visible && layer.style)
      .map((layer) => ({
        id: layer.id,
        url: localUrl(base, this.tileUrl(layer)),
        minZoom: layer.min_zoom ?? 0,
        maxZoom: layer.max_zoom ?? DEEPEST_ZOOM,
        opacity: layer.opacity,
      }));
    this.stack.apply(wanted.filter((layer) => layer.url));
  }

  /** The address of a layer's tiles under a date rule, with {z}, {x}, {y} and {r} left to Leaflet. */
  tileUrl(layer, date = this.date) {
    // encodeURIComponent also hides braces, which Leaflet would take for a part of its template.
    return layer.url
      .replace("{style}", () => encodeURIComponent(layer.styleText))
      .replace("{date}", () => encodeURIComponent(date));
  }

  clear() {
    this.stack?.clear();
    this.stack = this.map = null;
  }
}

/** A Leaflet map as this viewer wants it, with the outlines of the countries under it. */
export function createMap(L, canvas) {
  sharpen(L);
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const map = L.map(canvas, {
    zoomControl: false,
    attributionControl: false,
    keyboard: false, // keys.js does it, for the whole page
    fadeAnimation: false,
    zoomAnimation: !calm,
    inertia: !calm,
    minZoom: WIDEST_ZOOM,
    maxZoom: DEEPEST_ZOOM,
    maxBounds: [[-85.06, -200], [85.06, 200]],
    maxBoundsViscosity: 0.7,
    wheelPxPerZoomLevel: 90,
  });
  return { map, background: new Background(L, map) };
}

/** After a jump Leaflet leaves lines on fractions of a pixel, blurred, until the next pan. */
function sharpen(L) {
  if (sharpened.has(L)) return;
  sharpened.add(L);
  const reset = L.Renderer.prototype._reset;
  L.Renderer.include({
    _reset() {
      reset.call(this);
      if (!this._map._animatingZoom) L.DomUtil.setPosition(this._container, this._bounds.min);
    },
  });
}

/** An element for a Leaflet map. */
export function canvasOf(label) {
  return el("div", { class: "eo-map", tabindex: "0", role: "application", "aria-label": label });
}
