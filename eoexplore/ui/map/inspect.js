// From a click to the card and its pixel: asks which patch is drawn there, outlines it at once, fills
// the card, and follows the pixel that the viewer's cursor, the arrow keys or a link choose.

const release = new URL(import.meta.url).search;
const [{ Card }, { Viewer }, { localUrl, value }, { inspectorKeys }, { PatchMark }, { iconButton }] = await Promise.all(
  ["card", "viewer", "format", "inspectkeys", "patchmark", "dom"].map((name) => import(`./${name}.js${release}`)),
);

const SAME_CLICK_MS = 350;
const LOOK_AFTER_MS = 60;
const SENTENCES = {
  network: "The server did not answer. Check that EOExplore is still running, then try again.",
  server: "The patch could not be read. Try again, or look at the terminal of the server for the reason.",
  gone: "This patch is not in the dataset any more.",
};

/** "id", "id~row~column" or "id~row~column~r" (asked on the right side); null for an empty text. */
export function parseOpen(text) {
  const found = /^(.+?)(?:~(\d{1,5})~(\d{1,5})(~r)?)?$/s.exec(text ?? "");
  if (!found) return null;
  const pixel = found[2] ? { row: Number(found[2]), column: Number(found[3]) } : null;
  return { id: found[1], pixel, side: found[4] ? "right" : "left" };
}

