// How much ground each class covers in the selection, asked for once per selection.

const release = new URL(import.meta.url).search;
const [{ el }, { answerOf }] = await Promise.all(["dom", "answers"].map((name) => import(`./${name}.js${release}`)));

const GROUPED = new Intl.NumberFormat("en-GB");
const SQUARE_KM = new Intl.NumberFormat("en-GB", { maximumSignificantDigits: 3 });

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
    const { ground_km2: ground, sampled_km2: sampled, without_map: lacking } = areas;
    const gap = lacking ? `; ${GROUPED.format(lacking)} of ${GROUPED.format(areas.samples)} patches have no map` : "";
    return el(
      "div",
      { title: areas.note ?? null },
      el("p", { class: "eo-note", text: `Area in the selection: ${km2(ground)} on the ground, ${km2(sampled)} sampled${gap}` }),
      el("p", { class: "eo-class-areas eo-areas-head", "aria-hidden": "true" }, el("span", { text: "ground" }), el("span", { text: "sampled" })),
    );
  }

  /** The areas of one class of a label style as texts, or null. */
  of(areas, style, key) {
    if (!areas?.available) return null;
    const sizes = (areas.levels?.[style] ?? areas.classes)?.find((item) => item.key === key);
    if (!sizes) return null;
    return {
      ground: number(sizes.ground_km2),
      sampled: number(sizes.sampled_km2),
      long: `${km2(sizes.ground_km2)} on the ground, ${km2(sizes.sampled_km2)} sampled`,
    };
  }
}

function km2(value) {
  return `${number(value)} km²`;
}

function number(value) {
  if (!Number.isFinite(value)) return "–";
  return value > 0 && value < 0.01 ? "< 0.01" : SQUARE_KM.format(value);
}
