// How much ground each class covers in the selection, asked for once per selection.

const release = new URL(import.meta.url).search;
const [{ el }, { answerOf }] = await Promise.all(["dom", "answers"].map((name) => import(`./${name}.js${release}`)));

const SQUARE_KM = new Intl.NumberFormat("en-GB", { maximumSignificantDigits: 3 });
// Digits of a CORINE code that tell the classes of a level apart.
const DIGITS = { clc2: 2, clc1: 1 };

export class Areas {
  constructor(view) {
    this.view = view;
  }

  /** The address carries the selection, and so changes with it. */
  url() {
    const { dataset, data } = this.view;
    const query = data.query ? `?${data.query}` : "";
    return `${data.base ?? ""}/areas/${encodeURIComponent(dataset)}${query}`;
  }

  async ask() {
    const { body } = await answerOf(this.url());
    return body;
  }

  /** One line above the classes: what the numbers beside them are. */
  note(areas) {
    if (!areas) return null;
    if (!areas.available) return el("p", { class: "eo-note", text: areas.sentence ?? "" });
    const { ground_km2: ground, sampled_km2: sampled } = areas;
    return el("p", {
      class: "eo-note",
      title: "On the ground each place counts once, however many dates and tiles show it; sampled adds up all patches.",
      text: `Area in the selection: ${km2(ground)} on the ground, ${km2(sampled)} sampled`,
    });
  }

  /** The areas of one class of a label style as texts, or null. */
  of(areas, style, key) {
    if (!areas?.available) return null;
    const sizes = style === "clc19" ? find(areas.classes, key) : sum(areas.codes, key, DIGITS[style] ?? 3);
    if (!sizes) return null;
    return {
      short: km2(sizes.ground_km2),
      long: `${km2(sizes.ground_km2)} on the ground, ${km2(sizes.sampled_km2)} sampled`,
    };
  }
}

function find(items, key) {
  return items?.find((item) => item.key === key) ?? null;
}

function sum(items, key, digits) {
  const members = (items ?? []).filter((item) => item.key.slice(0, digits) === key.slice(0, digits));
  if (!members.length) return null;
  const total = (name) => members.reduce((all, item) => all + (item[name] ?? 0), 0);
  return { ground_km2: total("ground_km2"), sampled_km2: total("sampled_km2") };
}

function km2(value) {
  if (!Number.isFinite(value)) return "–";
  if (value > 0 && value < 0.01) return "< 0.01 km²";
  return `${SQUARE_KM.format(value)} km²`;
}
