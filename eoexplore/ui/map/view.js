// One map: its element, its Leaflet instance, and the parts around it.
//
// What the parts may use of a view:
//   state(), apply(state, {push})   what stands in the address: {v, l, d, c, r, rd, i}, texts or null
//   sides, activeSide, sideOf(node) one Side, or two while comparing: {name, map, stack, choices, date}
//   queryOf(side), url(path, …)     the query that every question about what is shown must carry
//   legendLayers()                  what is drawn at this zoom, topmost first
//   onChange(listener)              after any change of layers, styles, dates, zoom, sides, selection
//   setLayer, setDate, showBounds, goTo, marks.add(make), keys.add([…]), say(text), ask(payload)
//   clickMode(latlng, side, event)  what a click does; null puts the inspector back
//   setOpen(text)                   the inspector tells which patch is open (`i`); in the other
//                                   direction the view calls inspector.restore(text or null)

const release = new URL(import.meta.url).search;
const FILES = ["dom", "format", "address", "choices", "side", "layers", "marks", "rules", "frame", "questions", "compare"];
const parts = await Promise.all(
  [...FILES, "panel", "legend", "tools", "inspect", "keys"].map((name) => import(`./${name}.js${release}`)),
);
const { el, degrees, localUrl, Address, parseView, formatView, Choices, parseLayers } = Object.assign({}, ...parts);
const { Side, SideState, createMap, canvasOf, WIDEST_ZOOM, DEEPEST_ZOOM, Marks, parseRule, formatRule } = Object.assign({}, ...parts);
const { Frame, Questions, Progress, Compare, Panel, Legend, Tools, Inspector, Keys } = Object.assign({}, ...parts);

const DEFAULT_BOUNDS = [-25, 34, 45, 72];

// What outlives a map in this tab: the last view and choices of each dataset.
const memory = new Map(); // dataset → {view, goto, left, right, compare, open}
let addressIsFresh = true;

