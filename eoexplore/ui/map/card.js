// The card of a patch. Only draws what it is given; inspect.js does the asking. Its sections stay in
// place while their content changes, so that nothing jumps and the focus is kept.

const release = new URL(import.meta.url).search;
const [{ el, icon, iconButton, swatch }, format, { Spectrum }, { Provenance, copyButton }, { valueTables }] =
  await Promise.all(
    ["dom", "format", "spectrum", "provenance", "values"].map((name) => import(`./${name}.js${release}`)),
  );

const NEIGHBOURS = [
  ["west", "◀", "Shift+←"],
  ["north", "▲", "Shift+↑"],
  ["south", "▼", "Shift+↓"],
  ["east", "▶", "Shift+→"],
];

export class Card {
  constructor(inspector) {
    this.inspector = inspector;
    this.heading = el("h2", { class: "eo-card-title" });
    this.badge = el("span", { class: "eo-tag eo-tag-warn", text: "synthetic", hidden: true });
    this.larger = iconButton("full", "Larger pictures", () => this.#enlarge(), "eo-quiet eo-enlarge");
    this.larger.setAttribute("aria-pressed", "false");
    const target = inspector.makePlaceTool();
    const close = iconButton("close", "Close (Esc)", () => inspector.close(), "eo-quiet");
    this.spectrum = new Spectrum();
    this.provenance = new Provenance();
    this.loose = el("div", { hidden: true }); // what stands there while there is no patch
    this.content = el("div", { class: "eo-card-content" }, ...this.#sections());
    this.body = el("div", { class: "eo-card-body" }, this.loose, this.content);
    this.footer = this.#steps();
    this.element = el(
      "section",
      { class: "eo-card eo-surface", "aria-label": "Patch", hidden: true },
      el("header", {}, this.heading, this.badge, this.larger, target, close),
      this.body,
      this.footer,
    );
  }

  get isOpen() {
    return !this.element.hidden;
  }

  close() {
    this.element.hidden = true;
  }

  showLoading() {
    // A card that is already open keeps its content until the next one is there: nothing jumps.
    this.element.setAttribute("aria-busy", "true");
    if (this.isOpen && !this.hasError) return;
    this.#open("Loading…", false);
    this.element.setAttribute("aria-busy", "true");
    const bones = [70, 45, 0, 90, 80, 60].map((width) => {
      const bone = el("div", { class: width ? "eo-bone" : "eo-bone eo-bone-tall" });
      bone.style.width = width ? `${width}%` : "100%";
      return bone;
    });
    this.#instead(...bones);
  }

  showError(sentence, retry) {
    this.#open("Patch", false);
    this.hasError = true;
    const again = retry && el("button", { type: "button", class: "eo-text-button", text: "Try again", on: { click: retry } });
    this.#instead(el("p", { class: "eo-error", role: "alert", text: sentence }), again);
  }

  /** @param {object} patch the answer of /patch/…/card.json */
  show(patch) {
    this.#open(patch.title ?? patch.id, Boolean(patch.synthetic));
    this.loose.hidden = true;
    this.content.hidden = this.footer.hidden = false;
    const isOther = this.patch?.id !== patch.id;
    this.patch = patch;
    this.#facts(patch);
    this.#dates(patch);
    this.#labels(patch);
    this.#take(patch);
    this.#identity(patch);
    // A sample without a place has nothing beside it.
    this.around.hidden = !patch.neighbours;
    for (const [by, button] of this.neighbours) button.disabled = patch.neighbours ? !patch.neighbours[by] : false;
    if (isOther) {
      this.spectrum.reset();
      this.pixel.setAttribute("aria-busy", "true");
    }
    this.element.dataset.id = patch.id;
  }

  /**
   * @param {object} pixel the answer of /patch/…/pixel.json
   * @param {object|null} spectra the answer of /spectra
   */
  showPixel(pixel, spectra) {
    this.pixel.removeAttribute("aria-busy");
    this.pixel.dataset.at = `${pixel.row},${pixel.column}`;
    // Told to those who move it by keys; under a mouse it would be talked of without end.
    this.pixelHead.setAttribute("aria-live", this.inspector.viewer.isFocused ? "polite" : "off");
    this.pixelHead.textContent = `At the pixel (row ${pixel.row}, column ${pixel.column})`;
    this.read = pixel;
    this.#place(pixel);
    const tables = valueTables(pixel, this.patch);
    this.codes.replaceChildren(...tables.filter(({ isCode }) => isCode).map(({ element }) => element));
    this.values.replaceChildren(...tables.filter(({ isCode }) => !isCode).map(({ element }) => element));
    this.#spectrum(pixel, spectra);
    this.provenance.show(
      this.#titled(Object.keys(pixel.provenance ?? {})).map((part) => ({ ...part, lines: pixel.provenance[part.layer] })),
    );
  }

  showPixelError(sentence) {
    this.pixel.removeAttribute("aria-busy");
    this.values.replaceChildren(el("p", { class: "eo-error", role: "alert", text: sentence }));
  }

  // -- building -----------------------------------------------------------------------------

  #sections() {
    this.factLines = el("div", { class: "eo-facts" });
    this.dateRow = el("section", { class: "eo-date-row", hidden: true });
    const { viewer } = this.inspector;
    this.pixelHead = el("h3");
    const head = el("div", { class: "eo-pixel-head" }, this.pixelHead, viewer.tools);
    this.placeLines = [0, 1, 2].map(() => this.#placeLine());
    this.place = el("div", { class: "eo-place" }, ...this.placeLines.map(({ element }) => element));
    this.values = el("div", { class: "eo-values" });
    this.codes = el("div", { class: "eo-values" });
    this.pixel = el("section", { class: "eo-pixel" }, head, this.codes, this.spectrum.element, this.values, this.place);
    this.labelList = el("section");
    this.takeAway = el("section");
    this.ids = el("section");
    const pictures = el("section", {}, viewer.pictures);
    return [this.factLines, this.dateRow, pictures, this.pixel, this.labelList, this.provenance.element, this.takeAway, this.ids];
  }

  #steps() {
    const button = (text, label, act) =>
      el("button", { type: "button", class: "eo-text-button eo-step", text, title: label, "aria-label": label, on: { click: act } });
    this.neighbours = NEIGHBOURS.map(([by, sign, key]) => [
      by,
      button(sign, `Patch to the ${by} (${key})`, () => this.inspector.step(by)),
    ]);
    const around = (this.around = el("div", { class: "eo-steps", role: "group", "aria-label": "Neighbouring patches" }, ...this.neighbours.map(([, node]) => node)));
    const along = el(
      "div",
      { class: "eo-steps", role: "group", "aria-label": "Patches of the selection" },
      button("Previous", "Previous patch of the selection (p)", () => this.inspector.step("previous")),
      button("Next", "Next patch of the selection (n)", () => this.inspector.step("next")),
    );
    return el("footer", { class: "eo-card-steps" }, around, along);
  }

  #open(title, isSynthetic) {
    this.hasError = false;
    this.element.removeAttribute("aria-busy");
    this.heading.textContent = title;
    this.heading.title = title;
    this.badge.hidden = !isSynthetic;
    if (this.element.hidden) this.body.scrollTop = 0;
    this.element.hidden = false;
  }

