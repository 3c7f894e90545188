// The difference between the tile layers that are wanted and those on the map.
// A changed URL never blanks the map: the new layer loads unseen, then takes the old one's place.

const GIVE_UP_WAITING_MS = 4000;
// A busy server names two seconds (Retry-After, which a picture cannot read). Those that it refused
// at once must not all come back at once, hence up to half as much again.
const ASK_AGAIN_AFTER_MS = [2000, 5000];
const FIRST_Z_INDEX = 10;

/** What several stacks of tiles tell, taken together: one of them loading is loading. */
export class Progress {
  constructor(onLoading, onFailed) {
    this.tells = { onLoading, onFailed };
    this.marked = { onLoading: new Set(), onFailed: new Set() };
  }

  /** The listeners for the stack of a name. */
  of(name) {
    const listener = (kind) => (isOn) => {
      this.marked[kind][isOn ? "add" : "delete"](name);
      this.tells[kind](this.marked[kind].size > 0);
    };
    return { onLoading: listener("onLoading"), onFailed: listener("onFailed") };
  }
}

export class LayerStack {
  /**
   * @param {object} L Leaflet
   * @param {object} map
   * @param {{onLoading: function(boolean), onFailed: function(boolean)}} listeners
   * @param {string} pane of the map in which the tiles are drawn
   */
  constructor(L, map, listeners, pane = "tilePane") {
    this.L = L;
    this.map = map;
    this.pane = pane;
    this.listeners = listeners;
    this.entries = new Map(); // id → {shown, incoming, opacity, zIndex}
    this.loading = new Set();
    this.failed = new Map(); // tile layer → pictures that did not come
    this.tries = new WeakMap(); // picture → how often it was asked for again by itself
  }

  /** @param {Array} wanted [{id, url, minZoom, maxZoom, opacity}], bottom to top */
  apply(wanted) {
    const ids = new Set(wanted.map((layer) => layer.id));
    for (const id of [...this.entries.keys()]) if (!ids.has(id)) this.#drop(id);
    wanted.forEach((layer, index) => this.#place(layer, FIRST_Z_INDEX + index));
  }

  /** Resolves once every layer shows what was asked for last, or after a while in any case. */
  settled(mostMs) {
    const end = performance.now() + mostMs;
    const isDone = () => ![...this.entries.values()].some(({ incoming }) => incoming) && !this.loading.size;
    return new Promise((resolve) => {
      const look = () => (isDone() || performance.now() > end ? resolve() : setTimeout(look, 50));
      look();
    });
  }

  /** Have the browser fetch the tiles in sight from other addresses, so that a change is quick. */
  preload(urls) {
    for (const [id, url] of urls) {
      const tiles = this.entries.get(id)?.shown;
      for (const { coords, current } of Object.values(tiles?._tiles ?? {})) {
        const r = this.L.Browser.retina ? "@2x" : "";
        if (current) new Image().src = this.L.Util.template(url, { ...coords, r });
      }
    }
  }

  /** Ask again for the tiles that did not come; those that did stay where they are. */
  retry() {
    for (const pictures of this.failed.values()) {
      for (const picture of pictures) picture.src = picture.getAttribute("src");
    }
  }

  clear() {
    for (const id of [...this.entries.keys()]) this.#drop(id);
  }

  #place(layer, zIndex) {
    const key = `${layer.url}|${layer.minZoom}|${layer.maxZoom}`;
    let entry = this.entries.get(layer.id);
    if (!entry) {
      entry = { shown: this.#add(layer, key, zIndex, layer.opacity), incoming: null };
      this.entries.set(layer.id, entry);
    }
    this.#tune(entry, layer.opacity, zIndex);
    if (entry.shown.eoKey === key) {
      this.#dropIncoming(entry); // there and back again before the tiles came
    } else if (entry.incoming?.eoKey !== key) {
      this.#dropIncoming(entry);
      this.#replace(entry, layer, key);
    }
  }

  /** Opacity and order: style changes of what is there, no request. */
  #tune(entry, opacity, zIndex) {
    if (entry.opacity !== opacity) entry.shown.setOpacity(opacity);
    if (entry.zIndex !== zIndex) {
      entry.shown.setZIndex(zIndex);
      entry.incoming?.setZIndex(zIndex);
    }
    Object.assign(entry, { opacity, zIndex });
  }