export class Inspector {
  constructor(view) {
    this.view = view;
    this.viewer = new Viewer({ look: (pixel) => this.look(pixel), pin: (pixel) => this.pin(pixel) });
    this.card = new Card(this);
    this.element = this.card.element;
    this.marks = this.makeMarks();
    this.patch = null; // the card that is shown
    this.pinned = null; // the pixel that was chosen: {row, column}
    this.shownPixel = null; // it, or the one under the cursor
    this.sideName = null; // of the side that was asked
    this.spectra = new Map(); // address → promise of an answer
    view.keys.add(inspectorKeys(this));
    this.unlisten = view.onChange(() => this.#follow());
  }

  // -- what another page than the map does in its own way ------------------------------------

  /** What shows on the page which patch is open. */
  makeMarks() {
    return new PatchMark(this.view, this.element);
  }

  /** What leads from the card to the patch's place. */
  makePlaceTool() {
    return iconButton("target", "Zoom to this patch", () => this.zoomToPatch(), "eo-quiet");
  }

  /** The address that tells the patch in a direction: next, previous, north, … */
  stepAddress(by) {
    return this.view.url(`${this.#path(this.patch.id)}/step.json`, this.side, { by });
  }

  // ------------------------------------------------------------------------------------------

  get isOpen() {
    return this.card.isOpen;
  }

  /** The side that the card is about: the left one again when a comparison is over. */
  get side() {
    const { sides } = this.view;
    return sides.find(({ name }) => name === this.sideName) ?? sides[0];
  }

  /** The map's data has changed; the addresses are made from it. */
  setSource({ base, dataset }) {
    this.base = base ?? "";
    this.dataset = encodeURIComponent(dataset);
  }

  /** Ask what is drawn at a place of the map. */
  async pick(latlng, side = this.view.activeSide) {
    const place = latlng.wrap();
    if (this.#isSecondOfDoubleClick(place)) return;
    const signal = this.#begin();
    this.sideName = side.name;
    this.marks.setPin(place);
    const drawn = this.view.legendLayers().filter((layer) => layer.side === side);
    const layers = drawn.map(({ id }) => id).join();
    const path = `/point/${this.dataset}/${place.lng.toFixed(6)}/${place.lat.toFixed(6)}`;
    const answer = await ask(this.view.url(path, side, { layers }), signal);
    if (signal.aborted) return;
    if (answer.status === 404) {
      this.close();
      this.view.say("No patch here");
      return;
    }
    if (!answer.body?.id) {
      this.#fail(answer, () => this.pick(latlng, side));
      return;
    }
    const { row, column } = answer.body.pixel ?? this.viewer.middle;
    this.pinned = { row, column };
    this.marks.setOutline(answer.body.outline);
    await this.#fill(answer.body.id, signal);
  }

  /** Show a patch by its id, at the same pixel as before: another date, a neighbour, the next. */
  async show(id, { reveal = false } = {}) {
    const signal = this.#begin();
    this.sideName ??= this.view.activeSide.name;
    await this.#fill(id, signal);
    if (reveal && !signal.aborted && this.patch?.id === id) this.marks.reveal();
  }

  /** What the address says: "id~row~column", or null for nothing. */
  async restore(text) {
    const open = parseOpen(text);
    if (!open) {
      this.close();
      return;
    }
    this.pinned = open.pixel;
    this.sideName = open.side;
    // A link that names no place is about the patch.
    const isFirst = !this.wasAsked;
    await this.show(open.id);
    if (isFirst && !this.view.hasLink && this.patch?.id === open.id) this.zoomToPatch();
  }

  /** Go to the next or previous patch of the selection, or to a neighbour. */
  async step(by) {
    if (!this.patch) {
      this.view.say("Click a patch first: next and previous start from it.");
      return;
    }
    const signal = this.#begin();
    const answer = await ask(this.stepAddress(by), signal);
    if (signal.aborted) return;
    const id = answer.body?.id;
    if (typeof id === "string") {
      if (answer.body.of) this.view.say(position(answer.body, by));
      this.marks.stepped?.(answer.body);
      await this.show(id, { reveal: true });
    } else if (answer.status === 0) this.view.say(SENTENCES.network);
    else if (answer.status !== 200) this.view.say("The server could not tell which patch follows.");
    else if (answer.body?.of === 0) this.view.say("No patch matches the selection.");
    else this.view.say(`There is no patch of the selection to the ${by}.`);
  }

  /** Go one date of the place back (-1) or on (+1). */
  stepDate(step) {
    const dates = this.patch?.dates ?? [];
    const at = dates.findIndex(({ current }) => current);
    const other = dates[at + step];
    if (other) this.show(other.id);
    else this.view.say(step < 0 ? "This is the earliest date of the place." : "This is the latest date of the place.");
  }

  close() {
    this.#begin();
    this.pixelRequest?.abort();
    clearTimeout(this.timer);
    const hadFocus = this.element.contains(this.element.getRootNode().activeElement);
    this.card.close();
    if (hadFocus) this.view.canvas.focus({ preventScroll: true });
    this.marks.clear();
    this.view.setOpen(null);
  }

  /** Key i: put the card away, or bring the last one back. */
  toggle() {
    if (this.isOpen) this.close();
    else if (this.patch) this.#present();
    else this.view.say("Click a patch to open its card");
  }

  /** Go on in the card, unless the focus has left the element from which it was opened. */
  takeFocus(from) {
    const isStill = from === this.view.root.getRootNode().activeElement;
    if (isStill && this.isOpen) this.viewer.pictures.focus({ preventScroll: true });
  }

  zoomToPatch() {
    this.marks.zoom();
  }

  stop() {
    this.request?.abort();
    this.pixelRequest?.abort();
    clearTimeout(this.timer);
    this.unlisten();
  }

  // -- the pixel ----------------------------------------------------------------------------

  /** The cursor rests on a pixel of the viewer, or has left it: a look, nothing is chosen. */
  look(pixel) {
    const wanted = pixel ?? this.pinned;
    if (!this.patch || same(wanted, this.shownPixel)) return;
    this.shownPixel = wanted;
    this.viewer.setPixel(wanted, same(wanted, this.pinned));
    this.#askPixel(LOOK_AFTER_MS);
  }

  /** Choose a pixel: it stands in the address. */
  pin(pixel) {
    if (!this.patch) return;
    this.pinned = pixel;
    this.#tell();
    this.viewer.setPixel(pixel);
    if (same(pixel, this.shownPixel)) return;
    this.shownPixel = pixel;
    this.#askPixel(0);
  }

  /** Arrow keys: move the chosen pixel. */
  movePixel(columns, rows) {
    const { row, column } = this.pinned ?? this.viewer.middle;
    this.pin(this.viewer.nearest({ row: row + rows, column: column + columns }));
  }

  #askPixel(delay) {
    this.pixelRequest?.abort();
    clearTimeout(this.timer);
    const request = (this.pixelRequest = new AbortController());
    this.timer = setTimeout(() => this.#readPixel(request.signal), delay);
  }

  async #readPixel(signal) {
    const { patch, shownPixel: pixel } = this;
    const url = this.#fixed(`${this.#path(patch.id)}/pixel.json`, { ...pixel, styles: this.#styles() });
    const [answer, spectra] = await Promise.all([ask(url, signal), this.#spectraOf()]);
    if (signal.aborted || this.patch !== patch) return;
    if (answer.status !== 200 || !answer.body) {
      this.card.showPixelError(answer.status === 0 ? SENTENCES.network : "The pixel could not be read.");
      return;
    }
    this.card.showPixel(answer.body, spectra);
    const { lat, lon } = answer.body;
    if (Number.isFinite(lat) && Number.isFinite(lon)) this.marks.setPin({ lat, lng: lon });
  }

  /** The classes' spectra are the same for all pixels: asked for once per state of the index. */
  #spectraOf() {
    const url = this.#fixed(`/spectra/${this.dataset}`);
    if (!this.spectra.has(url)) {
      const answer = ask(url).then(({ status, body }) => {
        if (status === 0) this.spectra.delete(url); // the next pixel asks again
        return status === 200 ? body : null;
      });
      this.spectra.set(url, answer);
    }
    return this.spectra.get(url);
  }

  // -- following ----------------------------------------------------------------------------

  /** Layers, styles, dates, selection or palette of the map have changed: the card follows. */
  #follow() {
    if (!this.isOpen || !this.patch || this.card.hasError) return;
    // Another date rule or selection has other neighbours, another palette other colours.
    if (this.view.queryOf(this.side) !== this.asked) this.show(this.wanted);
    else if (this.wanted === this.patch.id) this.#tell();
    if (this.#look() === this.lookShown) return;
    this.#showPictures();
    this.#askPixel(0);
  }

  #look() {
    return `${this.patch?.id}|${this.#styles()}|${this.#fixed("")}`;
  }

  #showPictures() {
    this.lookShown = this.#look();
    const layers = this.#layers();
    const pictures = (this.patch.pictures ?? []).map(({ layer, title, url, reason }) => {
      const shown = layers.find(({ id }) => id === layer);
      const [path] = (url ?? "").split("?");
      const caption = shown?.style?.title ?? "";
      const alt = `${title}${caption ? `, ${caption},` : ""} of patch ${this.patch.title ?? this.patch.id}`;
      return { layer, title, caption, alt, reason, url: url ? this.#fixed(path, { style: shown?.styleText }) : null };
    });
    this.viewer.show(pictures);
  }

  /** Patch, pixel and side stand in the address. */
  #tell() {
    const { row, column } = this.pinned;
    this.view.setOpen(`${this.patch.id}~${row}~${column}${this.side.name === "right" ? "~r" : ""}`);
  }