  #instead(...nodes) {
    this.loose.replaceChildren(...nodes.filter(Boolean));
    this.loose.hidden = false;
    this.content.hidden = this.footer.hidden = true;
  }

  #enlarge() {
    const isLarge = this.element.classList.toggle("eo-card-large");
    this.larger.setAttribute("aria-pressed", String(isLarge));
    this.larger.title = isLarge ? "Smaller pictures" : "Larger pictures";
    this.larger.setAttribute("aria-label", this.larger.title);
  }

  // -- filling ------------------------------------------------------------------------------

  #facts({ date, s1_date: radar, times, season, country, split, flags }) {
    const line = [date, season, country].filter(Boolean).join(" · ");
    const tags = [];
    if (split) tags.push(el("span", { class: "eo-tag", text: split, title: `Split: ${split}` }));
    for (const flag of flags ?? []) tags.push(el("span", { class: "eo-tag eo-tag-warn", text: flag.replaceAll("_", " ") }));
    const taken = this.#titled(Object.keys(times ?? {})).map(({ layer, title }) =>
      el("p", { class: "eo-note", text: `${title}: ${times[layer]}`, title: "Start of the recording that the patch was cut from" }),
    );
    if (!taken.length && radar) taken.push(el("p", { class: "eo-note", text: `Sentinel-1: ${radar}` }));
    this.factLines.replaceChildren(
      ...[el("p", { text: line }), ...taken, tags.length ? el("p", { class: "eo-tags" }, ...tags) : null].filter(Boolean),
    );
  }

  #dates({ dates }) {
    this.dateRow.hidden = !dates || dates.length < 2;
    const buttons = (dates ?? []).map(({ id, date, current }) =>
      el("button", {
        type: "button",
        class: "eo-text-button",
        text: date ?? "no date",
        "aria-pressed": String(Boolean(current)),
        on: { click: () => current || this.inspector.show(id) },
      }),
    );
    const head = el("h3", { text: "Dates of this place", title: "Keys [ and ]" });
    this.dateRow.replaceChildren(head, el("div", { class: "eo-dates" }, ...buttons));
  }

  #labels({ labels, pixel_classes: classes, unlabelled_share: unlabelled, predictions }) {
    const named = new Set((labels ?? []).map(({ name }) => name));
    const rows = (labels ?? []).map((label) => labelRow(label, label.small));
    const others = (classes ?? []).filter(({ label }) => !named.has(label));
    const rest = others.map(({ label, ...item }) => labelRow({ ...item, name: label }, false));
    if (!classes && unlabelled > 0) rest.push(el("li", { class: "eo-note", text: `Without a label: ${format.share(unlabelled)}` }));
    const isMeasured = (labels ?? []).some(({ share }) => typeof share === "number");
    const parts = [
      el("h3", { text: isMeasured ? "Labels, share of pixels" : "Labels" }),
      rows.length ? el("ul", { class: "eo-labels" }, ...rows) : el("p", { class: "eo-note", text: "No label" }),
    ];
    if ((labels ?? []).some(({ small }) => small)) {
      parts.push(el("p", { class: "eo-note eo-small-note" }, icon("warn"), "rests on less than 1 % of the pixels"));
    }
    if (rest.length) {
      parts.push(el("h3", { class: "eo-next-head", text: "On the reference map, but no label" }), el("ul", { class: "eo-labels" }, ...rest));
    }
    this.labelList.replaceChildren(...parts, ...(predictions ?? []).flatMap(predicted));
  }

  #placeLine() {
    const line = { words: el("span"), copied: "" };
    line.element = el("p", {}, line.words, copyButton("Copy", () => line.copied, () => this.element, "eo-bare"));
    return line;
  }

  // The lines stay while their words change: a pointer on its way from a picture to a button
  // changes the pixel, and the button under it must still be the one that is pressed.
  #place({ lat, lon, epsg, easting, northing, row, column }) {
    const { rows, columns } = this.inspector.viewer.grid;
    const hasPlace = typeof lat === "number";
    const size = hasPlace ? "10 m pixels" : "Pixels of the finest band";
    const places = [
      [`row ${row}, column ${column} of ${rows} × ${columns}`, `${size}, counted from 0 at the upper left`, `${row}, ${column}`],
    ];
    if (hasPlace) {
      places.unshift(
        [format.degrees(lat, lon, 5), "Latitude and longitude of the pixel's centre, WGS 84", `${lat}, ${lon}`],
        [`UTM ${format.projected(epsg, easting, northing)}`, `EPSG:${epsg}`, `EPSG:${epsg} ${easting} ${northing}`],
      );
    }
    this.placeLines.forEach(({ element }, at) => (element.hidden = at >= places.length));
    places.forEach(([text, title, copied], at) => {
      const line = this.placeLines[at];
      Object.assign(line.words, { textContent: text, title });
      line.copied = copied;
    });
  }

  #spectrum(pixel, spectra) {
    const layer = (this.patch.layers ?? []).find(({ kind, reflectance }) => kind === "optical" && reflectance);
    const bands = (layer?.bands ?? []).filter(({ wavelength_nm: nm }) => typeof nm === "number");
    const lines = bands.length ? spectrumLines(pixel, layer, bands) : [];
    this.spectrum.element.hidden = !lines.length;
    if (!lines.length) return;
    const { group, note } = groupOf(pixel, this.patch, spectra, bands);
    this.spectrum.show({ bands, lines, group, note, where: `row ${pixel.row}, column ${pixel.column}` });
  }

  #take(patch) {
    const kind = patch.outline ? "GeoTIFF" : "TIFF";
    const about = patch.outline ? "10 m pixels, with coordinate system" : "without coordinate system: no place is known";
    const links = (patch.pictures ?? []).filter(({ url }) => url).map(({ layer, title }) => {
      const bands = (patch.layers ?? []).find((item) => item.layer === layer)?.bands.length ?? 1;
      const href = this.inspector.fileUrl(patch.id, layer);
      const text = `${title}${bands > 1 ? `, ${bands} bands` : ""}`;
      return el("a", { class: "eo-text-button", href, download: true, text, title: `All bands as stored, ${about}` });
    });
    this.takeAway.hidden = !links.length;
    this.takeAway.replaceChildren(el("h3", { text: `Take away as ${kind}` }), el("div", { class: "eo-dates" }, ...links));
  }

  #identity({ id, s1_id: radar }) {
    const row = (text, label) =>
      el("div", { class: "eo-id" }, el("code", { text }), copyButton(label, () => text, () => this.element));
    const rows = [row(id, "Copy id")];
    if (radar) rows.push(row(radar, "Copy name"));
    this.ids.replaceChildren(el("h3", { text: radar ? "Id, and name of the Sentinel-1 patch" : "Id" }), ...rows);
  }

  #titled(layers) {
    const pictures = this.patch?.pictures ?? [];
    return layers.map((layer) => ({ layer, title: pictures.find((item) => item.layer === layer)?.title ?? layer }));
  }
}

