// Where a pixel comes from: the lines of Python that read it again, one script per layer.

const release = new URL(import.meta.url).search;
const { el, icon, copyText } = await import(`./dom.js${release}`);

const SAID_MS = 1500;

/** A button that copies a text and says so; `text` is asked for at the click. */
export function copyButton(label, text, near, className = "") {
  const words = el("span", { text: label });
  const button = el("button", { type: "button", class: `eo-text-button eo-copy ${className}` }, icon("copy"), words);
  button.addEventListener("click", async () => {
    words.textContent = (await copyText(text(), near())) ? "Copied" : "Not allowed";
    setTimeout(() => (words.textContent = label), SAID_MS);
  });
  return button;
}

export class Provenance {
  constructor() {
    this.scripts = el("div");
    this.element = el(
      "details",
      { class: "eo-fold eo-provenance" },
      el("summary", { text: "Provenance: Python that reads this pixel again" }),
      this.scripts,
    );
    this.shown = new Map(); // layer → {title, code, lines}
  }

  /** @param {Array<{layer, title, lines: string[]}>} parts */
  show(parts) {
    const layers = parts.map(({ layer }) => layer).join();
    if (layers !== this.layers) {
      this.layers = layers;
      this.shown = new Map(parts.map((part) => [part.layer, this.#script(part.layer)]));
      this.scripts.replaceChildren(...[...this.shown.values()].map(({ element }) => element));
    }
    for (const { layer, title, lines } of parts) {
      const script = this.shown.get(layer);
      script.title.textContent = title;
      script.code.textContent = lines.join("\n");
      script.frame.setAttribute("aria-label", `Python lines for ${title}`);
    }
    this.element.hidden = !parts.length;
  }

  #script(layer) {
    const title = el("h4");
    const code = el("code");
    const frame = el("pre", { tabindex: "0", role: "region" }, code);
    const copy = copyButton("Copy", () => code.textContent, () => this.element);
    const element = el("div", { class: "eo-script", "data-of": layer }, el("header", {}, title, copy), frame);
    return { element, title, code, frame };
  }
}