  #replace(entry, layer, key) {
    const incoming = this.#add(layer, key, entry.zIndex, 0);
    entry.incoming = incoming;
    const settle = () => {
      if (entry.incoming !== incoming) return;
      clearTimeout(entry.timer);
      incoming.setOpacity(entry.opacity);
      this.#remove(entry.shown);
      entry.shown = incoming;
      entry.incoming = null;
    };
    incoming.once("load", settle);
    // One tile that hangs must not hold back the others for ever.
    entry.timer = setTimeout(settle, GIVE_UP_WAITING_MS);
    // Outside its zooms a layer asks for no tile and so never reports.
    if (!incoming.isLoading()) settle();
  }

  #add(layer, key, zIndex, opacity) {
    const tiles = this.L.tileLayer(layer.url, {
      pane: this.pane,
      minZoom: layer.minZoom,
      maxZoom: layer.maxZoom,
      noWrap: true,
      keepBuffer: 3,
      updateWhenZooming: false,
      zIndex,
      opacity,
    });
    tiles.eoKey = key;
    tiles.on("loading", () => this.#track(tiles, true));
    tiles.on("load", () => this.#track(tiles, false));
    tiles.on("tileerror", ({ tile }) => this.#askAgain(tiles, tile));
    tiles.on("tileload tileunload", ({ tile }) => this.#setFailed(tiles, tile, false));
    tiles.addTo(this.map);
    this.#letGoOfLeft(tiles);
    return tiles;
  }

  /**
   * Leaflet lets go of tiles that were left behind whenever one arrives. If those are slow, all
   * connections wait for what nobody looks at, so it is told to at the end of each move as well.
   */
  #letGoOfLeft(tiles) {
    const { map } = this;
    const prune = () => {
      if (map._animatingZoom) return;
      tiles._pruneTiles();
      // Those that it let go of may have been the last that it waited for.
      if (!tiles.isLoading() || !tiles._noTilesToLoad()) return;
      tiles._loading = false;
      tiles.fire("load");
    };
    map.on("moveend", prune);
    tiles.once("remove", () => map.off("moveend", prune));
  }

  #drop(id) {
    const entry = this.entries.get(id);
    this.#dropIncoming(entry);
    this.#remove(entry.shown);
    this.entries.delete(id);
  }

  #dropIncoming(entry) {
    clearTimeout(entry.timer);
    if (entry.incoming) this.#remove(entry.incoming);
    entry.incoming = null;
  }

  #remove(tiles) {
    // First from the map: a layer lets go of the map by a listener of its own.
    tiles.remove();
    tiles.off();
    this.failed.delete(tiles);
    this.#track(tiles, false);
    this.#tellFailed();
  }

  #track(tiles, isLoading) {
    if (isLoading) this.loading.add(tiles);
    else this.loading.delete(tiles);
    this.listeners.onLoading(this.loading.size > 0);
  }

  /** A busy server refuses now and then: try once more before saying anything, then once more. */
  #askAgain(tiles, picture) {
    const tries = this.tries.get(picture) ?? 0;
    if (tries) this.#setFailed(tiles, picture, true);
    if (tries >= ASK_AGAIN_AFTER_MS.length) return;
    this.tries.set(picture, tries + 1);
    setTimeout(() => {
      // One that is out of sight by now is not asked for again.
      if (picture.isConnected) picture.src = picture.getAttribute("src");
    }, ASK_AGAIN_AFTER_MS[tries] * (1 + Math.random() / 2));
  }

  #setFailed(tiles, picture, hasFailed) {
    const pictures = this.failed.get(tiles) ?? new Set();
    if (hasFailed) pictures.add(picture);
    else pictures.delete(picture);
    if (pictures.size) this.failed.set(tiles, pictures);
    else this.failed.delete(tiles);
    this.#tellFailed();
  }

  #tellFailed() {
    this.listeners.onFailed(this.failed.size > 0);
  }
}