export class MapView {
  constructor(L, data) {
    this.L = L;
    this.dataset = data.dataset;
    this.data = data;
    const remembered = memory.get(this.dataset);
    // The address speaks for the first map of a tab only: later it tells of the map before.
    const linked = addressIsFresh && !remembered ? Address.read() : {};
    addressIsFresh = false;
    this.notices = [];
    this.memory = remembered ?? {
      view: null,
      goto: null,
      left: new SideState(new Choices(parseLayers(linked.l)), this.#rule(linked.d)),
      right: linked.r || linked.rd ? new SideState(new Choices(parseLayers(linked.r)), this.#rule(linked.rd)) : null,
      compare: linked.c ?? null,
      open: linked.i ?? null,
    };
    memory.set(this.dataset, this.memory);
    const place = parseView(linked.v);
    if (linked.v && !place) this.notices.push("The place in this link cannot be read.");
    this.hasLink = Boolean(place);
    this.firstView = place ?? this.memory.view;
    this.left = new Side("left", this.memory.left);
    this.listeners = new Set();
    this.marks = new Marks(L);
    this.questions = new Questions(this);
    this.address = new Address(this.dataset, (state) => this.apply(state, { push: false }));
    this.#build();
  }

  /** The element has just been put into the page: for the first time, or again after parking. */
  attach(data) {
    this.attached = this.isArriving = true;
    this.frame.fit();
    if (!this.map) this.#createMap(data);
    this.frame.attach();
    this.address.attach();
    this.keys.attach();
    this.compare.resized();
  }

  /** Taken out of the page, to be adopted later: let go of everything outside the element. */
  detach() {
    this.attached = false;
    this.frame.detach();
    this.address.detach();
    this.keys.detach();
    this.panel.rest();
    this.map?.stop();
    this.root.remove();
  }

  destroy() {
    if (this.attached) this.detach();
    this.inspector?.stop();
    this.compare?.stop();
    this.left.clear();
    this.map?.remove();
    this.map = null;
  }

  /** Show what the server has sent; called at each change of the data. */
  update(data, component) {
    Object.assign(this, { data, component });
    const isFirst = !this.isShown;
    this.isShown = true;
    this.address.told(data.query);
    this.#theme();
    this.root.classList.toggle("eo-synthetic", Boolean(data.synthetic));
    this.inspector.setSource(data);
    this.panel.setOnline(data.online ?? null);
    this.tools.update();
    if (isFirst) this.compare.set(this.memory.compare);
    for (const side of this.sides) side.choices.sync(data.layers ?? []);
    this.#show();
    // A link's place is newer than a jump that was asked for before the page was loaded.
    this.#jump(data.goto, !(isFirst && this.hasLink));
    if (isFirst && this.memory.open) this.inspector.restore?.(this.memory.open);
    this.address.arrive();
    this.isArriving = false;
  }

  // -- what the parts ask for ---------------------------------------------------------------

  get sides() {
    return this.compare?.right ? [this.left, this.compare.right] : [this.left];
  }

  /** The side that the panel and the keys are about. */
  get activeSide() {
    return this.compare?.isRightActive ? this.compare.right : this.left;
  }

  /** The side in whose map an element lies, or null. */
  sideOf(node) {
    return this.sides.find((side) => side.map?.getContainer().contains(node)) ?? null;
  }

  /** What stands in the address; null for what is as the dataset proposes it. */
  state() {
    const right = this.compare.right;
    return {
      v: this.memory.view ? formatView(this.memory.view) : null,
      l: this.left.choices.format(),
      d: this.left.date || null,
      c: this.compare.format(),
      r: right ? right.choices.text() : null,
      rd: right?.date || null,
      i: this.memory.open,
    };
  }

  /**
   * Go over to another state in place. Names that are left out stay as they are; null means the
   * default. A part that cannot be read or is not there any more is said, and left as it is.
   *
   * @param {{push?: boolean}} options false: the address gets no entry of its own for Back
   */
  apply(state, { push = true } = {}) {
    if (push) this.address.flush();
    if ("c" in state) this.compare.set(state.c);
    this.#applySide(this.left, state, "l", "d");
    if (this.compare.right) this.#applySide(this.compare.right, state, "r", "rd");
    const place = parseView(state.v);
    if (place) this.goTo(place, { push: false });
    else if (state.v) this.notices.push("The place in this link cannot be read.");
    this.#show();
    if ("i" in state && state.i !== this.memory.open) {
      this.setOpen(state.i);
      this.inspector.restore?.(state.i);
    }
    if (push) this.address.push();
  }

  /** Move the map; an entry of its own in the history, unless `push` is false. */
  goTo({ lat, lon, zoom }, { push = true } = {}) {
    if (push) this.address.flush();
    this.map.setView([lat, lon], Math.min(DEEPEST_ZOOM, Math.max(WIDEST_ZOOM, zoom)), { animate: false });
    if (push) this.address.push();
  }

  /** Go to west, south, east, north as a step of its own: Back leads to where one was. */
  jump(bounds, { push = true } = {}) {
    if (push) this.address.flush();
    this.showBounds(bounds);
    if (push) this.address.push();
  }

  setOpen(text) {
    this.memory.open = text || null;
    this.address.set({ i: this.memory.open });
  }

  /** "select=…&palette=…&v=…&date=…" */
  queryOf(side = this.activeSide) {
    return this.questions.queryOf(side);
  }

  /** The address of a question about what a side shows; null values are left out. */
  url(path, side = this.activeSide, values = {}) {
    return this.questions.url(path, side, values);
  }

  /** @returns {Array<{side, id, title, kind, style, styleText, opacity, url}>} `url` of its legend */
  legendLayers() {
    return this.questions.legendLayers();
  }

  /** @returns {function()} ends the listening */
  onChange(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  say(text) {
    if (text) this.tools.say(text);
  }

  /** Ask the page for something only it can do, such as a new selection. */
  ask(payload) {
    this.component?.setTriggerValue?.("ask", payload);
  }

  get clickMode() {
    return this.clickDoes ?? ((latlng, side) => this.inspector.pick(latlng, side));
  }

  set clickMode(does) {
    this.clickDoes = does;
    this.root.classList.toggle("eo-busy-click", Boolean(does));
  }

  toggleLayer(id, side = this.activeSide) {
    const layer = side.choices.layers.find((candidate) => candidate.id === id);
    if (layer && !layer.disabled) this.setLayer(id, { visible: !layer.visible }, side);
  }

  /** @param {{visible?: boolean, style?: string, opacity?: number}} change `style` is its whole text */
  setLayer(id, change, side = this.activeSide) {
    side.choices.set(id, change);
    this.#show();
  }

  moveLayer(id, step, side = this.activeSide) {
    side.choices.move(id, step);
    this.#show();
  }

  setDate(text, side = this.activeSide) {
    side.state.date = formatRule(parseRule(text) ?? { kind: "latest" });
    this.#show();
  }

  setOnline(isOn) {
    this.onlineIsOn = isOn;
    for (const { background } of this.compare.maps) background.setOnline(isOn ? this.data.online : null);
    this.tools.setAttribution(isOn ? this.data.online.attribution : "");
  }

  toggleFullScreen() {
    const scope = this.root.getRootNode();
    if (scope.fullscreenElement || document.fullscreenElement) document.exitFullscreen();
    else this.root.requestFullscreen?.().catch(() => this.say("Full screen is not allowed here."));
  }

  /** Fit west, south, east, north into the part of the left map that no panel covers. */
  showBounds([west, south, east, north]) {
    const frame = this.canvas.getBoundingClientRect();
    const isWide = !this.frame.isNarrow;
    const left = isWide ? this.panel.element.getBoundingClientRect().right - frame.left : 0;
    const card = this.inspector.element.getBoundingClientRect();
    const right = isWide && card.width ? Math.max(0, frame.right - card.left) : 0;
    // Where little would be left between them, the middle of the map is the better place.
    const isRoomy = frame.width - left - right > 300;
    this.map.fitBounds([[south, west], [north, east]], {
      animate: false,
      maxZoom: 15,
      paddingTopLeft: [isRoomy ? left + 24 : 24, 24],
      paddingBottomRight: [isRoomy ? right + 24 : 24, 24],
    });
  }

  // -- building -----------------------------------------------------------------------------

  #build() {
    this.canvas = canvasOf("Map. Arrow keys pan, plus and minus zoom, Enter asks at the centre.");
    this.root = el("div", { class: "eo-root", "data-dataset": this.dataset }, this.canvas);
    this.frame = new Frame(this.root, () => this.attached && this.compare.resized());
    this.keys = new Keys(this);
    this.tools = new Tools(this);
    this.compare = new Compare(this, this.memory);
    this.panel = new Panel(this);
    this.progress = new Progress(
      (isLoading) => this.root.classList.toggle("eo-loading", isLoading),
      (hasFailed) => this.panel.setFailed(hasFailed),
    );
    this.legend = new Legend(this, this.panel.legend);
    this.inspector = new Inspector(this);
    this.root.append(
      el("div", { class: "eo-crosshair", "aria-hidden": "true" }),
      ...this.compare.elements,
      this.panel.element,
      ...this.tools.elements,
      this.inspector.element,
    );
  }

  #createMap(data) {
    const { map, background } = createMap(this.L, this.canvas);
    this.map = map;
    this.compare.adopt(this.left, map, background);
    map.on("moveend", () => this.#moved());
    map.on("zoomend", () => this.#zoomed());
    this.L.control.scale({ imperial: false, maxWidth: 110 }).addTo(map);
    this.left.place(this.L, map, this.progress.of("left"));
    if (this.firstView) this.goTo(this.firstView, { push: false });
    else this.showBounds(isBounds(data.start) ? data.start : DEFAULT_BOUNDS);
    this.#zoomed();
  }

  // -- following ----------------------------------------------------------------------------

  #applySide(side, state, layers, date) {
    if (layers in state) {
      side.choices.link(parseLayers(state[layers]));
      side.choices.sync(this.data.layers ?? []);
    }
    if (date in state) side.state.date = this.#rule(state[date]);
  }

  /** A date rule of an address, as far as it is one. */
  #rule(text) {
    const rule = parseRule(text);
    if (!rule) this.notices.push(`The date “${String(text).slice(0, 40)}” is not known; the latest is shown.`);
    return formatRule(rule ?? { kind: "latest" });
  }

  /** Bring tiles, panel, legend and address in line with what is chosen. */
  #show() {
    const base = this.data.base ?? "";
    for (const { background } of this.compare.maps) background.showOutlines(localUrl(base, this.data.outlines));
    for (const side of this.sides) side.draw(base);
    this.panel.render();
    this.#zoomed();
    const { v, ...state } = this.state();
    this.address.set(state);
    const lost = this.sides.flatMap((side) => side.choices.takeNotices());
    this.say([...this.notices.splice(0), ...lost].join(" "));
  }

