// One map: its element, its Leaflet instance, and the parts around it.

const release = new URL(import.meta.url).search;
const [{ el }, { degrees, localUrl }, { Address, parseView, formatView }, { Choices, parseLayers }, parts] =
  await Promise.all([
    import(`./dom.js${release}`),
    import(`./format.js${release}`),
    import(`./address.js${release}`),
    import(`./choices.js${release}`),
    Promise.all(
      ["layers", "background", "panel", "tools", "inspect", "keys"].map((name) => import(`./${name}.js${release}`)),
    ),
  ]);
const { LayerStack, Background, Panel, Tools, Inspector, Keys } = Object.assign({}, ...parts);

const WIDEST_ZOOM = 2;
const DEEPEST_ZOOM = 18;
const NARROW_PX = 640;
const CRAMPED_PX = 1000; // the panel and the card side by side would hide the map
const DEFAULT_BOUNDS = [-25, 34, 45, 72];

// What outlives a map in this tab: the last view and choices of each dataset.
const memory = new Map(); // dataset → {view, choices, goto}
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
    this.memory = remembered ?? { view: null, goto: null, choices: new Choices(parseLayers(linked.l)) };
    memory.set(this.dataset, this.memory);
    const place = parseView(linked.v);
    this.hasLink = Boolean(place);
    this.firstView = place ?? this.memory.view;
    this.choices = this.memory.choices;
    this.address = new Address(this.dataset);
    this.#build();
  }

  /** The element has just been put into the page: for the first time, or again after parking. */
  attach(data) {
    this.attached = true;
    this.#fit();
    this.#measure();
    if (!this.map) this.#createMap(data);
    else this.map.invalidateSize({ animate: false });
    this.observer = new ResizeObserver(() => this.#resized());
    this.observer.observe(this.root);
    const block = this.root.getRootNode().host?.closest('[data-testid="stVerticalBlock"]');
    if (block) this.observer.observe(block);
    this.onWindow = () => this.#fit();
    window.addEventListener("resize", this.onWindow);
    this.address.attach();
    this.keys.attach();
    this.#resized();
  }

  /** Taken out of the page, to be adopted later: let go of everything outside the element. */
  detach() {
    this.attached = false;
    this.observer?.disconnect();
    window.removeEventListener("resize", this.onWindow);
    this.address.detach();
    this.keys.detach();
    this.map?.stop();
    this.root.remove();
  }

  destroy() {
    if (this.attached) this.detach();
    this.inspector?.stop();
    this.stack?.clear();
    this.map?.remove();
    this.map = null;
  }

  /** Show what the server has sent; called at each change of the data. */
  update(data) {
    this.data = data;
    const isFirst = !this.isShown;
    this.isShown = true;
    this.#theme();
    this.background.showOutlines(localUrl(data.base, data.outlines));
    this.root.classList.toggle("eo-synthetic", Boolean(data.synthetic));
    this.inspector.setSource(data);
    this.panel.setOnline(data.online ?? null);
    this.#show(this.choices.sync(data.layers ?? []));
    this.#zoomed();
    // A link's place is newer than a jump that was asked for before the page was loaded.
    this.#jump(data.goto, !(isFirst && this.hasLink));
  }

  // -- what the parts ask for ---------------------------------------------------------------

  toggleLayer(id) {
    const layer = this.choices.layers.find((candidate) => candidate.id === id);
    if (layer && !layer.disabled) this.setLayer(id, { visible: !layer.visible });
  }

  setLayer(id, change) {
    this.#show(this.choices.set(id, change));
  }

  moveLayer(id, step) {
    this.#show(this.choices.move(id, step));
  }

  setOnline(isOn) {
    this.background.setOnline(isOn ? this.data.online : null);
    this.tools.setAttribution(isOn ? this.data.online.attribution : "");
  }

  toggleFullScreen() {
    const scope = this.root.getRootNode();
    if (scope.fullscreenElement || document.fullscreenElement) document.exitFullscreen();
    else this.root.requestFullscreen?.().catch(() => this.tools.say("Full screen is not allowed here."));
  }

  // -- building -----------------------------------------------------------------------------

  #build() {
    this.canvas = el("div", {
      class: "eo-map",
      tabindex: "0",
      role: "application",
      "aria-label": "Map. Arrow keys pan, plus and minus zoom, Enter asks at the centre.",
    });
    this.root = el("div", { class: "eo-root", "data-dataset": this.dataset }, this.canvas);
    this.tools = new Tools(this);
    this.panel = new Panel(this);
    this.inspector = new Inspector(this);
    this.keys = new Keys(this);
    this.root.append(
      el("div", { class: "eo-crosshair", "aria-hidden": "true" }),
      ...this.tools.elements,
      this.panel.element,
      this.inspector.element,
    );
  }

  #createMap(data) {
    const L = this.L;
    const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.map = L.map(this.canvas, {
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
    this.background = new Background(L, this.map);
    this.stack = new LayerStack(L, this.map, {
      onLoading: (isLoading) => this.root.classList.toggle("eo-loading", isLoading),
      onFailed: (hasFailed) => this.panel.setFailed(hasFailed),
    });
    this.map.on("moveend", () => this.#moved());
    this.map.on("zoomend", () => this.#zoomed());
    this.map.on("click", (event) => this.inspector.pick(event.latlng));
    this.map.on("mousemove", (event) => this.#cursor(event.latlng));
    this.map.on("mouseout", () => this.tools.setCoordinates(""));
    L.control.scale({ imperial: false, maxWidth: 110 }).addTo(this.map);
    this.#firstPlace(data);
    this.#zoomed();
  }

  #firstPlace(data) {
    if (this.firstView) {
      const { lat, lon, zoom } = this.firstView;
      this.map.setView([lat, lon], Math.min(DEEPEST_ZOOM, Math.max(WIDEST_ZOOM, zoom)), { animate: false });
      return;
    }
    this.showBounds(isBounds(data.start) ? data.start : DEFAULT_BOUNDS);
  }

  /** Fit west, south, east, north into the part of the map that no panel covers. */
  showBounds([west, south, east, north]) {
    const frame = this.root.getBoundingClientRect();
    const isWide = frame.width >= NARROW_PX;
    const left = isWide ? this.panel.element.getBoundingClientRect().right - frame.left : 0;
    const card = this.inspector.element.getBoundingClientRect();
    const right = isWide && card.width ? frame.right - card.left : 0;
    // Where little would be left between them, the middle of the map is the better place.
    const isRoomy = frame.width - left - right > 300;
    this.map.fitBounds([[south, west], [north, east]], {
      animate: false,
      maxZoom: 15,
      paddingTopLeft: [isRoomy ? left + 24 : 24, 24],
      paddingBottomRight: [isRoomy ? right + 24 : 24, 24],
    });
  }

  // -- following ----------------------------------------------------------------------------

  #show(layers) {
    const base = this.data.base ?? "";
    const wanted = layers
      .filter((layer) => layer.visible && layer.style)
      .map((layer) => ({
        id: layer.id,
        url: localUrl(base, layer.style.url),
        minZoom: layer.min_zoom ?? 0,
        maxZoom: layer.max_zoom ?? DEEPEST_ZOOM,
        opacity: layer.opacity,
      }));
    this.stack.apply(wanted.filter((layer) => layer.url));
    this.panel.render(layers, this.map.getZoom());
    this.address.set({ l: this.choices.format() });
  }

  /** Go where the server asks for, once for each number. */
  #jump(goto, isWelcome) {
    if (!goto || goto.seq === this.memory.goto) return;
    this.memory.goto = goto.seq;
    if (!isWelcome || !isBounds(goto.bounds)) return;
    this.showBounds(goto.bounds);
  }

  #moved() {
    const centre = this.map.getCenter().wrap();
    this.memory.view = { lat: centre.lat, lon: centre.lng, zoom: this.map.getZoom() };
    this.address.set({ v: formatView(this.memory.view) });
  }

  #zoomed() {
    const zoom = this.map.getZoom();
    this.tools.setZoom(zoom, this.map.getMinZoom(), this.map.getMaxZoom());
    const from = this.data.imagery_zoom;
    const hasPictures = (this.data.layers ?? []).some(
      ({ id, disabled }) => !disabled && id !== "density" && id !== "footprints",
    );
    const wanted = hasPictures ? "imagery" : "footprints";
    const { whole_zoom: whole } = this.data;
    let hint = "";
    if (zoom < from) hint = `Zoom in for ${wanted} (from zoom ${from})`;
    else if (zoom < whole && hasPictures) hint = "Imagery fills in as the index is built";
    this.tools.setHint(hint);
    this.panel.setZoom(zoom);
  }

  #cursor(latlng) {
    const place = latlng.wrap();
    this.tools.setCoordinates(degrees(place.lat, place.lng));
  }

  #resized() {
    // While it is parked the element measures nothing; a map of no size would lose its place.
    if (!this.attached || !this.root.clientWidth) return;
    this.#fit();
    this.#measure();
    this.map?.invalidateSize({ animate: false });
  }

  #measure() {
    this.root.classList.toggle("eo-narrow", this.root.clientWidth < NARROW_PX);
    this.root.classList.toggle("eo-cramped", this.root.clientWidth < CRAMPED_PX);
  }

  /** Tell the style how far down the page the map begins; its height is what the window leaves. */
  #fit() {
    const host = this.root.getRootNode().host;
    if (!host) return;
    const scroller = host.closest('[data-testid="stMain"]') ?? document.scrollingElement;
    const top = Math.max(0, Math.round(host.getBoundingClientRect().top + scroller.scrollTop));
    if (this.top !== undefined && Math.abs(this.top - top) < 2) return;
    this.top = top;
    this.root.style.setProperty("--eo-top", `${top}px`);
  }

  #theme() {
    const colour = getComputedStyle(this.root).backgroundColor;
    const [red, green, blue] = (colour.match(/[\d.]+/g) ?? [255, 255, 255]).map(Number);
    const theme = 0.299 * red + 0.587 * green + 0.114 * blue < 128 ? "dark" : "light";
    this.root.dataset.theme = theme;
    this.background.setTheme(theme);
  }
}

function isBounds(bounds) {
  return Array.isArray(bounds) && bounds.length === 4 && bounds.every(Number.isFinite);
}