function labelRow({ name, colour, share, key }, isSmall) {
  const row = el("li", { title: key ? `Code ${key}` : null }, swatch(colour), el("span", { class: "eo-label-name", text: name }));
  if (typeof share !== "number") return row;
  const fill = swatch(colour);
  fill.className = "eo-fill";
  fill.style.width = `${Math.min(100, Math.max(0, share * 100))}%`;
  const text = el("span", { class: "eo-share", text: format.share(share) });
  if (isSmall) {
    const label = "rests on less than 1 % of the pixels";
    text.append(el("span", { class: "eo-small-share", role: "img", title: label, "aria-label": label }, icon("warn")));
  }
  row.append(text, el("span", { class: "eo-track", "aria-hidden": "true" }, fill));
  return row;
}

/** What a prediction set says, with the classes on which it and the labels do not agree marked. */
function predicted({ set, synthetic, masks, classes }) {
  const what = `${masks ? "share of the mask" : "score"}${synthetic ? ", synthetic" : ""}`;
  const rows = classes.map((item) => {
    const row = labelRow(item, false);
    const odd = !item.label ? "no label" : !item.predicted ? "not predicted" : "";
    if (odd) row.querySelector(".eo-label-name").append(el("span", { class: "eo-note", text: ` ${odd}` }));
    return row;
  });
  const list = rows.length ? el("ul", { class: "eo-labels" }, ...rows) : el("p", { class: "eo-note", text: "Nothing is predicted" });
  return [el("h3", { class: "eo-next-head", text: `Predicted: ${set}`, title: what }), el("p", { class: "eo-note", text: what }), list];
}

