// The card of a patch. Only draws what it is given; inspect.js does the asking.

const release = new URL(import.meta.url).search;
const [{ el, icon, iconButton, copyText, swatch }, format] = await Promise.all([
  import(`./dom.js${release}`),
  import(`./format.js${release}`),
]);

const SMALL_SHARE = 0.01;
const LAYER_TITLES = { s2: "Sentinel-2", s1: "Sentinel-1", reference_map: "Reference map" };

export class Card {
  constructor(inspector) {
    this.inspector = inspector;
    this.heading = el("h2", { class: "eo-card-title" });
    this.badge = el("span", { class: "eo-tag eo-tag-warn", text: "synthetic", hidden: true });
    this.body = el("div", { class: "eo-card-body" });
    const target = iconButton("target", "Zoom to this patch", () => inspector.zoomToPatch(), "eo-quiet");
    const close = iconButton("close", "Close (Esc)", () => inspector.close(), "eo-quiet");
    this.element = el(
      "section",
      { class: "eo-card eo-surface", "aria-label": "Patch", hidden: true },
      el("header", {}, this.heading, this.badge, target, close),
      this.body,
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
    const bones = [70, 45, 0, 90, 80, 60].map((width) => {
      const bone = el("div", { class: width ? "eo-bone" : "eo-bone eo-bone-tall" });
      bone.style.width = width ? `${width}%` : "100%";
      return bone;
    });
    this.body.replaceChildren(...bones);
  }

  showError(sentence, retry) {
    this.#open("Patch", false);
    this.hasError = true;
    const again = el("button", { type: "button", class: "eo-text-button", text: "Try again", on: { click: retry } });
    this.body.replaceChildren(el("p", { class: "eo-error", role: "alert", text: sentence }), again);
  }

  /**
   * @param {object} patch the answer of /patch/…/card.json
   * @param {object|null} point the answer of /point for the click
   */
  show(patch, point) {
    this.#open(patch.title ?? patch.id, Boolean(patch.synthetic));
    const sections = [
      this.#facts(patch),
      this.#pictures(patch),
      this.#labels(patch),
      this.#dates(patch),
      this.#values(patch, point),
      this.#place(patch, point),
      this.#identity(patch),
    ];
    this.body.replaceChildren(...sections.filter(Boolean));
    this.element.dataset.id = patch.id;
  }

  #open(title, isSynthetic) {
    this.hasError = false;
    this.element.removeAttribute("aria-busy");
    if (title === "Loading…") this.element.setAttribute("aria-busy", "true");
    this.heading.textContent = title;
    this.heading.title = title;
    this.badge.hidden = !isSynthetic;
    if (this.element.hidden) this.body.scrollTop = 0;
    this.element.hidden = false;
  }