  /** Called by the comparison after it has changed. */
  sidesChanged() {
    if (!this.isShown) return;
    for (const side of this.sides) if (!side.choices.source.length) side.choices.sync(this.data.layers ?? []);
    this.#show();
  }

  #tell() {
    this.legend.update();
    this.compare.describe();
    for (const listener of this.listeners) listener(this);
  }

  /** Go where the server asks for, once for each number. */
  #jump(goto, isWelcome) {
    if (!goto || goto.seq === this.memory.goto) return;
    this.memory.goto = goto.seq;
    // Asked for on another page, it is no step of its own: Back leads there.
    if (isWelcome && isBounds(goto.bounds)) this.jump(goto.bounds, { push: !this.isArriving });
  }

  #moved() {
    // Of the whole pixels that are shown, not of the place that was asked for: read again, it
    // leads to the same pixels.
    const centre = this.map.unproject(this.map.getPixelBounds().getCenter()).wrap();
    this.memory.view = { lat: centre.lat, lon: centre.lng, zoom: this.map.getZoom() };
    this.address.set({ v: formatView(this.memory.view) });
  }

  #zoomed() {
    const zoom = this.map.getZoom();
    this.tools.setZoom(zoom, this.map.getMinZoom(), this.map.getMaxZoom());
    this.tools.setHint(this.#hint(zoom));
    this.panel.setZoom(zoom);
    if (this.isShown) this.#tell();
  }

  #hint(zoom) {
    const { imagery_zoom: from, whole_zoom: whole, layers } = this.data;
    const hasPictures = (layers ?? []).some(
      ({ id, disabled }) => !disabled && id !== "density" && id !== "footprints",
    );
    if (zoom < from) return `Zoom in for ${hasPictures ? "imagery" : "footprints"} (from zoom ${from})`;
    return zoom < whole && hasPictures ? "Imagery fills in as the index is built" : "";
  }

  /** Called for every map: the cursor's place, or null where it has left. */
  cursorAt(latlng) {
    const place = latlng?.wrap();
    this.tools.setCoordinates(place ? degrees(place.lat, place.lng) : "");
  }

  #theme() {
    this.theme = this.frame.theme();
    for (const { background } of this.compare.maps) background.setTheme(this.theme);
  }
}

function isBounds(bounds) {
  return Array.isArray(bounds) && bounds.length === 4 && bounds.every(Number.isFinite);
}