  #layers() {
    return this.side.choices.layers ?? [];
  }

  /** "s2:true_colour,…": the style of each layer as the map has it chosen, shown or not. */
  #styles() {
    const own = new Set((this.patch?.pictures ?? []).map(({ layer }) => layer));
    const chosen = this.#layers().filter(({ id, styleText }) => own.has(id) && styleText);
    return chosen.map(({ id, styleText }) => `${id}:${styleText}`).join();
  }

  #path(id) {
    return `/patch/${this.dataset}/${encodeURIComponent(id)}`;
  }

  /** An address that depends on no selection and no date, so that the browser keeps its answer. */
  #fixed(path, values = {}) {
    const given = new URLSearchParams(this.view.data.query ?? "");
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(values)) if (value !== undefined && value !== "") query.set(name, value);
    for (const name of ["palette", "v"]) if (given.get(name)) query.set(name, given.get(name));
    return `${localUrl(this.base, path) ?? ""}?${query}`;
  }

  /** The address of a layer's GeoTIFF. */
  fileUrl(id, layer) {
    return this.#fixed(`${this.#path(id)}/${encodeURIComponent(layer)}.tif`);
  }

  async #fill(id, signal) {
    window.dispatchEvent(new CustomEvent("eoexplore:pick", { detail: { id } }));
    this.card.showLoading();
    [this.wanted, this.asked] = [id, this.view.queryOf(this.side)];
    const answer = await ask(this.view.url(`${this.#path(id)}/card.json`, this.side), signal);
    if (signal.aborted) return;
    if (answer.status !== 200 || !answer.body) {
      if (answer.status === 404) {
        this.marks.clear();
        this.view.setOpen(null);
      }
      this.#fail(answer, () => this.show(id));
      return;
    }
    this.patch = answer.body;
    this.#present();
  }

  /** Open the card of the patch that is known, at the chosen pixel. */
  #present() {
    this.viewer.setGrid(this.patch.grid);
    if (!this.viewer.holds(this.pinned)) this.pinned = this.viewer.middle;
    this.shownPixel = this.pinned;
    this.marks.setOutline(this.patch.outline, this.patch.id);
    this.card.show(this.patch);
    this.#showPictures();
    this.viewer.setPixel(this.pinned);
    this.#tell();
    this.marks.uncover();
    this.#askPixel(0);
  }

  #fail({ status, body }, retry) {
    this.pixelRequest?.abort();
    const told = typeof body?.error === "string" && status !== 404 ? sentence(body.error) : null;
    const fallback = status === 404 ? SENTENCES.gone : SENTENCES.server;
    this.card.showError(told ?? (status === 0 ? SENTENCES.network : fallback), status === 404 ? null : retry);
  }

  /** A new question makes the one before it void. */
  #begin() {
    this.wasAsked = true;
    this.request?.abort();
    this.request = new AbortController();
    return this.request.signal;
  }

  #isSecondOfDoubleClick(place) {
    const now = performance.now();
    const before = this.lastClick;
    this.lastClick = { place, now };
    return Boolean(before) && now - before.now < SAME_CLICK_MS && before.place.equals(place, 1e-4);
  }
}

async function ask(url, signal) {
  try {
    const answer = await fetch(url, { signal });
    const body = await answer.json().catch(() => null);
    return { status: answer.status, body };
  } catch {
    return { status: 0, body: null };
  }
}

/** "Patch 12 of 3,412", and what happened at the end of the selection. */
function position({ position: at, of, wrapped }, by) {
  const ends = { next: "After the last patch comes the first. ", previous: "Before the first patch comes the last. " };
  return `${wrapped ? ends[by] : ""}Patch ${value(at)} of ${value(of)} in the selection`;
}

function same(one, other) {
  return one?.row === other?.row && one?.column === other?.column;
}

/** Short answers of the server as a sentence: a capital at the start, a stop at the end. */
function sentence(text) {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
}
