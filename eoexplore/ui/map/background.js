// What lies under the layers: country outlines from this server, so that the map is readable with
// no internet, and a map from the internet that is asked for only while the user has ticked it.

const COLOURS = {
  light: { land: "#f4f2ed", border: "#bdb7ab" },
  dark: { land: "#262a31", border: "#4a505c" },
};

export class Background {
  constructor(L, map) {
    this.L = L;
    this.map = map;
    this.theme = "light";
    this.online = null;
    for (const [name, zIndex] of [["outlines", 100], ["online", 150]]) {
      const pane = map.createPane(name);
      pane.style.zIndex = zIndex;
      pane.style.pointerEvents = "none";
    }
  }

  /** Draw the outlines once per address; a failure leaves a plain sea, which harms nothing. */
  async showOutlines(url) {
    if (!url || url === this.url) return;
    this.url = url;
    try {
      const answer = await fetch(url);
      if (!answer.ok) return;
      const shapes = await answer.json();
      if (this.url !== url) return;
      this.outlines?.remove();
      // One canvas: thousands of SVG nodes would make every zoom stutter.
      this.outlines = this.L.geoJSON(shapes, {
        pane: "outlines",
        renderer: this.L.canvas({ pane: "outlines", padding: 0.3 }),
        interactive: false,
        style: () => this.#style(),
      }).addTo(this.map);
    } catch {
      this.url = null;
    }
  }

  setTheme(theme) {
    if (theme === this.theme) return;
    this.theme = theme;
    this.outlines?.setStyle(this.#style());
  }

  /** @param {{url: string, title: string}|null} source */
  setOnline(source) {
    this.online?.remove();
    this.online = null;
    if (!source || !/^https?:\/\//.test(source.url)) return;
    this.online = this.L.tileLayer(source.url, { pane: "online", maxZoom: 22, maxNativeZoom: 19 });
    this.online.addTo(this.map);
  }

  #style() {
    const { land, border } = COLOURS[this.theme];
    return { fillColor: land, fillOpacity: 1, color: border, weight: 0.8, opacity: 1 };
  }
}