  #facts({ date, s1_date: radar, season, country, split, flags }) {
    const line = [date, season, country].filter(Boolean).join(" · ");
    const tags = [];
    if (split) tags.push(el("span", { class: "eo-tag", text: split, title: `Split: ${split}` }));
    for (const flag of flags ?? []) tags.push(el("span", { class: "eo-tag eo-tag-warn", text: flag.replaceAll("_", " ") }));
    return el(
      "div",
      { class: "eo-facts" },
      el("p", { text: line }),
      radar ? el("p", { class: "eo-note", text: `Sentinel-1: ${radar}` }) : null,
      tags.length ? el("p", { class: "eo-tags" }, ...tags) : null,
    );
  }

  #pictures({ pictures, title }) {
    if (!pictures?.length) return null;
    const large = el("img", { class: "eo-large", hidden: true });
    const figures = pictures.map((picture) => this.#figure(picture, title, large));
    return section(null, el("div", { class: "eo-pictures" }, ...figures), large);
  }

  #figure({ title: name, url, reason }, patchTitle, large) {
    const caption = el("figcaption", { text: name });
    const source = format.localUrl(this.inspector.base, url);
    if (!source) {
      return el("figure", {}, el("div", { class: "eo-no-picture", text: reason ?? "No picture" }), caption);
    }
    const alt = `${name} of patch ${patchTitle}`;
    const image = el("img", { src: source, alt, width: 120, height: 120, decoding: "async" });
    const frame = el("button", { type: "button", class: "eo-picture", "aria-pressed": "false", title: "Enlarge", "aria-label": `Enlarge ${alt}` }, image);
    image.addEventListener("error", () => {
      frame.replaceWith(el("div", { class: "eo-no-picture", text: "The picture could not be loaded" }));
    });
    frame.addEventListener("click", () => {
      const isShown = !large.hidden && large.getAttribute("src") === source;
      large.hidden = isShown;
      large.src = source;
      large.alt = alt;
      for (const other of this.body.querySelectorAll(".eo-picture")) other.setAttribute("aria-pressed", "false");
      frame.setAttribute("aria-pressed", String(!isShown));
    });
    return el("figure", {}, frame, caption);
  }

  #labels({ labels, unlabelled_share: unlabelled }) {
    if (!labels?.length) return section("Labels", el("p", { class: "eo-note", text: "No label" }));
    const rows = labels.map(({ name, colour, share }) => {
      const row = el("li", {}, swatch(colour), el("span", { class: "eo-label-name", text: name }));
      if (typeof share !== "number") return row;
      const fill = swatch(colour);
      fill.className = "eo-fill";
      fill.style.width = `${Math.min(100, Math.max(0, share * 100))}%`;
      const isSmall = share < SMALL_SHARE;
      const text = el("span", { class: "eo-share", text: format.share(share) });
      if (isSmall) {
        text.append(el("span", { class: "eo-small-share", role: "img", title: "Less than 1 % of the pixels", "aria-label": "less than 1 %" }, icon("warn")));
      }
      row.append(text, el("span", { class: "eo-track", "aria-hidden": "true" }, fill));
      return row;
    });
    const rest = typeof unlabelled === "number" && unlabelled > 0 ? `Without a label: ${format.share(unlabelled)}` : null;
    const isMeasured = labels.some(({ share }) => typeof share === "number");
    return section(isMeasured ? "Labels, share of pixels" : "Labels", el("ul", { class: "eo-labels" }, ...rows), rest ? el("p", { class: "eo-note", text: rest }) : null);
  }

  #dates({ dates }) {
    if (!dates || dates.length < 2) return null;
    const buttons = dates.map(({ id, date, current }) =>
      el("button", {
        type: "button",
        class: "eo-text-button",
        text: date,
        "aria-pressed": String(Boolean(current)),
        on: { click: () => current || this.inspector.show(id) },
      }),
    );
    return section("Dates of this place", el("div", { class: "eo-dates" }, ...buttons));
  }

  #values(patch, point) {
    const values = point?.values ?? {};
    if (!Object.keys(values).length) return null;
    if (point.id !== patch.id) {
      return section("At the clicked pixel", el("p", { class: "eo-note", text: "The values were read from another date. Go back to it, or click the map again." }));
    }
    const { row, column } = point.pixel ?? {};
    const where = Number.isInteger(row) && Number.isInteger(column) ? ` (row ${row}, column ${column})` : "";
    const tables = Object.entries(values).map(([layer, read]) => valueTable(layer, read, patch, point.units?.[layer]));
    return section(`At the clicked pixel${where}`, el("div", { class: "eo-values" }, ...tables));
  }

  #place({ centre, epsg, bounds_utm: bounds }, point) {
    const pixel = point?.pixel;
    const [lon, lat] = pixel ? [pixel.lon, pixel.lat] : (centre ?? []);
    const lines = [];
    if (Number.isFinite(lat)) lines.push(el("p", { text: format.degrees(lat, lon, 5) }));
    const code = pixel?.epsg ?? epsg;
    const [easting, northing] = pixel
      ? [pixel.easting, pixel.northing]
      : bounds
        ? [(bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2]
        : [];
    if (Number.isFinite(easting)) {
      lines.push(el("p", { text: `UTM ${format.projected(code, easting, northing)}`, title: `EPSG:${code}` }));
    }
    return lines.length ? section(pixel ? "Place of the click" : "Centre", el("div", { class: "eo-place" }, ...lines)) : null;
  }

  #identity({ id }) {
    const label = el("span", { text: "Copy id" });
    const copy = el("button", { type: "button", class: "eo-text-button" }, icon("copy"), label);
    copy.addEventListener("click", async () => {
      label.textContent = (await copyText(id, this.element)) ? "Copied" : "Not allowed";
      setTimeout(() => (label.textContent = "Copy id"), 1500);
    });
    return section("Id", el("div", { class: "eo-id" }, el("code", { text: id }), copy));
  }
}

function section(title, ...children) {
  return el("section", {}, title ? el("h3", { text: title }) : null, ...children);
}

function valueTable(layer, read, patch, unit) {
  const name = patch.pictures?.find((picture) => picture.layer === layer)?.title ?? LAYER_TITLES[layer] ?? layer;
  const caption = el("caption", { text: unit ? `${name} (${unit})` : name });
  if (typeof read?.error === "string") {
    return el("table", {}, caption, el("tbody", {}, el("tr", {}, el("td", { class: "eo-note", text: read.error }))));
  }
  // A categorical layer answers with a class: its name first, its code beside it.
  const entries = "code" in (read ?? {}) ? classEntries(read) : Object.entries(read ?? {});
  const rows = entries.map(([key, raw]) =>
    el("tr", {}, el("th", { scope: "row", text: key }), el("td", { text: format.value(raw) })),
  );
  return el("table", { class: "code" in (read ?? {}) ? "eo-wide" : "" }, caption, el("tbody", {}, ...rows));
}

function classEntries({ code, name, class: group }) {
  return [
    ["class", group ?? name ?? "none"],
    ["name", name !== group && group ? name : null],
    ["code", code],
  ].filter(([, text]) => text !== null && text !== undefined).map(([key, text]) => [key, String(text)]);
}
