// The small things around the map: buttons, scale, coordinates, zoom, hints, the list of keys.

const release = new URL(import.meta.url).search;
const [{ el, iconButton }, { Sketches }, { Search }, { Views }, { TakeAway }, { Toast, Help }] = await Promise.all(
  ["dom", "sketches", "search", "views", "takeaway", "notes"].map((name) => import(`./${name}.js${release}`)),
);

export class Tools {
  constructor(view) {
    this.view = view;
    this.sketches = new Sketches(view);
    this.search = new Search(view);
    this.views = new Views(view);
    this.takeAway = new TakeAway(view);
    this.#oneAtATime();
    this.zoomIn = iconButton("plus", "Zoom in (+)", () => view.map.zoomIn());
    this.zoomOut = iconButton("minus", "Zoom out (−)", () => view.map.zoomOut());
    const buttons = [
      el("div", { class: "eo-group" }, iconButton("search", "Go to a place (g)", () => this.search.toggle())),
      el("div", { class: "eo-group" }, this.zoomIn, this.zoomOut),
      this.sketches.group,
      el("div", { class: "eo-group" }, this.views.menu.button, this.takeAway.menu.button),
      // Telephones from Apple have no full screen for pages.
      "requestFullscreen" in Element.prototype
        ? el("div", { class: "eo-group" }, iconButton("full", "Full screen (f)", () => view.toggleFullScreen()))
        : null,
      el("div", { class: "eo-group" }, iconButton("help", "Keys (?)", () => this.toggleHelp(), "eo-help-button")),
    ];
    this.toolbar = el("div", { class: "eo-tools", role: "toolbar", "aria-label": "Map tools" });
    this.toolbar.append(...buttons.filter(Boolean));

    this.bar = el("div", { class: "eo-bar", "aria-hidden": "true" });
    this.hint = el("div", { class: "eo-hint eo-chip", hidden: true });
    this.badge = el("div", { class: "eo-badge eo-chip", title: "Made-up data for trying things out", text: "synthetic" });
    this.coordinates = el("span", { class: "eo-coordinates" });
    this.zoom = el("span", { class: "eo-zoom", title: "Zoom level" });
    this.attribution = el("span", { class: "eo-attribution" });
    this.status = el("div", { class: "eo-status" }, this.attribution, this.coordinates, this.zoom);
    this.toast = new Toast();
    this.help = new Help(view);
    const top = el("div", { class: "eo-top" }, this.badge, this.hint);
    const parts = [this.search.element, ...this.sketches.elements, ...this.views.elements, ...this.takeAway.elements];
    this.elements = [this.bar, top, this.status, this.toolbar, ...parts, this.toast.element, this.help.element];
  }

  /** The small windows stand at the same place: opening one closes the others. */
  #oneAtATime() {
    const { menu: views } = this.views;
    const { menu: files } = this.takeAway;
    const others = (one) => [views, files].filter((other) => other !== one && other.isOpen);
    for (const menu of [views, files]) {
      menu.onOpen = () => {
        for (const other of others(menu)) other.toggle(false);
        if (this.search.isOpen) this.search.close();
      };
    }
    this.search.onOpen = () => others(null).forEach((other) => other.toggle(false));
  }

  /** Called when the data has changed. */
  update() {
    this.views.update();
    this.sketches.update();
  }

  setZoom(zoom, least, most) {
    this.zoom.textContent = `z ${Number(zoom.toFixed(2))}`;
    this.zoomIn.disabled = zoom >= most;
    this.zoomOut.disabled = zoom <= least;
  }

  setCoordinates(text) {
    this.coordinates.textContent = text;
  }

  setHint(text) {
    this.hint.textContent = text;
    this.hint.hidden = !text;
  }

  setAttribution(text) {
    this.attribution.textContent = text ?? "";
  }

  say(text) {
    this.toast.say(text);
  }

  hush() {
    this.toast.hush();
  }

  get helpIsOpen() {
    return this.help.isOpen;
  }

  toggleHelp(isOpen) {
    this.help.toggle(isOpen);
  }
}