/** One line of reflectance for each date on which the layer was read. */
function spectrumLines({ dates, values }, { layer, reflectance }, bands) {
  const all = dates?.length ? dates : [{ date: "this patch", current: true, values }];
  return all.flatMap(({ date, current, values: read }) => {
    const found = read?.[layer] ?? {};
    const list = bands.map(({ name }) => (typeof found[name] === "number" ? found[name] * reflectance : null));
    return list.some((value) => value !== null) ? [{ label: date ?? (all.length > 1 ? "no date" : "this patch"), isCurrent: Boolean(current), values: list }] : [];
  });
}

/** What the class of the pixel looks like elsewhere; of the patch's first label without a map. */
function groupOf({ values }, { labels }, spectra, bands) {
  const read = Object.values(values ?? {}).find((item) => item && "code" in item);
  const key = read ? read.key : labels?.[0]?.key;
  if (!spectra?.available) return { group: null, note: spectra?.sentence ?? "" };
  const found = spectra.classes?.find((item) => String(item.key) === String(key));
  if (!found) return { group: null, note: read ? "No mean spectrum is known for the class of this pixel." : "" };
  const order = bands.map(({ name }) => spectra.bands.findIndex((band) => band.name === name));
  if (order.includes(-1)) return { group: null, note: "" };
  const arranged = (list) => order.map((at) => list[at]);
  const group = { label: found.label, colour: found.colour, mean: arranged(found.mean), p10: arranged(found.p10), p90: arranged(found.p90) };
  return { group, note: read ? "" : `Behind the line: ${found.label}, the first label, since the patch has no reference map.` };
}
